/**
 * The same function in weights of another order: heads, neurons and dimensions of the stream are renumbered. Nothing else changes, so what was
 * proven for sums in any order still holds.
 */
import type { Tensor } from '../tensor/tensor.ts';
import { type Axis, LAYER_ROLES, type LayerRole, MODEL_ROLES, type ModelRole } from '../weights/roles.ts';
import type { Weights } from '../weights/weights.ts';

export interface Renumbering {
  /** `heads[layer][new]`: the head that stands there now. */
  readonly heads: readonly (readonly number[])[];
  readonly neurons: readonly (readonly number[])[];
  /** One for all layers. */
  readonly width: readonly number[];
}

/** @param shuffle in place, every order equally likely; `stream`: whether dimensions of the stream are renumbered as well */
export function drawRenumbering(
  { sizes }: Pick<Weights, 'sizes'>,
  { shuffle, stream }: { readonly shuffle: (items: number[]) => number[]; readonly stream: boolean },
): Renumbering {
  const counted = (length: number) => Array.from({ length }, (_, i) => i);
  const layers = counted(sizes.layers);
  // heads that share keys and values stay together
  const group = sizes.heads / sizes.kvHeads;
  const heads = layers.map(() => shuffle(counted(sizes.kvHeads)).flatMap((kept) => counted(group).map((i) => kept * group + i)));
  const neurons = layers.map(() => shuffle(counted(sizes.hidden)));
  return { heads, neurons, width: stream ? shuffle(counted(sizes.width)) : counted(sizes.width) };
}

export function renumbered(weights: Weights, { heads, neurons, width }: Renumbering): Weights {
  const { sizes } = weights;
  const group = sizes.heads / sizes.kvHeads;
  const ordersOf = (layer: number | null): Partial<Record<Axis, readonly number[]>> => {
    if (layer === null) return { width };
    const own = heads[layer] as readonly number[];
    const kept = Array.from({ length: sizes.kvHeads }, (_, i) => (own[i * group] as number) / group);
    return { width, head: own, kvHead: kept, hidden: neurons[layer] as readonly number[] };
  };
  const moved = <Role extends string>(
    tensors: Readonly<Partial<Record<Role, Tensor>>>,
    axes: Readonly<Record<Role, readonly Axis[]>>,
    layer: number | null,
  ) => {
    const orders = ordersOf(layer);
    const entries = (Object.entries(tensors) as [Role, Tensor][]).map(([role, tensor]) => [role, reordered(tensor, axes[role], orders)]);
    return Object.fromEntries(entries) as Partial<Record<Role, Tensor>>;
  };
  return {
    sizes,
    model: moved<ModelRole>(weights.model, MODEL_ROLES, null),
    layers: weights.layers.map((roles, layer) => moved<LayerRole>(roles, LAYER_ROLES, layer)),
  };
}

/** Each axis in its order. */
function reordered({ shape, data }: Tensor, axes: readonly Axis[], orders: Partial<Record<Axis, readonly number[]>>): Tensor {
  const result = new Float64Array(data.length);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  for (let i = 0; i < data.length; i++) {
    let from = 0;
    for (const [axis, stride] of strides.entries()) {
      const at = Math.floor(i / stride) % (shape[axis] as number);
      from += (orders[axes[axis] as Axis]?.[at] ?? at) * stride;
    }
    result[i] = data[from] as number;
  }
  return { shape, data: result };
}
