/** What was found, written down as a program: each function once, with the heads that compute it as a comment. */
import type { HeadMatch, Matched } from '../../match/match-checkpoint.ts';
import { placeOf, saysOf } from './match-report.ts';

/** Programs over any tokens; those that read what tokens say need a vocabulary of their own, and are only named. */
export function emittedProgram(path: string, { heads }: Matched): string {
  const found = new Map<string, HeadMatch[]>();
  for (const head of heads) {
    if (head.verdict === 'is' && head.candidate !== null) found.set(head.candidate.name, [...(found.get(head.candidate.name) ?? []), head]);
  }
  const defined = new Map<string, string>();
  const parts: string[] = [];
  for (const [name, own] of found) {
    const places = own.map((head) => {
      const says = saysOf(head);
      return `head ${placeOf(head)} (pattern ${head.trial?.fit.overlap.toFixed(2)}${says === null ? '' : `, ${says}`})`;
    });
    const { program, readsText } = own[0]?.candidate ?? {};
    if (program === undefined) continue;
    const statements = statementsOf(program.source.text);
    const clash = statements.find((each) => (defined.get(nameOf(each)) ?? each) !== each);
    if (readsText === true || clash !== undefined) {
      const why = readsText === true ? 'it reads what tokens say' : `\`${nameOf(clash ?? '')}\` is another thing above`;
      parts.push(`# ${name}: ${places.join(', ')}\n# (in ${program.source.path.split('/').at(-1)}; ${why})`);
      continue;
    }
    const fresh = statements.filter((each) => !defined.has(nameOf(each)));
    for (const each of fresh) defined.set(nameOf(each), each);
    parts.push(`# ${name}: ${places.join(', ')}\n${fresh.join('\n')}\n@export ${name};`);
  }
  const head = `# Found by \`raspc match\` in ${path}: what its heads compute, and where.\n\n@vocab any;\n@causal;\n`;
  return `${head}\n${parts.length === 0 ? '# no head computes a known function' : parts.join('\n\n')}\n`;
}

/** Statements that are no directives, each with its semicolon. */
function statementsOf(text: string): string[] {
  return text
    .replace(/^\s*#.*$/gm, '')
    .split(/(?<=;)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '' && !statement.startsWith('@'));
}

function nameOf(statement: string): string {
  return /^\w+/.exec(statement)?.[0] ?? statement;
}
