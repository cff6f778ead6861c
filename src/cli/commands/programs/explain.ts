/** `raspc explain CODE`: a diagnostic at length, with a program that is wrong and one that is right. */
import { CATALOG, type DiagnosticCode, fail } from '../../../diagnostics/catalog.ts';
import type { CatalogEntry, Sample } from '../../../diagnostics/catalog-entry.ts';
import { nearest } from '../../../diagnostics/nearest.ts';
import type { CommandDefinition } from '../../session/command.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
import { wrap } from '../../terminal/text/wrap.ts';

export const explain: CommandDefinition = {
  example: 'raspc explain R2001',
  configure: (command) => command.argument('[code]', 'a code such as R2001; all of them are listed without one'),
  async run(session, [given]) {
    if (given === undefined) {
      listCodes(session);
      return EXIT.done;
    }
    const code = given.toUpperCase();
    if (!Object.hasOwn(CATALOG, code)) return fail('R8007', { code: given, suggestion: nearest(code, Object.keys(CATALOG)) });
    explainCode(session, code as DiagnosticCode);
    return EXIT.done;
  },
};

function listCodes(session: Session): void {
  const entries = Object.entries(CATALOG).sort(([a], [b]) => (a < b ? -1 : 1));
  if (session.format === 'json') {
    session.printJson(entries.map(([code, { severity, explanation }]) => ({ code, severity, explanation })));
    return;
  }
  for (const [code, { explanation }] of entries) session.print(`${session.theme.strong(code)}  ${firstSentence(explanation)}`);
}

function firstSentence(text: string): string {
  return /^.*?[.](?= [A-Z]|$)/s.exec(text)?.[0] ?? text;
}

function explainCode(session: Session, code: DiagnosticCode): void {
  const { severity, explanation, bad, good } = CATALOG[code] as CatalogEntry<never>;
  if (session.format === 'json') {
    session.printJson({ code, severity, explanation, bad: sampleText(bad), good: sampleText(good) });
    return;
  }
  const { theme } = session;
  const indented = (sample: Sample) => sampleText(sample).replace(/^(?=.)/gm, '    ');
  session.print(`${theme.severity(`${severity}[${code}]`, severity)}`);
  session.print(`\n${wrap(explanation, Math.min(session.io.stdout.columns, 100))}`);
  session.print(`\n${theme.failure('Wrong:')}\n\n${indented(bad)}`);
  session.print(`\n${theme.success('Right:')}\n\n${indented(good)}`);
}

function sampleText(sample: Sample): string {
  switch (sample.kind) {
    case 'program':
      return [
        ...(sample.arguments === undefined ? [] : [`# raspc ${sample.stage} … ${sample.arguments.join(' ')}`]),
        sample.source.trimEnd(),
      ].join('\n');
    case 'command':
      return `$ ${sample.line}`;
    case 'text':
      return sample.text;
  }
}
