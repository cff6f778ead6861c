import { describe, expect, test } from 'vitest';
import { packWeights } from '../../../src/checkpoint/safetensors/pack-weights.ts';
import { INDEX_FILE, openTensors, WEIGHTS_FILE } from '../../../src/checkpoint/safetensors/tensor-store.ts';
import { weightFiles } from '../../../src/checkpoint/safetensors/weight-files.ts';
import { fileBytes, tensorBytes } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint, unpackWeights } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import { memoryFolder, packRandomModel } from './random-model.ts';

describe.each(TARGETS)('$name', (target) => {
  const packed = packRandomModel(target);
  const tensors = packWeights(packed.weights, packed.config, 'f32');
  const total = tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const largest = Math.max(...tensors.map(tensorBytes));
  const folder = (most: number | null) =>
    memoryFolder([...packed.files.filter(({ path }) => path !== WEIGHTS_FILE), ...weightFiles(tensors, most)]);

  test.each([1, 1000, 5000, largest])('in shards of at most %d bytes, what is read is what was one file', (most) => {
    expect(unpackWeights(openCheckpoint(folder(most)))).toEqual(unpackWeights(openCheckpoint(packed.folder)));
    const store = openTensors(folder(most));
    expect(store.file).toBe(INDEX_FILE);
    for (const file of store.files) {
      const held = [...store.tensors.values()].filter((tensor) => tensor.file === file);
      expect(held.length === 1 || held.reduce((sum, { bytes }) => sum + bytes, 0) <= most).toBe(true);
    }
    expect([...new Set([...store.tensors.values()].map(({ file }) => file))].sort()).toEqual(
      Array.from(
        { length: store.files.length },
        (_, i) => `model-${String(i + 1).padStart(5, '0')}-of-${String(store.files.length).padStart(5, '0')}.safetensors`,
      ),
    );
  });

  test('what fits into one file has no index', () => {
    for (const most of [total, null]) expect(weightFiles(tensors, most).map(({ path }) => path)).toEqual([WEIGHTS_FILE]);
    expect(weightFiles(tensors, total - 1).length).toBeGreaterThan(2);
  });

  test('the index has its total', () => {
    const index = weightFiles(tensors, 1000).at(-1);
    const { metadata, weight_map: map } = JSON.parse(new TextDecoder().decode(fileBytes(index?.content as never)));
    expect(metadata).toEqual({ total_size: total, total_parameters: total / 4 });
    expect(Object.keys(map)).toEqual(tensors.map(({ name }) => name).sort());
  });
});
