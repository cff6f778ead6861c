import { describe, expect, test } from 'vitest';
import { exportGguf } from '../../../src/checkpoint/gguf/export-gguf.ts';
import { overlappingTokens } from '../../../src/checkpoint/gguf/gguf-tokenizer.ts';
import type { PackedFile } from '../../../src/checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint, unpackWeights } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { gptNeox } from '../../../src/targets/families/layer-norm/gpt-neox.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { starcoder2 } from '../../../src/targets/families/layer-norm/starcoder2.ts';
import { granite } from '../../../src/targets/families/rms-norm/granite.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import { mistral } from '../../../src/targets/families/rms-norm/mistral.ts';
import { qwen2 } from '../../../src/targets/families/rms-norm/qwen2.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import { memoryFolder, packRandomModel } from './random-model.ts';

/** An independent reader of what is needed here: keys as text, tensors with their shapes (fastest axis first, as the file has them). */
function readGguf(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 8;
  const take = (length: number): number => {
    at += length;
    return at - length;
  };
  const uint32 = () => view.getUint32(take(4), true);
  const uint64 = () => Number(view.getBigUint64(take(8), true));
  const text = () => {
    const length = uint64();
    const start = take(length);
    return new TextDecoder().decode(bytes.subarray(start, start + length));
  };
  const value = (type = uint32()): unknown => {
    if (type === 4) return uint32();
    if (type === 5) return view.getInt32(take(4), true);
    if (type === 6) return view.getFloat32(take(4), true);
    if (type === 7) return view.getUint8(take(1)) === 1;
    if (type === 8) return text();
    expect(type).toBe(9);
    const item = uint32();
    return Array.from({ length: uint64() }, () => value(item));
  };
  expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe('GGUF');
  expect(view.getUint32(4, true)).toBe(3);
  const [tensorCount, keyCount] = [uint64(), uint64()];
  const keys = Object.fromEntries(Array.from({ length: keyCount }, () => [text(), value()]));
  const heads = Array.from({ length: tensorCount }, () => ({
    name: text(),
    shape: Array.from({ length: uint32() }, uint64),
    type: uint32(),
    offset: uint64(),
  }));
  const start = Math.ceil(at / 32) * 32;
  const tensors = new Map(
    heads.map(({ name, shape, type, offset }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const number = (i: number) =>
        type === 0 ? view.getFloat32(start + offset + 4 * i, true) : view.getUint16(start + offset + 2 * i, true);
      expect(offset % 32).toBe(0);
      return [name, { shape, type, values: Array.from({ length: size }, (_, i) => number(i)) }];
    }),
  );
  return { keys, tensors };
}

const read = (target: typeof llama, options = {}) => {
  const packed = packRandomModel(target, options);
  return {
    packed,
    weights: unpackWeights(openCheckpoint(packed.folder)),
    ...readGguf(fileBytes(exportGguf(packed.folder, 'f32').content)),
  };
};

test('a Granite: the numbers that it multiplies by are keys, and heads need not fill the width', () => {
  const { keys, packed } = read(granite);
  const { numbers } = openCheckpoint(packed.folder).config;
  expect(keys).toMatchObject({
    'general.architecture': 'granite',
    'granite.embedding_scale': numbers.embedding,
    'granite.attention.scale': Math.fround(numbers.scores),
    'granite.residual_scale': numbers.writes,
    'granite.logit_scale': 1 / numbers.logits,
  });
});

test('a Llama: names, sizes, and heads with their pairs beside each other', () => {
  const { keys, tensors, weights } = read(llama);
  expect(keys).toMatchObject({
    'general.architecture': 'llama',
    'general.file_type': 0,
    'llama.vocab_size': 11,
    'llama.context_length': 13,
    'llama.embedding_length': 16,
    'llama.block_count': 2,
    'llama.feed_forward_length': 20,
    'llama.attention.head_count': 4,
    'llama.attention.head_count_kv': 2,
    'llama.attention.key_length': 6,
    'llama.rope.dimension_count': 6,
    'llama.rope.freq_base': 10000,
  });
  expect(keys['llama.attention.layer_norm_rms_epsilon']).toBeCloseTo(1e-6, 12);
  expect(tensors.get('blk.1.attn_k.weight')?.shape).toEqual([16, 12]);
  const key = weights.layers[1]?.key?.data as Float64Array;
  const stored = tensors.get('blk.1.attn_k.weight')?.values as number[];
  // dimensions 0 to 5 of a head become 0, 3, 1, 4, 2, 5
  for (const head of [0, 1]) {
    for (const [to, from] of [0, 3, 1, 4, 2, 5].entries()) {
      const row = (dim: number) => (head * 6 + dim) * 16;
      expect(stored.slice(row(to), row(to) + 16)).toEqual([...key.slice(row(from), row(from) + 16)]);
    }
  }
  expect(tensors.get('blk.1.attn_v.weight')?.values).toEqual(Array.from(weights.layers[1]?.value?.data ?? []));
});

test('a GPT-2: what Conv1D transposes is transposed back', () => {
  const { keys, tensors, weights } = read(gpt2);
  expect(keys).toMatchObject({ 'general.architecture': 'gpt2', 'gpt2.context_length': 13 });
  expect(keys['gpt2.attention.layer_norm_epsilon']).toBeCloseTo(1e-5, 12);
  const { query, key, value, up, down } = weights.layers[0] ?? {};
  const parts = [query, key, value].flatMap((part) => Array.from(part?.data ?? []));
  expect(tensors.get('blk.0.attn_qkv.weight')).toEqual({ shape: [32, 96], type: 0, values: parts });
  expect(tensors.get('blk.0.ffn_up.weight')).toEqual({ shape: [32, 20], type: 0, values: Array.from(up?.data ?? []) });
  const narrowed = Array.from({ length: 32 * 20 }, (_, i) => down?.data[(i % 20) * 32 + Math.floor(i / 20)]);
  expect(tensors.get('blk.0.ffn_down.weight')).toEqual({ shape: [20, 32], type: 0, values: narrowed });
});

test('tokens: inputs as they stand, outputs that no text gives, BOS in front and no end of text but the padding', () => {
  const { keys } = read(llama);
  expect(keys['tokenizer.ggml.model']).toBe('gpt2');
  // the mark of outputs in the bytes of GPT-2's alphabet
  expect((keys['tokenizer.ggml.tokens'] as string[]).slice(0, 4)).toEqual(['<bos>', 'a', 'b', 'c']);
  expect(keys['tokenizer.ggml.token_type']).toEqual([3, 4, 4, 4, 1, 1, 1, 1, 1, 1, 3]);
  expect((keys['tokenizer.ggml.tokens'] as string[])[4]).toBe('âĨĴshare');
  expect(keys).toMatchObject({
    'tokenizer.ggml.bos_token_id': 0,
    'tokenizer.ggml.eos_token_id': 10,
    'tokenizer.ggml.add_bos_token': true,
  });
  expect(JSON.parse(keys['raspc.map'] as string)).toMatchObject({ schema: 1, target: 'llama' });
});

test('f16 for matrices, f32 for vectors; only weights that f16 holds, and only models that compute in it', () => {
  const { folder } = packRandomModel(llama, { dtype: 'f16', compute: 'f16' });
  for (const wanted of ['f16', undefined] as const) {
    const { keys, tensors } = readGguf(fileBytes(exportGguf(folder, wanted).content));
    expect(keys['general.file_type']).toBe(1);
    for (const { shape, type } of tensors.values()) expect(type).toBe(shape.length > 1 ? 1 : 0);
  }
  expect(exportGguf(folder, 'f32').dtype).toBe('f32');
  const exact = packRandomModel(llama, { compute: 'f16' });
  expect(exportGguf(exact.folder).dtype).toBe('f32');
  expect(() => fileBytes(exportGguf(exact.folder, 'f16').content)).toThrow(
    /R7506.*`model.embed_tokens.weight` has 176 weights that f16 cannot hold/s,
  );
  expect(() => exportGguf(packRandomModel(llama, { dtype: 'f16' }).folder, 'f16')).toThrow(
    'R7507: a GGUF file in f16 computes in f16, but `dtype` in `config.json` is float32',
  );
});

describe('refuses', () => {
  test.each(TARGETS.filter(({ gguf }) => gguf === null))('$name', (target) => {
    expect(() => exportGguf(packRandomModel(target).folder, 'f32')).toThrow(
      `R7505: a GGUF file cannot hold this model: \`architectures\` in \`config.json\` asks for ${target.architecture}`,
    );
  });

  test('an activation that llama.cpp does not compute there', () => {
    const { folder } = packRandomModel(gpt2, { changes: { traits: { activation: 'silu' } } });
    expect(() => exportGguf(folder, 'f32')).toThrow(
      '`activation_function` in `config.json` asks for silu, and must be `gelu_new` or `gelu_pytorch_tanh`',
    );
  });

  test.each([
    ['scaled positions', llama, { rope_parameters: { rope_type: 'linear', rope_theta: 10000, factor: 2 } }, '`rope_parameters`'],
    ['a window', mistral, { sliding_window: 4 }, '`sliding_window` in `config.json` asks for a window of 4, and must be `null`'],
  ] as const)('%s, which the file says nothing of', (_, target, keys, message) => {
    const { files } = packRandomModel(target);
    const config = { ...(JSON.parse(new TextDecoder().decode(contentOf(files, 'config.json'))) as object), ...keys };
    const folder = memoryFolder(files, { 'config.json': new TextEncoder().encode(JSON.stringify(config)) });
    expect(() => exportGguf(folder, 'f32')).toThrow(message);
    expect(() => exportGguf(folder, 'f32')).toThrow('R7505');
  });

  test.each([
    ['starcoder2', starcoder2, 'use_bias', { attentionInput: false, attentionOutput: false, mlp: false }],
    ['gpt-neox', gptNeox, 'attention_bias', { attentionInput: false, attentionOutput: false }],
  ] as const)('%s without the biases that llama.cpp does not do without', (_, target, key, biases) => {
    const traits = { activation: 'gelu-tanh', biases } as const;
    const { folder } = packRandomModel(target, { sizes: { width: 32, dim: 8 }, changes: { traits } });
    expect(() => exportGguf(folder, 'f32')).toThrow(`\`${key}\` in \`config.json\` asks for no biases, and must be \`true\``);
  });

  test('heads that do not fill the width, where llama.cpp takes them to', () => {
    expect(() => exportGguf(packRandomModel(qwen2).folder, 'f32')).toThrow(
      'R7505: a GGUF file cannot hold this model: `head_dim` in `config.json` asks for 6, and must be 16 / 4',
    );
  });

  const packed = packRandomModel(llama);
  const tokenizer = JSON.parse(new TextDecoder().decode(contentOf(packed.files, 'tokenizer.json')));
  const changed = (change: (tokenizer: { model: { vocab: Record<string, number> }; post_processor: unknown }) => void) => {
    const copy = structuredClone(tokenizer);
    change(copy);
    return memoryFolder(packed.files, { 'tokenizer.json': new TextEncoder().encode(JSON.stringify(copy)) });
  };

  test.each([
    [
      'another id',
      changed(({ model }) => Object.assign(model.vocab, { a: 2, b: 1 })),
      '`model.vocab` in `tokenizer.json` gives `a` the id 2, but `raspc.json` gives it 1',
    ],
    [
      'a token that is missing',
      changed(({ model }) => void delete model.vocab.c),
      '`model.vocab` in `tokenizer.json` has no `c`, but `raspc.json` gives it 3',
    ],
    [
      'no BOS',
      changed((copy) => Object.assign(copy, { post_processor: null })),
      '`post_processor` in `tokenizer.json` puts nothing in front of an input, but `raspc.json` begins each with `<bos>`',
    ],
  ])('a tokenizer that disagrees with the map: %s', (_, folder, message) => {
    expect(() => exportGguf(folder, 'f32')).toThrow(`R7405: ${message}`);
  });

  test.each(['raspc.json', 'tokenizer.json'])('a folder without %s', (file) => {
    expect(() => exportGguf(memoryFolder(packed.files, { [file]: null }), 'f32')).toThrow(`R7010: there is no \`${file}\``);
  });
});

function contentOf(files: readonly PackedFile[], path: string): Uint8Array {
  return fileBytes((files.find((file) => file.path === path) as PackedFile).content);
}

test('tokens that may be cut apart in two ways', () => {
  const vocabulary = (...values: string[]) => ({ vocabulary: values.map((value, i) => ({ id: i + 1, value })) });
  expect(overlappingTokens(vocabulary('a', 'ab', 'abc'))).toBeNull();
  expect(overlappingTokens(vocabulary('ab', 'cd', 'bcd'))).toEqual(['ab', 'bcd']);
});
