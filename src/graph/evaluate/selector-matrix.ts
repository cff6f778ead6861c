/** A selector on one input: for each query position the set of key positions, as bits. */

/** Matrices never change once they are handed out; every operation makes a new one. */
export class SelectorMatrix {
  /** The number of positions. */
  readonly size: number;
  /** Words of 32 keys in a row. Bits beyond the last key are 0. */
  readonly stride: number;
  /** `[query, key / 32]` */
  readonly words: Uint32Array;

  constructor(size: number) {
    this.size = size;
    this.stride = (size + 31) >>> 5;
    this.words = new Uint32Array(size * this.stride);
  }

  selects(query: number, key: number): boolean {
    return ((this.#word(query * this.stride + (key >>> 5)) >>> (key & 31)) & 1) === 1;
  }

  /** How many keys the query selects. */
  width(query: number): number {
    let count = 0;
    for (let at = query * this.stride, end = at + this.stride; at < end; at++) count += bitCount(this.#word(at));
    return count;
  }

  /** The keys that the query selects, ascending, written to `keys`; returns how many. */
  keysOf(query: number, keys: Int32Array): number {
    let count = 0;
    const row = query * this.stride;
    for (let w = 0; w < this.stride; w++) {
      for (let word = this.#word(row + w); word !== 0; word &= word - 1) {
        keys[count++] = (w << 5) + (31 - Math.clz32(word & -word));
      }
    }
    return count;
  }

  and(other: SelectorMatrix): SelectorMatrix {
    return this.#combine((at) => this.#word(at) & other.#word(at));
  }

  or(other: SelectorMatrix): SelectorMatrix {
    return this.#combine((at) => this.#word(at) | other.#word(at));
  }

  /** The complement; with `causal` within the positions up to the query's own. */
  not(causal: boolean): SelectorMatrix {
    const result = this.#combine((at) => ~this.#word(at));
    for (let query = 0; query < this.size; query++) result.truncate(query, causal ? query + 1 : this.size);
    return result;
  }

  /** Of each row only the last or the first key. */
  extreme(which: 'rightmost' | 'leftmost'): SelectorMatrix {
    const result = new SelectorMatrix(this.size);
    for (let query = 0; query < this.size; query++) {
      const row = query * this.stride;
      for (let i = 0; i < this.stride; i++) {
        const w = which === 'leftmost' ? i : this.stride - 1 - i;
        const word = this.#word(row + w);
        if (word === 0) continue;
        result.words[row + w] = which === 'leftmost' ? word & -word : 1 << (31 - Math.clz32(word));
        break;
      }
    }
    return result;
  }

  /** Of each row only the keys that have the largest rank in it. */
  highest(ranks: ArrayLike<number>): SelectorMatrix {
    const result = new SelectorMatrix(this.size);
    const keys = new Int32Array(this.size);
    for (let query = 0; query < this.size; query++) {
      const own = keys.subarray(0, this.keysOf(query, keys));
      const most = own.reduce((best, key) => Math.max(best, ranks[key] ?? 0), Number.NEGATIVE_INFINITY);
      for (const key of own) if (ranks[key] === most) result.select(query, key);
    }
    return result;
  }

  /** Only while a matrix is being made. */
  select(query: number, key: number): void {
    const at = query * this.stride + (key >>> 5);
    this.words[at] = this.#word(at) | (1 << (key & 31));
  }

  /** Only while a matrix is being made: takes the keys from `end` on out of a row. */
  truncate(query: number, end: number): void {
    const row = query * this.stride;
    for (let w = end >>> 5; w < this.stride; w++) {
      const kept = w === end >>> 5 ? (1 << (end & 31)) - 1 : 0;
      this.words[row + w] = this.#word(row + w) & kept;
    }
  }

  /** `[query][key]`, 1 where the query selects the key. */
  toRows(): number[][] {
    return Array.from({ length: this.size }, (_, query) =>
      Array.from({ length: this.size }, (_, key) => (this.selects(query, key) ? 1 : 0)),
    );
  }

  #word(at: number): number {
    return this.words[at] ?? 0;
  }

  #combine(word: (at: number) => number): SelectorMatrix {
    const result = new SelectorMatrix(this.size);
    for (let at = 0; at < result.words.length; at++) result.words[at] = word(at);
    return result;
  }
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
