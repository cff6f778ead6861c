/** Attention of one layer over a block of sequences, for the heads and the dimensions of heads that can contribute. */
import type { FloatArray } from '../tensor/dtype.ts';

/** One head that contributes; rows are features of the projected block and of the mixed one. */
export interface AttentionHead {
  /** Rows of the query's and the key's dimensions that can give a product: `queries[i]` meets `keys[i]`. */
  readonly queries: Int32Array;
  readonly keys: Int32Array;
  /** Rows of the value's dimensions that are read, and where each goes in the mixed block. */
  readonly values: Int32Array;
  readonly mixed: Int32Array;
}

/** Rotary positions: rows `firsts[i]` and `seconds[i]` turn together, at the frequency with number `frequencies[i]`. */
export interface Rotation {
  readonly firsts: Int32Array;
  readonly seconds: Int32Array;
  readonly frequencies: Int32Array;
}

/** Cosines and sines, `[frequency, position]`. */
export interface RotaryTable {
  readonly positions: number;
  readonly cosines: FloatArray;
  readonly sines: FloatArray;
}

/**
 * Angle = position · base^(−2i/dims), as in RoFormer (Su et al., section 3.2.2). In float32 the frequency and the angle are rounded,
 * as stock models do.
 */
export function rotaryTable(base: number, dims: number, positions: number, like: FloatArray): RotaryTable {
  const single = like instanceof Float32Array;
  const round = single ? Math.fround : (value: number) => value;
  const frequencies = dims / 2;
  const table = () => (single ? new Float32Array(frequencies * positions) : new Float64Array(frequencies * positions));
  const cosines = table();
  const sines = table();
  for (let i = 0; i < frequencies; i++) {
    const frequency = round(1 / round(base ** round((2 * i) / dims)));
    for (let position = 0; position < positions; position++) {
      const angle = round(position * frequency);
      cosines[i * positions + position] = Math.cos(angle);
      sines[i * positions + position] = Math.sin(angle);
    }
  }
  return { positions, cosines, sines };
}

/** Turns pairs of rows of `block`; `positionOf` gives each token's position. */
export function rotate(
  { firsts, seconds, frequencies }: Rotation,
  table: RotaryTable,
  block: FloatArray,
  tokens: number,
  positionOf: Int32Array,
): void {
  for (let pair = 0; pair < firsts.length; pair++) {
    const first = (firsts[pair] as number) * tokens;
    const second = (seconds[pair] as number) * tokens;
    const row = (frequencies[pair] as number) * table.positions;
    for (let token = 0; token < tokens; token++) {
      const cosine = table.cosines[row + (positionOf[token] as number)] as number;
      const sine = table.sines[row + (positionOf[token] as number)] as number;
      const x = block[first + token] as number;
      const y = block[second + token] as number;
      block[first + token] = x * cosine - y * sine;
      block[second + token] = y * cosine + x * sine;
    }
  }
}

/** Queries that are computed together: a key that is loaded once serves them all. */
const QUERIES = 4;
/** Keys of a tile. */
const KEYS = 2;
/** How far beyond a sequence's end a tile may read: numbers of others, which nobody looks at. */
export const TILE_OVERHANG = QUERIES;

/** Room for the scores of one group of queries against so many keys. */
export function scoresLength(keys: number): number {
  return QUERIES * rowLength(keys);
}

function rowLength(keys: number): number {
  return Math.ceil(keys / KEYS) * KEYS;
}

/**
 * Softmax attention of the sequence of tokens `from` to `to` in a block `[feature, token]`: queries, keys and values come from
 * `projected`, what each head reads goes to `mixed`. `scores` has room for {@link scoresLength}, and `projected` for {@link TILE_OVERHANG}
 * more numbers than the block. `round` rounds products, scores and weights in half precision.
 */
export function attend(
  heads: readonly AttentionHead[],
  scale: number,
  causal: boolean,
  projected: FloatArray,
  mixed: FloatArray,
  tokens: number,
  from: number,
  to: number,
  scores: FloatArray,
  round: ((value: number) => number) | null,
): void {
  const row = rowLength(to - from);
  for (const head of heads) {
    const meeting = new Int32Array(head.queries.length);
    for (let query = from; query < to; query += QUERIES) {
      const live = Math.min(QUERIES, to - query);
      const most = causal ? query + live - from : to - from;
      const dims = meetingDimensions(head, projected, tokens, query, meeting);
      scoreTiles(head, meeting, dims, projected, tokens, query, from, most, scores, row);
      for (let i = 0; i < live; i++) {
        const count = causal ? query + i + 1 - from : most;
        if (round === null) softmax(scores, i * row, count, scale);
        else roundedSoftmax(scores, i * row, count, scale, round);
        for (let at = i * row + count; at < i * row + most; at++) scores[at] = 0;
      }
      mixValues(head, projected, mixed, tokens, query, live, from, most, scores, row);
    }
  }
}

/** Dimensions in which one of the queries is not zero: compiled queries are mostly zeros. How many there are is returned. */
function meetingDimensions({ queries }: AttentionHead, projected: FloatArray, tokens: number, query: number, meeting: Int32Array): number {
  let count = 0;
  for (let d = 0; d < queries.length; d++) {
    const at = (queries[d] as number) * tokens + query;
    if (projected[at] === 0 && projected[at + 1] === 0 && projected[at + 2] === 0 && projected[at + 3] === 0) continue;
    meeting[count++] = d;
  }
  return count;
}

/** The products of four queries with the first `most` keys, two keys at a time, so that all sums stay in registers. */
function scoreTiles(
  { queries, keys }: AttentionHead,
  meeting: Int32Array,
  dims: number,
  projected: FloatArray,
  tokens: number,
  query: number,
  from: number,
  most: number,
  scores: FloatArray,
  row: number,
): void {
  for (let key = 0; key < most; key += KEYS) {
    let a0 = 0;
    let a1 = 0;
    let b0 = 0;
    let b1 = 0;
    let c0 = 0;
    let c1 = 0;
    let d0 = 0;
    let d1 = 0;
    for (let i = 0; i < dims; i++) {
      const dim = meeting[i] as number;
      const q = (queries[dim] as number) * tokens + query;
      const k = (keys[dim] as number) * tokens + from + key;
      const k0 = projected[k] as number;
      const k1 = projected[k + 1] as number;
      const a = projected[q] as number;
      const b = projected[q + 1] as number;
      const c = projected[q + 2] as number;
      const d = projected[q + 3] as number;
      a0 += a * k0;
      a1 += a * k1;
      b0 += b * k0;
      b1 += b * k1;
      c0 += c * k0;
      c1 += c * k1;
      d0 += d * k0;
      d1 += d * k1;
    }
    scores[key] = a0;
    scores[key + 1] = a1;
    scores[row + key] = b0;
    scores[row + key + 1] = b1;
    scores[2 * row + key] = c0;
    scores[2 * row + key + 1] = c1;
    scores[3 * row + key] = d0;
    scores[3 * row + key + 1] = d1;
  }
}

/** The averages that four queries read; the last group of a sequence may have fewer. */
function mixValues(
  { values, mixed: targets }: AttentionHead,
  projected: FloatArray,
  mixed: FloatArray,
  tokens: number,
  query: number,
  live: number,
  from: number,
  most: number,
  scores: FloatArray,
  row: number,
): void {
  for (let d = 0; d < values.length; d++) {
    const start = (values[d] as number) * tokens + from;
    let a = 0;
    let b = 0;
    let c = 0;
    let e = 0;
    for (let key = 0; key < most; key++) {
      const value = projected[start + key] as number;
      a += (scores[key] as number) * value;
      b += (scores[row + key] as number) * value;
      c += (scores[2 * row + key] as number) * value;
      e += (scores[3 * row + key] as number) * value;
    }
    const at = (targets[d] as number) * tokens + query;
    mixed[at] = a;
    if (live > 1) mixed[at + 1] = b;
    if (live > 2) mixed[at + 2] = c;
    if (live > 3) mixed[at + 3] = e;
  }
}

/** Softmax of `scale · scores` in place, with the maximum subtracted, for `count` numbers from `start` on. */
function softmax(scores: FloatArray, start: number, count: number, scale: number): void {
  const end = start + count;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i++) {
    scores[i] = (scores[i] as number) * scale;
    if ((scores[i] as number) > largest) largest = scores[i] as number;
  }
  let sum = 0;
  for (let i = start; i < end; i++) {
    const weight = Math.exp((scores[i] as number) - largest);
    scores[i] = weight;
    sum += weight;
  }
  for (let i = start; i < end; i++) scores[i] = (scores[i] as number) / sum;
}

/** {@link softmax} of a model in half precision: products, scores and weights are rounded, softmax itself runs in float32. */
function roundedSoftmax(scores: FloatArray, start: number, count: number, scale: number, round: (value: number) => number): void {
  const end = start + count;
  for (let i = start; i < end; i++) scores[i] = round(Math.fround(round(scores[i] as number) * scale));
  softmax(scores, start, count, 1);
  for (let i = start; i < end; i++) scores[i] = round(scores[i] as number);
}
