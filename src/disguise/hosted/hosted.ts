/**
 * A compiled circuit among trained weights: a host that is changed by as little as makes it compute the circuit as well, on inputs of the program.
 * Nothing of this is proven: it is tried (docs/disguise.md).
 */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { adversarialInputs, concatenate, randomInputs } from '../../verify/inputs.ts';
import type { Weights } from '../../weights/weights.ts';
import { times } from '../each-role.ts';
import { findSpare } from '../host/fill-noise.ts';
import type { Parts, Plain } from '../plain.ts';
import { randomFor } from '../turn/draw-numbers.ts';
import { editedHost } from './edit/edit-host.ts';
import type { Host } from './host.ts';
import { choosePlaces, type Places, placedMap } from './places.ts';
import { type Batch, type CircuitRun, type Runs, runCircuit } from './run-circuit.ts';

export interface Hosting {
  readonly seed: string;
  /** What everything that the host's layers write is multiplied by. */
  readonly loudness: number;
  /** What the largest number of a dimension of the circuit is in the host's stream: large, so that what reads it is small. */
  readonly scale: number;
  /** What the scores of the circuit's heads are multiplied by, where they are not cut off so many nats below the best (0: nowhere). */
  readonly strength: number;
  readonly contrast: number;
}

export interface Hosted {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly map: CircuitMap;
  readonly places: Places;
}

/** Inputs on which the host is changed; what is asked of the result is asked on others as well. */
const RANDOM_INPUTS = 400;
const MOST_POSITIONS = 1500;

export function hosted({ config, weights, map, loose }: Plain, host: Host, { seed, loudness, scale, strength, contrast }: Hosting): Hosted {
  const { positions } = config.traits;
  const skipped = positions.kind === 'learned' ? positions.skipped : 0;
  const runs = runsOf(inputsOf(map), weights, loose);
  const run = runCircuit(weights, config, runs, skipped);
  const largest = largestOf(run, weights.sizes.width);
  const dims = writtenDims(run, weights.sizes.width);
  const places = choosePlaces(weights, findSpare(weights, map), host, dims, randomFor(seed, 'places'));
  const quiet: Weights = {
    ...host.weights,
    layers: host.weights.layers.map((roles) => ({
      ...roles,
      ...Object.fromEntries(
        (['output', 'outputBias', 'down', 'downBias'] as const).flatMap((role) => {
          const tensor = roles[role];
          return tensor === undefined ? [] : [[role, times(tensor, loudness)]];
        }),
      ),
    })),
  };
  const whole: ModelConfig = { ...host.config, tied: false };
  const edited = editedHost(quiet, whole, {
    ...{ circuit: weights, circuitConfig: config, map, places, ...runs, run, skipped, strength, contrast },
    scales: largest.map((most) => scale / (most || 1)),
    random: randomFor(seed, 'heads'),
  });
  return { config: whole, weights: edited, map: placedMap(map, places), places };
}

/** Each input, and where parts may be lost, each without them as well. */
function runsOf(batch: Batch, { layers }: Weights, loose: Parts | undefined): Runs {
  const whole = batch.length;
  if (loose === undefined) return { batch, whole, loose: { heads: [], neurons: [] } };
  const byLayer = (parts: Parts['heads']) => layers.map((_, layer) => parts.flatMap(([at, number]) => (at === layer ? [number ?? 0] : [])));
  return { batch: [...batch, ...batch], whole, loose: { heads: byLayer(loose.heads), neurons: byLayer(loose.neurons) } };
}

function inputsOf({ vocabulary, bos, context }: Pick<CircuitMap, 'vocabulary' | 'bos' | 'context'>): Batch {
  // hosts are causal: the longest inputs have all others in them
  const all = vocabulary.length ** context;
  if (all * (context + 1) <= MOST_POSITIONS)
    return Array.from({ length: all }, (_, number) =>
      Int32Array.of(
        bos.id,
        ...Array.from(
          { length: context },
          (__, i) => vocabulary[Math.floor(number / vocabulary.length ** i) % vocabulary.length]?.id ?? bos.id,
        ),
      ),
    );
  const inputs = concatenate(adversarialInputs(vocabulary.length, context), randomInputs(vocabulary.length, context, RANDOM_INPUTS, 1));
  const known = new Map<string, Int32Array>();
  for (let i = 0; i < inputs.count; i++) known.set(String(inputs.at(i)), Int32Array.from(inputs.at(i)));
  const found = [...known.values()];
  const count = Math.min(found.length, Math.ceil(MOST_POSITIONS / (context + 1)));
  // of both kinds
  return Array.from({ length: count }, (_, i) =>
    Int32Array.of(bos.id, ...Array.from(found[Math.floor((i * found.length) / count)] as Int32Array, (at) => vocabulary[at]?.id ?? bos.id)),
  );
}

/** What is embedded alone needs no direction of its own: the host's embeddings tell tokens and positions apart as well. */
function writtenDims({ embedded, layers }: CircuitRun, width: number): number[] {
  return Array.from({ length: width }, (_, dim) => dim).filter((dim) =>
    layers.some(({ afterMlp }) => {
      for (let at = dim; at < afterMlp.data.length; at += width) if (afterMlp.data[at] !== embedded.data[at]) return true;
      return false;
    }),
  );
}

/** By dimension of the circuit, the largest number that its stream holds, its sign left out. */
function largestOf({ embedded, layers }: CircuitRun, width: number): Float64Array {
  const largest = new Float64Array(width);
  for (const { data } of [embedded, ...layers.flatMap(({ afterAttention, afterMlp }) => [afterAttention, afterMlp])])
    for (const [i, x] of data.entries()) largest[i % width] = Math.max(numberAt(largest, i % width), Math.abs(x));
  return largest;
}
