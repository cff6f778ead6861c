import { describe, expect, test } from 'vitest';
import { packagePath } from '../../../src/cli/files/package-path.ts';
import { sourceLoader } from '../../../src/cli/files/source-loader.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluator } from '../../../src/graph/evaluate/evaluate.ts';
import { type Value, valuesEqual } from '../../../src/graph/value.ts';
import { seedBounds } from '../../../src/seed/bound/seed-bound.ts';
import { strangeTensor } from '../../../src/seed/bound/stored-circuit.ts';
import { drawnHost, type Host, sizeOf } from '../../../src/seed/draw/seed-tensors.ts';
import { vocabularyOf } from '../../../src/seed/host/alphabet-source.ts';
import { type CompiledSeed, compileSeed, idsOf } from '../../../src/seed/host/compile-seed.ts';
import { movedBy, runHost } from '../../../src/seed/host/run-host.ts';
import { numberAt } from '../../../src/seed/host/seed-frame.ts';
import { changesOf } from '../../../src/seed/write/changes.ts';
import { changedHost } from '../../../src/seed/write/checkpoint-host.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { newModelConfig, type StoredTensor, storedTensors } from '../../../src/targets/model-config.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import { adversarialInputs, randomInputs } from '../../../src/verify/inputs.ts';

const SIZES = { vocab: 60, positions: 32, width: 192, layers: 3, heads: 4, kvHeads: 4, dim: 32, hidden: 256, types: 0, outputs: 60 };
const CONTEXT = 8;
const PROGRAM = `@vocab ["a", "b", "c"];
@context ${CONTEXT};
@causal;
previous = aggregate(select(indices, indices - 1, ==), tokens, "-");
told = tokens == "b" and previous == "a";
so_many = selector_width(select(tokens, "a", ==));
latest = aggregate(rightmost(select(tokens == "a" or tokens == "b", True, ==)), tokens, "-");
part = aggregate(select(True, True, ==), 1 if tokens == "a" else 0);
@export told;
@export so_many;
@export latest;
@export part;
`;

function hostOf(family: string): Host {
  const target = TARGETS.find(({ name }) => name === family);
  if (target?.init == null) throw new Error('no rules');
  return drawnHost({ config: newModelConfig(target, SIZES), rules: target.init, range: 0.02, seed: 3 });
}

function seedOf(host: Host): CompiledSeed {
  const program = loadProgram({ file: sourceFile('p.rasp', PROGRAM), loader: sourceLoader('', packagePath()) });
  const random = randomInputs(3, CONTEXT, 100, 1);
  const bos = host.config.traits.positions.kind === 'learned' ? null : 1;
  const probes = [[random.at(8), random.at(17), random.at(26)]];
  return compileSeed([{ program, ids: [7, 8, 9] }], host, { context: CONTEXT, range: 0.02, bos, probes });
}

/** The seeded model, every token's own part of the embedding louder or quieter by a factor of its own. */
function louder(seed: CompiledSeed, factor: (id: number) => number): Host {
  const { host, frame } = seed.placed;
  const whole = changedHost(host, changesOf(host.config, seed.slices));
  const reserved = new Set(frame.reserved);
  return {
    ...whole,
    values(tensor: StoredTensor, from, count) {
      const values = whole.values(tensor, from, count);
      if (!tensor.spec.holds.includes('tokenEmbedding')) return values;
      return values.map((value, i) => {
        const at = from + i;
        return reserved.has(at % SIZES.width) ? value : value * factor(Math.floor(at / SIZES.width));
      });
    },
  };
}

describe.each(['gpt2', 'llama'])('%s', (family) => {
  const seed = seedOf(hostOf(family));
  const bounds = seedBounds(seed, 'f32');

  test('bounds what is bounded, and says why nothing bounds the rest', () => {
    const [told, count, latest, part] = bounds;
    expect(told?.scale).toBeGreaterThan(1.03);
    if (family === 'gpt2') expect(count?.scale).toBeGreaterThan(1);
    expect([latest?.scale, latest?.why]).toEqual([null, expect.stringContaining('slope')]);
    expect([part?.scale, part?.why]).toEqual([null, expect.stringContaining('means')]);
    expect((told?.scale ?? 0) > (count?.scale ?? 0)).toBe(true);
  });

  test('while the scale stays within a bound, every feature keeps its margin', () => {
    const [part] = seed.parts;
    if (part === undefined) throw new Error('no part');
    const vocabulary = vocabularyOf(part.source.program);
    const run = evaluator(
      part.source.program.exports.map(({ node }) => node),
      { causal: true },
    );
    const edges = adversarialInputs(3, CONTEXT);
    const random = randomInputs(3, CONTEXT, 100, 9);
    const inputs = [...Array.from({ length: 20 }, (_, i) => edges.at(Math.floor((i * edges.count) / 20))), random.at(8), random.at(41)];
    const batch = inputs.map((tokens) => idsOf(tokens, part.source, seed.placed.bos));
    let held = 0;
    for (const reach of [0.02, 0.1, 0.2, 0.3]) {
      const host = louder(seed, (id) => 1 + reach * ((id % 3) - 1));
      const { scales, streams } = runHost(host, [], seed.placed.layers.length, batch);
      const moved = movedBy(scales, seed.scales);
      for (const [f, feature] of part.features.entries()) {
        const { scale, margin } = bounds[f] as (typeof bounds)[number];
        if (scale === null || moved > scale || feature.code.kind !== 'categorical') continue;
        const { forms, values } = feature.code;
        held++;
        for (const [i, tokens] of inputs.entries()) {
          const wanted = run(Array.from(tokens, (token) => vocabulary[token] as Value)).get(feature.node) as { values: readonly Value[] };
          for (const [position, value] of wanted.values.entries()) {
            const numbers = forms.map((form) =>
              numberAt(seed.placed.frame, form, streams[i] as Float32Array, (position + 1) * SIZES.width),
            );
            const right = values.findIndex((each) => valuesEqual(each, value));
            const others = Math.max(...numbers.filter((_, v) => v !== right));
            expect((numbers[right] as number) - others).toBeGreaterThanOrEqual(margin);
          }
        }
      }
    }
    expect(held).toBeGreaterThan(0);
  });

  test('an entry that is changed, or one that writes over the circuit, is no longer the circuit', () => {
    const { host, frame } = seed.placed;
    const whole = changedHost(host, changesOf(host.config, seed.slices));
    expect(strangeTensor(whole, seed.slices, 2 ** -12)).toBeNull();
    const tables = [...storedTensors(host.config)];
    for (const role of ['value', 'down'] as const) {
      const tensor = tables.find(({ spec, layer }) => layer === 0 && spec.holds.includes(role)) as StoredTensor;
      const own = changesOf(host.config, seed.slices).find((change) => change.tensor === tensor.name);
      const at = (own?.rows[0]?.[0] ?? 0) * (tensor.shape[1] as number) + (own?.cols[0]?.[0] ?? 0);
      const strange: Host = {
        ...whole,
        values: (each, from, count) => {
          const values = whole.values(each, from, count);
          if (each.name === tensor.name && count === sizeOf(tensor)) values[at] = (values[at] as number) + 0.01;
          return values;
        },
      };
      expect(strangeTensor(strange, seed.slices, 2 ** -12)).toBe(tensor.name);
    }
    expect(frame.reserved.length).toBeGreaterThan(0);
  });
});
