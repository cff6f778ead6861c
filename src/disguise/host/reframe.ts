/**
 * The frame of a compiled stream made ordinary: anchors are lowered, the stream is scaled so that its numbers are about 1, and the gains of norms
 * are set for that and, where norms stand before what reads, folded into it, so that none is left. In real numbers nothing else changes.
 */
import type { ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import { eachRole, scaledAlong, times } from '../each-role.ts';
import { EMBEDDINGS, isStreamNormRole, type NormName, normOfReader, READERS, WRITERS } from '../stream-roles.ts';
import { scaleOf } from './fill-host.ts';
import type { Anchors } from './find-anchors.ts';
import { type Energies, streamName } from './measure-energy.ts';

export interface Frame {
  /** Of the model as it was compiled. */
  readonly old: Pick<ModelConfig, 'sizes'>;
  readonly config: ModelConfig;
  readonly anchors: Anchors;
  /** What anchors hold from now on; a power of two below what they held. */
  readonly amplitude: number;
  readonly energies: Energies;
  /** Of each layer the one that it was; null for one that does nothing. */
  readonly layers: readonly (number | null)[];
  /** The squared length of the noise beside, in units of the stream as compiled. */
  readonly junk: number;
}

export function reframed(weights: Weights, frame: Frame): Weights {
  const { anchors, config } = frame;
  const isAnchor = new Set(anchors.dims);
  const lowered = frame.amplitude / anchors.amplitude;
  const scale = scaleOf(anchors.dims.length * frame.amplitude ** 2 + frame.junk, config.sizes.width);
  const { traits } = config;
  const isPost = traits.normPlace === 'post';
  const tokens = traits.scaledEmbedding ? Math.sqrt(frame.old.sizes.width) / Math.sqrt(config.sizes.width) : 1;
  const scaled = eachRole(weights, (tensor, { role, axes }) => {
    const width = axes.indexOf('width');
    if (EMBEDDINGS.includes(role)) {
      const own = scale * (role === 'tokenEmbedding' ? tokens : 1);
      return scaledAlong(tensor, width, (dim) => (isAnchor.has(dim) ? own * lowered : own));
    }
    if (WRITERS.includes(role)) return times(tensor, scale);
    if (!READERS.includes(role)) return tensor;
    const own = isPost ? 1 / scale : 1;
    return scaledAlong(tensor, width, (dim) => (isAnchor.has(dim) ? own / lowered : own));
  });
  const gainOf = (name: NormName, layer: number | null, old: Float64Array) => newGain(frame, scale, name, layer, old);
  const gained = eachRole(scaled, (tensor, { role, layer }) => {
    if (!isStreamNormRole(role)) return tensor;
    const name = role.replace(/(Gain|Bias)$/, '') as NormName;
    // what a norm on the stream adds is scaled with it; any other's is read as it was
    if (role.endsWith('Bias')) return isPost ? times(tensor, scale) : tensor;
    return { ...tensor, data: gainOf(name, layer, tensor.data) };
  });
  return isPost ? gained : folded(gained, traits);
}

/** Every norm before what reads it, with its gain in the weights of the readers. */
function folded({ sizes, model, layers }: Weights, traits: ModelConfig['traits']): Weights {
  const gainOf = (role: ModelRole | LayerRole, layer: number | null): Float64Array => {
    const name = `${normOfReader(role, traits)}Gain`;
    const roles: Partial<Record<string, Tensor>> = layer === null ? model : (layers[layer] ?? {});
    return (roles[name] as Tensor).data;
  };
  return eachRole({ sizes, model, layers }, (tensor, { role, axes, layer }) => {
    if (READERS.includes(role)) {
      const gain = gainOf(role, layer);
      return scaledAlong(tensor, axes.indexOf('width'), (dim) => numberAt(gain, dim));
    }
    if (!isStreamNormRole(role)) return tensor;
    if (role.endsWith('Gain')) return { ...tensor, data: new Float64Array(tensor.data.length).fill(1) };
    const roles: Partial<Record<string, Tensor>> = layer === null ? model : (layers[layer] ?? {});
    const gain = (roles[role.replace(/Bias$/, 'Gain')] as Tensor).data;
    return { ...tensor, data: tensor.data.map((x, dim) => (x === 0 ? 0 : x / numberAt(gain, dim))) };
  });
}

/** The stream that a norm reads: where its energy was measured. */
function streamBefore(frame: Frame, name: NormName, layer: number | null): string {
  const { layers, config } = frame;
  const { normPlace, residual } = config.traits;
  // the last layer that was there before, up to this one
  const oldBefore = (until: number): number | null => layers.slice(0, until).findLast((from) => from !== null) ?? null;
  const after = (old: number | null) => (old === null ? streamName(0, 'embedding') : streamName(old, 'mlp'));
  if (name === 'embeddingNorm') return streamName(0, 'embedding');
  if (layer === null) return after(oldBefore(layers.length));
  const own = layers[layer] ?? null;
  if (own === null) return after(oldBefore(layer));
  if (normPlace === 'post') return streamName(own, name === 'attentionNorm' ? 'attention' : 'mlp');
  if (name === 'attentionNorm' || residual === 'parallel') return after(oldBefore(layer));
  return streamName(own, 'attention');
}

/** The gain under which what the norm leaves is what it was: on the stream, scaled with it. */
function newGain(frame: Frame, scale: number, name: NormName, layer: number | null, old: Float64Array): Float64Array {
  const { anchors, amplitude, energies, junk, config } = frame;
  const { epsilon, traits, sizes } = config;
  const energy = energies.get(streamBefore(frame, name, layer)) ?? 0;
  const spread = (size: number, anchored: number, more: number, width: number) =>
    Math.sqrt((size ** 2 * (anchors.dims.length * anchored ** 2 + energy + more)) / width + epsilon);
  const before = spread(1, anchors.amplitude, 0, frame.old.sizes.width);
  const after = spread(scale, amplitude, junk, sizes.width);
  const isPost = traits.normPlace === 'post';
  // what the norm of a new layer leaves on the stream is what was there
  if (layer !== null && frame.layers[layer] === null) return old.map(() => (isPost ? after : 1));
  const ratio = (after / before) * (isPost ? 1 : 1 / scale);
  return old.map((gain) => gain * ratio);
}
