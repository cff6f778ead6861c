/**
 * What the weights of a head say by themselves, on a sample of tokens as the embedding has them: whether its queries prefer keys of the same
 * token, or of a distance, and whether what it moves raises the logit of the token that it comes from, or lowers it.
 */
import { rotaryTable } from '../runtime/attention.ts';
import { buildNorm, type LayerRoles } from '../runtime/layer.ts';
import type { LayerAttention, ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { numberAt } from '../tensor/number-at.ts';

/** How many distances a profile has. */
const DISTANCES = 12;

export interface HeadWeights {
  /** How many standard deviations the own token's logit is raised beyond the others' by what the head moves; below 0 it is lowered. */
  readonly copies: number;
  /** The same of the score of a key of the same token, without positions. */
  readonly same: number;
  /** Mean score of a key so many positions back beside that of all in the profile, in standard deviations of them; null where all are alike. */
  readonly distances: readonly number[] | null;
}

/** What rows of the unembedding and of the embedding there are for the sample, `[token, width]`. */
export interface TokenSample {
  readonly count: number;
  /** As the first layer gets them. */
  readonly embedded: Float32Array;
  /** Times the final norm's gain. */
  readonly unembedded: Float32Array;
  /** Rows of the position table, `[position, width]`; null where positions turn. */
  readonly positions: Float32Array | null;
}

/** For each head of a layer. */
export function weightsOf(config: ModelConfig, roles: LayerRoles, seeing: LayerAttention, sample: TokenSample): HeadWeights[] {
  const { heads, kvHeads, dim, width } = config.sizes;
  const input = normedRows(config, roles.attentionNormGain, roles.attentionNormBias, sample.embedded);
  const positions =
    sample.positions === null ? null : normedRows(config, roles.attentionNormGain, roles.attentionNormBias, sample.positions);
  const [query, key, value, output] = [roles.query, roles.key, roles.value, roles.output].map(single);
  if (query === undefined || key === undefined || value === undefined || output === undefined) return [];
  const of = (matrix: Float32Array, bias: FloatArray | undefined, rows: Float32Array, head: number): Float32Array =>
    projected(matrix, bias, rows, { width, dim, head });
  return Array.from({ length: heads }, (_, head) => {
    const shared = Math.floor((head * kvHeads) / heads);
    const queries = of(query, roles.queryBias, input, head);
    const keys = of(key, roles.keyBias, input, shared);
    const moved = of(value, undefined, input, shared);
    const written = new Float32Array(sample.count * width);
    for (let token = 0; token < sample.count; token++) {
      for (let d = 0; d < dim; d++) {
        const x = moved[token * dim + d] ?? 0;
        const row = (head * dim + d) * width;
        for (let w = 0; w < width; w++) written[token * width + w] = (written[token * width + w] ?? 0) + x * (output[row + w] ?? 0);
      }
    }
    const profile =
      positions === null
        ? rotaryProfile(seeing, queries, keys, dim)
        : tableProfile(of(query, roles.queryBias, positions, head), of(key, roles.keyBias, positions, shared), dim);
    return {
      copies: ownBeyondOthers(written, sample.unembedded, sample.count, width),
      same: ownBeyondOthers(queries, keys, sample.count, dim),
      distances: profile === null ? null : standardized(profile),
    };
  });
}

/** Inner loops are fast where they meet one kind of array. */
function single(values: FloatArray | undefined): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values ?? []);
}

/** Rows `[row, width]` behind a layer's norm with this gain, 1 where there is none, and bias. */
export function normedRows(
  config: ModelConfig,
  gain: FloatArray | undefined,
  bias: FloatArray | undefined,
  rows: Float32Array,
): Float32Array {
  const { width } = config.sizes;
  const norm = buildNorm(config, 'f32', gain ?? new Float32Array(width).fill(1), bias);
  const result = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    let mean = 0;
    if (norm.kind === 'layer-norm') for (let w = 0; w < width; w++) mean += (rows[start + w] ?? 0) / width;
    let squares = 0;
    for (let w = 0; w < width; w++) squares += ((rows[start + w] ?? 0) - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / width + norm.epsilon);
    for (let w = 0; w < width; w++) result[start + w] = ((rows[start + w] ?? 0) - mean) * scale * (norm.gain[w] ?? 1) + (norm.bias[w] ?? 0);
  }
  return result;
}

interface Place {
  readonly width: number;
  readonly dim: number;
  readonly head: number;
}

/** `[row, dim]` */
function projected(matrix: Float32Array, bias: FloatArray | undefined, rows: Float32Array, { width, dim, head }: Place): Float32Array {
  const count = rows.length / width;
  const result = new Float32Array(count * dim);
  for (let d = 0; d < dim; d++) {
    const at = (head * dim + d) * width;
    for (let row = 0; row < count; row++) {
      let sum = bias?.[head * dim + d] ?? 0;
      for (let w = 0; w < width; w++) sum += (matrix[at + w] ?? 0) * (rows[row * width + w] ?? 0);
      result[row * dim + d] = sum;
    }
  }
  return result;
}

/** Mean over tokens of how far the product with the own row lies above the products with all rows, in their standard deviations. */
export function ownBeyondOthers(left: Float32Array, right: Float32Array, count: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const products = Array.from({ length: count }, (_, j) => {
      let product = 0;
      for (let d = 0; d < size; d++) product += (left[i * size + d] ?? 0) * (right[j * size + d] ?? 0);
      return product;
    });
    const mean = products.reduce((a, b) => a + b, 0) / count;
    const deviation = Math.sqrt(products.reduce((a, b) => a + (b - mean) ** 2, 0) / count);
    if (deviation > 0) sum += (numberAt(products, i) - mean) / deviation;
  }
  return sum / count;
}

/** Mean score over pairs of tokens, by how far back the key is: turned queries and keys depend on the distance alone. */
function rotaryProfile({ rotary }: LayerAttention, queries: Float32Array, keys: Float32Array, dim: number): number[] | null {
  if (rotary === null) return null;
  const mean = (rows: Float32Array): Float64Array => {
    const sums = new Float64Array(dim);
    rows.forEach((x, i) => {
      sums[i % dim] = (sums[i % dim] ?? 0) + (x * dim) / rows.length;
    });
    return sums;
  };
  const [q, k] = [mean(queries), mean(keys)];
  const table = rotaryTable(rotary, DISTANCES, new Float64Array(0));
  const half = rotary.dims / 2;
  return Array.from({ length: DISTANCES }, (_, distance) => {
    let score = 0;
    for (let i = 0; i < half; i++) {
      const [cosine, sine] = [numberAt(table.cosines, i * DISTANCES + distance), numberAt(table.sines, i * DISTANCES + distance)];
      const [a, b] = [numberAt(q, i) * cosine - numberAt(q, i + half) * sine, numberAt(q, i + half) * cosine + numberAt(q, i) * sine];
      score += a * numberAt(k, i) + b * numberAt(k, i + half);
    }
    return score;
  });
}

/** The same of learned positions: rows of the table in place of tokens. */
function tableProfile(queries: Float32Array, keys: Float32Array, dim: number): number[] | null {
  const count = queries.length / dim;
  if (count < 2 * DISTANCES) return null;
  return Array.from({ length: DISTANCES }, (_, distance) => {
    let sum = 0;
    for (let query = DISTANCES; query < count; query++) {
      for (let d = 0; d < dim; d++) sum += (queries[query * dim + d] ?? 0) * (keys[(query - distance) * dim + d] ?? 0);
    }
    return sum / (count - DISTANCES);
  });
}

function standardized(values: readonly number[]): number[] | null {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  return deviation === 0 ? null : values.map((value) => (value - mean) / deviation);
}
