import { describe, expect, test } from 'vitest';
import { fileBytes } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint, unpackWeights } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { openModel } from '../../../src/runtime/model.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import type { FloatArray } from '../../../src/tensor/dtype.ts';
import { memoryFolder, packRandomModel, randomNumbers } from '../checkpoint/random-model.ts';

function sequences(count: number, seed: number, vocab = 11, longest = 13): Int32Array[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () =>
    Int32Array.from({ length: 1 + Math.floor(random() * longest) }, () => Math.floor(random() * vocab)),
  );
}

function worstDifference(a: readonly FloatArray[], b: readonly FloatArray[]): number {
  expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length));
  return Math.max(...a.flatMap((row, i) => [...row].map((value, j) => Math.abs(value - (b[i]?.[j] as number)))));
}

describe.each(TARGETS)('$name', (target) => {
  const { folder } = packRandomModel(target);

  test('a batch gives what its sequences give one by one', () => {
    const batch = sequences(60, 3);
    const model = openModel(folder);
    const together = model.logits(batch);
    const alone = batch.map((ids) => openModel(folder).logits([ids])[0] as FloatArray);
    expect(worstDifference(together, alone)).toBe(0);
    expect(together.map(({ length }) => length)).toEqual(batch.map(({ length }) => length * model.config.sizes.outputs));
  });

  test('a causal model does not see what follows, a bidirectional one does', () => {
    const { outputs } = openModel(folder).config.sizes;
    const [short, long] = openModel(folder).logits([Int32Array.of(0, 1, 2), Int32Array.of(0, 1, 2, 3)]) as [FloatArray, FloatArray];
    const same = [...short].every((value, i) => value === long[i]);
    expect(same).toBe(target.traits.attention === 'causal');
    expect(short.length).toBe(3 * outputs);
  });

  test('what is left out because it is zero changes nothing: tiny numbers in its place give the same', () => {
    const sparse = packRandomModel(target, { density: 0.06, seed: 5 });
    const { tensors } = openCheckpoint(sparse.folder);
    // in each matrix, a float32 of 1e-30 for every zero, so that nothing can be left out
    const bytes = Uint8Array.from(
      fileBytes((sparse.files.find(({ path }) => path === 'model.safetensors') as (typeof sparse.files)[number]).content),
    );
    const view = new DataView(bytes.buffer);
    let replaced = 0;
    for (const { located } of tensors) {
      for (let at = located.offset; at < located.offset + located.bytes; at += 4) {
        if (view.getFloat32(at, true) !== 0) continue;
        view.setFloat32(at, 1e-30, true);
        replaced++;
      }
    }
    expect(replaced).toBeGreaterThan(100);
    const dense = memoryFolder(sparse.files, { 'model.safetensors': bytes });
    const batch = sequences(10, 7);
    expect(worstDifference(openModel(sparse.folder, 'f64').logits(batch), openModel(dense, 'f64').logits(batch))).toBeLessThan(1e-12);
    expect(worstDifference(openModel(sparse.folder).logits(batch), openModel(dense).logits(batch))).toBeLessThan(1e-5);
  });

  test('the residual stream is shown after the embedding and each sublayer, for each sequence', () => {
    const model = openModel(folder, 'f64');
    const seen: string[] = [];
    const batch = sequences(40, 9);
    const streams = new Map<string, FloatArray>();
    const logits = model.logits(batch, ({ layer, sublayer, sequence, residual }) => {
      if (sequence === 1) seen.push(`${layer} ${sublayer}`);
      expect(residual.length).toBe((batch[sequence] as Int32Array).length * model.config.sizes.width);
      streams.set(`${layer} ${sublayer} ${sequence}`, residual);
    });
    expect(seen).toEqual(['0 embedding', '0 attention', '0 mlp', '1 attention', '1 mlp']);
    expect(streams.size).toBe(5 * batch.length);
    expect(worstDifference(logits, openModel(folder, 'f64').logits(batch))).toBe(0);
  });
});

test('the first stream is the embedding itself', () => {
  const { folder } = packRandomModel(gpt2);
  const { model } = unpackWeights(openCheckpoint(folder));
  const width = 32;
  openModel(folder, 'f64').logits([Int32Array.of(4, 2)], ({ sublayer, residual }) => {
    if (sublayer !== 'embedding') return;
    for (const [position, id] of [4, 2].entries()) {
      for (let feature = 0; feature < width; feature++) {
        expect(residual[position * width + feature]).toBe(
          (model.tokenEmbedding?.data[id * width + feature] as number) +
            (model.positionEmbedding?.data[position * width + feature] as number),
        );
      }
    }
  });
});

test('what each head and neuron contributed adds up to what the sublayer added, but for its bias', () => {
  const model = openModel(packRandomModel(gpt2, { density: 0.5 }).folder, 'f64');
  const { width, heads, hidden } = model.config.sizes;
  let before: FloatArray = new Float64Array();
  const parts = new Set<string>();
  model.logits([Int32Array.of(4, 2, 9, 9, 1)], ({ layer, sublayer, residual, contributions }) => {
    if (sublayer === 'embedding') expect(contributions(0, 0)).toEqual([]);
    else {
      for (let dimension = 0; dimension < width; dimension++) {
        const biases = [0, 1, 2, 3, 4].map((position) => {
          const at = position * width + dimension;
          const added = contributions(position, dimension);
          for (const { part } of added) parts.add(`${layer} ${sublayer} ${part}`);
          return (residual[at] as number) - (before[at] as number) - added.reduce((sum, { amount }) => sum + amount, 0);
        });
        for (const bias of biases) expect(bias).toBeCloseTo(biases[0] as number, 10);
      }
    }
    before = residual;
  });
  expect(parts.size).toBe(2 * (heads + hidden));
});

test('inputs that the model cannot take', () => {
  const model = openModel(packRandomModel(gpt2).folder);
  expect(() => model.logits([new Int32Array(14)])).toThrow('the model is given 14 tokens, but has 13 positions');
  expect(() => model.logits([Int32Array.of(0, 11)])).toThrow('the token id 11, but its ids are 0 to 10');
  expect(() => model.logits([Int32Array.of(-1)])).toThrow('R7503');
  expect(model.logits([])).toEqual([]);
  expect(model.logits([new Int32Array(0)])[0]?.length).toBe(0);
  const many = Array.from({ length: 300_000 }, () => new Int32Array(0));
  expect(model.logits(many)).toHaveLength(many.length);
});

test('a model with rotary positions is not bound to a number of positions', () => {
  const llama = TARGETS.find(({ name }) => name === 'llama') as (typeof TARGETS)[number];
  const model = openModel(packRandomModel(llama).folder);
  const ids = Int32Array.from({ length: 100 }, (_, i) => i % 11);
  const alone = model.logits([ids.slice(0, 3)])[0] as FloatArray;
  expect([...(model.logits([ids])[0] as FloatArray).slice(0, alone.length)]).toEqual([...alone]);
});
