/** Changes the tensors of a model role by role, and a tensor along one of its axes. */
import type { Tensor } from '../tensor/tensor.ts';
import { type Axis, LAYER_ROLES, type LayerRole, MODEL_ROLES, type ModelRole, type Sizes } from '../weights/roles.ts';
import type { Weights } from '../weights/weights.ts';

export interface RoleAt {
  readonly role: ModelRole | LayerRole;
  readonly axes: readonly Axis[];
  /** Null for roles that the model has once. */
  readonly layer: number | null;
}

export function eachRole(weights: Weights, change: (tensor: Tensor, at: RoleAt) => Tensor, sizes: Sizes = weights.sizes): Weights {
  const changed = <Role extends ModelRole | LayerRole>(
    tensors: Readonly<Partial<Record<Role, Tensor>>>,
    axesOf: Readonly<Record<Role, readonly Axis[]>>,
    layer: number | null,
  ) =>
    Object.fromEntries(
      (Object.entries(tensors) as [Role, Tensor][]).map(([role, tensor]) => [role, change(tensor, { role, axes: axesOf[role], layer })]),
    ) as Partial<Record<Role, Tensor>>;
  return {
    sizes,
    model: changed<ModelRole>(weights.model, MODEL_ROLES, null),
    layers: weights.layers.map((own, layer) => changed<LayerRole>(own, LAYER_ROLES, layer)),
  };
}

/** Every line of the tensor along an axis, changed: all to lines of one length. */
export function alongAxis({ shape, data }: Tensor, axis: number, change: (line: Float64Array) => Float64Array): Tensor {
  const length = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const outer = shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const line = new Float64Array(length);
  let result: Float64Array | null = null;
  let newLength = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let at = 0; at < length; at++) line[at] = data[(o * length + at) * inner + i] as number;
      const changed = change(line);
      newLength = changed.length;
      result ??= new Float64Array(outer * newLength * inner);
      for (let at = 0; at < newLength; at++) result[(o * newLength + at) * inner + i] = changed[at] as number;
    }
  }
  return { shape: shape.map((size, at) => (at === axis ? newLength : size)), data: result ?? new Float64Array(0) };
}

/** The tensor times a number, along an axis one for each place. */
export function scaledAlong(tensor: Tensor, axis: number, factors: (at: number) => number): Tensor {
  return alongAxis(tensor, axis, (line) => line.map((x, at) => x * factors(at)));
}

export function times({ shape, data }: Tensor, factor: number): Tensor {
  return { shape, data: data.map((x) => x * factor) };
}
