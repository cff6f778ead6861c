/** From a model folder to canonical weights: config.json says what must be there, and every tensor is checked against it. */
import { fail } from '../diagnostics/catalog.ts';
import type { ModelFolder } from '../source/byte-source.ts';
import type { Loading } from '../targets/loading.ts';
import { isLayerRole, type ModelConfig, rolePart, roleShape, type StoredTensor, storedTensors } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { parseLayout, unpackParts } from '../tensor/layout.ts';
import type { Scratch } from '../tensor/scratch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LayerRole, ModelRole } from '../weights/roles.ts';
import type { Weights } from '../weights/weights.ts';
import { readModelConfig } from './config/read-config.ts';
import type { TensorInfo } from './safetensors/safetensors-header.ts';
import { openTensors, readWeightValues, type TensorStore } from './safetensors/tensor-store.ts';

/** A model folder whose tensors are all there and of the right shape; their values have not been read. */
export interface OpenCheckpoint {
  readonly config: ModelConfig;
  /** Whether config.json ties the unembedding to the embedding, whatever the files hold. */
  readonly saysTied: boolean;
  /** How stock loaders would load it. */
  readonly loading: Loading;
  readonly store: TensorStore;
  /** Every tensor of the model with its place in the files. */
  readonly tensors: readonly (StoredTensor & { readonly located: TensorInfo })[];
  /** All values of a tensor as stored, for models that are made and not read: good until another is asked for. */
  readonly made?: (tensor: StoredTensor) => Float32Array;
  /** Takes the place of values that were read, for models that are changed in memory: null where they stay. It changes no array it is given. */
  readonly change?: (role: ModelRole | LayerRole, layer: number | null, values: FloatArray) => FloatArray | null;
}

/** A role's values, axes as in `roles.ts`, in the precision they were stored in. */
export interface RoleValues {
  readonly role: ModelRole | LayerRole;
  readonly shape: readonly number[];
  readonly data: FloatArray;
}

/** Opens a model folder. Diagnostics: those of config.json and of the tensor files, and R7201 to R7203. */
export function openCheckpoint(folder: ModelFolder): OpenCheckpoint {
  const { loading, ...described } = readModelConfig(folder);
  const store = openTensors(folder);
  const { target } = described;
  const prefix = target.basePrefix;
  const find = (name: string): TensorInfo | undefined =>
    store.tensors.get(name) ?? (name.startsWith(prefix) ? store.tensors.get(name.slice(prefix.length)) : undefined);
  const nameOf = (role: ModelRole) => target.tensors.find(({ holds }) => holds.includes(role))?.name ?? '';
  const [embedding, unembedding] = [nameOf('tokenEmbedding'), nameOf('unembedding')];
  const hasUnembedding = find(unembedding) !== undefined;
  const mayTie = described.traits.output === 'language-model';
  const saysTied = mayTie && (described.tied ?? target.config.tied);
  // one matrix for both, under the other's name: stock loaders take it for both
  const isUnderOther = saysTied && hasUnembedding && find(embedding) === undefined;
  // a file that holds the unembedding although the config ties it: stock loaders take what the file holds
  const config = { ...described, tied: isUnderOther || (mayTie && !hasUnembedding && (described.tied ?? true)) };
  const used = new Set<string>();
  const tensors = Array.from(storedTensors(config), (tensor) => {
    const located = find(isUnderOther && tensor.name === embedding ? unembedding : tensor.name);
    if (located === undefined) return fail('R7201', { file: store.file, tensor: tensor.name, architecture: target.architecture });
    if (located.shape.length !== tensor.shape.length || located.shape.some((length, axis) => length !== tensor.shape[axis])) {
      fail('R7203', { file: located.file, tensor: located.name, found: located.shape, expected: tensor.shape, axes: tensor.spec.layout });
    }
    used.add(located.name);
    return { ...tensor, located };
  });
  for (const name of store.tensors.keys()) {
    if (!used.has(name) && !target.ignored.some((ending) => `.${name}`.endsWith(ending))) {
      fail('R7202', { file: store.file, tensor: name, architecture: target.architecture });
    }
  }
  return { config, saysTied, loading, store, tensors };
}

/**
 * Reads one tensor's bytes and takes it apart into its roles.
 *
 * @param scratch where large values may go, which those of the next layer then overwrite
 */
export function readRoles(checkpoint: OpenCheckpoint, tensor: OpenCheckpoint['tensors'][number], scratch?: Scratch): RoleValues[] {
  const { sizes } = checkpoint.config;
  const { name, holds, layout, offset } = tensor.spec;
  const stored = readWeightValues(checkpoint.store, tensor.located, scratch, name);
  const parts = unpackParts(
    parseLayout(layout),
    holds.map((role) => rolePart(role, sizes)),
    stored,
    scratch,
    name,
  );
  return holds.map((role, index) => {
    const data = parts[index] as FloatArray;
    // what was added when storing is taken off in float64: the sum may need more digits than the file's dtype has
    const values = offset === undefined ? data : Float64Array.from(data, (value) => value - offset);
    return { role, shape: roleShape(role, sizes), data: checkpoint.change?.(role, tensor.layer, values) ?? values };
  });
}

function float64(data: FloatArray): Float64Array {
  return data instanceof Float64Array ? data : Float64Array.from(data);
}

/** All weights of a model in memory, in float64, exactly as stored. A tied unembedding is the token embedding's own tensor. */
export function unpackWeights(checkpoint: OpenCheckpoint): Weights {
  const { config } = checkpoint;
  const model: Partial<Record<ModelRole, Tensor>> = {};
  const layers = Array.from({ length: config.sizes.layers }, (): Partial<Record<LayerRole, Tensor>> => ({}));
  for (const tensor of checkpoint.tensors) {
    for (const { role, shape, data } of readRoles(checkpoint, tensor)) {
      const values = { shape, data: float64(data) };
      if (isLayerRole(role)) (layers[tensor.layer as number] as Partial<Record<LayerRole, Tensor>>)[role] = values;
      else model[role] = values;
    }
  }
  if (config.tied && model.tokenEmbedding !== undefined) model.unembedding = model.tokenEmbedding;
  return { sizes: config.sizes, model, layers };
}
