/** Seeds keep their word, or `verify` says which circuit does not, and why: in the folder itself, changed, and trained further. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SeededFolder, seededFolder } from '../support/seeded-folder.ts';
import { cli } from './run-cli.ts';

let folder: SeededFolder;
beforeAll(async () => {
  folder = await seededFolder();
});
afterAll(() => folder.remove());

interface Report {
  readonly code: number;
  readonly stderr: string;
  readonly mask: string | null;
  readonly footprint: unknown;
  readonly promises: readonly { readonly kind: string; readonly accuracy: number; readonly promised: number; readonly isKept: boolean }[];
  readonly circuits: readonly { readonly name: string; readonly state: string; readonly why: string; readonly accuracy: number }[];
}

async function verify(...argv: string[]): Promise<Report> {
  const { code, stdout, stderr } = await cli(['verify', ...argv, '--format', 'json']);
  return { code, stderr, ...(JSON.parse(stdout) as Pick<Report, 'mask' | 'circuits' | 'footprint' | 'promises'>) };
}

/** A changed copy with the map and the mask of the seeded folder. */
function altered(name: string, tensor: string, change: (value: number, row: number, column: number) => number): string {
  const path = folder.changed(name, tensor, change);
  for (const file of ['raspc.json', 'freeze.safetensors']) cpSync(folder.at(`seeded/${file}`), `${path}/${file}`);
  return path;
}

describe('a seeded folder', () => {
  test('as it was written works, beside the twin that has no circuits', async () => {
    const { code, stderr, circuits, mask, footprint } = await verify(folder.at('seeded'));
    expect([code, stderr, mask]).toEqual([0, '', null]);
    expect(circuits).toMatchObject([{ name: 'induction', state: 'works', why: '' }]);
    expect(footprint).not.toBeNull();
  });

  test('is not proven, where a proof is demanded, in every reporter', async () => {
    for (const reporter of ['json', 'github']) {
      const { code, stdout, stderr } = await cli(['verify', folder.at('seeded'), '--require-proof', '--reporter', reporter]);
      expect([reporter, code]).toEqual([reporter, 1]);
      expect(reporter === 'github' ? stdout : stderr).toContain(
        'is not proven for every input: what seeded circuits do in a model is measured',
      );
      if (reporter === 'json') expect(JSON.parse(stdout).circuits).toHaveLength(1);
      if (reporter === 'github') expect(stdout).toContain('::error');
    }
    const { code, stderr } = await cli(['verify', folder.at('seeded'), '--reporter', 'junit']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('error[R8005]: `--reporter junit` and')]);
  });

  test('whose stream became three times as loud says so, and compares it with nothing that was only drawn', async () => {
    const loud = altered('loud', 'transformer.wte.weight', (value, _, column) => (folder.reserved.has(column) ? value : 30 * value));
    const { code, stderr, circuits, footprint } = await verify(loud);
    expect([code, footprint]).toEqual([1, null]);
    expect(circuits[0]?.state).toBe('lost');
    expect(circuits[0]?.why).toMatch(/the stream before `\w+` \(\d\.\d\) has the scale [\d.]+, and it works up to [\d.]+/);
    expect(stderr).toContain('error[R7719]: `induction` is lost');
    expect((await verify(loud, '--report-only')).code).toBe(0);
  });

  test('whose induction head looks elsewhere is lost by its scores', async () => {
    const turned = altered('turned', 'transformer.h.1.attn.c_attn.weight', (value, _, column) => (column < 128 ? -value : value));
    const { code, circuits } = await verify(turned);
    expect(code).toBe(1);
    expect(circuits[0]).toMatchObject({ state: 'lost', why: expect.stringContaining('the scores of `induction` (1.') });
  });

  test('whose mask holds nothing, or is of another model', async () => {
    cpSync(folder.at('seeded'), folder.at('unheld'), { recursive: true });
    const mask = folder.at('unheld/freeze.safetensors');
    const bytes = readFileSync(mask);
    const whole = Buffer.from(bytes);
    bytes.fill(0, 8 + Number(bytes.readBigUInt64LE(0)));
    writeFileSync(mask, bytes);
    const zeroed = await verify(folder.at('unheld'));
    expect(zeroed).toMatchObject({ code: 1, mask: 'is all zeros, so that training with it holds nothing' });
    expect(zeroed.stderr).toContain('error[R7720]: `freeze.safetensors` is all zeros');
    expect(zeroed.circuits[0]?.state).toBe('works');
    whole[whole.length - 1] = whole.at(-1) === 0 ? 1 : 0;
    writeFileSync(mask, whole);
    expect((await verify(folder.at('unheld'))).mask).toMatch(/^holds \d+ entries that are not programmed, and lets go of \d+ that are$/);
    cpSync(folder.at('seeded/model.safetensors'), mask);
    expect((await verify(folder.at('unheld'))).mask).toContain('is of another model');
    rmSync(mask);
    expect((await verify(folder.at('unheld'))).mask).toBe('is missing');
  });
});

describe('what it promises of windows of each kind', () => {
  const edited = (name: string, windows: object, share: object = {}): string => {
    cpSync(folder.at('seeded'), folder.at(name), { recursive: true });
    const map = JSON.parse(readFileSync(folder.at(`${name}/raspc.json`), 'utf8'));
    const own = map.circuits[0].promise.windows;
    Object.assign(own, windows);
    Object.assign(own.shares[3], share);
    writeFileSync(folder.at(`${name}/raspc.json`), JSON.stringify(map));
    return folder.at(name);
  };

  test('is measured again to the last position', async () => {
    const { code, promises } = await verify(folder.at('seeded'));
    expect(code).toBe(0);
    expect(promises.map(({ kind }) => kind)).toEqual(['random', 'text-like', 'no-bos', 'packed']);
    for (const { accuracy, promised, isKept } of promises) expect([accuracy, isKept]).toEqual([promised, true]);
    expect(promises[0]?.accuracy).toBeGreaterThan(0.9);
  });

  test('fails where one is missed by more than the tolerance, and is told where it is only to report', async () => {
    const { promises } = await verify(folder.at('seeded'));
    const packed = promises[3]?.promised as number;
    expect((await verify(edited('borne', {}, { accuracy: packed + 0.019 }))).code).toBe(0);
    const missed = edited('missed', {}, { accuracy: packed + 0.021 });
    const { code, stderr, circuits } = await verify(missed);
    expect(code).toBe(1);
    expect(circuits[0]).toMatchObject({ state: 'weaker', why: expect.stringMatching(/^is right 0\.\d{4} on packed where/) });
    expect(stderr).toContain('error[R7719]: `induction` is weaker');
    expect((await verify(missed, '--report-only')).code).toBe(0);
  });

  test('that no such model could run is refused', async () => {
    for (const windows of [{ length: 33 }, { length: 1 }, { sequences: 1e9 }, { layers: 3 }, { among: 1e9 }])
      expect(await cli(['verify', edited('strange', windows)])).toMatchObject({ code: 3, stderr: expect.stringContaining('error[R7403]') });
  });
});

describe('a checkpoint that was trained from it', () => {
  const map = () => ['--map', folder.at('seeded/raspc.json')];

  test('works where nothing moved, and is beside no twin', async () => {
    const saved = folder.changed('saved', 'transformer.wte.weight', (value) => value);
    expect(await verify(saved, ...map())).toMatchObject({ code: 0, footprint: null, circuits: [{ state: 'works' }] });
  });

  test('that lost its circuit says by what, and fails unless it is only to report', async () => {
    const lost = folder.changed('lost', 'transformer.h.1.attn.c_attn.weight', (value, _, column) => (column < 128 ? -value : value));
    const found = await verify(lost, ...map());
    expect(found.code).toBe(1);
    expect(found.circuits[0]).toMatchObject({ state: 'lost', why: expect.stringContaining('by its scores') });
    expect((await verify(lost, ...map(), '--report-only')).code).toBe(0);
  });

  test('that never had it says so', async () => {
    const never = folder.at('never');
    const like = ['--like', folder.at('config.json'), '--bos', '63', '--seed', '2', '--unseeded', '-o', never];
    expect((await cli(['seed', 'programs/seeds/induction.rasp', ...like])).code).toBe(0);
    const { code, circuits } = await verify(never, ...map());
    expect(code).toBe(1);
    expect(circuits[0]?.state).toBe('not there');
  });
});

test('a folder of both kinds has the bounds of both, and claims no more of compiled circuits than follows from its weights', async () => {
  const config = {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    vocab_size: 200,
    n_positions: 24,
    n_embd: 192,
    n_layer: 3,
    n_head: 3,
  };
  writeFileSync(folder.at('both.json'), JSON.stringify({ ...config, tie_word_embeddings: true }));
  const compiled = `@vocab ["a", "b", "c"];
@context 23;
@causal;
behind_a = aggregate(select(indices, indices - 1, ==), tokens, "c") == "a";
@export behind_a;
`;
  writeFileSync(folder.at('both.rasp'), compiled);
  const tokens = ['a=5', 'b=6', 'c=7'].flatMap((token) => ['--token', token]);
  const files = ['programs/seeds/induction.rasp', folder.at('both.rasp'), '--like', folder.at('both.json'), ...tokens];
  const both = folder.at('both');
  expect((await cli(['seed', ...files, '--mode', 'frozen', '-o', both])).code).toBe(0);
  const bounds = async () => {
    const { stdout, stderr } = await cli(['verify', both, '--format', 'json']);
    return { stderr, ...(JSON.parse(stdout) as { bounds: Bound[]; featureBounds: Bound[] }) };
  };
  const found = await bounds();
  expect(found.bounds.map(({ name, scale }) => [name, (scale ?? 0) > 1.2])).toEqual([
    ['previous', true],
    ['induction', true],
  ]);
  expect(found.featureBounds).toMatchObject([{ name: 'behind_a', why: null }]);
  expect(found.featureBounds[0]?.scale).toBeGreaterThan(1.02);
  const map = readFileSync(`${both}/raspc.json`, 'utf8');
  const louder = JSON.parse(map) as { features: { bound: { scale: number } }[] };
  for (const { bound } of louder.features) bound.scale = 2;
  writeFileSync(`${both}/raspc.json`, JSON.stringify(louder));
  expect((await bounds()).stderr).toContain('`behind_a` is weaker: only × ');
});

interface Bound {
  readonly name: string;
  readonly scale: number | null;
  readonly why: string | null;
}
