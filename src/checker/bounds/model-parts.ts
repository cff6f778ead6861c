/** A checkpoint's weights as the checker reads them: rows by role, as stored, and what the model's config makes of them. */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { unpackWeights } from '../../checkpoint/unpack-checkpoint.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import { Unproven } from '../claim/unproven.ts';
import type { NormWeights } from './norm.ts';

/** Weights are held in float64. */
const MOST_PARAMETERS = 2 ** 27;

export class ModelParts {
  readonly config: ModelConfig;
  readonly #weights: Weights;
  readonly #names = new Map<string, string>();

  constructor(checkpoint: OpenCheckpoint) {
    this.config = checkpoint.config;
    const count = checkpoint.tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
    if (count > MOST_PARAMETERS) throw new Unproven(`${count.toLocaleString('en-US')} parameters are too many to check`);
    this.#weights = unpackWeights(checkpoint);
    for (const { located, spec, layer } of checkpoint.tensors) {
      for (const role of spec.holds) this.#names.set(`${layer ?? ''}${role}`, located.name);
    }
  }

  /** Refuses weights that are no numbers. */
  assertFinite(): void {
    for (const part of [this.#weights.model, ...this.#weights.layers]) {
      for (const [role, { data }] of Object.entries(part)) {
        if (!data.every(Number.isFinite)) throw new Unproven(`the weights of ${role} are not all finite`);
      }
    }
  }

  /** The stored tensor that holds a role. */
  tensorName(role: ModelRole | LayerRole, layer: number | null): string {
    return this.#names.get(`${layer ?? ''}${role}`) ?? this.#names.get('tokenEmbedding') ?? role;
  }

  model(role: ModelRole): Float64Array | null {
    return this.#weights.model[role]?.data ?? null;
  }

  layer(layer: number, role: LayerRole): Float64Array | null {
    return this.#weights.layers[layer]?.[role]?.data ?? null;
  }

  /** Row `index` of a role, all axes but the last flattened. */
  row(layer: number | null, role: ModelRole | LayerRole, index: number): Float64Array {
    const data = layer === null ? this.model(role as ModelRole) : this.layer(layer, role as LayerRole);
    const { width } = this.config.sizes;
    return (data as Float64Array).subarray(index * width, (index + 1) * width);
  }

  norm(gain: Float64Array, bias: Float64Array | null): NormWeights {
    return { kind: this.config.traits.norm, gain, bias, epsilon: this.config.epsilon };
  }
}
