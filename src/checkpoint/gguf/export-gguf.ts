/** A model folder as one GGUF file, which llama.cpp runs: the same weights under its names and in its layouts, and the same tokens. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import { isLayerRole, type ModelConfig, rolePart, type StoredTensor, storedTensors } from '../../targets/model-config.ts';
import { TARGETS } from '../../targets/registry.ts';
import type { GgufForm } from '../../targets/target.ts';
import { encode, type FloatArray, largestOf, roundTo } from '../../tensor/dtype.ts';
import { packParts, parseLayout } from '../../tensor/layout.ts';
import type { LayerRole } from '../../weights/roles.ts';
import { CONFIG_FILE } from '../config/config-value.ts';
import { readRequiredJson } from '../json/read-json.ts';
import { isJsonObject, type JsonTree } from '../json/strict-json.ts';
import { checkCircuitMap } from '../map/check-circuit-map.ts';
import { type CircuitMap, MAP_FILE } from '../map/circuit-map.ts';
import { readCircuitMap } from '../map/read-circuit-map.ts';
import type { FileContent } from '../safetensors/write-safetensors.ts';
import { checkTokenizer, readTokenizer } from '../tokenizer/read-tokenizer.ts';
import { TOKENIZER_FILE } from '../tokenizer/tokenizer-files.ts';
import { type OpenCheckpoint, openCheckpoint, readRoles } from '../unpack-checkpoint.ts';
import { ggufTokenizer } from './gguf-tokenizer.ts';
import { type GgufTensor, type GgufValue, writeGguf } from './write-gguf.ts';

/** What the matrices of a GGUF file are stored as; vectors are always f32, as the engine wants them. */
export type GgufDtype = 'f32' | 'f16';

/** `general.file_type`: what most tensors are. */
const FILE_TYPES: Readonly<Record<GgufDtype, number>> = { f32: 0, f16: 1 };

export interface GgufExport {
  readonly content: FileContent;
  readonly dtype: GgufDtype;
  /** Whether the model is compiled for 16-bit arithmetic: then it is right under the engine's own settings. */
  readonly halfPrecision: boolean;
  readonly form: GgufForm;
  readonly map: CircuitMap;
  readonly tensors: readonly GgufTensor[];
}

/**
 * The GGUF file of a compiled model folder; `wanted` is what its matrices are stored as, by default f16 where the model is compiled to
 * compute in that. Weights are read when their bytes are asked for, and refused then if the dtype would change them (R7506).
 * Diagnostics: those of reading the folder, R7405, R7505, R7507.
 */
export function exportGguf(folder: ModelFolder, wanted?: GgufDtype): GgufExport {
  const checkpoint = openCheckpoint(folder);
  const { config } = checkpoint;
  const form = formOf(config);
  const map = readCircuitMap(folder);
  checkCircuitMap(map, checkpoint);
  const settings = readRequiredJson(folder, CONFIG_FILE);
  const setting = (key: string): JsonTree | undefined => (isJsonObject(settings) ? settings.get(key) : undefined);
  const compute = setting('dtype');
  const halfPrecision = compute === 'float16';
  const dtype = wanted ?? (halfPrecision && map.dtype === 'f16' ? 'f16' : 'f32');
  if (dtype === 'f16' && !halfPrecision) fail('R7507', { file: CONFIG_FILE, compute: typeof compute === 'string' ? compute : 'float32' });
  const pad = setting('pad_token_id');
  const tokenizer = readTokenizer(folder);
  if (tokenizer === null) return fail('R7010', { file: TOKENIZER_FILE, folder: folder.path });
  checkTokenizer(map, tokenizer);
  const stored = [...storedTensors({ ...config, target: { ...config.target, tensors: form.tensors } })];
  const tensors = stored.map((tensor) => tensorOf(checkpoint, form, tensor, dtype));
  const keys: (readonly [string, GgufValue])[] = [
    ...sizeKeys(config, form),
    ['general.name', { kind: 'string', value: map.outputs.map(({ name }) => name).join(', ') }],
    ['general.file_type', { kind: 'uint32', value: FILE_TYPES[dtype] }],
    ...ggufTokenizer(map, tokenizer, config.sizes.vocab, typeof pad === 'bigint' ? Number(pad) : null),
    // how to read the outputs: the circuit map travels with the file
    ['raspc.map', { kind: 'string', value: textOf(folder, MAP_FILE) }],
  ];
  return { content: writeGguf(keys, tensors), dtype, halfPrecision, form, map, tensors };
}

/** The form of a family that can be exported, if the engine computes what config.json asks for (R7505). */
function formOf({ target, traits, sizes, layerAttention }: ModelConfig): GgufForm {
  const { gguf } = target;
  if (gguf === null) {
    const known = TARGETS.flatMap((other) => (other.gguf === null ? [] : [`\`${other.architecture}\``]));
    return fail('R7505', { file: CONFIG_FILE, key: 'architectures', found: target.architecture, expected: orList(known) });
  }
  if (traits.activation !== gguf.activation) {
    const choice = target.config.choices.find(({ values }) => values.some((value) => value.traits.activation !== undefined));
    const wanted = choice?.values.filter((value) => value.traits.activation === gguf.activation) ?? [];
    fail('R7505', {
      file: CONFIG_FILE,
      key: choice?.key ?? 'hidden_act',
      found: traits.activation,
      expected: orList(wanted.map(({ value }) => `\`${value}\``)),
    });
  }
  const asksFor = (key: string, found: string, expected: string) => fail('R7505', { file: CONFIG_FILE, key, found, expected });
  for (const bias of gguf.needsBiases ?? []) {
    const choice = target.config.choices.find(({ values }) => values.some(({ traits: { biases } }) => biases?.[bias] !== undefined));
    if (!traits.biases[bias]) asksFor(choice?.key ?? 'attention_bias', 'no biases', '`true`');
  }
  if (gguf.headsFillWidth && sizes.heads * sizes.dim !== sizes.width)
    asksFor('head_dim', String(sizes.dim), `${sizes.width} / ${sizes.heads}`);
  for (const { window, rotary } of layerAttention) {
    if (rotary !== null && rotary.scaling !== null) asksFor('rope_parameters', 'scaled positions', 'of the type `default`');
    if (window !== null && window < sizes.positions) asksFor(target.config.window?.key ?? 'layer_types', `a window of ${window}`, '`null`');
  }
  return gguf;
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function sizeKeys({ sizes, traits, epsilon, rotary, numbers }: ModelConfig, form: GgufForm): (readonly [string, GgufValue])[] {
  const key = (name: string): string => `${form.architecture}.${name}`;
  const count = (name: string, value: number) => [key(name), { kind: 'uint32', value }] as const;
  return [
    ['general.architecture', { kind: 'string', value: form.architecture }],
    count('vocab_size', sizes.vocab),
    count('context_length', sizes.positions),
    count('embedding_length', sizes.width),
    count('block_count', sizes.layers),
    count('feed_forward_length', sizes.hidden),
    count('attention.head_count', sizes.heads),
    count('attention.head_count_kv', sizes.kvHeads),
    count('attention.key_length', sizes.dim),
    count('attention.value_length', sizes.dim),
    [key(form.epsilonKey), { kind: 'float32', value: epsilon }],
    ...(rotary === null
      ? []
      : [count('rope.dimension_count', rotary.dims), [key('rope.freq_base'), { kind: 'float32', value: rotary.base }] as const]),
    ...(form.parallelKey === undefined ? [] : [[key(form.parallelKey), { kind: 'bool', value: traits.residual === 'parallel' }] as const]),
    ...Object.entries(form.numberKeys ?? {}).map(([number, name]) => {
      // logits are divided by what the key says
      const value = number === 'logits' ? 1 / numbers.logits : numbers[number as 'embedding' | 'scores' | 'writes'];
      return [key(name), { kind: 'float32', value }] as const;
    }),
  ];
}

/** One tensor of the file, made from the tensor of the checkpoint that holds the same roles. */
function tensorOf(checkpoint: OpenCheckpoint, form: GgufForm, { name, shape, spec, layer }: StoredTensor, dtype: GgufDtype): GgufTensor {
  const { sizes, rotary } = checkpoint.config;
  const source = checkpoint.tensors.find((tensor) => tensor.layer === layer && tensor.spec.holds.join() === spec.holds.join());
  if (source === undefined) throw new Error(`no tensor of the checkpoint holds what \`${name}\` does`);
  const kept = shape.length > 1 ? dtype : 'f32';
  return {
    name,
    shape,
    dtype: kept,
    bytes: () => {
      const parts = readRoles(checkpoint, source).map(({ role, shape: axes, data }) => {
        const turns = form.turnsNeighbours && rotary !== null && isLayerRole(role) && TURNS[role];
        const values = Float64Array.from(data);
        return {
          ...rolePart(role, sizes),
          data: turns ? neighbours(values, axes.length === 1 ? [1, ...axes] : axes, rotary.dims) : values,
        };
      });
      const values = packParts(parseLayout(spec.layout), parts);
      checkExact(source.located.name, values, kept);
      return encode(kept, values);
    },
  };
}

/** Whether a role has the dimensions of a head that turn with the position: those go where the engine looks for them. */
const TURNS: Readonly<Record<LayerRole, boolean>> = {
  attentionNormGain: false,
  attentionNormBias: false,
  query: true,
  queryBias: true,
  key: true,
  keyBias: true,
  value: false,
  valueBias: false,
  queryNormGain: true,
  keyNormGain: true,
  queriesNormGain: true,
  keysNormGain: true,
  output: false,
  outputBias: false,
  attentionWriteGain: false,
  mlpNormGain: false,
  mlpNormBias: false,
  gate: false,
  gateBias: false,
  up: false,
  upBias: false,
  down: false,
  downBias: false,
  mlpWriteGain: false,
};

/** Dimensions i and i + turned / 2 of each head, `[head, dim, …]`, put beside each other. */
function neighbours(values: Float64Array, [heads = 1, dim = 1, ...rest]: readonly number[], turned: number): Float64Array {
  const row = rest.reduce((product, length) => product * length, 1);
  const moved = values.slice();
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < turned; i++) {
      const to = (head * dim + (i < turned / 2 ? 2 * i : 2 * i - turned + 1)) * row;
      const from = (head * dim + i) * row;
      moved.set(values.subarray(from, from + row), to);
    }
  }
  return moved;
}

/** Rounding would move the thresholds that a compiled model decides by. */
function checkExact(tensor: string, values: FloatArray, dtype: GgufDtype): void {
  if (dtype === 'f32') return;
  const changed = values.filter((value) => roundTo(dtype, value) !== value);
  const [value] = changed;
  if (value === undefined) return;
  const nearest = roundTo(dtype, value);
  if (!Number.isFinite(nearest)) fail('R7501', { tensor, value, largest: largestOf(dtype), dtype });
  fail('R7506', { tensor, count: changed.length, value, nearest, dtype });
}

function textOf(folder: ModelFolder, file: string): string {
  const source = folder.open(file);
  return source === null ? fail('R7010', { file, folder: folder.path }) : new TextDecoder().decode(source.read(0, source.size));
}
