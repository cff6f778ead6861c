/**
 * What a group of neurons writes at one combination of the values that it reads: each neuron's activation is 0, the identity, or only known
 * within bounds. Of those that are the identity what they have in common cancels exactly before bounds are taken.
 */

import type { Traits } from '../../targets/target.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Approximate, Ending, Form, Read, ReadConstant } from '../bounds/form.ts';
import { type RuntimeSemantics, SAFETY, sumError, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import type { VectorHulls } from '../bounds/stream.ts';
import { type CheckedDecision, marginOf } from '../claim/report.ts';
import type { MlpWeights } from './mlp-weights.ts';

/** From here on an activation is 0 or the identity to float32: part of the stated runtime semantics. */
export const SATURATION: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 5.2, gelu: 5.6, silu: 21, relu: 0 };
/** What an activation that counts as 0 may still be: of SiLU 21·e^-21; GELU is exactly 0 where its tanh or erf is -1. */
const TAIL: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 0, gelu: 0, silu: 1.6e-8, relu: 0 };
/** No activation is lower than this (GELU: -0.17, SiLU: -0.28). */
export const LOWEST = -0.2785;

export interface Neuron {
  readonly index: number;
  readonly form: Form;
  /** Neurons with the same number have the same weights on whatever is not constant. */
  readonly reads: number;
  /** What it reads from constants. */
  readonly constants: readonly ReadConstant[];
  /** The constants, where they are what the neuron reads last: up to there neurons that read the same have the same partial sums. */
  readonly ending: Ending | null;
  /** Neurons with the same number have the same weights. */
  readonly row: number;
  /** The other factor of a gated MLP, at any position; null where there is none. */
  readonly factor: Factor | null;
}

export interface Factor {
  readonly center: number;
  readonly radius: number;
  /** The part of `radius` that neurons with the same factor do not share. */
  readonly rounding: number;
  /** Factors with the same number have the same weights. */
  readonly row: number;
}

/** What a factor may be: 1 where there is none. */
export function factorRange(factor: Factor | null): Approximate {
  return factor ?? { center: 1, radius: 0 };
}

/** An activation is 0, the identity, or neither. */
const [SHUT, OPEN, BETWEEN] = [0, 1, 2];

/** What each neuron of the group reads, and what its activation does. */
interface State {
  readonly reads: readonly Read[];
  readonly status: Uint8Array;
}

export class MlpStates {
  readonly #neurons: readonly Neuron[];
  readonly #weights: MlpWeights;
  readonly #meanBounds: readonly number[];
  readonly #semantics: RuntimeSemantics;
  readonly #inherited = new Coefficients();
  readonly #means = new Coefficients();
  readonly #factors = new Coefficients();
  readonly #rounded = new Coefficients();
  readonly #constants = new Coefficients();
  readonly #totals = new Map<number, number>();
  readonly #byDim = new Map<number, readonly number[]>();
  #worst: Pick<CheckedDecision, 'part' | 'error' | 'allowed'> & { readonly margin: number } = { part: '', error: 0, allowed: 1, margin: 1 };

  /** @param meanBounds those of the reader of the neurons' forms */
  constructor(neurons: readonly Neuron[], weights: MlpWeights, meanBounds: readonly number[], semantics: RuntimeSemantics) {
    this.#neurons = neurons;
    this.#weights = weights;
    this.#meanBounds = meanBounds;
    this.#semantics = semantics;
  }

  /** Of all that has been settled, the neuron closest to where it is neither 0 nor the identity. */
  worst(): Pick<CheckedDecision, 'part' | 'error' | 'allowed'> {
    const { part, error, allowed } = this.#worst;
    return { part, error, allowed };
  }

  /** The largest sum of absolute terms that has been written to a dimension. */
  largestTotal(dim: number): number {
    return this.#totals.get(dim) ?? 0;
  }

  terms(dim: number): number {
    return this.#writers(dim).length;
  }

  /** @param reads what each neuron reads */
  settle(reads: readonly Read[]): State {
    const saturation = SATURATION[this.#weights.activation];
    const status = new Uint8Array(reads.length);
    for (const [n, { center, radius }] of reads.entries()) {
      const allowed = Math.abs(center) - saturation;
      const margin = marginOf({ error: radius, allowed });
      if (!(margin >= this.#worst.margin)) {
        this.#worst = { part: `neuron ${(this.#neurons[n] as Neuron).index}`, error: radius, allowed, margin };
      }
      status[n] = center - radius >= saturation ? OPEN : center + radius <= -saturation ? SHUT : BETWEEN;
    }
    return { reads, status };
  }

  /** Includes what a state writes in the vector of a value. */
  write(state: State, hulls: VectorHulls, value: number): void {
    for (const [at, dim] of hulls.dims.entries()) {
      const { low, high } = this.#sum(state, dim);
      hulls.include(value, at, low, high);
    }
  }

  #weight(neuron: number, dim: number): number {
    return this.#weights.down[neuron * this.#weights.width + dim] ?? Number.NaN;
  }

  /** The neurons that write to a dimension. */
  #writers(dim: number): readonly number[] {
    let known = this.#byDim.get(dim);
    if (known === undefined) {
      known = [...this.#neurons.keys()].filter((n) => this.#weight((this.#neurons[n] as Neuron).index, dim) !== 0);
      this.#byDim.set(dim, known);
    }
    return known;
  }

  #sum({ reads, status }: State, dim: number): { low: number; high: number } {
    const writers = this.#writers(dim);
    const alike = this.#semantics !== 'any-order';
    const bias = Math.abs(this.#weights.downBias?.[dim] ?? 0);
    let [sum, scaled, own, total, large, scale, inOrder] = [0, 0, 0, 0, 0, 0, 0];
    this.#inherited.clear();
    this.#means.clear();
    this.#factors.clear();
    this.#rounded.clear();
    this.#constants.clear();
    for (const n of writers) {
      if (status[n] !== OPEN) continue;
      const neuron = this.#neurons[n] as Neuron;
      const weight = this.#weight(neuron.index, dim);
      const read = reads[n] as Read;
      const { factor, form } = neuron;
      const w = weight * (factor?.center ?? 1);
      const size = Math.abs(weight) * (Math.abs(read.center) + read.radius);
      sum += w * read.center;
      inOrder += UNIT * (Math.abs(sum) + Math.abs(w) * read.radius + bias);
      scaled += w * read.scaled;
      scale = Math.max(scale, form.scale);
      total += size;
      large++;
      own += size * UNIT * (isPowerOfTwo(weight) ? 0 : 1) + UNDERFLOW * Math.abs(weight);
      if (factor !== null) {
        // of the factor that they have in common neurons have the same error, but for its rounding and that of the product
        const rounding = alike ? 0 : factor.rounding;
        this.#factors.add(factor.row, weight * read.center, factor.radius - rounding);
        own += size * (rounding + UNIT) + Math.abs(weight) * read.radius * factor.radius;
      }
      this.#inherited.add(neuron.reads, w, read.inherited);
      for (const [i, often] of form.means.entries()) this.#means.add(i, w * often, numberAt(this.#meanBounds, i));
      for (const each of neuron.constants) this.#constants.add(each.dim, w * each.weight, each.noise);
      const { ending } = neuron;
      // where equal rows give equal products, only adding the bias rounds each by itself, and in order what is added last
      if (this.#semantics === 'in-order' && ending !== null) {
        this.#rounded.add(neuron.reads, w, read.rounding);
        own += UNIT * (ending.count * size + Math.abs(w) * ending.apart);
      } else this.#rounded.add(alike ? neuron.row : n, w, read.rounding);
      if (alike) own += UNIT * size;
    }
    if (total > this.largestTotal(dim)) this.#totals.set(dim, total);
    const anyOrder = sumError({ total, large, tiny: 0, tinyCount: 0 }, Math.abs(sum));
    const summed = this.#semantics === 'in-order' ? Math.min(anyOrder, SAFETY * inOrder) : anyOrder;
    const shared = (1 + scale) * (this.#inherited.error() + this.#means.error() + this.#constants.error()) + this.#rounded.error();
    const underflow = 2 * UNDERFLOW * writers.length;
    const error = SAFETY * (own + underflow + this.#factors.error() + scale * Math.abs(scaled) + summed + shared) + this.#tail(dim);
    let [low, high] = [sum - error, sum + error];
    for (const n of writers) {
      if (status[n] !== BETWEEN) continue;
      const { index, factor } = this.#neurons[n] as Neuron;
      const { center, radius } = reads[n] as Read;
      const other = factorRange(factor);
      const size = this.#weight(index, dim) * (Math.abs(other.center) + other.radius);
      const ends = [size * LOWEST, size * Math.max(0, center + radius)];
      low += Math.min(0, ...ends);
      high += Math.max(0, ...ends);
    }
    return { low, high };
  }

  /** What activations that count as 0 may add up to. */
  #tail(dim: number): number {
    const tail = TAIL[this.#weights.activation];
    return tail === 0
      ? 0
      : this.#writers(dim).reduce((sum, n) => sum + 2 * tail * Math.abs(this.#weight((this.#neurons[n] as Neuron).index, dim)), 0);
  }
}

/** Errors that neurons share cancel where their weights do. */
class Coefficients {
  readonly #sums: number[] = [];
  readonly #errors: number[] = [];
  #used: number[] = [];

  clear(): void {
    for (const key of this.#used) this.#errors[key] = -1;
    this.#used = [];
  }

  add(key: number, weight: number, error: number): void {
    const known = this.#errors[key] ?? -1;
    if (known < 0) {
      this.#used.push(key);
      this.#sums[key] = 0;
    }
    // what is not there makes a bound no number, which nothing passes: this is read too often to be checked
    this.#sums[key] = (this.#sums[key] ?? Number.NaN) + weight;
    this.#errors[key] = Math.max(known, error);
  }

  error(): number {
    let total = 0;
    for (const key of this.#used) total += Math.abs(this.#sums[key] ?? Number.NaN) * (this.#errors[key] ?? Number.NaN);
    return total;
  }
}

function isPowerOfTwo(x: number): boolean {
  return Number.isInteger(Math.log2(Math.abs(x)));
}
