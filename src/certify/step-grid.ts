/** Which steps half precision does not round: those on one number of the stream whose thresholds lie on the number's own grid. */
import type { Form, Register, Step } from '../circuit/circuit.ts';
import type { StepShape } from '../placement/step-neurons.ts';
import { type Dtype, spacingAt } from '../tensor/dtype.ts';
import { add, hull, type Interval, magnitude, point, round, scale } from './interval.ts';
import { type Codes, SINGLE } from './rounded-codes.ts';

/** What a norm does to the numbers behind it: relative error of its scale, and absolute error of its mean. */
export interface NormError {
  readonly scale: number;
  readonly mean: number;
}

export class StepGrid {
  readonly #dtype: Dtype;
  readonly #bos: Register;
  readonly #codes: ReadonlyMap<Register, Codes>;
  readonly #numbers = new Map<Form, Map<string, Interval | null>>();

  /** @param codes what stands in the stream, of every register that has been written */
  constructor(dtype: Dtype, bos: Register, codes: ReadonlyMap<Register, Codes>) {
    this.#dtype = dtype;
    this.#bos = bos;
    this.#codes = codes;
  }

  /**
   * How far act(a + h) - act(a - h) can be from 2h where both pre-activations are, but for noise, numbers of the dtype, whatever exactly is
   * read: a number of the stream times a power of two, less a constant, on a grid no finer than theirs. Null where they are not.
   *
   * The noise is what the mean and float32 add. Below a quarter of the numbers' spacing it is rounded away (below a power of two they are half
   * as far apart as above); otherwise the spacing is at most four times the noise, and rounding adds no more than that.
   * @param at bounds of the step's input
   */
  deviation({ input }: Step, at: Interval, { gain, half, middle }: StepShape, norm: NormError): number | null {
    const [term, ...others] = input.terms.filter((t) => t.register !== this.#bos);
    const factor = term === undefined ? 0 : gain * term.weight;
    if (term === undefined || others.length > 0 || !Number.isInteger(Math.log2(Math.abs(factor)))) return null;
    const written = this.#numbersWithin(input, term, at);
    if (written === null) return null;
    const read = round(this.#dtype, { low: written.low * (1 - norm.scale), high: written.high * (1 + norm.scale) });
    const thresholds = [gain * (middle - input.constant) - half, gain * (middle - input.constant) + half];
    const at0 = -Math.max(...thresholds);
    // Next to nothing is noise: the thresholds by themselves are the pre-activations then.
    const isNothing = at0 > 0 && Math.abs(factor) * magnitude(read) < spacingAt(this.#dtype, at0) / 8;
    const number = isNothing ? point(0) : read;
    const { low, high } = add(scale(number, factor), { low: at0, high: -Math.min(...thresholds) });
    const finest = isNothing ? spacingAt(this.#dtype, high) : Math.abs(factor) * spacingAt(this.#dtype, read.low);
    const isPositive = low > 0 && (isNothing || read.low > 0);
    if (!isPositive || !thresholds.every((t) => Number.isInteger(t / finest)) || finest < spacingAt(this.#dtype, high)) return null;
    const noise = Math.abs(factor) * (2 * norm.mean + 8 * SINGLE * magnitude(read) + (isNothing ? magnitude(read) : 0));
    const left = (preactivation: number) => (noise < spacingAt(this.#dtype, preactivation) / 4 ? 0 : 5 * noise);
    return left(low) + left(low + 2 * half);
  }

  /** What stands in the stream where a form of one term is within bounds; null where nothing does. The same for all steps on a number. */
  #numbersWithin(input: Form, term: Form['terms'][number], at: Interval): Interval | null {
    let known = this.#numbers.get(input);
    if (known === undefined) {
      known = new Map();
      this.#numbers.set(input, known);
    }
    const key = `${at.low} ${at.high}`;
    let found = known.get(key);
    if (found === undefined) {
      const { levels, spread } = term.register.features[term.feature] ?? {};
      const rows = this.#codes.get(term.register) ?? [];
      found = rows.reduce<Interval | null>((all, row, v) => {
        const ideal = term.weight * (levels?.[v - 1] ?? Number.NaN) + input.constant;
        const room = Math.abs(term.weight) * (spread?.[v - 1] ?? 0);
        if (!(ideal + room >= at.low && ideal - room <= at.high)) return all;
        const number = row[term.feature] as Interval;
        return all === null ? number : hull(all, number);
      }, null);
      known.set(key, found);
    }
    return found;
  }
}
