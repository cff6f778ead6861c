/** The commands that a page of the documentation shows, with what they print: each `$ raspc …` of a console block. */
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { main } from '../../src/cli/main.ts';
import { ReplSession } from '../../src/repl/session/repl-session.ts';

export interface Step {
  readonly line: string;
  /** A last line of `…` stands for any lines. */
  readonly output: string;
}

const CONSOLE = /^```console\n([\s\S]*?)^```$/gm;
export const ELLIPSIS = '…';

function stepsOf(block: string): Step[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [line = '', ...output] = part.split('\n');
      return { line, output: output.join('\n').trimEnd() };
    });
}

export function stepsOfPage(page: string): Step[] {
  return [...page.matchAll(CONSOLE)].flatMap(([, block = '']) => stepsOf(block));
}

const TRANSCRIPT = /^```text\n(RASP [\s\S]*?)^```$/m;

/** The page with its conversation with the REPL as it would go now. */
export function mapTranscript(page: string): string {
  return page.replace(TRANSCRIPT, (_, shown: string) => {
    const session = new ReplSession({ loader: () => null });
    let transcript = session.banner;
    for (const [, line = ''] of shown.matchAll(/^(?:>>|\.\.) (.+)$/gm)) transcript += `${session.prompt}${line}\n${session.feed(line)}`;
    // Grids end in spaces, which editors like to take away.
    return `\`\`\`text\n${transcript.replace(/ +$/gm, '')}\`\`\``;
  });
}

/** The page with every step's output put in. */
export async function mapSteps(page: string, outputOf: (step: Step) => Promise<string>): Promise<string> {
  let result = '';
  let from = 0;
  for (const match of page.matchAll(CONSOLE)) {
    result += `${page.slice(from, match.index)}\`\`\`console\n`;
    for (const step of stepsOf(match[1] ?? '')) result += `$ ${step.line}\n${await outputOf(step)}\n`;
    result += '```';
    from = match.index + match[0].length;
  }
  return result + page.slice(from);
}

/** A folder with what the page's reader has: the programs, and the files it shows. */
export function folderOfPage(page: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-page-'));
  for (const name of ['programs', 'configs']) symlinkSync(packagePath(name), join(folder, name));
  for (const [, name = '', text = ''] of page.matchAll(/^```rasp (\S+)\n([\s\S]*?)^```$/gm)) writeFileSync(join(folder, name), text);
  return folder;
}

/** What a step prints, both streams, standard output first. */
export async function runStep({ line }: Step, folder: string): Promise<string> {
  // Words of a command line, quotes as in a shell and no other magic.
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain ?? '');
  const out: string[] = [];
  const err: string[] = [];
  const output = (to: string[]) => ({ isTerminal: false, columns: 100, stream: process.stdout, write: (text: string) => to.push(text) });
  await main(words.slice(1), {
    stdin: { isTerminal: false, stream: process.stdin, read: async () => new Uint8Array() },
    stdout: output(out),
    stderr: output(err),
    environment: {},
    directory: folder,
    now: () => performance.now(),
  });
  return [...out, ...err].join('').trimEnd();
}

/** The output as the page shows it: where it ended in an ellipsis, only as many lines as it had. */
export function shortened(actual: string, shown: string): string {
  const lines = shown.split('\n');
  if (lines.at(-1)?.trim() !== ELLIPSIS) return actual;
  const kept = actual.split('\n').slice(0, lines.length - 1);
  return [...kept, lines.at(-1)].join('\n');
}
