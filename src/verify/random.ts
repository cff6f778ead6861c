/**
 * A small generator of pseudo-random numbers that gives the same numbers everywhere: xoshiro128** of Blackman and Vigna (2018),
 * its state filled by SplitMix32. One generator is made for each input of a verification, from the seed and the input's number, so
 * that any one of them can be made without the others.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number, stream: number) {
    const next = splitMix32(mix32(seed | 0) ^ mix32((stream + 0x9e3779b9) | 0) ^ mix32(Math.floor(seed / 2 ** 32) | 0));
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next();
  }

  /** 32 random bits, as a whole number from 0. */
  bits(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result >>> 0;
  }

  /** A whole number from 0 to `limit - 1`, each equally likely. */
  below(limit: number): number {
    const fair = 2 ** 32 - (2 ** 32 % limit);
    let bits = this.bits();
    while (bits >= fair) bits = this.bits();
    return bits % limit;
  }

  /** In place, every order equally likely (Fisher and Yates). */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j] as T, items[i] as T];
    }
    return items;
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function splitMix32(state: number): () => number {
  let s = state;
  return () => {
    s = (s + 0x9e3779b9) | 0;
    return mix32(s);
  };
}

/** The finalizer of MurmurHash3: every input bit changes about half of the output bits. */
function mix32(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
