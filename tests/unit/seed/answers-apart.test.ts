/** Answers are written where tokens are read, so they are written behind every head that reads tokens. */
import { expect, test } from 'vitest';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { contentsOf, type Placing, placeHeads, withAnswersApart } from '../../../src/seed/program/place-heads.ts';
import { recognize } from '../../../src/seed/program/recognize.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { newModelConfig } from '../../../src/targets/model-config.ts';
import { TARGETS } from '../../../src/targets/registry.ts';

const SIZES = { vocab: 300, positions: 64, width: 128, layers: 4, heads: 4, kvHeads: 4, dim: 32, hidden: 256, types: 0, outputs: 300 };
const BODY = `previous = aggregate(select(indices, indices - 1, ==), tokens);
copy = aggregate(select(previous, tokens, ==), tokens);
third = aggregate(select(indices, indices - 3, ==), tokens);
@export previous;
@export copy;
@export third;
`;

const placing = (places: Placing['places']): Placing => ({ places, bos: null, context: 16 });

test('each answer is in the last layer that reads tokens, and what others read before it', () => {
  const file = sourceFile('p.rasp', `@vocab any;\n@causal;\n${BODY}`);
  const target = TARGETS.find(({ name }) => name === 'gpt2');
  if (target === undefined) throw new Error('no gpt2');
  const whole = recognize([{ program: loadProgram({ file, loader: () => null }), ids: new Map() }]);
  const isSaid = () => true;
  const program = withAnswersApart(whole, isSaid);
  expect(program.heads).toHaveLength(whole.heads.length + 1);
  const placed = placeHeads(program, newModelConfig(target, SIZES), placing(new Map()), null, isSaid);
  const said = new Set(program.outputs.map(({ head }) => head.key));
  const readers = placed.filter(({ head }) => contentsOf(head).some(({ kind }) => kind === 'tokens'));
  const last = Math.max(...readers.map(({ layer }) => layer));
  expect(last).toBe(1);
  expect(placed.filter(({ head }) => said.has(head.key)).map(({ layer }) => layer)).toEqual([last, last, last]);
  // asked for earlier it would be read as a token
  const early = new Map([['third', { layer: 0, head: 3 }]]);
  expect(() => placeHeads(program, newModelConfig(target, SIZES), placing(early), null, isSaid)).toThrow();
});

test('a head lies in a layer that sees as far as it looks', () => {
  const file = sourceFile('p.rasp', `@vocab any;\n@causal;\n${BODY}`);
  const target = TARGETS.find(({ name }) => name === 'llama');
  if (target === undefined) throw new Error('no llama');
  const program = recognize([{ program: loadProgram({ file, loader: () => null }), ids: new Map() }]);
  const plain = newModelConfig(target, { ...SIZES, layers: 5 });
  const windowed = { window: 8, rotary: plain.rotary };
  const config = { ...plain, layerAttention: [windowed, windowed, windowed, { window: null, rotary: plain.rotary }, windowed] };
  const layersOf = (kind: string, context: number): number[] =>
    placeHeads(program, config, { places: new Map(), bos: 0, context }, null, () => false)
      .filter(({ head }) => head.kind === kind)
      .map(({ layer }) => layer);
  expect(new Set(layersOf('match', 16))).toEqual(new Set([3]));
  expect(Math.max(...layersOf('match', 8))).toBeLessThan(3);
  expect(Math.min(...layersOf('shift', 16))).toBe(0);
});
