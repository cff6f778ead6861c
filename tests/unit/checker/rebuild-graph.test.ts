import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rebuildGraph } from '../../../src/checker/claim/rebuild-graph.ts';
import type { MapNode } from '../../../src/checkpoint/map/map-meaning.ts';
import { compile } from '../../../src/compiler/compile.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluate } from '../../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import type { SOp } from '../../../src/graph/graph.ts';
import type { Value } from '../../../src/graph/value.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { randomInputs } from '../../../src/verify/inputs.ts';

describe('the simplified program that the map of each program carries', () => {
  const names = readdirSync('programs').filter((name) => name.endsWith('.rasp'));

  test.each(names)('%s means what its source means', (name) => {
    const program = loadProgram({ file: sourceFile(name, readFileSync(`programs/${name}`, 'utf8')), loader: () => null, context: 8 });
    const causal = program.causal?.value ?? false;
    const { map } = compile(program, { target: causal ? gpt2 : bert, dtype: 'f32', compute: 'f32', unproven: true });
    const meaning = map.meaning;
    if (meaning === undefined) throw new Error('there is no meaning');
    const nodes = rebuildGraph(JSON.parse(JSON.stringify(meaning, bigints), revived));
    const vocabulary = map.vocabulary.map(({ value }) => value);
    const inputs = randomInputs(vocabulary.length, 8, 60, 1);
    for (let i = 0; i < inputs.count; i++) {
      const input = Array.from(inputs.at(i), (token) => vocabulary[token] as Value);
      const values = (roots: readonly SOp[]) => {
        const all = evaluate(roots, input, { causal });
        return roots.map((root) => (all.get(root) as Sequence).values);
      };
      expect(values(meaning.outputs.map((number) => nodes[number] as SOp))).toEqual(values(program.exports.map((e) => e.node)));
    }
  });
});

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? `int ${value}` : value);
const revived = (_: string, value: unknown) => (typeof value === 'string' && value.startsWith('int ') ? BigInt(value.slice(4)) : value);

const node = (content: Partial<MapNode>): MapNode => ({
  kind: 'indices',
  operator: '',
  args: [],
  values: [],
  name: '',
  span: '',
  ...content,
});

test.each([
  ['a node after itself', [node({ kind: 'width', args: [0] })]],
  ['a width of an s-op', [node({}), node({ kind: 'width', args: [0] })]],
  ['a comparison of selectors', [node({}), node({ kind: 'select', operator: '==', args: [0] })]],
  ['an unknown comparison', [node({}), node({ kind: 'select', operator: '=', args: [0, 0] })]],
  ['an unknown operation', [node({}), node({ kind: 'elementwise', operator: 'binary ^^', args: [0, 0] })]],
  ['too few operands', [node({}), node({ kind: 'elementwise', operator: 'choose', args: [0, 0] })]],
  ['a constant without a value', [node({ kind: 'constant' })]],
  ['an unknown cast', [node({ kind: 'tokens', operator: 'complex' })]],
  [
    'an aggregate without a default',
    [node({}), node({ kind: 'select', operator: '==', args: [0, 0] }), node({ kind: 'aggregate', args: [1, 0] })],
  ],
])('refuses %s', (_, nodes) => {
  expect(() => rebuildGraph({ nodes })).toThrow('is none that a program has');
});
