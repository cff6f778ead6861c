/**
 * Why a head looks where it does: the score of a query with a key as a sum, one term for each variable of the query with each variable of the
 * key. Norms, of the stream and of queries and keys, and rotations are linear once the scale of a position is known, so the terms add up to the score, but for rounding.
 */
import { type OpenCheckpoint, readRoles } from '../../checkpoint/unpack-checkpoint.ts';
import { rotaryTable } from '../../runtime/attention.ts';
import { attentionOf, isLayerRole, type ModelConfig } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { LayerRole } from '../../weights/roles.ts';
import type { ModelReading } from './model-reading.ts';
import type { ModelRun } from './model-run.ts';

/** One part of a score. */
export interface ScoreTerm {
  /** Numbers of variables in the map; null is what is the same at every position: biases, and dimensions that no variable has. */
  readonly query: number | null;
  readonly key: number | null;
  /** Nats. */
  readonly amount: number;
}

export interface Score {
  readonly terms: readonly ScoreTerm[];
  /** Their sum; where the model caps its scores, before that. */
  readonly total: number;
}

type LayerWeights = Partial<Record<LayerRole, FloatArray>>;

/** @param query and `key` are positions in the model, BOS being 0 */
export type Scorer = (query: number, key: number) => Score;

/** Reads the layer's weights once; what it returns scores pairs of positions of one run. */
export function scorer(checkpoint: OpenCheckpoint, reading: ModelReading, run: ModelRun, layer: number, head: number): Scorer {
  const { config } = checkpoint;
  const weights: LayerWeights = {};
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== layer) continue;
    for (const { role, data } of readRoles(checkpoint, tensor)) if (isLayerRole(role)) weights[role] = data;
  }
  const { heads, kvHeads, dim } = config.sizes;
  const stream = streamBefore(run, layer);
  const { rotary } = attentionOf(config, layer);
  const table = rotary === null ? null : rotaryTable(rotary, run.ids.length, new Float64Array(0));
  const parts = partsOf(reading, config.sizes.width);
  const ofQueries = sideOf(config, head, weights.query, weights.queryBias, weights.queriesNormGain ?? weights.queryNormGain, heads);
  const keyHead = Math.floor(head / (heads / kvHeads));
  const ofKeys = sideOf(config, keyHead, weights.key, weights.keyBias, weights.keysNormGain ?? weights.keyNormGain, kvHeads);
  /** What each part puts into the head's query or key at a position; the last one is what does not depend on the input. */
  const vectors = (side: Side, position: number): Float64Array[] => {
    const projected = projectedParts(side, config, normedParts(config, weights, stream, position, parts));
    if (rotary === null || table === null) return projected;
    const half = rotary.dims / 2;
    for (const vector of projected) {
      for (let pair = 0; pair < half; pair++) {
        const angle = pair * table.positions + position;
        const [cosine, sine] = [numberAt(table.cosines, angle), numberAt(table.sines, angle)];
        const [x, y] = [numberAt(vector, pair), numberAt(vector, pair + half)];
        vector[pair] = x * cosine - y * sine;
        vector[pair + half] = y * cosine + x * sine;
      }
    }
    return projected;
  };
  return (query, key) => {
    const terms: ScoreTerm[] = [];
    let total = 0;
    const keys = vectors(ofKeys, key);
    for (const [a, own] of vectors(ofQueries, query).entries()) {
      for (const [b, other] of keys.entries()) {
        let product = 0;
        for (let d = 0; d < dim; d++) product += numberAt(own, d) * numberAt(other, d);
        const amount = product * config.numbers.scores;
        total += amount;
        if (amount !== 0) terms.push({ query: parts[a]?.variable ?? null, key: parts[b]?.variable ?? null, amount });
      }
    }
    return { terms: terms.sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount)), total };
  };
}

/** What makes queries, or keys, of the normed stream. */
interface Side {
  /** `[row, width]`, all heads of the layer. */
  readonly matrix: FloatArray;
  readonly bias: FloatArray | undefined;
  /** The rows of the head; `dim` of them. */
  readonly first: number;
  /** Null where nothing is normed. */
  readonly norm: HeadNorm | null;
}

/** The norm over rows `from` to `to`, divided by their root mean square; row r is multiplied by entry r - `from` of the gain. */
interface HeadNorm {
  readonly gain: FloatArray;
  readonly from: number;
  readonly to: number;
}

/** @param count heads of this side in the layer */
function sideOf(
  { sizes: { dim }, traits }: ModelConfig,
  head: number,
  matrix: FloatArray | undefined,
  bias: FloatArray | undefined,
  gain: FloatArray | undefined,
  count: number,
): Side {
  if (matrix === undefined) throw new Error('the layer has no matrix of queries or keys');
  const first = head * dim;
  const [from, to] = traits.headNorms === 'all' ? [0, count * dim] : [first, first + dim];
  return { matrix, bias, first, norm: gain === undefined ? null : { gain, from, to } };
}

/** Each part's share of the head's query or key, behind the norm where there is one: its scale is that of the sum, so shares still add up. */
function projectedParts({ matrix, bias, first, norm }: Side, config: ModelConfig, inputs: readonly Float64Array[]): Float64Array[] {
  const { dim, width } = config.sizes;
  const rowOf = (input: Float64Array, row: number, isLast: boolean): number => {
    let sum = isLast && bias !== undefined ? numberAt(bias, row) : 0;
    for (const [feature, x] of input.entries()) if (x !== 0) sum += x * numberAt(matrix, row * width + feature);
    return sum;
  };
  const shares = inputs.map((input, at) => Float64Array.from({ length: dim }, (_, d) => rowOf(input, first + d, at === inputs.length - 1)));
  if (norm === null) return shares;
  const whole = Float64Array.from({ length: width }, (_, feature) => inputs.reduce((sum, input) => sum + numberAt(input, feature), 0));
  let squares = 0;
  for (let row = norm.from; row < norm.to; row++) squares += rowOf(whole, row, true) ** 2;
  const scale = 1 / Math.sqrt(squares / (norm.to - norm.from) + config.epsilon);
  return shares.map((share) => share.map((x, d) => x * scale * numberAt(norm.gain, first + d - norm.from)));
}

interface Part {
  readonly variable: number | null;
  readonly dims: readonly number[];
}

/** Variables with the dimensions that are theirs alone, and last what is left. Variables that live in one place at different times share it. */
function partsOf({ map }: ModelReading, width: number): Part[] {
  const taken = new Set<number>();
  const parts: Part[] = map.variables.flatMap(({ dims }, variable) => {
    const own = dims.filter((dim) => !taken.has(dim));
    for (const dim of own) taken.add(dim);
    return own.length === 0 ? [] : [{ variable, dims: own }];
  });
  const rest = Array.from({ length: width }, (_, dim) => dim).filter((dim) => !taken.has(dim));
  return [...parts, { variable: null, dims: rest }];
}

function streamBefore({ states, width }: ModelRun, layer: number): (position: number) => FloatArray {
  const before = states.findLast((state) =>
    layer === 0 ? state.sublayer === 'embedding' : state.layer === layer - 1 && state.sublayer === 'mlp',
  );
  if (before === undefined) throw new Error(`the run shows nothing before layer ${layer}`);
  return (position) => before.residual.subarray(position * width, (position + 1) * width);
}

/** The normed stream at a position as a sum over parts; a bias of the norm goes with the last. */
function normedParts(
  config: ModelConfig,
  weights: LayerWeights,
  stream: (position: number) => FloatArray,
  position: number,
  parts: readonly Part[],
): Float64Array[] {
  const row = Float64Array.from(stream(position));
  const { width } = config.sizes;
  const inputs = parts.map(({ dims }) => {
    const own = new Float64Array(width);
    for (const dim of dims) own[dim] = numberAt(row, dim);
    return own;
  });
  if (config.traits.normPlace !== 'pre') return inputs;
  const isCentred = config.traits.norm === 'layer-norm';
  const meanOf = (values: Float64Array) => (isCentred ? values.reduce((sum, x) => sum + x, 0) / width : 0);
  const mean = meanOf(row);
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / width;
  const scale = 1 / Math.sqrt(variance + config.epsilon);
  const { attentionNormGain: gain, attentionNormBias: bias } = weights;
  return inputs.map((input, at) => {
    const own = meanOf(input);
    const isLast = at === inputs.length - 1;
    return input.map(
      (x, dim) => (x - own) * scale * numberAt(gain as FloatArray, dim) + (isLast && bias !== undefined ? numberAt(bias, dim) : 0),
    );
  });
}
