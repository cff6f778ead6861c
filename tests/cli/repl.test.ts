/** The REPL's shell: from a pipe as the reference, at a terminal with history, completion and Ctrl-C. (What it says is tested with the session itself.) */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { Io } from '../../src/cli/terminal/io.ts';
import { cli } from './run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-repl-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('from a pipe', () => {
  test('prompts and answers follow each other, without what was typed', async () => {
    const { code, stdout } = await cli(['repl'], { stdin: 'a = indices + 1;\nset example "xy"\na;\nexit\n' });
    expect(code).toBe(0);
    expect(stdout).toBe(
      'RASP 0.1\nrunning example is: hello\n' +
        '>>      s-op: a\n \t Example: a("hello") = [1, 2, 3, 4, 5] (ints)\n' +
        '>> >>      s-op: a\n \t Example: a("xy") = [1, 2] (ints)\n' +
        '>> ',
    );
  });

  test('a fault is told, and the rest goes on', async () => {
    const { code, stdout } = await cli(['repl'], { stdin: 'foo;\n1 + 1;' });
    expect(code).toBe(0);
    expect(stdout).toContain('error[R2001]');
    expect(stdout).toMatch(/>> {5}value: out = {2}2\n>> \n$/);
  });

  test('starts from a program', async () => {
    const { stdout } = await cli(['repl', 'programs/hist.rasp'], { stdin: 'hist("aab");\n' });
    expect(stdout).toContain('[1, 2, 1] (ints)');
  });

  test(':type gives every value that an s-op can have, once the vocabulary and the context are known', async () => {
    const typed = ['tokens', 'indices / 2', 'average(indices)', 'True if indices > 1 else False', 'full_s', '0 * length'];
    const { stdout } = await cli(['repl'], { stdin: ['@vocab "ab"; @context 3;', ...typed.map((name) => `:type ${name}`)].join('\n') });
    expect(stdout.match(/(?<=\t).*(?=\n)/g)).toEqual([
      's-op of strings, one of 2 values: a, b',
      's-op of floats, one of 3 values: 0.0, 0.5, 1.0',
      's-op of floats, one of 9 values: 0.0, 0.333, 0.5, 0.667, 1.0, 1.333, 1.5, 1.667, 2.0',
      's-op of bools, one of 2 values: F, T',
      'selector',
      's-op of ints, always 0',
    ]);
  });
});

describe(':compile', () => {
  const typed = '@vocab "ab"; @context 3;\nflipped = "b" if tokens == "a" else "a";\n';

  test('writes the model of what was typed, for the family that is meant', async () => {
    const out = join(folder, 'flipped');
    const { code, stdout } = await cli(['repl'], { stdin: `${typed}:target llama\n:compile flipped -o ${out}\n` });
    expect(code).toBe(0);
    expect(stdout).not.toContain('error[');
    const { code: ran, stdout: answer } = await cli(['eval', out, '--input', 'aba']);
    expect(ran).toBe(0);
    expect(answer).toContain('[b, a, b]');
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({ model_type: 'llama' });
  });

  test('tells faults, and the session goes on', async () => {
    const { code, stdout } = await cli(['repl'], { stdin: `${typed}:compile missing\n1 + 1;\n` });
    expect(code).toBe(0);
    expect(stdout).toContain('error[R');
    expect(stdout).toMatch(/>> {5}value: out = {2}2\n>> \n$/);
  });
});

describe('at a terminal', () => {
  /** Types keys, and gives all that was shown. */
  async function type(...keys: string[]): Promise<string> {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const shown: string[] = [];
    stdout.on('data', (chunk) => shown.push(String(chunk)));
    const output = { isTerminal: true, columns: 80, stream: stdout, write: (text: string) => stdout.write(text) };
    const io: Io = {
      stdin: { isTerminal: true, stream: stdin, read: async () => new Uint8Array() },
      stdout: output,
      stderr: output,
      environment: { XDG_STATE_HOME: folder, EDITOR: "sed -i.bak 's/nothing/7/'", PAGER: `cat > ${join(folder, 'paged')}` },
      directory: folder,
      now: () => performance.now(),
    };
    const ended = main(['repl', '--color', 'never'], io);
    for (const key of keys) {
      await new Promise((resume) => setTimeout(resume, 20));
      stdin.write(key);
    }
    stdin.end();
    expect(await ended).toBe(0);
    return shown.join('');
  }

  test('completes names', async () => {
    expect(await type('selector_w\t', '(full_s);\n')).toContain('selector_width(full_s)');
  });

  test('completes directives, commands and what load finds', async () => {
    expect(await type('@caus\t', ';\n')).toContain('@causal;');
    expect(await type(':ty\t', ' length\n')).toContain('s-op of ints');
    expect(await type('load "std/autom\t', '";\n')).toContain('load "std/automata";');
  });

  test('edits the statement before with the editor of the environment', async () => {
    expect(await type('edited = nothing;\n', ':edit\n', '\x04')).toContain('value: edited =  7');
  });

  test('shows what is longer than the screen by the pager', async () => {
    const shown = await type('1 + 1;\n', `set example "${'ab'.repeat(20)}"\n`, 'select(tokens, tokens, ==);\n', '\x04');
    expect(shown).toContain('value: out =  2');
    const paged = readFileSync(join(folder, 'paged'), 'utf8');
    expect(paged.split('\n').length).toBeGreaterThan(24);
    expect(shown).not.toContain(paged);
  });

  test('Ctrl-C drops what is typed, Ctrl-D ends', async () => {
    const shown = await type('def f(x) {\n', 'retu', '\x03', '7;\n', '\x04');
    expect(shown).toContain('value: out =  7');
    expect(shown).not.toContain('error');
  });

  test('remembers what was typed, also the next time', async () => {
    await type('remembered = 12345;\n', '\x04');
    expect(readFileSync(join(folder, 'raspc/history'), 'utf8')).toMatch(/^remembered = 12345;\n/);
    expect(await type('\x1b[A', '\n', '\x04')).toContain('value: remembered =  12345');
  });

  test('brings back a statement of several lines whole, whatever is wrong in it', async () => {
    const shown = await type('def twice(x) {\n', '  y = x * 2;\n', '  return y\n', '}\n', '\x1b[A', '\x04', '\x03');
    expect(shown).toContain('error[R1');
    expect(readFileSync(join(folder, 'raspc/history'), 'utf8')).toMatch(/^def twice\(x\) \{ y = x \* 2; return y \}\n/);
    expect(shown).toContain('>> def twice(x) { y = x * 2; return y }');
  });

  test('does not join what stands behind a comment', async () => {
    await type('def one() { # always\n', 'return 1;\n', '}\n', '\x04');
    expect(readFileSync(join(folder, 'raspc/history'), 'utf8')).toMatch(/^return 1; \}\ndef one\(\) \{ # always\n/);
  });
});
