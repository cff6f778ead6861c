/** From canonical weights to the target's tensors: names, layouts and dtype. The inverse of unpacking. */
import { fail } from '../../diagnostics/catalog.ts';
import { isLayerRole, type ModelConfig, rolePart, roleShape, type StoredTensor, storedTensors } from '../../targets/model-config.ts';
import { type Dtype, encode, largestOf, roundTo } from '../../tensor/dtype.ts';
import { packParts, parseLayout } from '../../tensor/layout.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import { safetensorsDtype } from './tensor-store.ts';
import type { TensorToWrite } from './write-safetensors.ts';

function weightOf(weights: Weights, role: ModelRole | LayerRole, layer: number | null, config: ModelConfig): Tensor {
  const tensor = isLayerRole(role) ? weights.layers[layer as number]?.[role] : weights.model[role];
  const shape = roleShape(role, config.sizes);
  if (tensor === undefined) throw new Error(`the weights lack \`${role}\`${layer === null ? '' : ` of layer ${layer}`}`);
  if (tensor.shape.length !== shape.length || tensor.shape.some((length, axis) => length !== shape[axis])) {
    throw new Error(`\`${role}\` has the shape [${tensor.shape}] instead of [${shape}]`);
  }
  return tensor;
}

/** One stored tensor's bytes. A weight that the dtype cannot hold is refused (R7501), never made infinite. */
function packTensor(weights: Weights, config: ModelConfig, stored: StoredTensor, dtype: Dtype): Uint8Array {
  const { holds, layout, offset = 0 } = stored.spec;
  const values = packParts(
    parseLayout(layout),
    holds.map((role) => ({ ...rolePart(role, config.sizes), data: weightOf(weights, role, stored.layer, config).data })),
  );
  if (offset !== 0) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + offset;
  for (const value of values) {
    if (!Number.isFinite(roundTo(dtype, value))) fail('R7501', { tensor: stored.name, value, largest: largestOf(dtype), dtype });
  }
  return encode(dtype, values);
}

/** Every tensor of the model, ready to be written. */
export function packWeights(weights: Weights, config: ModelConfig, dtype: Dtype): TensorToWrite[] {
  return Array.from(storedTensors(config), (stored) => ({
    name: stored.name,
    dtype: safetensorsDtype(dtype),
    shape: stored.shape,
    bytes: () => packTensor(weights, config, stored, dtype),
  }));
}
