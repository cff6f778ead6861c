/**
 * The first position of a window, found where no token and no table of positions marks it: what a head moves there from one position back is the
 * position's own token. Neurons of one layer write how much the two codes differ onto one dimension, neurons of the next turn "not at all" into the
 * flag of the sink. Behind the flag's last reader a neuron takes it back, so that the norms behind see the token that stands there. Where a token stands twice in a row the flag stands as well, and what a head moves from there (`token - previous`) is nothing.
 */
import type { LayerRole } from '../../weights/roles.ts';
import { every, type RoleSlice } from '../draw/slices.ts';
import { tidy } from '../draw/tidy.ts';
import { type Detector, isReleased } from '../program/detector.ts';
import type { Place } from '../stream/stream-model.ts';
import { floorOf } from './norms/write-norms.ts';
import { findBlock, needBlock, neuronScale, type SeededModel } from './seeded-model.ts';

/** Input of a neuron in nats for a difference of one entry of a code: the activation is straight there. */
const REACH = 10;
/** Two tokens differ in this part of what they differ by in the mean at least; the flag falls to nothing at half of it. */
const LEAST = 0.6;
const DECIDES = 40;

export function detectorSlices(model: SeededModel, detector: Detector): RoleSlice[] {
  const tokens = needBlock(model, 'tokens');
  const moved = needBlock(model, 'moved', detector.previous.key);
  const constant = needBlock(model, 'constant');
  const difference = needBlock(model, 'difference');
  const flag = needBlock(model, 'flag');
  const one = constant.dims[0] as number;
  const length = tokens.dims.length;
  // an entry that differs is 2 apart; half of the entries do in the mean
  const compared = every(length).flatMap((d) =>
    [1, -1].map(
      (side): Neuron => ({
        reads: [
          [moved.dims[d] as number, (side * REACH) / moved.amplitude],
          [tokens.dims[d] as number, (-side * REACH) / tokens.amplitude],
          [one, -REACH / constant.amplitude],
        ],
        writes: [difference.dims[0] as number, (2 * difference.amplitude) / (REACH * length)],
      }),
    ),
  );
  const threshold = (LEAST / 2) * DECIDES;
  const decided: Neuron = {
    reads: [
      [one, threshold / constant.amplitude],
      [difference.dims[0] as number, -DECIDES / difference.amplitude],
    ],
    writes: [flag.dims[0] as number, flag.amplitude / threshold],
  };
  // The flag is all that the norm divides by, so it looks alike however loud it was written; the constant beside it says how loud. It is that much
  // quieter, of which the linear part is kept. Where there is no flag the constant alone shuts the neuron.
  const released: Neuron = {
    reads: [
      [flag.dims[0] as number, (2 * REACH) / flag.amplitude],
      [one, -REACH / constant.amplitude],
    ],
    gates: [[flag.dims[0] as number, 1 / flag.amplitude]],
    writes: [flag.dims[0] as number, -flag.amplitude / REACH],
    place: 'first',
  };
  const floor = floorNeurons(model);
  return [
    ...neuronSlices(model, detector.compares, [...compared, ...floor]),
    ...neuronSlices(model, detector.decides, [{ ...decided, place: 'first' }, ...floor]),
    ...(isReleased(model.config.traits) ? neuronSlices(model, detector.releases, [released, ...floor]) : []),
  ];
}

/** What it reads per unit of the stream that its layer has where it matters, and what it writes per nat. */
interface Neuron {
  readonly reads: readonly (readonly [dimension: number, weight: number])[];
  readonly writes: readonly [dimension: number, weight: number];
  /** What a gated neuron multiplies that by; absent: the constant. */
  readonly gates?: Neuron['reads'];
  /** Where its input is to be as large as it says; absent: at most positions. */
  readonly place?: Place;
}

/** The neuron that gives what its layer's neurons write a length of its own; none where that goes through no norm. */
function floorNeurons(model: SeededModel): Neuron[] {
  const floor = findBlock(model, 'floor');
  const constant = needBlock(model, 'constant');
  if (floor === null) return [];
  return [{ reads: [[constant.dims[0] as number, REACH / constant.amplitude]], writes: [floor.dims[0] as number, floorOf(model) / REACH] }];
}

function neuronSlices(model: SeededModel, layer: number, neurons: readonly Neuron[]): RoleSlice[] {
  const { config } = model;
  const { width } = config.sizes;
  const { mlp, biases } = config.traits;
  const zero = findBlock(model, 'zero')?.dims[0] ?? null;
  const constant = needBlock(model, 'constant');
  const dense = (entries: (neuron: Neuron) => Neuron['reads']): Float64Array => {
    const rows = new Float64Array(neurons.length * width);
    for (const [n, neuron] of neurons.entries()) {
      let sum = 0;
      const scale = neuronScale(model, layer, neuron.place ?? 'typical');
      for (const [dim, weight] of entries(neuron)) {
        const value = tidy(weight * scale);
        rows[n * width + dim] = value;
        sum += value;
      }
      if (zero !== null) rows[n * width + zero] = -sum;
    }
    return rows;
  };
  const common = { layer, purpose: 'programmed', circuits: model.outputs.map(({ name }) => name) } as const;
  const rows = every(neurons.length);
  const matrix = (role: LayerRole, values: Float64Array): RoleSlice => ({
    ...common,
    role,
    indices: [rows, every(width)],
    value: (neuron, dim) => values[(neuron as number) * width + (dim as number)] as number,
  });
  const reads = dense(({ reads: own }) => own);
  const written = new Float64Array(neurons.length * width);
  for (const [n, { writes }] of neurons.entries()) written[n * width + writes[0]] = tidy(writes[1]);
  const down = matrix('down', written);
  if (mlp === 'gated') {
    const ones = dense(({ gates }) => gates ?? [[constant.dims[0] as number, 1 / constant.amplitude]]);
    return [matrix('gate', reads), matrix('up', ones), down];
  }
  const bias: RoleSlice = { ...common, role: 'upBias', indices: [rows], value: () => 0 };
  return biases.mlp ? [matrix('up', reads), bias, down] : [matrix('up', reads), down];
}
