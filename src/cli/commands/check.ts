/** `raspc check FILE...`: every fault of programs, and whether their examples hold. */

import type { TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { checkExamples } from '../../graph/evaluate/check-examples.ts';
import { findFailures } from '../../verify/find-failures.ts';
import type { CommandDefinition } from '../session/command.ts';
import { loadFile } from '../session/load-file.ts';
import { TOKENIZER_OPTION, tokenizerFaults, tokenizerOption } from '../session/read-tokenizer.ts';
import { diagnosticsJson } from '../session/session.ts';
import { exitCodeOf } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/io.ts';

interface Options {
  readonly tokenizer?: string;
}

export const check: CommandDefinition<Options> = {
  example: 'raspc check programs/hist.rasp',
  formats: ['github'],
  configure: (command) => command.argument('<file...>', 'RASP programs, `-` for standard input').option(...TOKENIZER_OPTION),
  async run(session, paths, options) {
    const all: Diagnostic[] = [];
    const tokenizer = tokenizerOption(options.tokenizer, session.io.directory);
    for (const path of paths) {
      const { diagnostics, examples } = await checkFile(path, session.io, tokenizer);
      all.push(...diagnostics);
      session.report(diagnostics);
      if (diagnostics.every(({ severity }) => severity !== 'error') && session.format === 'text') {
        const hold = examples === 0 ? '' : `, ${examples} example${examples === 1 ? '' : 's'} hold${examples === 1 ? 's' : ''}`;
        session.print(`${session.theme.success('ok')} ${path}${hold}`);
      }
    }
    if (session.format === 'json') session.printJson(diagnosticsJson(all));
    return exitCodeOf(all);
  },
};

async function checkFile(
  path: string,
  io: Io,
  tokenizer: TextTokenizer | null,
): Promise<{ diagnostics: readonly Diagnostic[]; examples: number }> {
  try {
    const program = await loadFile(path, io);
    const wrong = checkExamples(program);
    const roots = program.exports.length > 0 ? program.exports.map(({ node }) => node) : [...program.names.values()];
    const own = wrong.length > 0 ? wrong : findFailures(program, roots);
    const diagnostics = own.length > 0 || tokenizer === null ? own : tokenizerFaults(program, tokenizer);
    return { diagnostics, examples: program.examples.length };
  } catch (fault) {
    if (fault instanceof DiagnosticError) return { diagnostics: fault.diagnostics, examples: 0 };
    throw fault;
  }
}
