/**
 * Why a head looks where it does: the score of a query with a key as a sum, one term for each variable of the query with each variable of the
 * key. Norms and rotations are linear once the scale of a position is known, so the terms add up to the score, but for rounding.
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
  const sides = {
    query: { weights: weights.query, bias: weights.queryBias, first: head * dim },
    key: { weights: weights.key, bias: weights.keyBias, first: Math.floor(head / (heads / kvHeads)) * dim },
  };
  /** What each part puts into the head's query or key at a position; the last one is what does not depend on the input. */
  const vectors = (side: keyof typeof sides, position: number): Float64Array[] => {
    const { weights: matrix, bias, first } = sides[side];
    const inputs = normedParts(config, weights, stream, position, parts);
    const projected = inputs.map((input, at) =>
      Float64Array.from({ length: dim }, (_, d) => {
        let sum = at === inputs.length - 1 ? numberAt(bias ?? ZERO, bias === undefined ? 0 : first + d) : 0;
        for (const [feature, x] of input.entries())
          if (x !== 0) sum += x * numberAt(matrix as FloatArray, (first + d) * config.sizes.width + feature);
        return sum;
      }),
    );
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
    const keys = vectors('key', key);
    for (const [a, own] of vectors('query', query).entries()) {
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

const ZERO = Float64Array.of(0);

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
