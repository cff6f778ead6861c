/** What choosing circuits may take: the numbers that registers are given, one for each value and dimension. */

/** Registers with more values than this have a neuron for each of many fractions, which costs more than positions or tokens do. */
const MANY_VALUES = 2 ** 14;
const EACH_OF_MANY = 8;

export class Effort {
  readonly #most: number;
  #spent = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Throws {@link EffortSpent} where it is too much. */
  spend(values: number): void {
    this.#spent += values > MANY_VALUES ? EACH_OF_MANY * values : values;
    if (this.#spent > this.#most) throw new EffortSpent();
  }
}

/** A circuit was given up for what it takes, not for anything that is wrong with it. */
export class EffortSpent extends Error {}
