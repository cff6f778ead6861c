/**
 * What choosing circuits may take: the numbers that registers are given, one for each value and dimension, and the parameters of what is placed and
 * bounded. What is counted is the same on any machine, seconds are not.
 */

/** Registers with more values than this have a neuron for each of many fractions, which costs more than positions or tokens do. */
const MANY_VALUES = 2 ** 14;
const EACH_OF_MANY = 8;
/** How many parameters are placed and bounded in the time in which one number of a register is chosen, and how many such times a score takes. */
const PARAMETERS_A_NUMBER = 24;
const NUMBERS_A_SCORE = 3;

/** A model before it has weights. */
export interface PlacedSize {
  readonly parameters: number;
  readonly layers: number;
  /** Numbers that are compared where heads match: of each dimension one for each value of a query and of a key. */
  readonly scores: number;
}

/** Both in numbers of registers. */
export interface EffortLimits {
  readonly choosing: number;
  readonly bounding: number;
  /** Whether a model of that size would be taken if it were right. */
  readonly isWorthBounding?: (size: PlacedSize) => boolean;
}

const NO_LIMITS: EffortLimits = { choosing: Number.POSITIVE_INFINITY, bounding: Number.POSITIVE_INFINITY };

export class Effort {
  readonly #limits: EffortLimits;
  #choosing = 0;
  #bounding = 0;

  constructor(limits = NO_LIMITS) {
    this.#limits = limits;
  }

  get spent(): Pick<EffortLimits, 'choosing' | 'bounding'> {
    return { choosing: this.#choosing, bounding: this.#bounding };
  }

  /** A dimension of so many values. Throws {@link EffortSpent} where it is too much. */
  spend(values: number): void {
    this.#choosing += values > MANY_VALUES ? EACH_OF_MANY * values : values;
    if (this.#choosing > this.#limits.choosing) throw new EffortSpent();
  }

  /** Before errors are bounded. Throws {@link EffortSpent} where it is too much, or not worth it. */
  spendOnBounds(size: PlacedSize): void {
    if (this.#limits.isWorthBounding?.(size) === false) throw new EffortSpent();
    this.#bounding += size.parameters / PARAMETERS_A_NUMBER + NUMBERS_A_SCORE * size.scores;
    if (this.#bounding > this.#limits.bounding) throw new EffortSpent();
  }
}

/** A circuit was given up for what it takes, not for anything that is wrong with it. */
export class EffortSpent extends Error {}
