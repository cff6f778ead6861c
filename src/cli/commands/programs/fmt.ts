/** `raspc fmt FILE...`: programs in the one style, in place; `--check` says which are not, and writes nothing. */
import type { Command } from 'commander';
import { fileOfText } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { diagnose, fail } from '../../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { diagnosticToJson } from '../../../diagnostics/formats.ts';
import { formatSource } from '../../../format/format-source.ts';
import { readSource } from '../../files/read-source.ts';
import { writeFile } from '../../files/write-file.ts';
import type { CommandDefinition } from '../../session/command.ts';
import { EXIT, exitCodeOf } from '../../terminal/exit-codes.ts';
import type { Json } from '../../terminal/json.ts';

interface Options {
  readonly check?: true;
  readonly stdin?: true;
}

export const fmt: CommandDefinition<Options> = {
  example: 'raspc fmt --check programs/hist.rasp',
  formats: ['github'],
  configure,
  async run(session, paths, options) {
    const { io } = session;
    if (options.stdin === true) {
      const source = await readSource('-', io);
      io.stdout.write(formatSource(source));
      return EXIT.done;
    }
    if (paths.length === 0) fail('R8003', { what: 'a FILE, or `--stdin`', command: 'raspc fmt' });
    const faults: Diagnostic[] = [];
    const changed: string[] = [];
    for (const path of paths) {
      try {
        const source = await readSource(path, io);
        const text = formatSource(source);
        if (text === source.text) continue;
        changed.push(path);
        if (options.check === true) faults.push(diagnose('R1033', { file: path, line: firstDifference(source.text, text) }));
        else writeFile(path, fileOfText(text), { directory: io.directory, force: true });
      } catch (fault) {
        if (!(fault instanceof DiagnosticError)) throw fault;
        faults.push(...fault.diagnostics);
      }
    }
    session.report(faults);
    if (session.format === 'json')
      session.printJson({ ok: faults.length === 0, changed, diagnostics: faults.map((each) => diagnosticToJson(each) as unknown as Json) });
    else if (options.check !== true) for (const path of changed) session.print(`formatted ${path}`);
    return faults.length === 0 ? EXIT.done : exitCodeOf(faults);
  },
};

function configure(command: Command): Command {
  return command
    .argument('[file...]', 'RASP programs')
    .option('--check', 'write nothing; fail (1) where a file is not in the style')
    .option('--stdin', 'format standard input to standard output');
}

/** The first line, from 1, in which two texts differ. */
function firstDifference(text: string, other: string): number {
  const lines = other.split('\n');
  return text.split('\n').findIndex((line, index) => line !== lines[index]) + 1 || lines.length;
}
