import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { packWeights } from '../../../src/checkpoint/safetensors/pack-weights.ts';
import { fileBytes, writeSafetensors } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint, unpackWeights } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { gemma } from '../../../src/targets/families/rms-norm/gemma.ts';
import { newModelConfig, storedTensors } from '../../../src/targets/model-config.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import { roundTo } from '../../../src/tensor/dtype.ts';
import type { Weights } from '../../../src/weights/weights.ts';
import { memoryFolder, packRandomModel, randomWeights, smallSizes } from './random-model.ts';

function roles(weights: Weights): [string, readonly number[], Float64Array][] {
  const parts = [['model', weights.model], ...weights.layers.map((layer, i) => [`layer ${i}`, layer] as const)] as const;
  return parts
    .flatMap(([where, tensors]) =>
      Object.entries(tensors).map(([role, { shape, data }]): [string, readonly number[], Float64Array] => [
        `${where} ${role}`,
        shape,
        data,
      ]),
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe.each(TARGETS)('$name', (target) => {
  test.each(['f32', 'f16', 'bf16'] as const)('unpacking gives what was packed, rounded to %s', (dtype) => {
    for (const seed of [1, 2, 3]) {
      const { config, weights, folder } = packRandomModel(target, { seed, dtype });
      const checkpoint = openCheckpoint(folder);
      expect(checkpoint.config).toEqual(config);
      const unpacked = roles(unpackWeights(checkpoint));
      const packed = roles(weights);
      expect(unpacked.map(([name, shape]) => [name, shape])).toEqual(packed.map(([name, shape]) => [name, shape]));
      for (const [i, [name, , data]] of unpacked.entries()) {
        // a gain that is stored less 1 is rounded less 1
        const offset = target.name.startsWith('gemma') && name.endsWith('Gain') ? 1 : 0;
        const expected = (packed[i] as (typeof packed)[number])[2].map((value) => roundTo(dtype, value - offset) + offset);
        expect([name, [...data]]).toEqual([name, [...expected]]);
      }
    }
  });

  test('the same model gives the same bytes', () => {
    const hash = (seed: number) =>
      packRandomModel(target, { seed }).files.map(({ path, content }) => [
        path,
        createHash('sha256').update(fileBytes(content)).digest('hex'),
      ]);
    expect(hash(1)).toEqual(hash(1));
    expect(hash(1)).not.toEqual(hash(2));
  });

  test('every tensor has its own bytes: changing one number of a role changes one number of the file', () => {
    const config = newModelConfig(target, smallSizes(target));
    const weights = randomWeights(config, 1);
    const before = fileBytes(writeSafetensors(packWeights(weights, config, 'f32'), {}));
    for (const [name, , data] of roles(weights)) {
      const at = Math.floor(data.length / 2);
      const kept = data[at] as number;
      data[at] = 5;
      const after = fileBytes(writeSafetensors(packWeights(weights, config, 'f32'), {}));
      data[at] = kept;
      const changed = new Set([...after.keys()].filter((i) => after[i] !== before[i]).map((i) => i >> 2));
      expect([name, changed.size]).toEqual([name, 1]);
    }
  });
});

test('the layouts that converters get wrong', () => {
  const shapes = (name: string) => {
    const target = TARGETS.find((known) => known.name === name) as (typeof TARGETS)[number];
    return Object.fromEntries(
      Array.from(storedTensors(newModelConfig(target, smallSizes(target))), (tensor) => [tensor.name, tensor.shape]),
    );
  };
  // width 32, 4 heads of 8, hidden 20: Conv1D is input first, Linear output first
  expect(shapes('gpt2')['transformer.h.1.attn.c_attn.weight']).toEqual([32, 96]);
  expect(shapes('gpt2')['transformer.h.1.mlp.c_fc.weight']).toEqual([32, 20]);
  expect(shapes('gpt-neox')['gpt_neox.layers.1.attention.query_key_value.weight']).toEqual([96, 32]);
  // width 16, 4 heads of 6, of which 2 for keys and values
  expect(shapes('llama')['model.layers.0.self_attn.k_proj.weight']).toEqual([12, 16]);
  expect(shapes('llama')['model.layers.0.self_attn.o_proj.weight']).toEqual([16, 24]);
  expect(shapes('phi3')['model.layers.0.self_attn.qkv_proj.weight']).toEqual([48, 16]);
  expect(shapes('phi3')['model.layers.0.mlp.gate_up_proj.weight']).toEqual([40, 16]);
});

test('a weight that the dtype cannot hold is refused, not made infinite', () => {
  const config = newModelConfig(gpt2, smallSizes(gpt2));
  const weights = randomWeights(config, 1);
  const data = weights.layers[1]?.up?.data as Float64Array;
  data[3] = 70000;
  const pack = (dtype: 'f16' | 'bf16') => fileBytes(writeSafetensors(packWeights(weights, config, dtype), {}));
  expect(() => pack('f16')).toThrow('`transformer.h.1.mlp.c_fc.weight` needs the weight 70000, but the largest number of f16 is 65504');
  expect(pack('bf16').length).toBeGreaterThan(0);
  data[3] = Number.NaN;
  expect(() => pack('bf16')).toThrow('needs the weight NaN, which no checkpoint may hold');
  // rounded, this gain is within f16; as it is stored, less 1, it is not
  const gemmaConfig = newModelConfig(gemma, smallSizes(gemma));
  const gemmaWeights = randomWeights(gemmaConfig, 1);
  (gemmaWeights.model.finalNormGain?.data as Float64Array)[0] = -65519.5;
  expect(() => fileBytes(writeSafetensors(packWeights(gemmaWeights, gemmaConfig, 'f16'), {}))).toThrow('R7501');
});

test('weights that do not fit the config are an internal error', () => {
  const config = newModelConfig(gpt2, smallSizes(gpt2));
  const weights = randomWeights(config, 1);
  const pack = (changed: Weights) => fileBytes(writeSafetensors(packWeights(changed, config, 'f32'), {}));
  const { up: _, ...rest } = weights.layers[0] as Weights['layers'][number];
  expect(() => pack({ ...weights, layers: [rest, ...weights.layers.slice(1)] })).toThrow('the weights lack `up` of layer 0');
  expect(() => pack({ ...weights, model: { ...weights.model, finalNormGain: { shape: [3], data: new Float64Array(3) } } })).toThrow(
    '`finalNormGain` has the shape [3] instead of [32]',
  );
});

test('a tied unembedding is the token embedding', () => {
  const packed = packRandomModel(gpt2);
  const config = packed.files.find(({ path }) => path === 'config.json') as (typeof packed.files)[number];
  const text = new TextDecoder().decode(fileBytes(config.content)).replace('"tie_word_embeddings": false', '"tie_word_embeddings": true');
  const tensors = packWeights(packed.weights, packed.config, 'f32').filter(({ name }) => name !== 'lm_head.weight');
  const changes = { 'config.json': new TextEncoder().encode(text), 'model.safetensors': fileBytes(writeSafetensors(tensors, {})) };
  const checkpoint = openCheckpoint(memoryFolder(packed.files, changes));
  expect(checkpoint.config.tied).toBe(true);
  const { model } = unpackWeights(checkpoint);
  expect(model.unembedding).toBe(model.tokenEmbedding);
  // the file has both although the config ties them: stock loaders keep both, and so does raspc
  const both = openCheckpoint(memoryFolder(packed.files, { 'config.json': changes['config.json'] }));
  expect(both.config.tied).toBe(false);
});

test('a checkpoint without the prefix of its head is read', () => {
  const packed = packRandomModel(gpt2);
  const tensors = packWeights(packed.weights, packed.config, 'f32').map((tensor) => ({
    ...tensor,
    name: tensor.name.replace(/^transformer\./, ''),
  }));
  const folder = memoryFolder(packed.files, { 'model.safetensors': fileBytes(writeSafetensors(tensors, {})) });
  expect(roles(unpackWeights(openCheckpoint(folder)))).toEqual(roles(unpackWeights(openCheckpoint(packed.folder))));
});
