/** Dense random models of any target, in memory: what the tests of packing, unpacking and running share. */

import { type PackedFile, packCheckpoint } from '../../../src/checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { bytesSource, type ModelFolder } from '../../../src/source/byte-source.ts';
import { sha256HexOfText } from '../../../src/source/sha256.ts';
import {
  type ConfigChanges,
  isLayerRole,
  type ModelConfig,
  newModelConfig,
  roleShape,
  storedTensors,
} from '../../../src/targets/model-config.ts';
import type { Target } from '../../../src/targets/target.ts';
import type { Dtype } from '../../../src/tensor/dtype.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import type { LayerRole, ModelRole, Sizes } from '../../../src/weights/roles.ts';
import type { Weights } from '../../../src/weights/weights.ts';

/** A small generator with a seed (mulberry32), so that a failure can be had again. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Small sizes that a target allows. */
export function smallSizes(target: Target): Sizes {
  const { squareHeads, groupedHeads, output } = target.traits;
  const classifies = output === 'token-classification';
  const hasTypes = target.config.sizes.types.key !== null;
  return {
    vocab: 11,
    positions: 13 + (target.traits.positions.kind === 'learned' ? target.traits.positions.skipped : 0),
    width: squareHeads ? 32 : 16,
    layers: 2,
    heads: 4,
    kvHeads: groupedHeads ? 2 : 4,
    dim: squareHeads || (target.config.rotary?.fraction ?? 1) < 1 ? 8 : 6,
    hidden: 20,
    types: hasTypes ? 2 : 0,
    outputs: classifies ? 5 : 11,
  };
}

/** Weights for every role that the model has, between -1 and 1; `density` is the part that is not zero. */
export function randomWeights(config: ModelConfig, seed: number, density = 1): Weights {
  const random = randomNumbers(seed);
  const tensor = (role: ModelRole | LayerRole): Tensor => {
    const shape = roleShape(role, config.sizes);
    const size = shape.reduce((product, length) => product * length, 1);
    return { shape, data: Float64Array.from({ length: size }, () => (random() < density ? 2 * random() - 1 : 0)) };
  };
  const model: Partial<Record<ModelRole, Tensor>> = {};
  const layers = Array.from({ length: config.sizes.layers }, (): Partial<Record<LayerRole, Tensor>> => ({}));
  for (const { spec, layer } of storedTensors(config)) {
    for (const role of spec.holds) {
      if (isLayerRole(role)) (layers[layer as number] as Partial<Record<LayerRole, Tensor>>)[role] = tensor(role);
      else model[role] = tensor(role);
    }
  }
  return { sizes: config.sizes, model, layers };
}

export interface PackedModel {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly files: readonly PackedFile[];
  readonly folder: ModelFolder;
}

/** The files as a folder in memory; `changes` replaces files by others, or takes them away. */
export function memoryFolder(files: readonly PackedFile[], changes: Readonly<Record<string, Uint8Array | null>> = {}): ModelFolder {
  const contents = new Map<string, Uint8Array | null>(files.map(({ path, content }) => [path, fileBytes(content)]));
  for (const [path, bytes] of Object.entries(changes)) contents.set(path, bytes);
  return {
    path: 'model',
    open: (name) => {
      const bytes = contents.get(name) ?? null;
      return bytes === null ? null : bytesSource(bytes);
    },
  };
}

/** A random model as the folder that packing makes of it. */
export function packRandomModel(
  target: Target,
  options: {
    seed?: number;
    dtype?: Dtype;
    density?: number;
    changes?: ConfigChanges;
    sizes?: Partial<Sizes>;
    pad?: number;
    maxShardBytes?: number;
    compute?: Dtype;
  } = {},
): PackedModel {
  const { seed = 1, dtype = 'f32', density = 1, changes = {} } = options;
  const config = newModelConfig(target, { ...smallSizes(target), ...options.sizes }, changes);
  const weights = randomWeights(config, seed, density);
  const { files } = packCheckpoint({
    config,
    weights,
    dtype,
    compute: options.compute ?? 'f32',
    eos: null,
    pad: options.pad ?? 10,
    maxShardBytes: options.maxShardBytes ?? null,
    map: {
      raspc: '0.1.0',
      program: { file: 'random.rasp', sha256: sha256HexOfText('tokens;\n'), source: 'tokens;\n' },
      context: 12,
      causal: config.traits.attention === 'causal',
      bos: { id: 0, token: '<bos>' },
      vocabulary: ['a', 'b', 'c'].map((value, i) => ({ id: i + 1, value })),
      outputs: [
        { name: 'count', type: 'int', kind: 'categorical', logits: [0n, 1n, 2n].map((value, i) => ({ id: i, value })) },
        { name: 'share', type: 'float', kind: 'numeric', logit: 4, scale: 1, offset: 0 },
      ],
      variables: [],
      heads: [],
      neurons: [],
      certificate: { holds: true },
    },
  });
  return { config, weights, files, folder: memoryFolder(files) };
}
