/**
 * The root mean square of the residual stream of a new model at the input of each layer, from its initialisation alone. A random layer
 * adds noise of a known variance: attention the mean of the values of all positions so far, the MLP a function of unit-variance inputs.
 */
import { type ModelConfig, positionsOf } from '../../targets/model-config.ts';
import type { Traits } from '../../targets/target.ts';

export interface InitScales {
  /** Standard deviation of what embeddings put into the stream. */
  readonly embed: number;
  /** Standard deviation of the matrices that read it. */
  readonly read: number;
  /** Standard deviation of the matrices that write it, times what the model multiplies writes by. */
  readonly write: number;
}

/** A position that sees itself only has more attention noise than one that averages over many. */
export type Place = 'first' | 'typical';

/** Positions over which a typical query averages. */
const TYPICAL_CONTEXT = 256;

export interface StreamModel {
  /** Root mean square of what the norm of layer `layer` divides by; `layers` is the final norm. */
  rms(layer: number, place: Place): number;
}

/** Energy that a circuit puts into the stream: squared length of the vector, and the layer whose attention writes it (-1: embedded). */
export interface Deposit {
  readonly layer: number;
  readonly energy: number;
  /** Dimensions that it takes, and the layers whose writers leave them alone: below `clearUntil`. */
  readonly dims: number;
  readonly clearUntil: number;
  /** Which positions have it. */
  readonly at: 'every' | 'first' | 'others';
  /** Whether it is the same for all tokens: attention does not average that away. */
  readonly common: boolean;
}

export interface StreamParts {
  readonly deposits: readonly Deposit[];
  /** Query heads by layer that circuits take: they add no noise. */
  readonly taken: ReadonlyMap<number, number>;
}

export function streamModel(config: ModelConfig, scales: InitScales, { deposits, taken }: StreamParts): StreamModel {
  const { width, layers, heads, dim, hidden } = config.sizes;
  const learned = config.traits.positions.kind === 'learned';
  const gated = config.traits.mlp === 'gated';
  const sequential = config.traits.residual === 'sequential';
  const preactivation = scales.read * Math.sqrt(width);
  const head = scales.write ** 2 * dim * preactivation ** 2;
  const neuron = activationMoments(config.traits, preactivation);
  const power = scales.write ** 2 * hidden * neuron.power;
  const meanShare = neuron.power > 0 ? neuron.mean ** 2 / neuron.power : 0;
  const normed = config.traits.writeNorms;
  const tables: Record<Place, number[]> = { first: [], typical: [] };
  for (const place of ['first', 'typical'] as const) {
    const seen = place === 'first' ? 1 : Math.min(TYPICAL_CONTEXT, positionsOf(config) / 2);
    const reserved = deposits.reduce((sum, { dims }) => sum + dims, 0);
    let noise = (width - reserved) * scales.embed ** 2 * (learned ? 2 : 1);
    let circuits = 0;
    let shared = 0;
    for (let layer = 0; layer <= layers; layer++) {
      for (const { layer: written, energy, at, common } of deposits) {
        if (written !== layer - 1 || (at !== 'every' && (at === 'first') !== (place === 'first'))) continue;
        circuits += energy;
        if (common) shared += energy;
      }
      tables[place].push(Math.sqrt((noise + circuits) / width + config.epsilon));
      const clear = deposits.reduce((sum, { dims, clearUntil }) => sum + (layer < clearUntil ? dims : 0), 0);
      const alike = shared / (noise + circuits);
      const mixed = 1 / seen + (1 - 1 / seen) * alike;
      // behind a norm what a sublayer writes is as loud as its gain makes it; beside heads of circuits that of others is not evened out
      const room = width - clear;
      const attention = normed ? (taken.has(layer) ? mixed : width / room) : (heads - (taken.get(layer) ?? 0)) * head * mixed;
      const mlp = normed ? width / room : power;
      // An MLP that comes after attention reads what that has written. A mean over many positions is all but the same at the next, and so is
      // what neurons give in the mean and of what is alike already (a gated MLP multiplies two such parts).
      const between = sequential ? (shared + room * attention) / (noise + circuits + room * attention) : alike;
      const mlpAlike = mlp * (gated ? between ** 2 : meanShare + (1 - meanShare) * between);
      noise += room * (attention + mlp);
      shared += room * (attention + mlpAlike);
    }
  }
  return { rms: (layer, place) => tables[place][layer] as number };
}

/** Mean and mean square of a neuron's output when its inputs are normal with this deviation. */
export function activationMoments({ activation, mlp }: Traits, deviation: number): { mean: number; power: number } {
  // Simpson's rule over eight deviations on either side
  const steps = 400;
  const width = 16 / steps;
  let mean = 0;
  let power = 0;
  for (let i = 0; i <= steps; i++) {
    const z = -8 + i * width;
    const weight = ((i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * width) / 3;
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    const value = activationOf(activation, z * deviation);
    mean += weight * density * value;
    power += weight * density * value ** 2;
  }
  // the second factor of a gated MLP is independent of the first, and 0 in the mean
  return mlp === 'gated' ? { mean: 0, power: power * deviation ** 2 } : { mean, power };
}

/** Close enough for a variance: the two forms of GELU differ by less than 0.001. */
function activationOf(kind: Traits['activation'], x: number): number {
  if (kind === 'relu') return Math.max(0, x);
  if (kind === 'silu') return x / (1 + Math.exp(-x));
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
