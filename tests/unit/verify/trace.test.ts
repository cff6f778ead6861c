import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CircuitMap } from '../../../src/checkpoint/map/circuit-map.ts';
import type { MapMeaning } from '../../../src/checkpoint/map/map-meaning.ts';
import { packCheckpoint } from '../../../src/checkpoint/pack-checkpoint.ts';
import { compile } from '../../../src/compiler/compile.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluate } from '../../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import type { Value } from '../../../src/graph/value.ts';
import { openModel } from '../../../src/runtime/model.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import { type Trace, traceInput } from '../../../src/verify/circuits/trace.ts';
import { randomInputs } from '../../../src/verify/inputs.ts';
import type { LayerRole, ModelRole } from '../../../src/weights/roles.ts';
import type { Weights } from '../../../src/weights/weights.ts';
import { memoryFolder } from '../../support/memory-folder.ts';

type Spoil = (weights: Weights, map: CompiledMap) => void;
type CompiledMap = Omit<CircuitMap, 'raspc' | 'dtype' | 'compute' | 'target' | 'files'>;

function traced(name: string, target: string, input: string, spoil: Spoil = () => {}, says = name): Trace {
  const load = (program: string) =>
    loadProgram({ file: sourceFile(program, readFileSync(`programs/${program}.rasp`, 'utf8')), loader: () => null, context: 12 });
  const family = TARGETS.find((each) => each.name === target) as (typeof TARGETS)[number];
  const program = load(name);
  const { config, weights, dtype, compute, pad, map } = compile(program, { target: family, dtype: 'f32', compute: 'f32' });
  spoil(weights, map);
  const model = openModel(memoryFolder(packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...map } })));
  const tokens: Value[] = [...input];
  const nodes = load(says).exports.map(({ node }) => node);
  const values = evaluate(nodes, tokens, { causal: map.causal });
  const ids = Int32Array.of(map.bos.id, ...tokens.map((token) => map.vocabulary.find(({ value }) => value === token)?.id ?? -1));
  return traceInput({
    map: { ...map, meaning: map.meaning as MapMeaning },
    input: tokens,
    program: nodes.map((node) => (values.get(node) as Sequence).values),
    show: (observe) => {
      model.logits([ids], observe);
    },
  });
}

function change(
  weights: Weights,
  layer: number | null,
  role: LayerRole | ModelRole,
  edit: (data: Float64Array, columns: number) => void,
): void {
  const part = (layer === null ? weights.model : weights.layers[layer]) as Record<string, { shape: readonly number[]; data: Float64Array }>;
  const tensor = part[role] as { shape: readonly number[]; data: Float64Array };
  edit(tensor.data, tensor.shape[1] as number);
}

const variable = (map: CompiledMap, name: string, encoding: string) =>
  map.variables.find((each) => each.name === name && each.encoding === encoding);

describe('a right model holds what its program says, layer by layer', () => {
  test.each(TARGETS.filter(({ traits }) => traits.attention === 'causal').map(({ name }) => name))('on %s', (target) => {
    for (const [name, input] of [
      ['hist', 'hello'],
      ['induction', 'abcabcab'],
      ['double_hist', 'abcabcabz'],
      ['running_fraction', 'aabaca'],
    ] as const) {
      const trace = traced(name, target, input.slice(0, 12));
      expect(trace).toMatchObject({ first: null, otherwise: [], skipped: [] });
      expect(trace.steps.flatMap(({ right }) => right).length).toBeGreaterThan(2);
    }
  });

  test('that sees both ways', () => {
    expect(traced('reverse', 'bert', 'abcde')).toMatchObject({ first: null, otherwise: [], skipped: [] });
    expect(traced('hist', 'bert', 'abab')).toMatchObject({ first: null });
  });
});

describe('a wrong model', () => {
  test('a neuron that writes nothing: named with what it adds, in the variable that it should write', () => {
    const { first } = traced('double_hist', 'gpt2', 'aaaa', (weights) => {
      // the second neuron of the step from 3 to 4
      change(weights, 0, 'down', (data, width) => data.fill(0, 4 * width, 5 * width));
    });
    expect(first).toMatchObject({ name: 'hist#2', place: { layer: 0, sublayer: 'mlp' }, position: 3, expected: 4n, overwritten: false });
    expect(first?.span).toMatch(/^double_hist:\d+:8-/);
    expect(first?.writers[0]).toMatchObject({ kind: 'neurons', from: 5, to: 6, name: 'hist' });
  });

  test('a head that reads the wrong thing', () => {
    const { first } = traced('hist', 'gpt2', 'abab', (weights, map) => {
      const dim = variable(map, 'hist', 'features')?.dims[0] as number;
      change(weights, 0, 'output', (data, width) => {
        for (let row = 0; row < data.length / width; row++) data[row * width + dim] = 2 * (data[row * width + dim] as number);
      });
    });
    expect(first).toMatchObject({ name: 'hist', place: { layer: 0, sublayer: 'attention' }, position: 0 });
    expect(first?.writers).toEqual([expect.objectContaining({ kind: 'head', from: 0, name: 'hist' })]);
  });

  test('an embedding', () => {
    const { first } = traced('hist', 'gpt2', 'cab', (weights, map) => {
      const id = map.vocabulary.find(({ value }) => value === 'a')?.id as number;
      change(weights, null, 'tokenEmbedding', (data, width) => data.copyWithin(id * width, (id + 1) * width, (id + 2) * width));
    });
    expect(first).toMatchObject({
      name: 'tokens',
      place: { sublayer: 'embedding' },
      position: 1,
      expected: 'a',
      nearest: ['b'],
      writers: [],
    });
  });

  test('a layer that writes over what another wrote', () => {
    const { first } = traced('double_hist', 'gpt2', 'aab', (weights, map) => {
      const dim = map.variables.find(({ written, lastRead }) => written.sublayer === 'embedding' && lastRead.layer > 0)?.dims[0] as number;
      change(weights, 0, 'downBias', (data) => {
        data[dim] = 7;
      });
    });
    expect(first).toMatchObject({ overwritten: true, place: { layer: 0, sublayer: 'mlp' } });
  });

  test('numbers that are no numbers', () => {
    const { first } = traced('hist', 'gpt2', 'ab', (weights) => change(weights, 0, 'downBias', (data) => data.fill(3e38)));
    expect(first).toMatchObject({ place: { layer: 0, sublayer: 'mlp' } });
  });

  test('an output that is read out wrongly leaves every variable right', () => {
    const trace = traced('hist', 'gpt2', 'ab', (weights) => change(weights, null, 'unembedding', (data) => data.fill(0)));
    expect(trace).toMatchObject({ first: null, otherwise: [] });
  });

  test('a right model of another program is right for its own', () => {
    expect(traced('hist', 'gpt2', 'aba', () => {}, 'double_hist')).toMatchObject({ first: null, otherwise: ['hist'] });
  });
});

test('random inputs of a deep program, traced to the end', () => {
  const inputs = randomInputs(4, 12, 20, 3);
  for (let i = 0; i < inputs.count; i++) {
    const text = Array.from(inputs.at(i), (token) => '()[]'[token]).join('');
    expect(traced('shuffle_dyck2', 'gpt2', text).first).toBeNull();
  }
});
