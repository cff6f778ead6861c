/** `raspc check FILE...`: every fault of programs, and whether their examples hold. */
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { checkExamples } from '../../graph/evaluate/check-examples.ts';
import { findFailures } from '../../verify/find-failures.ts';
import type { CommandDefinition } from '../session/command.ts';
import { loadFile } from '../session/load-file.ts';
import { diagnosticsJson } from '../session/session.ts';
import { EXIT, exitCodeOf } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/io.ts';

export const check: CommandDefinition = {
  example: 'raspc check programs/hist.rasp',
  formats: ['github'],
  configure: (command) => command.argument('<file...>', 'RASP programs, `-` for standard input'),
  async run(session, paths) {
    const all: Diagnostic[] = [];
    for (const path of paths) {
      const { diagnostics, examples } = await checkFile(path, session.io);
      all.push(...diagnostics);
      session.report(diagnostics);
      if (diagnostics.length === 0 && session.format === 'text') {
        const hold = examples === 0 ? '' : `, ${examples} example${examples === 1 ? '' : 's'} hold${examples === 1 ? 's' : ''}`;
        session.print(`${session.theme.success('ok')} ${path}${hold}`);
      }
    }
    if (session.format === 'json') session.printJson(diagnosticsJson(all));
    return all.length === 0 ? EXIT.done : exitCodeOf(all);
  },
};

async function checkFile(path: string, io: Io): Promise<{ diagnostics: readonly Diagnostic[]; examples: number }> {
  try {
    const program = await loadFile(path, io);
    const wrong = checkExamples(program);
    const roots = program.exports.length > 0 ? program.exports.map(({ node }) => node) : [...program.names.values()];
    return { diagnostics: wrong.length > 0 ? wrong : findFailures(program, roots), examples: program.examples.length };
  } catch (fault) {
    if (fault instanceof DiagnosticError) return { diagnostics: fault.diagnostics, examples: 0 };
    throw fault;
  }
}
