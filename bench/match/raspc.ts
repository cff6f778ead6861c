/** Runs a command of raspc in this process. */
import { PassThrough, Readable } from 'node:stream';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { main } from '../../src/cli/main.ts';

/** What it prints; one that does not succeed is an error. */
export async function raspc(argv: readonly string[]): Promise<string> {
  const [out, err]: string[][] = [[], []];
  const output = (texts: string[] | undefined) => ({
    isTerminal: false,
    columns: 80,
    stream: new PassThrough(),
    write: (text: string) => void texts?.push(text),
  });
  const code = await main(argv, {
    stdin: { isTerminal: false, stream: Readable.from([]), read: async () => new Uint8Array() },
    stdout: output(out),
    stderr: output(err),
    environment: {},
    directory: packagePath('.'),
    now: () => performance.now(),
  });
  if (code !== 0) throw new Error(`raspc ${argv.join(' ')}: ${err?.join('')}`);
  return out?.join('') ?? '';
}
