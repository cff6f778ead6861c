/**
 * The same function in weights of another order: heads, neurons, dimensions of the stream and ids of tokens are renumbered. Nothing else
 * changes, so what was proven for sums in any order still holds.
 */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Axis } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import { eachRole } from '../each-role.ts';

export interface Renumbering {
  /** `heads[layer][new]`: the head that stands there now. */
  readonly heads: readonly (readonly number[])[];
  readonly neurons: readonly (readonly number[])[];
  /** One for all layers. */
  readonly width: readonly number[];
  /** Ids of tokens, and of logits, which are the same but in a classifier. */
  readonly vocab: readonly number[];
  readonly outputs: readonly number[];
}

type Shuffle = (items: number[]) => number[];

/** @param shuffle in place, every order equally likely; `stream`: whether dimensions of the stream are renumbered as well */
export function drawRenumbering(
  { sizes }: Pick<Weights, 'sizes'>,
  { shuffle, stream }: { readonly shuffle: Shuffle; readonly stream: boolean },
): Renumbering {
  const layers = counted(sizes.layers);
  // heads that share keys and values stay together
  const group = sizes.heads / sizes.kvHeads;
  const heads = layers.map(() => shuffle(counted(sizes.kvHeads)).flatMap((kept) => counted(group).map((i) => kept * group + i)));
  const neurons = layers.map(() => shuffle(counted(sizes.hidden)));
  const width = stream ? shuffle(counted(sizes.width)) : counted(sizes.width);
  return { heads, neurons, width, vocab: counted(sizes.vocab), outputs: counted(sizes.outputs) };
}

/** Ids that mean something change places with each other: padding and rows beyond it stay. */
export function drawTokenOrder(
  { vocab, outputs }: { readonly vocab: number; readonly outputs: number },
  map: Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs'>,
  isClassifier: boolean,
  shuffle: Shuffle,
): Pick<Renumbering, 'vocab' | 'outputs'> {
  const logits = map.outputs.flatMap((output) => (output.kind === 'categorical' ? output.logits.map(({ id }) => id) : [output.logit]));
  const tokens = [map.bos.id, ...map.vocabulary.map(({ id }) => id)];
  const moved = (count: number, ids: readonly number[]) => {
    const places = [...new Set(ids)].sort((a, b) => a - b);
    const order = counted(count);
    for (const [i, from] of shuffle([...places]).entries()) order[places[i] as number] = from;
    return order;
  };
  if (isClassifier) return { vocab: moved(vocab, tokens), outputs: moved(outputs, logits) };
  const both = moved(vocab, [...tokens, ...logits]);
  return { vocab: both, outputs: both };
}

/** A map's ids after renumbering. */
export function renumberedIds<Map extends Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs'>>(
  map: Map,
  { vocab, outputs }: Pick<Renumbering, 'vocab' | 'outputs'>,
): Map {
  const token = (id: number) => vocab.indexOf(id);
  const logit = (id: number) => outputs.indexOf(id);
  return {
    ...map,
    bos: { ...map.bos, id: token(map.bos.id) },
    vocabulary: map.vocabulary.map((each) => ({ ...each, id: token(each.id) })),
    outputs: map.outputs.map((output) =>
      output.kind === 'numeric'
        ? { ...output, logit: logit(output.logit) }
        : { ...output, logits: output.logits.map((each) => ({ ...each, id: logit(each.id) })) },
    ),
  };
}

export function renumbered(weights: Weights, { heads, neurons, width, vocab, outputs }: Renumbering): Weights {
  const { sizes } = weights;
  const group = sizes.heads / sizes.kvHeads;
  return eachRole(weights, (tensor, { axes, layer }) => {
    const once = { width, vocab, output: outputs };
    if (layer === null) return reordered(tensor, axes, once);
    const own = heads[layer] as readonly number[];
    const kept = Array.from({ length: sizes.kvHeads }, (_, i) => (own[i * group] as number) / group);
    return reordered(tensor, axes, { ...once, head: own, kvHead: kept, hidden: neurons[layer] as readonly number[] });
  });
}

function counted(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** Each axis in its order. */
function reordered({ shape, data }: Tensor, axes: readonly Axis[], orders: Partial<Record<Axis, readonly number[]>>): Tensor {
  const result = new Float64Array(data.length);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  for (let i = 0; i < data.length; i++) {
    let from = 0;
    for (const [axis, stride] of strides.entries()) {
      const at = Math.floor(i / stride) % (shape[axis] as number);
      from += (orders[axes[axis] as Axis]?.[at] ?? at) * stride;
    }
    result[i] = data[from] as number;
  }
  return { shape, data: result };
}
