/** The command as people run it: a process of its own, with pipes that close, disks that are full, and Ctrl-C. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../build.ts';

const bin = resolve('bin/raspc.js');

let folder: string;
beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-bin-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(argv: readonly string[], stdout: 'pipe' | number = 'pipe'): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [bin, ...argv], { cwd: folder, stdio: ['pipe', stdout, 'pipe'] });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout?.on('data', (chunk) => out.push(String(chunk)));
  child.stderr?.on('data', (chunk) => err.push(String(chunk)));
  const ended = new Promise<Ended>((done) =>
    child.on('close', (code, signal) => done({ code, signal, stdout: out.join(''), stderr: err.join('') })),
  );
  return { child, ended };
}

describe('raspc as a process', () => {
  test('runs, and exits with the code of the command', async () => {
    expect(await start(['run', resolve('programs/hist.rasp'), '--input', 'hello']).ended).toEqual({
      code: 0,
      signal: null,
      stdout: 'hist("hello") = [1, 1, 1, 2, 1] (ints)\n',
      stderr: '',
    });
    expect(await start(['check', 'missing.rasp']).ended).toMatchObject({ code: 3, stdout: '' });
    expect(await start(['frobnicate']).ended).toMatchObject({ code: 2, stdout: '' });
  });

  test('reads a program and inputs from standard input', async () => {
    const program = start(['run', '-', '--input', 'abc', '--export', 'x']);
    program.child.stdin?.end('x = indices * 2;\n');
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'x("abc") = [0, 2, 4] (ints)\n' });
    const inputs = start(['run', resolve('programs/hist.rasp'), '--input', '-']);
    inputs.child.stdin?.end('aa\n["b"]\n');
    expect(await inputs.ended).toMatchObject({ code: 0, stdout: 'hist("aa") = [1, 2] (ints)\nhist("b") = [1] (ints)\n' });
  });

  test('a reader that has seen enough is no failure', async () => {
    const { child, ended } = start([
      'run',
      resolve('programs/identity.rasp'),
      '--input',
      ...Array.from({ length: 20_000 }, () => 'abcdefghij'),
    ]);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  test.skipIf(!existsSync('/dev/full'))('results that cannot be written are a failure', async () => {
    const { ended } = start(['run', resolve('programs/hist.rasp'), '--input', 'hello'], openSync('/dev/full', 'w'));
    const { code, stderr } = await ended;
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error\[R8503\]: .*ENOSPC/);
  });

  test('Ctrl-C ends a long verification at once', async () => {
    writeFileSync(join(folder, 'x.rasp'), '@vocab "ab"; @context 12; @causal; x = length; @export x;');
    expect(await start(['compile', 'x.rasp', '-o', 'x']).ended).toMatchObject({ code: 0 });
    const { child, ended } = start(['verify', 'x', '--samples', '100000000']);
    setTimeout(() => child.kill('SIGINT'), 700);
    expect(await ended).toMatchObject({ signal: 'SIGINT', stdout: '', stderr: '' });
    expect(readdirSync(folder).sort()).toEqual(['x', 'x.rasp']);
  });
});
