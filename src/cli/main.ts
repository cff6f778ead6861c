/** The command line: arguments and the outside world go in, an exit code comes out. */

import { VERSION } from '../version.ts';
import { COMMANDS } from './command-table.ts';
import { EXIT, type ExitCode } from './terminal/exit-codes.ts';
import type { Io } from './terminal/io.ts';

export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [first, ...rest] = argv;
  switch (first) {
    case '--version':
    case '-V':
      io.stdout.write(`${VERSION}\n`);
      return EXIT.done;
    case undefined:
      io.stderr.write(overview());
      return EXIT.usage;
    case '--help':
    case '-h':
      io.stdout.write(overview());
      return EXIT.done;
    case 'help':
      return rest.length === 0 ? main(['--help'], io) : main([...rest, '--help'], io);
    default: {
      // Loaded here, so that asking for the version stays fast.
      const { runCommand } = await import('./run-command.ts');
      return runCommand(first, rest, io);
    }
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  return [
    'raspc compiles RASP programs to the weights of stock transformers.',
    '',
    'Usage: raspc COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Every command takes --format text|json, --color auto|always|never and --quiet;',
    '`raspc COMMAND --help` tells the rest.',
    '',
    'Example:',
    '  raspc run programs/hist.rasp --input hello',
    '',
  ].join('\n');
}
