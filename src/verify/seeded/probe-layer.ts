/**
 * What one layer's heads attend to, and how large its neurons' inputs are, computed from the stored weights and the stream before it. A second
 * way to the same numbers as the runtime's, for a few positions.
 */
import { attentionOf, type LayerAttention, type ModelConfig } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import type { LayerRole } from '../../weights/roles.ts';

/** Whether a role decides what heads attend to or what goes into neurons; the others come after that. */
export const PROBED = {
  attentionNormGain: true,
  attentionNormBias: true,
  query: true,
  queryBias: true,
  key: true,
  keyBias: true,
  value: false,
  valueBias: false,
  queryNormGain: true,
  keyNormGain: true,
  queriesNormGain: true,
  keysNormGain: true,
  output: false,
  outputBias: false,
  attentionWriteGain: false,
  mlpNormGain: true,
  mlpNormBias: true,
  gate: true,
  gateBias: true,
  up: true,
  upBias: true,
  down: false,
  downBias: false,
  mlpWriteGain: false,
} as const satisfies Record<LayerRole, boolean>;

export type ProbedRole = { [Role in LayerRole]: (typeof PROBED)[Role] extends true ? Role : never }[LayerRole];
export type ProbedRoles = Partial<Record<ProbedRole, FloatArray>>;

export function isProbed(role: LayerRole): role is ProbedRole {
  return PROBED[role];
}

/** The stream at some positions as a sublayer reads it, normed where the family does that: `[position, width]`. */
function normedRows(
  config: ModelConfig,
  gain: FloatArray | undefined,
  bias: FloatArray | undefined,
  residual: FloatArray,
  positions: readonly number[],
): Float64Array[] {
  const { width } = config.sizes;
  return positions.map((position) => {
    const row = Float64Array.from(residual.subarray(position * width, (position + 1) * width));
    if (gain === undefined) return row;
    const mean = config.traits.norm === 'layer-norm' ? row.reduce((sum, value) => sum + value, 0) / width : 0;
    const power = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const scale = 1 / Math.sqrt(power + config.epsilon);
    return row.map((value, d) => (value - mean) * scale * (gain[d] as number) + (bias?.[d] ?? 0));
  });
}

/** Rows `from` to `from + count` of a `[row, width]` matrix times a vector, plus the bias. */
function project(weights: FloatArray, bias: FloatArray | undefined, input: Float64Array, from: number, count: number): Float64Array {
  const width = input.length;
  const result = new Float64Array(count);
  for (let r = 0; r < count; r++) {
    let sum = bias?.[from + r] ?? 0;
    const at = (from + r) * width;
    for (let w = 0; w < width; w++) sum += (weights[at + w] as number) * (input[w] as number);
    result[r] = sum;
  }
  return result;
}

/** One head's query or key, behind its norm where the family has one: that of each head, or of all of them together. */
function projectHead(config: ModelConfig, roles: ProbedRoles, side: 'query' | 'key', row: Float64Array, head: number): Float64Array {
  const { dim, heads, kvHeads } = config.sizes;
  const [matrix, bias] = [roles[side] as FloatArray, roles[`${side}Bias`]];
  const all = side === 'query' ? roles.queriesNormGain : roles.keysNormGain;
  if (all === undefined) {
    const own = project(matrix, bias, row, head * dim, dim);
    normHead(config, roles[`${side}NormGain`], own);
    return own;
  }
  const together = project(matrix, bias, row, 0, (side === 'query' ? heads : kvHeads) * dim);
  normHead(config, all, together);
  return together.slice(head * dim, (head + 1) * dim);
}

/** A query or key behind a norm, in place, where there is one. */
function normHead({ epsilon }: ModelConfig, gain: FloatArray | undefined, vector: Float64Array): void {
  if (gain === undefined) return;
  const power = vector.reduce((sum, value) => sum + value * value, 0) / vector.length;
  for (const [d, value] of vector.entries()) vector[d] = (value / Math.sqrt(power + epsilon)) * (gain[d] as number);
}

/** Turns a query or key by its position, in place: the halves of the rotated dimensions turn with each other. */
function turn({ rotary }: LayerAttention, vector: Float64Array, position: number): void {
  if (rotary === null) return;
  const half = rotary.dims / 2;
  for (let i = 0; i < half; i++) {
    const angle = position * (rotary.scaling?.frequencies[i] ?? rotary.base ** ((-2 * i) / rotary.dims));
    const [x, y] = [vector[i] as number, vector[i + half] as number];
    const factor = rotary.scaling?.factor ?? 1;
    vector[i] = factor * (x * Math.cos(angle) - y * Math.sin(angle));
    vector[i + half] = factor * (y * Math.cos(angle) + x * Math.sin(angle));
  }
}

/** What a layer's heads read: the normed stream at every position before `count`. */
export function attentionInput(config: ModelConfig, roles: ProbedRoles, residual: FloatArray, count: number): Float64Array[] {
  const positions = Array.from({ length: count }, (_, position) => position);
  return normedRows(config, roles.attentionNormGain, roles.attentionNormBias, residual, positions);
}

/** Attention of one query head: a row of weights over positions 0 to the query's, for each of `queries`, all of them among the rows. */
export function attentionRows(
  config: ModelConfig,
  roles: ProbedRoles,
  rows: readonly Float64Array[],
  head: number,
  queries: readonly number[],
  layer: number,
): Float64Array[] {
  const { heads, kvHeads } = config.sizes;
  const seeing = attentionOf(config, layer);
  const { scores: factor, scoreCap: cap } = config.numbers;
  const kvHead = Math.floor(head / (heads / kvHeads));
  const keys = rows.slice(0, Math.max(...queries) + 1).map((row, position) => {
    const key = projectHead(config, roles, 'key', row, kvHead);
    turn(seeing, key, position);
    return key;
  });
  return queries.map((position) => {
    const query = projectHead(config, roles, 'query', rows[position] as Float64Array, head);
    turn(seeing, query, position);
    const from = seeing.window === null ? 0 : Math.max(0, position + 1 - seeing.window);
    const scores = Float64Array.from(keys.slice(0, position + 1), (key, at) => {
      if (at < from) return Number.NEGATIVE_INFINITY;
      const score = dot(query, key) * factor;
      return cap === null ? score : cap * Math.tanh(score / cap);
    });
    const top = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const weights = scores.map((score) => Math.exp(score - top));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d] as number) * (b[d] as number);
  return sum;
}

export function entropyOf(row: Float64Array): number {
  return row.reduce((sum, weight) => (weight > 0 ? sum - weight * Math.log(weight) : sum), 0);
}

/**
 * Root mean square of what goes into the MLP's activation at some positions.
 *
 * @param without neurons that are left out
 */
export function preactivation(
  config: ModelConfig,
  roles: ProbedRoles,
  residual: FloatArray,
  positions: readonly number[],
  without: ReadonlySet<number>,
): number {
  const [gain, shift] = config.traits.sharedNorm
    ? [roles.attentionNormGain, roles.attentionNormBias]
    : [roles.mlpNormGain, roles.mlpNormBias];
  const rows = normedRows(config, gain, shift, residual, positions);
  const weights = (roles.gate ?? roles.up) as FloatArray;
  const bias = roles.gate === undefined ? roles.upBias : roles.gateBias;
  let squares = 0;
  const { hidden } = config.sizes;
  for (const row of rows) {
    for (const [neuron, value] of project(weights, bias, row, 0, hidden).entries()) if (!without.has(neuron)) squares += value * value;
  }
  return Math.sqrt(squares / (rows.length * Math.max(1, hidden - without.size)));
}
