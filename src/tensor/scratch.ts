/** Room for values that are needed for a moment, again and again: what is taken under a name is overwritten when it is taken again. */
import type { FloatArray } from './dtype.ts';

/** Below this an array of its own costs nothing, and whoever keeps it is safe. */
const LARGE = 2 ** 16;

export class Scratch {
  readonly #arrays = new Map<string, FloatArray>();

  /** An array of this length and kind, with whatever is left in it. */
  take<Data extends FloatArray>(name: string, length: number, fresh: (length: number) => Data): Data {
    if (length < LARGE) return fresh(length);
    const known = this.#arrays.get(name);
    const made = fresh(0);
    if (known?.length === length && known.constructor === made.constructor) return known as Data;
    const array = fresh(length);
    this.#arrays.set(name, array);
    return array;
  }
}
