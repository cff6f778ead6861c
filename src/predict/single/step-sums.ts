/**
 * The rounding of what steps write, as a dimension's row adds it up. Many steps write to one dimension, and all that a value is above have been
 * taken there: what they cost together is a linear function of the largest input at that value, added up once for each number of steps.
 */

import type { Feature, Register } from '../../circuit/circuit.ts';
import { spend } from '../../circuit/effort.ts';
import { floatAt } from '../../tensor/number-at.ts';
import type { SumOrder } from '../certificate.ts';
import type { RegisterErrors } from '../register-errors.ts';
import { ROUNDING } from '../row-rounding.ts';

/** What one step writes to one dimension, and what that costs where the largest input c is above its threshold. */
export interface StepWrite {
  readonly register: Register;
  readonly feature: number;
  readonly weight: number;
  readonly middle: number;
  /** By value: c. */
  readonly ceilings: Float64Array;
  /** Its own error: `fixed + slope · c + sizes · |c|`. */
  readonly fixed: number;
  readonly slope: number;
  readonly sizes: number;
  /** a/2h, times the weight: `large + steep · c`. */
  readonly large: number;
  readonly steep: number;
}

/** What a step's number takes, and a value of what it writes to. */
const TURNS_A_WRITE = 40;
const TURNS_A_VALUE = 8;

/** Adds what the steps of a group write to what registers are off by. */
export function addStepErrors(writes: readonly StepWrite[], sums: SumOrder, errorsOf: (register: Register) => RegisterErrors): void {
  const open = new Map<Feature | undefined, OpenSteps>();
  for (const [written, own] of grouped(writes, dimensionOf)) open.set(written, new OpenSteps(own));
  for (const [register, ofRegister] of grouped(writes, (write) => write.register)) {
    const errors = errorsOf(register);
    for (const [feature, ofFeature] of grouped(ofRegister, (write) => write.feature)) {
      for (const [ceilings, own] of grouped(ofFeature, (write) => write.ceilings)) {
        spend(TURNS_A_WRITE * own.length + TURNS_A_VALUE * ceilings.length);
        const totals = new Totals(own);
        const { countAt, partialAt } = (open.get(register.features[feature]) as OpenSteps).byValue(ceilings.length);
        for (let value = 0; value < ceilings.length; value++) {
          const c = floatAt(ceilings, value);
          const taken = totals.below(c);
          if (taken === 0) continue;
          const count = countAt(value);
          const large = floatAt(totals.large, taken) + floatAt(totals.steep, taken) * c;
          // in order each is taken in once, beside what the steps before have left there, which is shared among the steps; in any order l terms
          // cost l - 1 roundings of half of what their absolute values and they themselves add up to (docs/checker.md), shared likewise
          const added =
            sums === 'in-order' ? large + (taken * partialAt(value)) / count : count * (large + 0.5 * floatAt(totals.weight, taken));
          const alone = floatAt(totals.fixed, taken) + floatAt(totals.slope, taken) * c + floatAt(totals.sizes, taken) * Math.abs(c);
          errors.addAt(value, feature, alone + 2 * ROUNDING * added);
        }
      }
    }
  }
}

function dimensionOf({ register, feature }: StepWrite): Feature | undefined {
  return register.features[feature];
}

function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const own = groups.get(keyOf(item));
    if (own === undefined) groups.set(keyOf(item), [item]);
    else own.push(item);
  }
  return groups;
}

/** What writes add up to over the first so many of them, by threshold. */
class Totals {
  readonly #middles: Float64Array;
  readonly fixed: Float64Array;
  readonly slope: Float64Array;
  readonly sizes: Float64Array;
  readonly large: Float64Array;
  readonly steep: Float64Array;
  readonly weight: Float64Array;

  constructor(writes: readonly StepWrite[]) {
    const sorted = [...writes].sort((a, b) => a.middle - b.middle);
    this.#middles = Float64Array.from(sorted, ({ middle }) => middle);
    const total = (of: (write: StepWrite) => number) => {
      const sums = new Float64Array(sorted.length + 1);
      for (const [i, write] of sorted.entries()) sums[i + 1] = floatAt(sums, i) + of(write);
      return sums;
    };
    this.fixed = total(({ fixed }) => fixed);
    this.slope = total(({ slope }) => slope);
    this.sizes = total(({ sizes }) => sizes);
    this.large = total(({ large }) => large);
    this.steep = total(({ steep }) => steep);
    this.weight = total(({ weight }) => Math.abs(weight));
  }

  /** How many thresholds are below. */
  below(c: number): number {
    return countBelow(this.#middles, c);
  }
}

function countBelow(ascending: Float64Array, c: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (floatAt(ascending, middle) < c) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface ByValue {
  /** The steps that have been taken. */
  readonly countAt: (value: number) => number;
  /** The absolute values of what they have added up to, from the first to the last, after each of them. */
  readonly partialAt: (value: number) => number;
}

/** The steps that write to a dimension, in the order in which its row adds them up. */
class OpenSteps {
  readonly #writes: readonly StepWrite[];
  #known: ByValue | null = null;

  constructor(writes: readonly StepWrite[]) {
    this.#writes = writes;
  }

  byValue(values: number): ByValue {
    this.#known ??= this.#areAscending() ? this.#fromTotals(values) : this.#oneByOne(values);
    return this.#known;
  }

  /** Whether those that are taken at a value are always the first so many. */
  #areAscending(): boolean {
    const [first] = this.#writes;
    return this.#writes.every(
      ({ middle, ceilings }, i) => ceilings === first?.ceilings && middle >= (this.#writes[i - 1]?.middle ?? Number.NEGATIVE_INFINITY),
    );
  }

  #fromTotals(values: number): ByValue {
    const middles = Float64Array.from(this.#writes, ({ middle }) => middle);
    const after = new Float64Array(this.#writes.length + 1);
    let sum = 0;
    for (const [i, { weight }] of this.#writes.entries()) {
      sum += weight;
      after[i + 1] = floatAt(after, i) + Math.abs(sum);
    }
    const ceilings = this.#writes[0]?.ceilings ?? new Float64Array(values);
    // Only what is asked: most dimensions have a few steps, and a value for each of their inputs.
    const countAt = (value: number) => countBelow(middles, floatAt(ceilings, value));
    return { countAt, partialAt: (value) => floatAt(after, countAt(value)) };
  }

  #oneByOne(values: number): ByValue {
    const [counts, sums, partials] = [new Float64Array(values), new Float64Array(values), new Float64Array(values)];
    for (const { ceilings, middle, weight } of this.#writes) {
      spend(2 * ceilings.length);
      for (let value = 0; value < ceilings.length; value++) {
        if (floatAt(ceilings, value) <= middle) continue;
        const sum = floatAt(sums, value) + weight;
        counts[value] = floatAt(counts, value) + 1;
        sums[value] = sum;
        partials[value] = floatAt(partials, value) + Math.abs(sum);
      }
    }
    return { countAt: (value) => floatAt(counts, value), partialAt: (value) => floatAt(partials, value) };
  }
}
