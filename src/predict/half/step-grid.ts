/** Which steps half precision does not round: those on one number of the stream whose thresholds lie on the number's own grid. */
import type { Form, Register, Step } from '../../circuit/circuit.ts';
import { FINEST_UNIT, type StepShape } from '../../placement/step-neurons.ts';
import { type Dtype, spacingAt, unitOf } from '../../tensor/dtype.ts';
import { add, distance, hull, type Interval, magnitude, point, round, scale } from './interval.ts';
import { type Codes, SINGLE } from './rounded-codes.ts';

/** What a norm does to the numbers behind it: relative error of its scale, and absolute error of its mean. */
export interface NormError {
  readonly scale: number;
  readonly mean: number;
  /** Whether a number is read without a reference, which the mean is then not taken off of again. */
  readonly isAlone: boolean;
}

/** Of two pre-activations on a grid. */
export interface OnGrid {
  /** How far their difference may be off. */
  readonly deviation: number;
  /** What both are multiples of; 0 where that is not known. */
  readonly unit: number;
}

/** Of a form: what all its numbers are multiples of (0: nothing), how large it and its weights are, and how far off it may be. */
interface SumUnit {
  readonly unit: number;
  readonly size: number;
  readonly weights: number;
  readonly apart: number;
}

/** What leaks and the tails of an activation leave of a number that should be 0 is noise up to this. */
const NOTHING = 2 ** -12;

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
   * The noise is what the mean and float32 add.
   * @param at bounds of the step's input
   */
  deviation({ input }: Step, at: Interval, shape: StepShape, norm: NormError): OnGrid | null {
    const { gain, half, middle } = shape;
    const [term, ...others] = input.terms.filter((t) => t.register !== this.#bos);
    const factor = term === undefined ? 0 : gain * term.weight;
    if (others.length > 0) return this.#ofSum(input, at, shape, norm);
    if (term === undefined || !Number.isInteger(Math.log2(Math.abs(factor)))) return null;
    const written = this.#numbersWithin(input, term, at);
    if (written === null) return null;
    const own = norm.isAlone ? norm.mean : 0;
    const read = round(this.#dtype, { low: written.low * (1 - norm.scale) - own, high: written.high * (1 + norm.scale) + own });
    const thresholds = [gain * (middle - input.constant) - half, gain * (middle - input.constant) + half];
    const at0 = -Math.max(...thresholds);
    // Next to nothing is noise: the thresholds by themselves are the pre-activations then.
    const isNothing = at0 > 0 && Math.abs(factor) * magnitude(read) < spacingAt(this.#dtype, at0) / 8;
    const number = isNothing ? point(0) : read;
    const { low, high } = add(scale(number, factor), { low: at0, high: -Math.min(...thresholds) });
    const finest = isNothing ? spacingAt(this.#dtype, high) : Math.abs(factor) * spacingAt(this.#dtype, read.low);
    const isPositive = low > 0 && (isNothing || read.low > 0);
    if (!isPositive || !thresholds.every((t) => Number.isInteger(t / finest)) || finest < spacingAt(this.#dtype, high)) return null;
    const byMean = norm.isAlone ? 0 : 2 * norm.mean;
    const noise = Math.abs(factor) * (byMean + 8 * SINGLE * magnitude(read) + (isNothing ? magnitude(read) : 0));
    return this.#onGrid(low, low + 2 * half, noise, finest);
  }

  /**
   * What noise leaves of a pre-activation that is a number of the dtype: nothing, if it is below a quarter of the numbers' spacing (below a power
   * of two they are half as far apart as above); otherwise itself, and what rounding makes of it.
   */
  #onGrid(below: number, above: number, noise: number, unit: number): OnGrid {
    const deviation = this.#left(below, noise) + this.#left(above, noise);
    return { deviation, unit: deviation === 0 ? unit : 0 };
  }

  #left(preactivation: number, noise: number): number {
    const spacing = spacingAt(this.#dtype, preactivation);
    return noise < spacing / 4 ? 0 : noise + spacingAt(this.#dtype, preactivation + noise) / 2;
  }

  /** The same of a sum of several numbers, each exactly what it should be and a multiple of one unit, as the thresholds are. */
  #ofSum(input: Form, at: Interval, { gain, half, middle }: StepShape, norm: NormError): OnGrid | null {
    const { unit, size, weights, apart } = this.#unitOfSum(input);
    const low = gain * (at.low - middle) - half;
    const high = gain * (at.high - middle) + half;
    const finest = [gain * unit, unitOf(gain * middle - half, FINEST_UNIT), unitOf(gain * middle + half, FINEST_UNIT)];
    const least = finest.reduce((smallest, x) => Math.min(smallest, x), Number.POSITIVE_INFINITY);
    if (!(low > 0) || least < spacingAt(this.#dtype, high)) return null;
    const noise = gain * (2 * norm.mean * weights + 8 * SINGLE * size + apart);
    return this.#onGrid(low, low + 2 * half, noise, least);
  }

  readonly #sums = new Map<Form, SumUnit>();

  /** Of a form all of whose numbers are what they should be, but for next to nothing. */
  #unitOfSum(input: Form): SumUnit {
    let known = this.#sums.get(input);
    if (known === undefined) {
      let unit = unitOf(input.constant, FINEST_UNIT);
      let size = Math.abs(input.constant);
      let weights = 0;
      let apart = 0;
      for (const { register, feature, weight } of input.terms) {
        weights += Math.abs(weight);
        if (register === this.#bos) continue;
        const levels = register.features[feature]?.levels ?? [];
        let largest = 0;
        let off = 0;
        for (const [value, level] of levels.entries()) {
          const number = this.#codes.get(register)?.[value + 1]?.[feature];
          const own = number === undefined ? Number.POSITIVE_INFINITY : distance(number, level);
          if (own > NOTHING) unit = 0;
          off = Math.max(off, Math.abs(weight) * own);
          unit = Math.min(unit, unitOf(weight * level, FINEST_UNIT));
          largest = Math.max(largest, Math.abs(weight * level));
        }
        size += largest;
        apart += off;
      }
      known = { unit, size, weights, apart };
      this.#sums.set(input, known);
    }
    return known;
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
