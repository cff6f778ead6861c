/** docs/reference/diagnostics/: a page for each code, with what `raspc explain` says, and an index of them. */
import { CATALOG } from '../../src/diagnostics/catalog.ts';
import { runStep } from './console-steps.ts';

/** What the first digit of a code says. */
const KINDS: Readonly<Record<string, string>> = {
  R1: 'Syntax',
  R2: 'Names',
  R3: 'Types and values',
  R4: 'Domains',
  R5: 'Capacity',
  R6: 'Precision',
  R7: 'Checkpoints and seeding',
  R8: 'Command line',
  R9: 'Internal',
};

/** The pages by file name. */
export async function diagnosticPages(folder: string): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  const index = [
    '# Diagnostics',
    'Each thing that raspc says against a program, a folder or a command line has a code; `raspc explain CODE` tells what stands here. Generated\nby `npm run docs`.',
  ];
  const codes = Object.keys(CATALOG).sort();
  for (const [prefix, title] of Object.entries(KINDS)) {
    const own = codes.filter((code) => code.slice(0, 2) === prefix || code.slice(0, 2) === prefix.replace('R', 'W'));
    const rows: string[] = [];
    for (const code of own) {
      const explained = await runStep({ line: `raspc explain ${code}`, output: '' }, folder);
      const [, ...body] = explained.split('\n');
      const text = body.join('\n').trim();
      pages.set(`${code}.md`, `# ${code}\n\n${text.replace(/^(Wrong:|Right:)$/gm, '**$1**')}\n`);
      rows.push(`| [${code}](${code}.md) | ${firstSentence(text).replaceAll('|', '\\|')} |`);
    }
    if (rows.length > 0) index.push(`## ${title}`, ['| code | what it is about |', '|---|---|', ...rows].join('\n'));
  }
  pages.set('README.md', `${index.join('\n\n')}\n`);
  return pages;
}

function firstSentence(text: string): string {
  const paragraph = (text.split('\n\n')[0] ?? '').replaceAll('\n', ' ');
  return /^.*?[.](?= [A-Z]|$)/s.exec(paragraph)?.[0] ?? paragraph;
}
