/** What a comparison of keys with queries selects, by value: which values behave alike, and whether each class has one partner. */

/** The most pairs of a key value and a query value that one predicate may have. */
export const PREDICATE_LIMIT = 2 ** 24;

interface Classes {
  /** The class of each value; -1 for one that is in no selected pair. */
  readonly of: Int32Array;
  /** How many classes there are. */
  readonly selecting: number;
}

export interface Matching {
  readonly keySlot: Int32Array;
  readonly querySlot: Int32Array;
  readonly unmatchedQueries: number;
}

/** A 0/1 matrix over key values and query values, and which of them behave alike. */
export class Predicate {
  readonly #table: Uint8Array;
  readonly #queries: number;
  readonly keyClasses: Classes;
  readonly queryClasses: Classes;

  constructor(table: Uint8Array, keys: number, queries: number) {
    this.#table = table;
    this.#queries = queries;
    this.keyClasses = classify(keys, (k) => table.subarray(k * queries, (k + 1) * queries));
    this.queryClasses = classify(queries, (q) => {
      const column = new Uint8Array(keys);
      for (let k = 0; k < keys; k++) column[k] = this.at(k, q);
      return column;
    });
  }

  at(key: number, query: number): number {
    return this.#table[key * this.#queries + query] as number;
  }

  /** The pairing of key classes with query classes, where each has at most one partner; else null. */
  matching(): Matching | null {
    const { of: keySlot, selecting } = this.keyClasses;
    const querySlot = new Int32Array(this.#queries).fill(-1);
    for (let k = 0; k < keySlot.length; k++) {
      if ((keySlot[k] as number) < 0) continue;
      for (let q = 0; q < this.#queries; q++) {
        if (this.at(k, q) === 0) continue;
        if ((querySlot[q] as number) >= 0 && querySlot[q] !== keySlot[k]) return null;
        querySlot[q] = keySlot[k] as number;
      }
    }
    // Queries without a partner take slots of their own in order: for a shift of positions the code then stays a rotation.
    const unmatched = querySlot.filter((slot) => slot < 0).length;
    const separate = unmatched <= selecting;
    let next = selecting;
    for (let q = 0; q < querySlot.length; q++) {
      if ((querySlot[q] as number) < 0) querySlot[q] = separate ? next++ : selecting;
    }
    return { keySlot, querySlot, unmatchedQueries: separate ? unmatched : 1 };
  }
}

function classify(count: number, row: (index: number) => Uint8Array): Classes {
  const known = new Map<string, number>();
  const of = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const bits = row(i);
    if (!bits.includes(1)) {
      of[i] = -1;
      continue;
    }
    const key = bits.join('');
    if (!known.has(key)) known.set(key, known.size);
    of[i] = known.get(key) as number;
  }
  return { of, selecting: known.size };
}
