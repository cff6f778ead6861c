import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { assertPlacement } from '../../../src/placement/invariants.ts';
import type { PlacedLayer, Placement } from '../../../src/placement/placement.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';

const TWICE = `@vocab "abcd"; @context 6; @causal;
hist = selector_width(select(tokens, tokens, ==));
said = selector_width(select(hist, hist, ==));
@export said;`;

const { placement } = compile(loadProgram({ file: sourceFile('twice.rasp', TWICE), loader: () => null }), {
  target: gpt2,
  dtype: 'f32',
  compute: 'f32',
  without: ['answers-from-numbers', 'reused-dimensions'],
});
const last = placement.layers.at(-1) as PlacedLayer;
const [first, second] = placement.layers as [PlacedLayer, PlacedLayer];
const [[register, own], [, others]] = [...placement.dimensions] as [[never, readonly number[]], [never, readonly number[]]];
const living = (dims: readonly number[]): Placement => ({ ...placement, dimensions: new Map([...placement.dimensions, [register, dims]]) });
const inLayer = (changed: PlacedLayer): Placement => ({ ...placement, layers: [changed, second, ...placement.layers.slice(2)] });
const later = (layer: PlacedLayer): PlacedLayer => ({
  ...layer,
  groups: layer.groups.map(({ group, from, to }) => ({ group, from: from + 1, to: to + 1 })),
});

describe('a placement', () => {
  test('as the passes leave it is sound', () => {
    expect(first.groups.length).toBeGreaterThan(0);
    expect(() => assertPlacement(placement, gpt2.traits)).not.toThrow();
  });

  test.each<[what: string, Placement, message: string]>([
    ['whose layers change places', { ...placement, layers: [second, first, ...placement.layers.slice(2)] }, 'before it is written'],
    [
      'that lost its last layer',
      { ...placement, layers: [...placement.layers.slice(0, -1), { ...last, groups: [], heads: [] }] },
      'has no place in the model',
    ],
    ['that has a head twice', inLayer({ ...first, heads: [...first.heads, ...first.heads] }), 'more heads or neurons'],
    ['whose neurons begin late', inLayer(later(first)), 'do not begin where'],
    ['of two registers in one place', living(others.slice(0, own.length)), 'two registers live in dimension'],
    ['that shares the frame', living(placement.frame.anchors.slice(0, 1)), 'in a dimension of the frame'],
    ['beyond the stream', living([placement.sizes.width]), 'none of the stream'],
  ])('%s is a fault of ours', (_, broken, message) => {
    expect(() => assertPlacement(broken, gpt2.traits)).toThrow(message);
  });
});
