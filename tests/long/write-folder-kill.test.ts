/** Kills real writers, as a person or a machine that goes down would. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileOfText } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { writeFolder } from '../../src/cli/files/write-folder.ts';
import { build } from '../build.ts';
import { inTurn } from '../support/sampling.ts';

let directory: string;

beforeAll(build);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'raspc-kill-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(mark: string): void {
  const files = [
    { path: 'config.json', content: fileOfText(mark) },
    { path: 'raspc.json', content: fileOfText('{}') },
  ];
  writeFolder('out/model', files, { directory, force: false });
}

const marked = () => readFileSync(join(directory, 'out/model/config.json'), 'utf8');
const entries = () => readdirSync(join(directory, 'out')).toSorted();

/** A process that replaces the model and stops for ever at one step: while it writes, or between the two renames. */
const writer = (step: 'write' | 'rename') => `
  import * as fs from 'node:fs';
  import { writeFolder } from ${JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../../dist/src/cli/files/write-folder.js')).href)};
  const stop = () => { fs.writeSync(1, 'ready'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); };
  const renameSync = (...names) => { fs.renameSync(...names); if (${step === 'rename'}) stop(); };
  function* chunks() { yield new TextEncoder().encode('half'); if (${step === 'write'}) stop(); yield new Uint8Array(4); }
  const files = [{ path: 'config.json', content: { size: 8, chunks } }];
  writeFolder('out/model', files, { directory: ${JSON.stringify(directory)}, force: true, fs: { ...fs, renameSync } });
`;

test.each([
  ['write', 1],
  ['rename', 2],
] as const)('killed at its %s, a writer leaves the old model, and the next write clears up', async (step, left) => {
  write('one');
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer(step)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready, failed) => {
    child.stdout.once('data', ready);
    child.once('exit', () => failed(new Error('the writer ended by itself')));
  });
  child.kill('SIGKILL');
  await new Promise((ended) => child.once('exit', ended));
  expect(entries().filter((entry) => entry.startsWith('.'))).toHaveLength(left);
  expect(() => write('two')).toThrow('R8504');
  expect(marked()).toBe('one');
  expect(entries()).toEqual(['model']);
});

/** Kills at each of these parts of the time that a command takes; where all is asked for, at twenty. */
const MOMENTS = inTurn([...Array(20).keys()], 7, 0).map((i) => (i + 0.5) / 20);

const PROGRAM = '@vocab "abcd"; @context 8; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n';
const LIKE = {
  model_type: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  vocab_size: 64,
  n_positions: 32,
  n_embd: 128,
  n_layer: 2,
  n_head: 4,
};

/** Everything under a path, as text; null where there is nothing. */
function snapshot(path: string): string | null {
  if (!existsSync(path)) return null;
  if (statSync(path).isFile()) return readFileSync(path, 'latin1');
  return readdirSync(path)
    .toSorted()
    .map((name) => `${name}\n${readFileSync(join(path, name), 'latin1')}`)
    .join('\n');
}

/** Runs the command itself, and kills it after so many milliseconds; how long it took where it was not killed. */
async function run(argv: readonly string[], kill?: number): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../bin/raspc.js'), ...argv, '--quiet'], {
    cwd: directory,
    stdio: 'ignore',
  });
  const timer = kill === undefined ? null : setTimeout(() => child.kill('SIGKILL'), kill);
  await new Promise((ended) => child.once('exit', ended));
  if (timer !== null) clearTimeout(timer);
  return performance.now() - start;
}

describe.each([
  ['compile', 'out/it', ['compile', 'new.rasp', '-o', 'out/it'], ['compile', 'old.rasp', '-o', 'out/it']],
  ['seed', 'out/it', [...seeding(), '--seed', '2', '-o', 'out/it'], [...seeding(), '--seed', '1', '-o', 'out/it']],
  ['graft', 'out/it', [...grafting('new'), '-o', 'out/it'], [...grafting('old'), '-o', 'out/it']],
  ['export', 'out/it', ['export', 'new', '--format', 'gguf', '-o', 'out/it'], ['export', 'old', '--format', 'gguf', '-o', 'out/it']],
  ['lock', 'raspc.lock', ['lock', 'old', 'new'], ['lock', 'old']],
] as const)('%s, killed at any moment', (command, target, argv, before) => {
  test.each(command === 'lock' ? [true] : [false, true])(
    'with --force %s, leaves the old or the new, and the next run clears up',
    async (force) => {
      mkdirSync(join(directory, 'out'));
      writeFileSync(join(directory, 'new.rasp'), PROGRAM);
      writeFileSync(join(directory, 'old.rasp'), PROGRAM.replace('context 8', 'context 4'));
      for (const name of ['induction', 'previous_token']) cpSync(`programs/seeds/${name}.rasp`, join(directory, `${name}.rasp`));
      writeFileSync(join(directory, 'config.json'), JSON.stringify({ ...LIKE, bos_token_id: 63 }));
      for (const name of ['old', 'new']) await run(['compile', `${name}.rasp`, '--target', 'llama', '-o', name]);
      const path = join(directory, target);
      const isLock = command === 'lock';
      await run(argv);
      const [fresh, duration] = [snapshot(path), await run(argv.map((each) => (each === 'out/it' ? 'out/timed' : each)))];
      expect(fresh).not.toBeNull();
      rmSync(path, { recursive: true });
      if (force) await run(before);
      const old = snapshot(path);
      cpSync(directory, `${directory}.kept`, { recursive: true });
      for (const moment of MOMENTS) {
        rmSync(directory, { recursive: true });
        cpSync(`${directory}.kept`, directory, { recursive: true });
        await run(force && !isLock ? [...argv, '--force'] : argv, moment * duration);
        // any run beside it
        if (isLock) await run(['lock', 'new']);
        else await run(['compile', 'old.rasp', '-o', 'out/another']);
        const found = snapshot(path);
        expect([moment, isLock || found === old || found === fresh]).toEqual([moment, true]);
        if (isLock) expect(() => JSON.parse(found as string)).not.toThrow();
        for (const folder of ['.', 'out'])
          expect(readdirSync(join(directory, folder)).filter((name) => name.includes('.raspc-'))).toEqual([]);
      }
      rmSync(`${directory}.kept`, { recursive: true });
    },
  );
});

test('match --resume, killed at any moment, leaves a file that the next run goes on from, to the same end', async () => {
  cpSync('programs/seeds/induction.rasp', join(directory, 'induction.rasp'));
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ ...LIKE, n_layer: 6, bos_token_id: 63 }));
  await run([...seeding(), '-o', 'model']);
  const measured = (file: string) => readFileSync(join(directory, file), 'utf8');
  const matching = (kept: string, page: string) => [
    'match',
    'model',
    '--windows',
    '4',
    '--positions',
    '24',
    '--resume',
    kept,
    '--html',
    page,
  ];
  const duration = await run(matching('whole.json', 'whole.html'));
  let goneOn = 0;
  for (const moment of MOMENTS) {
    for (const file of ['kept.json', 'page.html']) rmSync(join(directory, file), { force: true });
    await run(matching('kept.json', 'page.html'), moment * duration);
    if (existsSync(join(directory, 'kept.json'))) {
      goneOn++;
      expect([moment, typeof (JSON.parse(measured('kept.json')) as { layer: number }).layer]).toEqual([moment, 'number']);
    }
    await run([...matching('kept.json', 'page.html'), '--force']);
    expect([moment, measured('kept.json') === measured('whole.json')]).toEqual([moment, true]);
    expect([moment, measured('page.html') === measured('whole.html')]).toEqual([moment, true]);
    expect(readdirSync(directory).filter((name) => name.includes('.raspc-'))).toEqual([]);
  }
  expect(goneOn).toBeGreaterThan(0);
});

function grafting(host: string): string[] {
  return ['graft', 'previous_token.rasp', '--into', host];
}

function seeding(): string[] {
  return ['seed', 'induction.rasp', '--like', 'config.json', '--bos', '63'];
}
