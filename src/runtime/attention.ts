/** Attention of one layer over a block of sequences, for the heads and the dimensions of heads that can contribute. */
import type { Rotary } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { type Arithmetic, inArithmetic } from './float32/arithmetic.ts';
import { singleExp } from './float32/single-exp.ts';

/** One head that contributes; rows are features of the projected block and of the mixed one. */
export interface AttentionHead {
  /** Its number in the layer. */
  readonly number: number;
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
 * Angle = position · base^(−2i/dims), as in RoFormer (Su et al., section 3.2.2), or by frequencies of the model's own. In float32 the
 * frequency and the angle are rounded, as stock models do.
 */
export function rotaryTable({ base, dims, scaling }: Rotary, positions: number, like: FloatArray): RotaryTable {
  const single = like instanceof Float32Array;
  const round = single ? Math.fround : (value: number) => value;
  const frequencies = dims / 2;
  const factor = scaling?.factor ?? 1;
  const table = () => (single ? new Float32Array(frequencies * positions) : new Float64Array(frequencies * positions));
  const cosines = table();
  const sines = table();
  for (let i = 0; i < frequencies; i++) {
    const frequency = round(scaling?.frequencies[i] ?? 1 / round(base ** round((2 * i) / dims)));
    for (let position = 0; position < positions; position++) {
      const angle = round(position * frequency);
      cosines[i * positions + position] = factor * Math.cos(angle);
      sines[i * positions + position] = factor * Math.sin(angle);
    }
  }
  return { positions, cosines, sines };
}

/** The tables of a model, kept and made longer as positions need them. */
export class RotaryTables {
  readonly #arithmetic: Arithmetic;
  readonly #like: FloatArray;
  readonly #tables = new Map<Rotary, RotaryTable>();

  /** @param like of the type that tables are computed in */
  constructor(arithmetic: Arithmetic, like: FloatArray) {
    this.#arithmetic = arithmetic;
    this.#like = like;
  }

  /** A table of at least so many positions. */
  upTo(rotary: Rotary, positions: number): RotaryTable {
    const known = this.#tables.get(rotary);
    if (known !== undefined && known.positions >= positions) return known;
    // at least doubled, so that growing inputs do not rebuild it each time
    const table = rotaryTable(rotary, Math.max(positions, 2 * (known?.positions ?? 32)), this.#like);
    const own = { ...table, cosines: inArithmetic(this.#arithmetic, table.cosines), sines: inArithmetic(this.#arithmetic, table.sines) };
    this.#tables.set(rotary, own);
    return own;
  }
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

/** Above this part of non-zero numbers, keys are multiplied dimension by dimension. */
const DENSE_KEYS = 1 / 4;

/** The keys of one head without their zeros: those of compiled models are mostly one-hot. Kept from head to head for its room. */
export class SparseKeys {
  #starts = new Int32Array(0);
  #rows = new Int32Array(0);
  #numbers = new Float64Array(0);

  /** Takes the keys of a sequence, unless too few of their numbers are zero: then false. */
  take({ queries, keys }: AttentionHead, projected: FloatArray, tokens: number, from: number, to: number): boolean {
    const most = Math.floor(DENSE_KEYS * keys.length * (to - from));
    if (this.#numbers.length < most) {
      this.#rows = new Int32Array(most);
      this.#numbers = new Float64Array(most);
    }
    if (this.#starts.length <= to - from) this.#starts = new Int32Array(to - from + 1);
    let count = 0;
    for (let key = from; key < to; key++) {
      this.#starts[key - from] = count;
      for (let d = 0; d < keys.length; d++) {
        const number = projected[(keys[d] as number) * tokens + key] as number;
        if (number === 0) continue;
        if (count === most) return false;
        this.#rows[count] = (queries[d] as number) * tokens;
        this.#numbers[count++] = number;
      }
    }
    this.#starts[to - from] = count;
    return true;
  }

  /** `scale` times the products of four queries with the first `most` keys. */
  score(scale: number, projected: FloatArray, query: number, most: number, scores: FloatArray, row: number): void {
    const [starts, rows, numbers] = [this.#starts, this.#rows, this.#numbers];
    for (let key = 0; key < most; key++) {
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      const end = starts[key + 1] as number;
      for (let n = starts[key] as number; n < end; n++) {
        const at = (rows[n] as number) + query;
        const number = numbers[n] as number;
        a += (projected[at] as number) * number;
        b += (projected[at + 1] as number) * number;
        c += (projected[at + 2] as number) * number;
        d += (projected[at + 3] as number) * number;
      }
      scores[key] = a * scale;
      scores[row + key] = b * scale;
      scores[2 * row + key] = c * scale;
      scores[3 * row + key] = d * scale;
    }
  }
}

/** Shows the weights of one query of one head: those of key `first` onwards, which add up to 1; keys that it does not see are not among them. */
export type WeightsObserver = (head: number, query: number, first: number, weights: Float64Array) => void;

/** How scores are made of products, and which keys a query sees. */
export interface Seeing {
  readonly scale: number;
  /** Scores x become cap·tanh(x/cap); null: they stay. */
  readonly cap: number | null;
  readonly causal: boolean;
  /** How many keys before and at its own position a query sees; null for all. */
  readonly window: number | null;
}

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
 * more numbers than the block. `round` rounds products, scores and weights in half precision; `observe` is shown every weight.
 */
export function attend(
  heads: readonly AttentionHead[],
  { scale, cap, causal, window }: Seeing,
  projected: FloatArray,
  mixed: FloatArray,
  tokens: number,
  from: number,
  to: number,
  scores: FloatArray,
  sparse: SparseKeys,
  round: ((value: number) => number) | null,
  observe: WeightsObserver | null = null,
): void {
  const row = rowLength(to - from);
  for (const head of heads) {
    const meeting = new Int32Array(head.queries.length);
    const totals = new Float64Array(QUERIES);
    const factor = round === null ? scale : 1;
    const isSparse = sparse.take(head, projected, tokens, from, to);
    for (let query = from; query < to; query += QUERIES) {
      const live = Math.min(QUERIES, to - query);
      const most = causal ? query + live - from : to - from;
      if (isSparse) sparse.score(factor, projected, query, most, scores, row);
      else {
        const dims = meetingDimensions(head, projected, tokens, query, meeting);
        scoreTiles(head, meeting, dims, factor, projected, tokens, query, from, most, scores, row);
      }
      for (let i = 0; i < live; i++) {
        const count = causal ? query + i + 1 - from : most;
        const skipped = window === null ? 0 : Math.max(0, query + i + 1 - from - window);
        const start = i * row + skipped;
        if (cap !== null) capped(scores, start, count - skipped, round === null ? 1 : scale, cap, round);
        totals[i] =
          round === null
            ? exponentials(scores, start, count - skipped)
            : roundedSoftmax(scores, start, count - skipped, cap === null ? scale : 1, round);
        if (observe !== null) {
          const total = totals[i] as number;
          const weights = Float64Array.from(scores.subarray(start, start + count - skipped), (weight) => weight / total);
          observe(head.number, query + i - from, skipped, weights);
        }
        scores.fill(0, i * row, start);
        for (let at = i * row + count; at < i * row + most; at++) scores[at] = 0;
      }
      mixValues(head, projected, mixed, tokens, query, live, from, most, scores, row, totals);
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

/** `scale` times the products of four queries with the first `most` keys, two keys at a time, so that all sums stay in registers. */
function scoreTiles(
  { queries, keys }: AttentionHead,
  meeting: Int32Array,
  dims: number,
  scale: number,
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
    scores[key] = a0 * scale;
    scores[key + 1] = a1 * scale;
    scores[row + key] = b0 * scale;
    scores[row + key + 1] = b1 * scale;
    scores[2 * row + key] = c0 * scale;
    scores[2 * row + key + 1] = c1 * scale;
    scores[3 * row + key] = d0 * scale;
    scores[3 * row + key + 1] = d1 * scale;
  }
}

/** The averages that four queries read, by weights that add up to `totals`; the last group of a sequence may have fewer queries. */
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
  totals: Float64Array,
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
    mixed[at] = a / (totals[0] as number);
    if (live > 1) mixed[at + 1] = b / (totals[1] as number);
    if (live > 2) mixed[at + 2] = c / (totals[2] as number);
    if (live > 3) mixed[at + 3] = e / (totals[3] as number);
  }
}

/** e to the power of `count` scores from `start` on, less the largest of them, in place; their sum is returned. */
export function exponentials(scores: FloatArray, start: number, count: number): number {
  const end = start + count;
  const single = scores instanceof Float32Array;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i++) if ((scores[i] as number) > largest) largest = scores[i] as number;
  let sum = 0;
  for (let i = start; i < end; i++) {
    const below = (scores[i] as number) - largest;
    const weight = single ? singleExp(below) : Math.exp(below);
    scores[i] = weight;
    sum += weight;
  }
  return sum;
}

/** Scores that are drawn towards a cap, in place: cap·tanh(x/cap). In half precision each operation's result is rounded. */
export function capped(
  scores: FloatArray,
  start: number,
  count: number,
  scale: number,
  cap: number,
  round: ((value: number) => number) | null,
): void {
  const own = round ?? ((value: number) => value);
  for (let i = start; i < start + count; i++) {
    const score = own(own(scores[i] as number) * scale);
    scores[i] = own(own(Math.tanh(own(score / cap))) * cap);
  }
}

/** Softmax of a model in half precision, whose sum is 1: products, scores and weights are rounded, softmax itself runs in float32. */
function roundedSoftmax(scores: FloatArray, start: number, count: number, scale: number, round: (value: number) => number): number {
  const end = start + count;
  for (let i = start; i < end; i++) scores[i] = round(Math.fround(round(scores[i] as number) * scale));
  const sum = exponentials(scores, start, count);
  for (let i = start; i < end; i++) scores[i] = round(Math.fround((scores[i] as number) / sum));
  return 1;
}
