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

/**
 * Softmax attention of the sequence of tokens `from` to `to` in a block `[feature, token]`: queries, keys and values come from
 * `projected`, what each head reads goes to `mixed`. `scores` has room for one row of the attention matrix.
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
): void {
  for (const { queries, keys, values, mixed: targets } of heads) {
    for (let query = from; query < to; query++) {
      const count = (causal ? query + 1 : to) - from;
      scores.fill(0, 0, count);
      for (let d = 0; d < queries.length; d++) {
        const q = projected[(queries[d] as number) * tokens + query] as number;
        if (q === 0) continue;
        const row = (keys[d] as number) * tokens + from;
        for (let key = 0; key < count; key++) scores[key] = (scores[key] as number) + q * (projected[row + key] as number);
      }
      softmax(scores, count, scale);
      for (let d = 0; d < values.length; d++) {
        const row = (values[d] as number) * tokens + from;
        let sum = 0;
        for (let key = 0; key < count; key++) sum += (scores[key] as number) * (projected[row + key] as number);
        mixed[(targets[d] as number) * tokens + query] = sum;
      }
    }
  }
}

/** Softmax of `scale · scores` in place, with the maximum subtracted. */
function softmax(scores: FloatArray, count: number, scale: number): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    scores[i] = (scores[i] as number) * scale;
    if ((scores[i] as number) > largest) largest = scores[i] as number;
  }
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const weight = Math.exp((scores[i] as number) - largest);
    scores[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < count; i++) scores[i] = (scores[i] as number) / sum;
}
