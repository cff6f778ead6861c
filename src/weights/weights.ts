/** A whole model's weights by canonical role, in float64, before any target's names, layouts or dtype. */
import type { Tensor } from '../tensor/tensor.ts';
import type { LayerRole, ModelRole, Sizes } from './roles.ts';

/** Roles that the target lacks (a bias, a gate, a position table) are absent. */
export interface Weights {
  readonly sizes: Sizes;
  readonly model: Readonly<Partial<Record<ModelRole, Tensor>>>;
  readonly layers: readonly Readonly<Partial<Record<LayerRole, Tensor>>>[];
}
