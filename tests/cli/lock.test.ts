/** `raspc lock` and `verify --locked`: what changed is named, whatever it is. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

const root = mkdtempSync(join(tmpdir(), 'raspc-lock-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder: string;
let made = 0;
const at = (...argv: string[]) => cli(argv, { directory: folder });
const path = (name: string) => join(folder, name);

const PROGRAM = `load "lib";
@vocab "ab"; @context 4; @causal;
hist = selector_width(same);
@export hist;
`;

const original = join(root, 'original');
beforeEach(async () => {
  folder = join(root, String(made++));
  if (made === 1) {
    folder = original;
    cpSync(mkdtempSync(join(root, 'new-')), folder, { recursive: true });
    writeFileSync(path('lib.rasp'), 'same = select(tokens, tokens, ==);\n');
    writeFileSync(path('hist.rasp'), PROGRAM);
    expect((await at('compile', 'hist.rasp', '-o', 'model')).code).toBe(0);
    expect((await at('compile', 'hist.rasp', '--target', 'llama', '--context', '3', '-o', 'other')).code).toBe(0);
    expect(await at('lock', 'model', './other/')).toMatchObject({ code: 0, stderr: '' });
    folder = join(root, String(made++));
  }
  cpSync(original, folder, { recursive: true });
});

interface Lock {
  readonly lock: number;
  readonly checkpoints: readonly {
    readonly dir: string;
    readonly program: string;
    readonly options: readonly string[];
    readonly sources: readonly { readonly path: string }[];
    readonly files: readonly { readonly path: string }[];
  }[];
}
const lockFile = (): Lock => JSON.parse(readFileSync(path('raspc.lock'), 'utf8')) as Lock;

function flipWeight(file: string): void {
  const bytes = readFileSync(path(file));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  for (let offset = start; offset < bytes.length; offset += 4) {
    if (bytes.readFloatLE(offset) === 0) continue;
    bytes.writeFloatLE(bytes.readFloatLE(offset) * 1.5, offset);
    break;
  }
  writeFileSync(path(file), bytes);
}

describe('raspc lock', () => {
  test('lists sources with what they load, the options that the folder tells, and every file', () => {
    const { lock, checkpoints } = lockFile();
    expect(lock).toBe(1);
    expect(checkpoints).toMatchObject([
      { dir: 'model', program: 'hist.rasp', sources: [{ path: 'hist.rasp' }, { path: 'lib.rasp' }] },
      { dir: 'other', options: ['--target', 'llama', '--dtype', 'f32', '--compute', 'f32', '--context', '3'] },
    ]);
    expect(checkpoints[0]?.files.map((file) => file.path)).toEqual([
      'README.md',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'raspc.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  test('without a folder brings every entry up to date, and changes nothing where nothing changed', async () => {
    const before = readFileSync(path('raspc.lock'), 'utf8');
    expect((await at('lock')).stdout).toBe(
      'locked model: 7 files, as hist.rasp compiles to\nlocked other: 7 files, as hist.rasp compiles to\n',
    );
    expect(readFileSync(path('raspc.lock'), 'utf8')).toBe(before);
    expect(JSON.parse((await at('lock', 'model', '--format', 'json')).stdout)).toEqual({
      file: 'raspc.lock',
      checkpoints: [{ dir: 'model', program: 'hist.rasp', files: 7 }],
    });
  });

  test('refuses a folder that its source does not compile to, and leaves the lock file as it is', async () => {
    const before = readFileSync(path('raspc.lock'), 'utf8');
    flipWeight('model/model.safetensors');
    const { code, stderr } = await at('lock', 'model');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[R7604\]: `model` is not what `hist\.rasp` compiles to: `model\.safetensors` differ\n/);
    expect(stderr).toMatch(/= note: `\S+` differs in 1 of [\d,]+ weights, first at \[\d+, \d+\], \S+ in place of \S+\n/);
    expect(readFileSync(path('raspc.lock'), 'utf8')).toBe(before);
  });

  test('takes the options that no folder tells', async () => {
    expect((await at('compile', 'hist.rasp', '--max-shard-size', '1KB', '-o', 'shards')).code).toBe(0);
    expect((await at('lock', 'shards')).stderr).toContain('error[R7604]');
    expect((await at('lock', 'shards', '--options', '--max-shard-size 1KB')).code).toBe(0);
    expect((await at('verify', 'shards', '--locked')).code).toBe(0);
    expect((await at('lock', 'shards')).code).toBe(0);
  });

  test('needs something to lock', async () => {
    rmSync(path('raspc.lock'));
    expect(await at('lock')).toMatchObject({ code: 2, stderr: expect.stringContaining('error[R8003]') });
    expect(await at('lock', 'nothing')).toMatchObject({ code: 3, stderr: expect.stringContaining('error[R8501]') });
  });
});

describe('raspc verify --locked', () => {
  test('of what is as it was locked, each or all', async () => {
    const one = await at('verify', 'model', '--locked');
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).toContain('sources, files and what the sources compile to are as locked\n');
    const all = await at('verify', '--locked', '--format', 'json');
    expect(JSON.parse(all.stdout)).toMatchObject([
      { failed: 0, locked: true },
      { failed: 0, locked: true },
    ]);
    expect((await at('verify', '--locked', '--reporter', 'junit')).stdout).toContain(
      '<testsuites name="raspc verify" tests="6" failures="0"',
    );
  });

  test.each([
    ['a weight', () => flipWeight('model/model.safetensors'), '`model.safetensors` changed', 'in the folder `'],
    ['a file that is gone', () => rmSync(path('model/tokenizer.json')), '`tokenizer.json` changed', "the folder's files are not"],
    ['a file more', () => writeFileSync(path('model/notes.txt'), ''), '`notes.txt` changed', "the folder's files are not"],
    [
      'the program',
      () => writeFileSync(path('hist.rasp'), PROGRAM.replace('width(same)', 'width(same and select(indices, indices, <))')),
      '`hist.rasp`, `README.md`',
      '`hist.rasp` now compiles to something else',
    ],
    [
      'a comment in what it loads',
      () => writeFileSync(path('lib.rasp'), '# equal tokens\nsame = select(tokens, tokens, ==);\n'),
      '`lib.rasp`',
      'the source `lib.rasp` is not the one that was locked',
    ],
    ['a program that is broken', () => writeFileSync(path('hist.rasp'), 'x = ;\n'), '`hist.rasp`', 'error[R1'],
  ])('after %s changed', async (_, change, message, note) => {
    change();
    const { code, stderr } = await at('verify', 'model', '--locked');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[R7603\]: `model` is not what `raspc\.lock` says: /);
    expect(stderr).toContain(message);
    expect(stderr).toContain(note);
    const annotated = await at('verify', 'model', '--locked', '--reporter', 'github');
    expect(annotated.stdout).toMatch(/^::error title=R7603::/);
  });

  test('names the entries that there are', async () => {
    expect(await at('verify', 'elsewhere', '--locked')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error[R7602]: `elsewhere` is not in `raspc.lock`\n   = help: locked are `model`, `other`;'),
    });
  });

  test.each([
    ['no JSON', '<<<<<<< HEAD\n'],
    ['another form', '{"lock": 1, "checkpoints": {}}'],
    ['of another version', '{"lock": 2, "checkpoints": []}'],
    ['empty', '{"lock": 1, "checkpoints": []}'],
  ])('a lock file that is %s', async (_, text) => {
    writeFileSync(path('raspc.lock'), text);
    expect((await at('verify', '--locked')).stderr).toContain('error[R7605]: `raspc.lock` is not a lock file: ');
  });
});

test('more effort than usual is said in the map, and asked for when the folder is compiled again', async () => {
  const map = (model: string) => JSON.parse(readFileSync(path(`${model}/raspc.json`), 'utf8')) as { readonly effort?: number };
  expect(map('model').effort).toBeUndefined();
  expect(await at('compile', 'hist.rasp', '--effort', '4', '-o', 'model', '--force')).toMatchObject({ code: 0 });
  expect(map('model').effort).toBe(4);
  expect(await at('lock', 'model')).toMatchObject({ code: 0, stderr: '' });
  expect((JSON.parse(readFileSync(path('raspc.lock'), 'utf8')) as Lock).checkpoints.map(({ options }) => options.join(' '))).toContainEqual(
    expect.stringContaining('--effort 4'),
  );
  expect(await at('verify', 'model', '--locked', '--samples', '20')).toMatchObject({ code: 0 });
});
