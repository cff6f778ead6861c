/** What a map says of its circuit: names, codes and hooks, and that what is no edge is used by no weight. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { wrongInGraph } from '../../../src/checkpoint/map/check-circuit-graph.ts';
import type { CircuitMap } from '../../../src/checkpoint/map/circuit-map.ts';
import { packCheckpoint } from '../../../src/checkpoint/pack-checkpoint.ts';
import { compile } from '../../../src/compiler/compile.ts';
import { loadText } from '../../../src/library/load-text.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gptNeox } from '../../../src/targets/families/layer-norm/gpt-neox.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import type { Target } from '../../../src/targets/target.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';

const built = new Map<string, ReturnType<typeof compiled>>();

function build(program: string, target: Target) {
  const key = `${program} ${target.name}`;
  const found = built.get(key) ?? compiled(program, target);
  built.set(key, found);
  return found;
}

function compiled(program: string, target: Target) {
  const text = readFileSync(`programs/${program}.rasp`, 'utf8');
  const model = compile(loadText(text, { context: 6, name: `${program}.rasp` }), { target, dtype: 'f32', compute: 'f32' });
  const { config, weights, dtype, compute, pad, map } = model;
  const packed = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...map } });
  return { ...model, map: packed.map };
}

const TARGETS = [gpt2, llama, gptNeox, bert];
const PROGRAMS = ['double_hist', 'dyck1', 'induction'];

/** Columns that a matrix reads, of the rows from `from` to `to`. */
function columnsRead({ shape, data }: Tensor, from: number, to: number): Set<number> {
  const width = shape.at(-1) as number;
  const read = new Set<number>();
  for (let i = from * width; i < to * width; i++) if (data[i] !== 0) read.add(i % width);
  return read;
}

describe.each(TARGETS)('on $name', (target) => {
  test.each(PROGRAMS)('%s: what is no edge is read by no weight', (program) => {
    const { map, weights, placement, config } = build(program, target);
    const { frame } = placement;
    // what keeps the norm in place is read by all
    const own = [...frame.ownBalance.values()].flat();
    const stands = new Set([...frame.anchors, ...own, ...[frame.balance, frame.reference].filter((dim) => dim !== null)]);
    const dimsOf = new Map(map.variables.map(({ name, dims }) => [name, dims]));
    const allowed = (to: string) => new Set(map.edges?.flatMap((edge) => (edge.to === to ? (dimsOf.get(edge.variable) ?? []) : [])));
    const expectOnly = (to: string, read: Set<number>) =>
      expect([to, [...read].filter((dim) => !allowed(to).has(dim) && !stands.has(dim))]).toEqual([to, []]);
    for (const [layer, roles] of weights.layers.entries()) {
      const { dim, heads, kvHeads } = config.sizes;
      for (let head = 0; head < heads; head++) {
        const kept = Math.floor(head / (heads / kvHeads));
        if (map.heads.every((each) => each.layer !== layer || each.head !== head)) continue;
        expectOnly(`a${layer}.h${head}<q>`, columnsRead(roles.query as Tensor, head * dim, (head + 1) * dim));
        expectOnly(`a${layer}.h${head}<k>`, columnsRead(roles.key as Tensor, kept * dim, (kept + 1) * dim));
        expectOnly(`a${layer}.h${head}<v>`, columnsRead(roles.value as Tensor, kept * dim, (kept + 1) * dim));
      }
      const { hidden } = config.sizes;
      for (const part of [roles.up, roles.gate]) if (part !== undefined) expectOnly(`m${layer}`, columnsRead(part, 0, hidden));
    }
    const readers = new Set(map.edges?.map(({ to }) => to));
    expect(readers.has('logits')).toBe(true);
    for (const { layer, head } of map.heads) expect(readers.has(`a${layer}.h${head}<k>`)).toBe(true);
  });

  test('names are of one variable each, codes those of the meaning, and nothing contradicts the model', () => {
    for (const program of PROGRAMS) {
      const { map, config } = build(program, target);
      const names = map.variables.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(
        [...names, ...map.heads.map(({ name }) => name)].filter((name) => /^(aggregate|value|selector_width)(#|$)/.test(name)),
      ).toEqual([]);
      expect(map.variables.filter(({ values, codes }) => values.length > 0 && codes === undefined)).toEqual([]);
      expect(wrongInGraph(map, config)).toBeNull();
    }
  });
});

test('a head says what it selects, and what BOS takes of it', () => {
  const { map } = build('double_hist', gpt2);
  const [first] = map.heads;
  expect(first?.selects).toBe('select(tokens, tokens, ==)');
  // 1 to 6 of the 6 keys, and BOS weighs as 192 of them
  expect(first?.bosShare?.least).toBeCloseTo(192 / 198, 12);
  expect(first?.bosShare?.most).toBeCloseTo(192 / 193, 12);
  const { map: induction } = build('induction', gpt2);
  expect(induction.heads.map(({ bosShare }) => bosShare)).toEqual(induction.heads.map(() => ({ least: 0, most: 1 })));
});

test('hooks are paths of stock modules, and the names of TransformerLens', () => {
  const { map } = build('double_hist', gpt2);
  expect(map.hooks?.heads[1]).toEqual({
    transformers: 'transformer.h.1.attn.c_proj',
    output: 'input',
    columns: [0, build('double_hist', gpt2).config.sizes.dim],
    transformerLens: 'blocks.1.attn.hook_z',
    index: [null, null, 0],
  });
  const places = (target: Target) =>
    build('double_hist', target).map.hooks?.variables.map((hook) => `${hook.output} of ${hook.transformers}`);
  expect(new Set(places(gpt2))).toEqual(
    new Set(['input of transformer.h.0', 'input of transformer.h.0.ln_2', 'output of transformer.h.0', 'input of transformer.h.1.ln_2']),
  );
  expect(places(bert)).toContain('output of bert.encoder.layer.0.attention.output.LayerNorm');
  expect(places(gptNeox)).toContain('output of gpt_neox.layers.0');
  const names = build('double_hist', bert).map.hooks?.variables.map(({ transformerLens }) => transformerLens);
  expect(new Set(names)).toEqual(
    new Set(['blocks.0.hook_resid_pre', 'blocks.0.ln1.hook_out', 'blocks.0.hook_out', 'blocks.1.ln1.hook_out']),
  );
});

describe('refuses a stranger that says', () => {
  const { map, config } = build('double_hist', gpt2);
  const [variable] = map.variables.slice(1) as [CircuitMap['variables'][number]];
  const changed = (change: Partial<typeof variable>) => ({
    ...map,
    variables: map.variables.map((each) => (each === variable ? { ...each, ...change } : each)),
  });
  const [edge] = map.edges as [NonNullable<CircuitMap['edges']>[number]];
  const hooks = map.hooks as NonNullable<CircuitMap['hooks']>;
  const edged = (change: Partial<typeof edge>) => ({ ...map, edges: [{ ...edge, ...change }] });
  test.each([
    ['two variables of one name', changed({ name: 'hist' }), 'two variables are called `hist`'],
    ['a code too few', changed({ codes: variable.codes?.slice(1) }), 'has 25 codes, and 26 values'],
    [
      'another code',
      changed({ codes: variable.codes?.map((each) => ({ ...each, code: [9, 9] })) }),
      'has other codes than its meaning says',
    ],
    ['a short code at BOS', changed({ bosCode: [] }), 'has 0 numbers at BOS'],
    ['another code at BOS', changed({ bosCode: [7, 7] }), 'has another code at BOS'],
    [
      'a life elsewhere',
      changed({ live: { from: { layer: 1, sublayer: 'mlp' }, to: { layer: 1, sublayer: 'output' } } }),
      'is written elsewhere than where it begins to live',
    ],
    ['a life too short', changed({ live: { from: variable.written, to: { layer: 0, sublayer: 'embedding' } } }), 'is read after'],
    [
      'a life too long',
      changed({ live: { from: variable.written, to: { layer: 9, sublayer: 'mlp' } } }),
      'live in layer 9, and there are 2',
    ],
    ['a share above 1', { ...map, heads: [{ ...map.heads[0], bosShare: { least: 0, most: 2 } }] }, 'is no part of 1'],
    ['an edge to nowhere', edged({ to: 'a0.h0' }), 'joins no two parts'],
    ['an edge of a layer too many', edged({ to: 'm7' }), 'lies in layer 7, and there are 2'],
    ['an edge of a head too many', edged({ to: 'a1.h99<q>' }), 'has head 99'],
    ['an edge that carries nothing', edged({ variable: 'other' }), 'carries `other`, which is no variable'],
    ['an edge of another writer', edged({ from: 'm1' }), 'is written elsewhere'],
    ['an edge backwards', { ...map, edges: [{ from: 'a1.h0', to: 'a0.h0<q>', variable: 'double_hist' }] }, 'runs backwards'],
    ['a hook too few', { ...map, hooks: { ...hooks, heads: [] } }, '`hooks.heads` has 0 entries'],
    [
      'a hook elsewhere',
      { ...map, hooks: { ...hooks, heads: hooks.heads.map((each) => ({ ...each, transformers: 'lm_head' })) } },
      '`hooks.heads[0]` is not where `hist` lies',
    ],
  ])('%s', (_, stranger, why) => {
    expect(wrongInGraph(stranger as CircuitMap, config)).toContain(why);
  });
});
