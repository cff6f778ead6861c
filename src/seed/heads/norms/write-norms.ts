/**
 * Where what a sublayer writes is divided by its own root mean square, circuits give that a number of their own: one dimension, the floor, in which one
 * head or neuron writes the same at every position, so loud that nothing else counts. The norm's gain is nothing there. Elsewhere it is as large as what
 * is divided by, so that circuits write what they would without the norm. Other heads are as loud as in a stock model at the
 * first position, and quieter at later ones, where those of a new model mean over many positions: that is what the norm would have evened out.
 */
import type { LayerRole } from '../../../weights/roles.ts';
import { every, type RoleSlice } from '../../draw/slices.ts';
import { tidy } from '../../draw/tidy.ts';
import { isReleased, neuronsOf } from '../../program/detector.ts';
import { activationMoments, type Place } from '../../stream/stream-model.ts';
import type { HeadWriter } from '../head-writer.ts';
import { findBlock, needBlock, readsRaw, type SeededModel } from '../seeded-model.ts';

/** What is divided by, in units of the stream: what circuits and others write, of which hardly anything is louder than 4, moves it by less than .2%. */
export const FLOOR = 64;

/** What the floor's dimension is written by, in the same units. */
export function floorOf({ config }: Pick<SeededModel, 'config'>): number {
  return tidy(FLOOR * Math.sqrt(config.sizes.width));
}

/** Lays the floor in each layer whose heads write, before these are slices. */
export function layFloors(model: SeededModel, writers: readonly HeadWriter[]): void {
  const floor = findBlock(model, 'floor');
  if (floor === null) return;
  for (const layer of new Set(writers.map((writer) => writer.layer))) {
    const [first] = writers.filter((writer) => writer.layer === layer);
    first?.layFloor(floor.dims[0] as number, floorOf(model));
  }
}

/** Gains of the norms behind heads and neurons of circuits. */
export function writeNormSlices(model: SeededModel, writers: readonly HeadWriter[]): RoleSlice[] {
  if (findBlock(model, 'floor') === null) return [];
  const { config, options, detector } = model;
  const { width, dim, hidden } = config.sizes;
  const read = options.range * Math.sqrt(width);
  // where sublayers read the stream as it is, what others write is as loud as that makes it
  const inputOf = (loudness: number): number => read * (readsRaw(config) ? loudness : 1);
  // what the norm would divide by: in a new OLMo 2 much of that is its epsilon
  const divisor = (loudness: number): number => Math.hypot(loudness, Math.sqrt(config.epsilon));
  const layers = [...new Set(writers.map(({ layer }) => layer))];
  const behindHeads = layers.map((layer) => {
    const own = writers.filter((writer) => writer.layer === layer);
    const others = config.sizes.heads - own.reduce((sum, { heads }) => sum + heads.length, 0);
    const loudest = options.range * Math.sqrt(others * dim) * inputOf(model.stream.rms(layer, 'first'));
    const loud = divisor(loudest);
    return gainSlice(model, 'attentionWriteGain', layer, { written: own.flatMap(({ written }) => written), loud });
  });
  if (detector === null) return behindHeads;
  const behindNeurons = (
    [['compares', 'difference'], ['decides', 'flag'], ...(isReleased(config.traits) ? [['releases', 'flag'] as const] : [])] as const
  ).map(([step, kind]) => {
    const layer = detector[step];
    const others = hidden - neuronsOf(detector, layer, model.config, model.code.length);
    const at = (place: Place): number => {
      const { power } = activationMoments(config.traits, inputOf(model.neuronStream.rms(layer, place)));
      return divisor(options.range * Math.sqrt(others * power));
    };
    const loud = Math.sqrt(at('first') * at('typical'));
    return gainSlice(model, 'mlpWriteGain', layer, { written: needBlock(model, kind).dims, loud });
  });
  return [...behindHeads, ...behindNeurons];
}

/** @param loud root mean square of what others write, for each unit of what is to be added to the stream */
function gainSlice(
  model: SeededModel,
  role: LayerRole,
  layer: number,
  { written, loud }: { readonly written: readonly number[]; readonly loud: number },
): RoleSlice {
  const [floor] = needBlock(model, 'floor').dims;
  const own = new Set(written);
  const others = tidy(loud > 0 ? FLOOR / loud : FLOOR);
  return {
    ...{ role, layer, purpose: 'programmed', circuits: model.outputs.map(({ name }) => name) },
    indices: [every(model.config.sizes.width)],
    value: (dim) => (dim === floor ? 0 : own.has(dim as number) ? FLOOR : others),
  };
}
