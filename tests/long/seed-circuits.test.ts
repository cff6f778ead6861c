/** What `raspc seed` can put into small models, circuit by circuit; tests/cli/seed.test.ts has the command itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { INDUCTION, like, SeededModels } from '../support/seeded-models.ts';

const models = new SeededModels();
const { at, seed, refused, measured, features } = models;
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
  expect(await seed(...both, '--plan')).toContain('bracket_depth leaves out the first token');
  await seed(...both, '--bos', '0', '-o', at('both'));
  expect((await measured('both')).circuits.map(({ accuracy }) => accuracy > 0.9)).toEqual([true, true]);
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
  // two for each entry of a code, and one that decides
  const entries = found.blocks.find(({ kind }) => kind === 'tokens')?.dims.length ?? 0;
  expect(found.neurons).toEqual({ used: 2 * entries + 1, of: 3 * 512 });
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
  expect((await planned(3000)).stdout).not.toContain('note: induction');
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
