import { describe, expect, test } from 'vitest';
import { packWeights } from '../../../src/checkpoint/safetensors/pack-weights.ts';
import { INDEX_FILE, openTensors, readWeightValues } from '../../../src/checkpoint/safetensors/tensor-store.ts';
import { fileBytes, type TensorToWrite, writeSafetensors } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint, readRoles, unpackWeights } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { memoryFolder, packRandomModel } from './random-model.ts';

const packed = packRandomModel(gpt2);
const tensors = packWeights(packed.weights, packed.config, 'f32');
const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];

const file = (held: readonly TensorToWrite[]) => fileBytes(writeSafetensors(held, { format: 'pt' }));
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** The model in two shards, with what is wrong with it. */
function sharded(changes: Readonly<Record<string, Uint8Array | null>> = {}) {
  const half = tensors.length >> 1;
  const map = Object.fromEntries(tensors.map(({ name }, i) => [name, i < half ? first : second]));
  return memoryFolder(packed.files, {
    'model.safetensors': null,
    [INDEX_FILE]: json({ metadata: { total_size: 1 }, weight_map: map }),
    [first]: file(tensors.slice(0, half)),
    [second]: file(tensors.slice(half)),
    ...changes,
  });
}

const map = () => Object.fromEntries(tensors.map(({ name }, i) => [name, i < tensors.length >> 1 ? first : second]));

test('shards are read as one file is', () => {
  expect(unpackWeights(openCheckpoint(sharded()))).toEqual(unpackWeights(openCheckpoint(packed.folder)));
  expect(openTensors(sharded()).files).toEqual([first, second]);
});

test('where a single file is there as well, stock loaders take it, and so does raspc', () => {
  expect(openTensors(sharded({ 'model.safetensors': file(tensors) })).files).toEqual(['model.safetensors']);
});

describe('refuses', () => {
  const name = (tensors[0] as TensorToWrite).name;
  test.each([
    ['a folder without weights', { [INDEX_FILE]: null }, 'R7010', 'there is no `model.safetensors` in `model`'],
    ['a missing shard', { [second]: null }, 'R7305', `names the shard \`${second}\`, and \`model\` has no such file`],
    ['no shard at all', { [first]: null, [second]: null }, 'R7305', `names the shard \`${first}\``],
    ['an index without a map', { [INDEX_FILE]: json({}) }, 'R7304', '`weight_map` is missing'],
    ['an index that is a list', { [INDEX_FILE]: json([]) }, 'R7304', 'is missing'],
    ['a shard that is no name', { [INDEX_FILE]: json({ weight_map: { w: 3 } }) }, 'R7304', 'the shard of `w` is 3'],
    ['a path to elsewhere', { [INDEX_FILE]: json({ weight_map: { w: '../secret.safetensors' } }) }, 'R7301', '`../secret.safetensors`'],
    ['an absolute path', { [INDEX_FILE]: json({ weight_map: { w: '/etc/x.safetensors' } }) }, 'R7301', 'not a file name'],
    ['a path of Windows', { [INDEX_FILE]: json({ weight_map: { w: 'C:\\x.safetensors' } }) }, 'R7301', 'not a file name'],
    ['a file that is no safetensors', { [INDEX_FILE]: json({ weight_map: { w: 'config.json' } }) }, 'R7301', 'not a file name'],
    ['a name with a NUL', { [INDEX_FILE]: json({ weight_map: { w: 'a\0b.safetensors' } }) }, 'R7301', 'not a file name'],
    [
      'a tensor in the wrong shard',
      { [INDEX_FILE]: json({ weight_map: { ...map(), [name]: second } }) },
      'R7303',
      `\`${first}\` has a tensor \`${name}\`, which \`${INDEX_FILE}\` puts into \`${second}\``,
    ],
    [
      'a tensor that the index leaves out',
      { [INDEX_FILE]: json({ weight_map: { ...map(), [name]: undefined } }) },
      'R7303',
      `\`${first}\` has a tensor \`${name}\`, which \`${INDEX_FILE}\` does not list`,
    ],
    ['a tensor in no shard', { [INDEX_FILE]: json({ weight_map: { ...map(), ghost: second } }) }, 'R7302', 'puts `ghost` into'],
    [
      'a tensor in two shards',
      { [second]: file([...tensors.slice(tensors.length >> 1), tensors[0] as TensorToWrite]) },
      'R7303',
      `\`${second}\` has a tensor \`${name}\`, which \`${INDEX_FILE}\` puts into \`${first}\``,
    ],
    ['a shard that is cut off', { [second]: file(tensors.slice(tensors.length >> 1)).slice(0, -1) }, 'R7007', `\`${second}\` is cut off`],
  ] as const)('%s', (_, changes, code, text) => {
    expect(() => openTensors(sharded(changes))).toThrow(text);
    expect(() => openTensors(sharded(changes))).toThrow(code);
  });
});

describe('tensors against the config', () => {
  const single = (held: readonly TensorToWrite[]) => memoryFolder(packed.files, { 'model.safetensors': file(held) });
  const extra = (name: string): TensorToWrite => ({ name, dtype: 'U8', shape: [1], bytes: () => new Uint8Array(1) });

  test('one is missing', () => {
    expect(() => openCheckpoint(single(tensors.filter(({ name }) => !name.endsWith('1.ln_2.bias'))))).toThrow(
      '`model.safetensors` has no tensor `transformer.h.1.ln_2.bias`, which GPT2LMHeadModel needs',
    );
  });

  test('one is too many, but not if it is a buffer that stock checkpoints carry', () => {
    expect(() => openCheckpoint(single([...tensors, extra('transformer.h.2.ln_1.bias')]))).toThrow('R7202');
    for (const buffer of ['transformer.h.0.attn.bias', 'h.1.attn.masked_bias']) {
      expect(openCheckpoint(single([...tensors, extra(buffer)])).tensors.length).toBe(tensors.length);
    }
  });

  test('tied weights may be stored under the name of the unembedding alone, as stock loaders take them', () => {
    const held = tensors.flatMap((tensor) => {
      if (tensor.name === 'lm_head.weight') return [];
      return [tensor.name === 'transformer.wte.weight' ? { ...tensor, name: 'lm_head.weight' } : tensor];
    });
    const written = packed.files.find(({ path }) => path === 'config.json');
    const config = JSON.parse(new TextDecoder().decode(written && fileBytes(written.content))) as object;
    const folder = (tied: boolean) =>
      memoryFolder(packed.files, { 'model.safetensors': file(held), 'config.json': json({ ...config, tie_word_embeddings: tied }) });
    const checkpoint = openCheckpoint(folder(true));
    expect(checkpoint.config.tied).toBe(true);
    const { model } = unpackWeights(checkpoint);
    const { tokenEmbedding } = unpackWeights(openCheckpoint(packed.folder)).model;
    expect(model).toMatchObject({ tokenEmbedding, unembedding: tokenEmbedding });
    expect(() => openCheckpoint(folder(false))).toThrow('R7201');
  });

  test('one has another shape', () => {
    const changed = tensors.map((tensor) => (tensor.name.endsWith('0.ln_1.weight') ? { ...tensor, shape: [2, 16] } : tensor));
    expect(() => openCheckpoint(single(changed))).toThrow(
      '`transformer.h.0.ln_1.weight` in `model.safetensors` has the shape [2, 16], but config.json asks for [32] (width)',
    );
  });

  test('one is stored as something that is no weight', () => {
    const changed = tensors.map((tensor) =>
      tensor.name === 'transformer.ln_f.bias' ? { ...tensor, dtype: 'I32' as const, bytes: () => new Uint8Array(128) } : tensor,
    );
    const checkpoint = openCheckpoint(single(changed));
    expect(() => unpackWeights(checkpoint)).toThrow('`transformer.ln_f.bias` in `model.safetensors` is stored as I32');
  });

  test.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('one holds %d', (value, shown) => {
    const broken = Uint8Array.from(file(tensors));
    const { offset } = openTensors(single(tensors)).tensors.get('transformer.wte.weight') as { offset: number };
    const view = new DataView(broken.buffer);
    view.setFloat32(offset + 4 * (2 * 32 + 5), value, true);
    view.setFloat32(offset + 4 * (3 * 32), value, true);
    const checkpoint = openCheckpoint(memoryFolder(packed.files, { 'model.safetensors': broken }));
    expect(() => unpackWeights(checkpoint)).toThrow(
      `\`transformer.wte.weight\` in \`model.safetensors\` holds ${shown} at [2, 5] and 1 more that are not finite`,
    );
  });

  test('float64 is read in full', () => {
    const doubled = tensors.map((tensor) => ({
      ...tensor,
      dtype: 'F64' as const,
      bytes: () =>
        new Uint8Array(Float64Array.from(new Float32Array(tensor.bytes().slice().buffer), (value) => value * (1 + 2 ** -40)).buffer),
    }));
    const checkpoint = openCheckpoint(single(doubled));
    const tensor = checkpoint.tensors[0] as (typeof checkpoint.tensors)[number];
    const [role] = readRoles(checkpoint, tensor);
    expect(role?.data).toBeInstanceOf(Float64Array);
    expect(readWeightValues(checkpoint.store, tensor.located)[0]).not.toBe(Math.fround(role?.data[0] as number));
  });
});
