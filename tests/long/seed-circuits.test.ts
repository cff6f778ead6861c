/** What `raspc seed` can put into small models, circuit by circuit; tests/cli/seed.test.ts has the command itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { INDUCTION, like, placesOf, SeededModels } from '../support/seeded-models.ts';

const models = new SeededModels();
const { at, weights, seed, refused, measured, features } = models;
afterAll(() => models.remove());

test('a file of the library is seeded by its name, without what cannot be', async () => {
  const ids = ['--token', '(=7', ')=8', '[=9', ']=10', 'a=11', 'b=12'];
  await seed('std/brackets:bracket_depth,bracket_level', ...ids, ...like('gpt2'), '--context', '3', '-o', at('brackets-file'));
  expect(await features('brackets-file')).toEqual({ seeded_bracket_depth: true, seeded_bracket_level: true });
  const letters = [...'abcdefgh'].flatMap((letter, i) => ['--token', `${letter}=${20 + i}`]);
  const plan = await cli(['seed', 'std/counts:fraction,frequency', ...letters, ...like('llama'), '--context', '120', '--plan']);
  expect(plan.code).toBe(0);
  expect(plan.stderr).toContain('seeded_frequency: this cannot be seeded');
  expect(plan.stdout).toContain('seeded_fraction');
  expect(await refused('std/brackets:nothing', ...ids, ...like('gpt2'), '--plan')).toContain('error[R8004]');
});

test('anti-induction lowers what induction would raise', async () => {
  await seed(INDUCTION, ...like('llama'), '--strength', '-6', '-o', at('anti'));
  const [found] = (await measured('anti')).circuits;
  expect(found?.accuracy).toBeGreaterThan(0.9);
  expect(found?.probability).toBeLessThan(1 / 500 / 20);
});

test('programs over a small alphabet and over any token, in one model', async () => {
  const digits = at('digits.rasp');
  writeFileSync(digits, '@vocab [1, 2, 3]; @causal; half = tokens / 2; mean_half = aggregate(full_s, half); @export mean_half;');
  const ids = ['--token', '(=7', '--token', ')=8', '--token', '1=11', '--token', '2=12', '--token', '3=13'];
  const both = ['programs/seeds/bracket_depth.rasp', INDUCTION, ...ids, ...like('gpt2')];
  expect(await seed(...both, '--plan')).toContain('behind the first position of a window, whatever stands there');
  await seed(...both, '--bos', '0', '-o', at('both'));
  expect((await measured('both')).circuits.map(({ name, accuracy }) => [name, accuracy > 0.9])).toEqual([['induction', true]]);
  expect(await features('both')).toEqual({ bracket_depth: true });
  await seed(digits, ...ids, ...like('gpt2'), '-o', at('digits'));
  expect(await features('digits')).toEqual({ mean_half: true });
});

test('the first position of a window is found in rotary models that have the layers for it', async () => {
  interface Planned {
    readonly blocks: readonly { readonly kind: string; readonly dims: readonly number[] }[];
    readonly neurons: { readonly used: number; readonly of: number };
    readonly heads: readonly { readonly name: string; readonly layer: number }[];
    readonly expected: readonly {
      readonly windows: { readonly shares: readonly { readonly kind: string; readonly accuracy: number }[] };
    }[];
  }
  const planned = async (...argv: string[]) => JSON.parse(await seed(...argv, '--plan', '--format', 'json')) as Planned;
  const found = await planned(INDUCTION, ...like('llama'));
  // neurons of two layers stand between what they compare and who reads it
  expect(found.heads.map(({ name, layer }) => [name, layer])).toEqual([
    ['previous', 0],
    ['induction', 2],
  ]);
  // two for each entry of a code, one that decides, and one that takes the flag back behind its last reader
  const entries = found.blocks.find(({ kind }) => kind === 'tokens')?.dims.length ?? 0;
  expect(found.neurons).toEqual({ used: 2 * entries + 2, of: 3 * 512 });
  const [circuit] = found.expected;
  const shares = circuit?.windows.shares ?? [];
  expect(shares.map(({ kind }) => kind)).toEqual(['random', 'text-like', 'packed']);
  expect(shares[0]?.accuracy).toBeGreaterThan(0.95);
  const marked = await planned(INDUCTION, ...like('llama'), '--bos', '0');
  expect(marked.heads[1]?.layer).toBe(1);
  expect(marked.expected[0]?.windows.shares.map(({ kind }) => kind)).toContain('no-bos');
  // beside its heads a layer's neurons read what stood before: there are not layers enough
  expect((await planned(INDUCTION, ...like('gpt-neox'))).heads[1]?.layer).toBe(1);
  expect((await planned('programs/seeds/duplicate_token.rasp', ...like('llama'))).heads.at(-1)?.layer).toBe(1);
});

test('a rotary base that turns too much: the plan says how far it holds', async () => {
  const config = JSON.parse(readFileSync('tests/fixtures/seeds/llama/config.json', 'utf8')) as object;
  const planned = async (base: number) => {
    writeFileSync(at(`base-${base}.json`), JSON.stringify({ ...config, rope_theta: base, max_position_embeddings: 1024 }));
    return cli(['seed', INDUCTION, '--like', at(`base-${base}.json`), '--plan']);
  };
  // turned by half of the context beforehand, 14 dimensions are enough
  expect((await planned(3000)).stdout).not.toMatch(/note: induction .* it works over/);
  expect((await planned(1500)).stdout).toMatch(/note: induction .* it works over \d+ positions \(`--context \d+`\)/);
  const { code, stderr } = await planned(20);
  expect(code).toBe(1);
  expect(stderr).toContain('error[R7706]');
  expect(stderr).toMatch(/over \d+ positions \(`--context \d+`\) there are enough/);
});

test.each(['gpt2', 'llama'])('%s: frozen circuits work as well, and hold while the stream grows', async (name) => {
  const plan = JSON.parse(await seed(INDUCTION, ...like(name), '-o', at(`frozen-${name}`), '--mode', 'frozen', '--format', 'json')) as {
    heads: { scaleLimit: number }[];
  };
  for (const { scaleLimit } of plan.heads) expect(scaleLimit).toBeGreaterThan(2);
  const { circuits, heads } = await measured(`frozen-${name}`);
  expect(circuits[0]?.accuracy).toBeGreaterThan(0.93);
  for (const { name: head, attention } of heads) expect(attention, head).toBeGreaterThan(0.95);
});

test('functions of the library are compiled into the stream, with heads and neurons', async () => {
  const file = at('library.rasp');
  const names = ['depth', 'often', 'switch', 'last'];
  const lines = [
    '@vocab ["(", ")", "x"]; @context 8; @causal; load "std/brackets"; load "std/counts"; load "std/automata"; load "std/lookups";',
    'depth = bracket_depth(tokens, ["()"]); often = frequency(tokens); last = last_match(tokens, "(", indices, -1);',
    'switch = flip_flop(tokens == "(", tokens == ")", False);',
    ...names.map((name) => `@export ${name};`),
  ];
  writeFileSync(file, lines.join('\n'));
  const ids = ['--token', '(=7', '--token', ')=8'];
  await seed(file, ...ids, ...like('gpt2'), '-o', at('library'));
  expect(await features('library')).toEqual({ depth: true, often: true, switch: true, last: true });
  expect(await seed(file, ...ids, ...like('gpt2'), '--dump-ir')).toMatch(/^head .*: mean/m);
});

test('what an export names rises at the output, or falls', async () => {
  const file = at('closing.rasp');
  const lines = [
    '@vocab ["(", ")", "[", "]", "x"]; @context 8; @causal;',
    'closing = "]" if tokens == "[" else (")" if tokens == "(" else "-");',
    'last = aggregate(rightmost(select(tokens == "(" or tokens == "[", True, ==)), closing, "-");',
    'opened = tokens == "("; @export closing; @export last; @export opened;',
  ];
  writeFileSync(file, lines.join('\n'));
  const ids = ['--token', '(=7', ')=8', '[=9', ']=10'];
  const exports = ['--export', 'closing=logits', 'last=both', '--strength', 'last=-3'];
  interface Map {
    readonly says: readonly { name: string; strength: number; nats: number; values: readonly { value: string; ids: number[] }[] }[];
  }
  for (const family of ['gpt2', 'llama']) {
    await seed(file, ...ids, ...like(family), ...exports, '-o', at(`says-${family}`));
    const map = JSON.parse(readFileSync(join(at(`says-${family}`), 'raspc.json'), 'utf8')) as Map;
    // of 500 tokens one may rise so much that the others lose a tenth of a nat
    expect(map.says.map(({ name, strength }) => [name, strength])).toEqual([
      ['closing', expect.closeTo(Math.log(1 + 500 * (Math.exp(0.1) - 1)), 2)],
      ['last', -3],
    ]);
    expect(map.says[0]?.values.map(({ value, ids: own }) => [value, own])).toEqual([
      [')', [8]],
      [']', [10]],
    ]);
    const { code, stdout } = await cli(['verify', at(`says-${family}`), '--format', 'json']);
    expect(code).toBe(0);
    const heard = (JSON.parse(stdout) as { sayings: { name: string; nats: number; accuracy: number }[] }).sayings;
    for (const { name, nats, accuracy } of heard) {
      const { strength } = map.says.find((each) => each.name === name) as Map['says'][number];
      expect(Math.abs(nats / strength - 1)).toBeLessThan(0.15);
      expect(accuracy).toBeGreaterThan(0.98);
    }
    expect((await cli(['inspect', at(`says-${family}`)])).stdout).toContain('-3.00 nats by dimensions');
  }
  // the answer's row, silenced: verify hears it
  const map = JSON.parse(readFileSync(join(at('says-llama'), 'raspc.json'), 'utf8')) as { says: { dims: number[] }[] };
  const bytes = weights('says-llama');
  const [from] = placesOf(bytes).get('lm_head.weight') ?? [0];
  for (const dim of map.says[0]?.dims ?? []) for (let id = 0; id < 500; id++) bytes.writeFloatLE(0, from + 4 * (256 * id + dim));
  writeFileSync(join(at('says-llama'), 'model.safetensors'), bytes);
  const { code, stderr } = await cli(['verify', at('says-llama')]);
  expect([code, stderr.split('\n')[0]]).toEqual([1, expect.stringContaining('`closing` is weaker: moves its tokens by 0.00 nats')]);
  const plan = [file, ...ids, ...like('gpt2'), '--plan'];
  expect(await refused(...plan, '--export', 'opened=logits')).toContain('error[R7717]');
  expect(await refused(...plan, '--export', 'closed=logits')).toContain('no program exports it');
  expect(await refused(...plan, '--export', 'closing=loud')).toContain('error[R8004]');
  expect(await refused(...plan, '--export', 'closing=feature', '--strength', 'closing=2')).toContain('a feature has no strength');
  expect(await refused(INDUCTION, ...like('gpt2'), '--plan', '--export', 'induction=feature')).toContain('error[R7717]');
});
