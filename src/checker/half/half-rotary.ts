/**
 * Rotary positions in half precision: cosines and sines of each position are computed in float32 and rounded, products and their sum are
 * rounded too (Su et al., RoFormer, section 3.2.2, as stock models compute it).
 */
import { numberAt, numberOf } from '../../tensor/number-at.ts';
import type { Range } from '../bounds/rounding.ts';
import { type HalfArithmetic, hull, plus, product, times } from './half-interval.ts';

/** Radians up to which a pair is taken as turning by an unknown part of that. */
const STILL = 2 ** -14;
/** Of an angle in float32, relatively: a power, its reciprocal, and the product with a position. */
const ANGLE_ERROR = 2 ** -20;

export class HalfRotary {
  readonly #half: number;
  readonly #frequencies: readonly number[];
  readonly #context: number;
  readonly #dims: number;

  constructor(rotary: { readonly base: number; readonly dims: number }, context: number) {
    this.#dims = rotary.dims;
    this.#half = rotary.dims / 2;
    this.#context = context;
    this.#frequencies = Array.from({ length: this.#half }, (_, i) => rotary.base ** -((2 * i) / rotary.dims));
  }

  /** The dimensions with those that turn with them. */
  closure(dims: readonly number[]): number[] {
    const all = new Set(dims);
    for (const d of dims) if (d < this.#dims) all.add(d < this.#half ? d + this.#half : d - this.#half);
    return [...all].sort((a, b) => a - b);
  }

  /** Whether some of the dimensions turn by more than next to nothing, so that positions have to be known. */
  turns(dims: readonly number[]): boolean {
    return dims.some((d) => d < this.#dims && this.#angle(d) * (this.#context + 1) > STILL);
  }

  #angle(d: number): number {
    return numberAt(this.#frequencies, d % this.#half);
  }

  /** Turns a vector over `dims` in place; `position` is BOS's at 0, and unknown (any) below where nothing turns much. */
  turn(low: Float64Array, high: Float64Array, dims: readonly number[], position: number, half: HalfArithmetic): void {
    const place = new Map(dims.map((d, at) => [d, at]));
    for (const [d, at] of place) {
      if (d >= this.#half) continue;
      const other = numberOf(place, d + this.#half);
      const frequency = this.#angle(d);
      const angle =
        frequency * (this.#context + 1) > STILL
          ? { low: frequency * position, high: frequency * position }
          : { low: 0, high: frequency * (this.#context + 1) };
      const off = ANGLE_ERROR * angle.high + 2 ** -24;
      const cosine = half.round(around(Math.cos(angle.low), Math.cos(angle.high), off), 'a cosine');
      const sine = half.round(angle.high === 0 ? { low: 0, high: 0 } : around(Math.sin(angle.low), Math.sin(angle.high), off), 'a sine');
      const x: Range = { low: numberAt(low, at), high: numberAt(high, at) };
      const y: Range = { low: numberAt(low, other), high: numberAt(high, other) };
      const term = (a: Range, b: Range) => half.round(product(a, b), 'a turned number');
      const first = half.round(plus(term(x, cosine), times(term(y, sine), -1)), 'a turned number');
      const second = half.round(plus(term(y, cosine), term(x, sine)), 'a turned number');
      [low[at], high[at], low[other], high[other]] = [first.low, first.high, second.low, second.high];
    }
  }
}

function around(a: number, b: number, by: number): Range {
  const { low, high } = hull({ low: a, high: a }, { low: b, high: b });
  return { low: Math.max(-1, low - by), high: Math.min(1, high + by) };
}
