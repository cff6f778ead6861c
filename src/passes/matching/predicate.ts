/** What a condition on keys and queries selects, by value: which values behave alike, and whether each class has one partner. */

/** The most pairs of a key value and a query value that are looked at one by one. */
export const PREDICATE_LIMIT = 2 ** 24;

export interface Classes {
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

/** Numbers by which a predicate is a comparison: it holds where the key's is larger. */
export interface Ranks {
  /** 0 for a key that is in no selected pair, up to `most`. */
  readonly keys: Int32Array;
  /** Halfway between two of them. */
  readonly queries: Float64Array;
  readonly most: number;
}

/** A 0/1 matrix over key values and query values, and which of them behave alike. */
export interface Predicate {
  readonly keyClasses: Classes;
  readonly queryClasses: Classes;
  at(key: number, query: number): number;
  /** The numbers of which the predicate is a comparison; null where it is none: where of two keys each is selected without the other. */
  ranks(): Ranks | null;
  /** The pairing of key classes with query classes, where each has at most one partner; else null. */
  matching(): Matching | null;
}

/** One whose pairs have been looked at one by one. */
export class TabulatedPredicate implements Predicate {
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

  ranks(): Ranks | null {
    const { of: classOf, selecting } = this.keyClasses;
    const sizes = new Int32Array(selecting);
    for (let c = 0; c < selecting; c++) {
      const member = classOf.indexOf(c);
      for (let q = 0; q < this.#queries; q++) sizes[c] = (sizes[c] as number) + this.at(member, q);
    }
    const order = [...sizes.keys()].sort((a, b) => (sizes[a] as number) - (sizes[b] as number));
    const rankOf = new Int32Array(selecting);
    for (const [i, c] of order.entries()) rankOf[c] = i + 1;
    const keys = classOf.map((c) => (c < 0 ? 0 : (rankOf[c] as number)));
    const queries = new Float64Array(this.#queries).fill(selecting + 0.5);
    for (let q = 0; q < this.#queries; q++) {
      for (let k = 0; k < keys.length; k++) {
        if (this.at(k, q) === 1) queries[q] = Math.min(queries[q] as number, (keys[k] as number) - 0.5);
      }
      for (let k = 0; k < keys.length; k++) if (this.at(k, q) === 0 && (keys[k] as number) > (queries[q] as number)) return null;
    }
    return { keys, queries, most: selecting };
  }

  matching(): Matching | null {
    const { of: keySlot } = this.keyClasses;
    const querySlot = new Int32Array(this.#queries).fill(-1);
    for (let k = 0; k < keySlot.length; k++) {
      if ((keySlot[k] as number) < 0) continue;
      for (let q = 0; q < this.#queries; q++) {
        if (this.at(k, q) === 0) continue;
        if ((querySlot[q] as number) >= 0 && querySlot[q] !== keySlot[k]) return null;
        querySlot[q] = keySlot[k] as number;
      }
    }
    return matchingOf(this.keyClasses, querySlot);
  }
}

/** @param querySlot of each query the class of its keys, -1 where it has none */
export function matchingOf({ of: keySlot, selecting }: Classes, querySlot: Int32Array): Matching {
  // Queries without a partner take slots of their own in order: for a shift of positions the code then stays a rotation.
  const unmatched = querySlot.filter((slot) => slot < 0).length;
  const separate = unmatched <= selecting;
  let next = selecting;
  const slots = querySlot.map((slot) => (slot >= 0 ? slot : separate ? next++ : selecting));
  return { keySlot, querySlot: slots, unmatchedQueries: separate ? unmatched : 1 };
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
