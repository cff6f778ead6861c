/** Runs the command line in process, with everything outside of it recorded or made up. */
import { PassThrough, Readable } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { Io } from '../../src/cli/terminal/io.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Where relative paths start; the project's root by default. */
  readonly directory?: string;
  readonly stdin?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether the three streams are a terminal. */
  readonly terminal?: boolean;
  /** Milliseconds; the machine's own clock by default. */
  readonly now?: () => number;
}

export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const isTerminal = options.terminal ?? false;
  const out: string[] = [];
  const err: string[] = [];
  const bytes = typeof options.stdin === 'string' ? new TextEncoder().encode(options.stdin) : (options.stdin ?? new Uint8Array());
  const io: Io = {
    stdin: { isTerminal, stream: Readable.from([bytes]), read: async () => bytes },
    stdout: recorded(out, isTerminal),
    stderr: recorded(err, isTerminal),
    environment: options.environment ?? {},
    directory: options.directory ?? process.cwd(),
    now: options.now ?? (() => performance.now()),
  };
  const code = await main(argv, io);
  return { code, stdout: out.join(''), stderr: err.join('') };
}

function recorded(texts: string[], isTerminal: boolean): Io['stdout'] {
  const stream = new PassThrough();
  stream.on('data', (chunk) => texts.push(String(chunk)));
  return { isTerminal, columns: 100, stream, write: (text) => texts.push(text) };
}
