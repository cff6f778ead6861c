/** The README's commands do what it says: each `$ raspc …` of a console block is run, in order, and prints what stands below it. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { cli } from './run-cli.ts';

const readme = readFileSync('README.md', 'utf8');

interface Step {
  readonly line: string;
  readonly output: string;
}

/** Commands and what they print, from all console blocks. A line of `…` stands for any lines. */
function consoleSteps(text: string): Step[] {
  return [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [line = '', ...output] = part.split('\n');
        return { line, output: output.join('\n').trimEnd() };
      }),
  );
}

/** Words of a command line; quotes as in a shell, no other magic. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain ?? '');
}

function expectOutput(actual: string, expected: string): void {
  const pattern = expected
    .split('\n')
    .map((line) => (line.trim() === '…' ? '[^]*?' : line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('\n');
  if (!new RegExp(`^${pattern}$`).test(actual)) expect(actual).toBe(expected);
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-readme-'));
  symlinkSync(resolve('programs'), join(folder, 'programs'));
  for (const [, name = '', text = ''] of readme.matchAll(/^```rasp (\S+)\n([\s\S]*?)^```$/gm)) writeFileSync(join(folder, name), text);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const steps = consoleSteps(readme);

describe('README.md', () => {
  // One test after the other: a later command uses what an earlier one wrote.
  test.each(steps.filter(({ line }) => line.startsWith('raspc ')))('$line', async ({ line, output }) => {
    const { stdout, stderr } = await cli([...words(line).slice(1)], { directory: folder });
    expectOutput(`${stdout}${stderr}`.trimEnd(), output);
  });

  test('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name]) => name as string);
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(['ci', 'install', ...Object.keys(scripts)]).toContain(name);
  });

  test('lists every command, and links only to files that exist', () => {
    for (const name of Object.keys(COMMANDS)) expect(readme).toContain(`| \`${name}`);
    for (const [, link = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g)) expect(() => readFileSync(link)).not.toThrow(/ENOENT/);
  });
});
