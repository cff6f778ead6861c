/** A sequence that goes on token by token has, bit for bit, the logits of the whole forward pass. */
import { expect, test } from 'vitest';
import { fileBytes } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { CachedDecoder, keepsKeys, WholeDecoder } from '../../../src/runtime/decode/decoder.ts';
import { type Model, openModel } from '../../../src/runtime/model.ts';
import type { ModelFolder } from '../../../src/source/byte-source.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import type { Target } from '../../../src/targets/target.ts';
import type { FloatArray } from '../../../src/tensor/dtype.ts';
import { modelToCheck } from '../../support/check-model.ts';
import { memoryFolder, packRandomModel, randomNumbers } from '../checkpoint/random-model.ts';

/** The first tokens at once, the others one by one. */
function sameAsWhole(model: Model, ids: readonly number[], first: number): void {
  const whole = model.logits([Int32Array.from(ids)])[0] as FloatArray;
  const decoder = model.decoder();
  const last = ids.slice(first - 1).map((id, i) => decoder.append(Int32Array.from(i === 0 ? ids.slice(0, first) : [id])));
  expect(last.flatMap((logits) => [...logits])).toEqual([...whole.slice((first - 1) * model.config.sizes.outputs)]);
}

function randomIds(seed: number, count: number, vocab = 11): number[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => Math.floor(random() * vocab));
}

test.each(TARGETS)('$name, dense and sparse', (target) => {
  for (const [density, arithmetic] of [
    [1, 'f32'],
    [0.15, 'f64'],
  ] as const) {
    const model = openModel(packRandomModel(target, { density, seed: 4 }).folder, arithmetic);
    // what a bidirectional model says of a token hangs on those behind it: there the prefixes are whole inputs
    if (target.traits.attention === 'causal') sameAsWhole(model, randomIds(1, 12), 3);
    else expect([...model.decoder().append(Int32Array.of(1, 2))]).toEqual([...lastOf(model, [1, 2])]);
  }
});

test('in half precision, where everything is computed anew', () => {
  const model = openModel(packRandomModel(gpt2).folder, 'f16');
  expect(model.decoder()).toBeInstanceOf(WholeDecoder);
  sameAsWhole(model, randomIds(1, 6), 2);
});

function lastOf(model: Model, ids: readonly number[]): FloatArray {
  return (model.logits([Int32Array.from(ids)])[0] as FloatArray).slice(-model.config.sizes.outputs);
}

function withConfig(target: Target, changes: object): ModelFolder {
  const { files } = packRandomModel(target, { seed: 9, sizes: { positions: 300 } });
  const config = files.find(({ path }) => path === 'config.json') as (typeof files)[number];
  const changed = { ...JSON.parse(new TextDecoder().decode(fileBytes(config.content))), ...changes };
  return memoryFolder(files, { 'config.json': new TextEncoder().encode(JSON.stringify(changed)) });
}

test.each([
  ['gpt-neo', { window_size: 4 }],
  ['mistral', { sliding_window: 5 }],
  ['granite', { residual_multiplier: 0.25, logits_scaling: 8 }],
] as const)('%s with %o, and more tokens than there was room for at first', (name, changes) => {
  const target = TARGETS.find((each) => each.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  const model = openModel(withConfig(target, changes));
  sameAsWhole(model, randomIds(2, 150), 1);
});

test('a compiled model, whose matrices and keys are mostly zeros', () => {
  const source = '@vocab "abcd"; @context 40; @causal; x = aggregate(rightmost(select(tokens, tokens, ==)), indices); @export x;';
  for (const target of [gpt2, llama]) {
    const model = openModel(modelToCheck(source, { target }).folder);
    sameAsWhole(model, [model.config.sizes.vocab - 1, ...randomIds(3, 40, 4)], 1);
    expect(model.decoder()).toBeInstanceOf(CachedDecoder);
  }
});

test('numbers that float32 cannot hold are computed as the whole forward pass does', () => {
  const { files, folder } = packRandomModel(gpt2, { seed: 2 });
  const weights = files.find(({ path }) => path === 'model.safetensors') as (typeof files)[number];
  const bytes = Uint8Array.from(fileBytes(weights.content));
  const view = new DataView(bytes.buffer);
  const header = 8 + view.getUint32(0, true);
  const { 'transformer.wte.weight': table } = JSON.parse(new TextDecoder().decode(bytes.slice(8, header)));
  // the row of one token alone, so that the model is sound until it comes
  const width = openModel(folder).config.sizes.width;
  for (let dim = 0; dim < width; dim++) view.setFloat32(header + table.data_offsets[0] + 4 * (7 * width + dim), 2e19 * (dim + 1), true);
  const model = openModel(memoryFolder(files, { 'model.safetensors': bytes }));
  expect(model.decoder()).toBeInstanceOf(CachedDecoder);
  const decoder = model.decoder();
  const ids = [1, 2, 7, 3];
  for (let end = 1; end <= ids.length; end++) {
    expect([...decoder.append(Int32Array.of(ids[end - 1] as number))]).toEqual([...lastOf(model, ids.slice(0, end))]);
  }
});

test('keeps keys where no token sees those behind it', () => {
  for (const { name, traits } of TARGETS) {
    const { config } = packRandomModel(TARGETS.find((each) => each.name === name) as Target);
    expect([name, keepsKeys(config, 'f32'), keepsKeys(config, 'f16')]).toEqual([name, traits.attention === 'causal', false]);
  }
});

test('refuses tokens and positions that the model does not have, also behind others', () => {
  const model = openModel(packRandomModel(gpt2).folder);
  const decoder = model.decoder();
  decoder.append(Int32Array.from({ length: 13 }, () => 1));
  expect(() => decoder.append(Int32Array.of(1))).toThrow('R7502');
  expect(() => model.decoder().append(Int32Array.of(11))).toThrow('R7503');
});
