/**
 * The same function in other bases. What writes the stream and what reads it is turned alike: `(R·w)·(R·x) = w·x`, and a norm that divides all of
 * a vector by its length sees no rotation (with a mean: none that maps ones to ones). What a head's values are turned by its output is turned
 * back by; queries and keys are turned alike, as `(U·q)·(U·k) = q·k`.
 */
import { attentionOf, type ModelConfig } from '../../targets/model-config.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Random } from '../../verify/random.ts';
import type { Weights } from '../../weights/weights.ts';
import { alongAxis, eachRole } from '../each-role.ts';
import { isStreamNormRole } from '../stream-roles.ts';
import { applied, drawCommuting, drawMeanKeeping, drawOrthogonal, type Orthogonal } from './orthogonal.ts';

export function drawStreamTurn({ sizes, traits }: Pick<ModelConfig, 'sizes' | 'traits'>, random: Random): Orthogonal {
  return traits.norm === 'layer-norm' ? drawMeanKeeping(sizes.width, random) : drawOrthogonal(sizes.width, random);
}

/** Gains of norms over the stream have to be one number each, which every turn leaves as it is. */
export function withTurnedStream(weights: Weights, turn: Orthogonal): Weights {
  return eachRole(weights, (tensor, { role, axes }) => {
    const width = axes.indexOf('width');
    if (width < 0) return tensor;
    if (isStreamNormRole(role) && role.endsWith('Gain')) {
      if (tensor.data.some((x) => x !== tensor.data[0])) throw new Error(`\`${role}\` is not one number for all dimensions`);
      return tensor;
    }
    return alongAxis(tensor, width, (line) => applied(turn, line));
  });
}

/** By layer and head of keys and values. */
export interface HeadTurns {
  readonly values: readonly (readonly Orthogonal[])[];
  /** Of queries and keys; null where each has a norm of its own, which sees its dimensions one by one. */
  readonly scores: readonly (readonly Orthogonal[])[] | null;
}

export function drawHeadTurns(config: ModelConfig, random: Random): HeadTurns {
  const { layers, kvHeads, dim } = config.sizes;
  const each = (draw: (layer: number) => Orthogonal) =>
    Array.from({ length: layers }, (_, layer) => Array.from({ length: kvHeads }, () => draw(layer)));
  const values = each(() => drawOrthogonal(dim, random));
  if (config.traits.headNorms !== 'none') return { values, scores: null };
  return { values, scores: each((layer) => drawCommuting(dim, attentionOf(config, layer).rotary?.dims ?? 0, random)) };
}

export function withTurnedHeads(weights: Weights, { values, scores }: HeadTurns): Weights {
  const { heads, kvHeads } = weights.sizes;
  const group = heads / kvHeads;
  return eachRole(weights, (tensor, { role, layer }) => {
    if (layer === null) return tensor;
    const turnsOf = (all: readonly (readonly Orthogonal[])[], per: number) => (head: number) =>
      all[layer]?.[Math.floor(head / per)] as Orthogonal;
    switch (role) {
      case 'value':
      case 'valueBias':
        return turnedHeads(tensor, turnsOf(values, 1));
      case 'output':
        return turnedHeads(tensor, turnsOf(values, group));
      case 'key':
      case 'keyBias':
        return scores === null ? tensor : turnedHeads(tensor, turnsOf(scores, 1));
      case 'query':
      case 'queryBias':
        return scores === null ? tensor : turnedHeads(tensor, turnsOf(scores, group));
      default:
        return tensor;
    }
  });
}

/** `[head, dim, …]`, each head along its dimensions. */
function turnedHeads({ shape, data }: Tensor, turnOf: (head: number) => Orthogonal): Tensor {
  const [heads = 0, ...inner] = shape;
  const block = data.length / heads;
  const result = new Float64Array(data.length);
  for (let head = 0; head < heads; head++) {
    const own = { shape: inner, data: data.slice(head * block, (head + 1) * block) };
    result.set(alongAxis(own, 0, (line) => applied(turnOf(head), line)).data, head * block);
  }
  return { shape, data: result };
}
