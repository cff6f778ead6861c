/**
 * Of thousands of logits those that may come nearest to the right one at one combination of values: the others lead by so much less that no error
 * could matter more. What rows read is kept by dimension, and not by value, of which there are as many as rows.
 */
import { floatAt, numberAt, numberOf } from '../../tensor/number-at.ts';
import { differenceOf, type Held } from './compare-forms.ts';
import { type Approximate, type Form, mostRounding } from './form.ts';
import { ORDER_SLACK, SAFETY, UNIT } from './rounding.ts';
import type { Stream } from './stream.ts';

/** Pairs of a value and a logit beyond which not every one is looked at. */
const MANY_PAIRS = 2 ** 22;
/** Rows that read more dimensions than this together have one each for many values. */
const MOST_DIMENSIONS = 256;

/** One row, with what its own rounding is at most, whatever it reads. */
interface Row extends Pick<Form, 'weights' | 'offset' | 'roundings' | 'scale'> {
  readonly rounding: number;
  /** How often it reads each error of a mean times that error's bound, and the same of its absolute weights. */
  readonly means: Float64Array;
  readonly absoluteMeans: number;
}

/** Whether they are worth finding: not where all pairs are few, or dimensions many. */
export function areMany(values: number, rows: number, dimensions: number): boolean {
  return values * rows > MANY_PAIRS && dimensions <= MOST_DIMENSIONS;
}

export class Rivals {
  readonly #rows: readonly Row[];
  readonly #dims: readonly number[];
  /** `[row, place]`: weights by place among {@link #dims}. */
  readonly #weights: Float64Array;
  readonly #stream: Stream;
  readonly #mean: number;

  constructor(forms: Iterable<Form>, stream: Stream, mean: number) {
    // a form knows its parts by value, and there are as many values as forms: they are let go one by one
    this.#rows = Array.from(forms, (form) => {
      const { weights, offset, roundings, scale } = form;
      const means = new Float64Array(stream.shared.length + 1);
      let absoluteMeans = 0;
      for (const [dim, weight] of weights) {
        for (let i = 0; i < means.length; i++) {
          const { coefficients, bound } = stream.shared[i] ?? { coefficients: null, bound: mean };
          const read = weight * (coefficients === null ? 1 : numberAt(coefficients, dim)) * bound;
          means[i] = floatAt(means, i) + read;
          absoluteMeans += Math.abs(read);
        }
      }
      return { weights, offset, roundings, scale, rounding: mostRounding(form), means, absoluteMeans };
    });
    this.#dims = [...new Set(this.#rows.flatMap(({ weights }) => [...weights.keys()]))];
    const size = this.#dims.length;
    this.#weights = new Float64Array(this.#rows.length * size);
    for (const [i, { weights }] of this.#rows.entries())
      for (const [place, dim] of this.#dims.entries()) this.#weights[i * size + place] = weights.get(dim) ?? 0;
    this.#stream = stream;
    this.#mean = mean;
  }

  get dims(): readonly number[] {
    return this.#dims;
  }

  /**
   * The rows by which the right one may lead with the least margin, in order.
   *
   * @param leadOf by how much it leads another, as closely as that is known
   */
  of(right: number, held: Held, leadOf: (row: number) => Approximate): readonly number[] {
    const margins = this.#leastMargins(right, held);
    const least = margins.reduce((at, margin, i) => (i !== right && (at < 0 || margin < floatAt(margins, at)) ? i : at), -1);
    if (least < 0) return [];
    const { center, radius } = leadOf(least);
    const margin = center > 0 ? 1 - radius / center : Number.POSITIVE_INFINITY;
    return [...margins.keys()].filter((i) => i !== right && (i === least || !(floatAt(margins, i) > margin)));
  }

  difference(right: number, other: number, held: Held): Approximate {
    const [a, b] = [this.#rows[right] as Row, this.#rows[other] as Row];
    return differenceOf(a, a, b, b, held, this.#mean, this.#stream.shared);
  }

  /** By row at least what is left of the right one's lead, as a part of it. */
  #leastMargins(right: number, { center, radius }: Held): Float64Array {
    const size = this.#dims.length;
    const weights = this.#weights;
    const numbers = Float64Array.from(this.#dims, (dim) => numberOf(center, dim));
    const own = this.#rows[right] as Row;
    // what a difference of weights of 1 may be off by
    const errors = Float64Array.from(
      this.#dims,
      (dim, place) => numberOf(radius, dim) + own.roundings * UNIT * Math.abs(floatAt(numbers, place)),
    );
    return Float64Array.from(this.#rows, ({ offset, rounding, means, absoluteMeans }, i) => {
      let [lead, total, inherited] = [0, 0, ORDER_SLACK * (own.absoluteMeans + absoluteMeans)];
      for (let m = 0; m < means.length; m++) inherited += Math.abs(floatAt(own.means, m) - floatAt(means, m));
      for (let place = 0; place < size; place++) {
        const difference = floatAt(weights, right * size + place) - floatAt(weights, i * size + place);
        const x = difference * floatAt(numbers, place);
        lead += x;
        total += Math.abs(x);
        inherited += Math.abs(difference) * floatAt(errors, place);
      }
      const error = inherited + own.scale * (Math.abs(lead) + inherited) + own.rounding + rounding;
      const least = lead + own.offset - offset - ORDER_SLACK * (total + Math.abs(own.offset) + Math.abs(offset));
      return least > 0 ? 1 - (SAFETY * (1 + ORDER_SLACK) * error) / least : Number.NEGATIVE_INFINITY;
    });
  }
}
