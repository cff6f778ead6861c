/**
 * Which dimensions of the residual stream a register's features have. Each may have its own; or what is not read any more is cleared by two
 * neurons a feature, and its dimensions go to what is written later.
 */
import type { Register } from '../../circuit/circuit.ts';
import type { Lifetime, PlacedClear } from '../../placement/placement.ts';
import { ACTIVATION_SATURATION } from '../../placement/step-neurons.ts';
import type { Storage } from '../../placement/storage.ts';
import type { Traits } from '../../targets/target.ts';
import { largestOf } from '../../tensor/dtype.ts';
import { floatAt } from '../../tensor/number-at.ts';
import type { Schedule } from '../schedule/schedule.ts';

export interface Residence {
  /** With the neurons that clear. */
  readonly schedule: Schedule;
  readonly dimensions: ReadonlyMap<Register, readonly number[]>;
  /** How many there are. */
  readonly count: number;
}

export function ownDimensions(schedule: Schedule): Residence {
  let count = 0;
  const dimensions = new Map([...schedule.lifetimes.keys()].map((register) => [register, register.features.map(() => count++)]));
  return { schedule, dimensions, count };
}

/**
 * Registers in the order in which they are written, each taking the dimensions of those that were last read the longest ago.
 *
 * @param room how many neurons a layer has left
 */
export function sharedDimensions(
  schedule: Schedule,
  { activation, residual }: Traits,
  storage: Pick<Storage, 'stored'>,
  room: (layer: number) => number,
): Residence {
  const times = timesOf(residual);
  const registers = [...schedule.lifetimes].sort(([, a], [, b]) => times.written(a) - times.written(b));
  const left = schedule.layers.map((_, layer) => room(layer));
  const clears: PlacedClear[][] = schedule.layers.map(() => []);
  const cleared = new Map<Register, number>();
  const dimensions = new Map<Register, readonly number[]>();
  const gains = new Map<Register, number | null>();
  const used = schedule.layers.map(({ neurons }) => neurons);
  let free: number[] = [];
  let count = 0;
  for (const [register, lifetime] of registers) {
    const wanted = register.features.length;
    for (const [old, { register: dead, gain, from }] of clearable(times.written(lifetime))) {
      if (free.length >= wanted) break;
      const neurons = 2 * dead.features.length;
      const layer = emptiest(from, times.lastMlpBefore(times.written(lifetime)), neurons);
      if (layer === null) continue;
      const first = used[layer] as number;
      clears[layer]?.push({ register: dead, gain, from: first, to: first + neurons });
      used[layer] = first + neurons;
      left[layer] = (left[layer] as number) - neurons;
      cleared.set(dead, layer);
      free = [...free, ...old];
    }
    const own = free.slice(0, wanted);
    free = free.slice(wanted);
    while (own.length < wanted) own.push(count++);
    dimensions.set(register, own);
  }
  const layers = schedule.layers.map((layer, i) => ({ ...layer, clears: clears[i] as PlacedClear[], neurons: used[i] as number }));
  const lifetimes = new Map(
    [...schedule.lifetimes].map(([register, life]) => [register, { ...life, cleared: cleared.get(register) ?? null }]),
  );
  // in the order of the lifetimes, as if each had its own
  const ordered = new Map([...lifetimes.keys()].map((register) => [register, dimensions.get(register) as readonly number[]]));
  return { schedule: { ...schedule, layers, lifetimes }, dimensions: ordered, count };

  /** Of a register, once: it is asked for at every layer. */
  function gainOf(register: Register): number | null {
    let gain = gains.get(register);
    if (gain === undefined) {
      gain = clearGain(register, activation, storage);
      gains.set(register, gain);
    }
    return gain;
  }

  /** What nobody reads after some layer's MLP before a time, the longest dead first: its dimensions, and from which layer on it can be cleared. */
  function clearable(before: number): [readonly number[], { register: Register; gain: number; from: number }][] {
    return [...dimensions]
      .flatMap(([register, own]): [readonly number[], { register: Register; gain: number; from: number }][] => {
        const lifetime = schedule.lifetimes.get(register) as Lifetime;
        const from = times.firstMlpAfter(lifetime);
        const gain = gainOf(register);
        if (cleared.has(register) || gain === null || from === null || from > times.lastMlpBefore(before)) return [];
        return [[own, { register, gain, from }]];
      })
      .sort(([, a], [, b]) => a.from - b.from);
  }

  /** The layer with the most room for so many neurons. */
  function emptiest(from: number, to: number, neurons: number): number | null {
    let best: number | null = null;
    for (let layer = from; layer <= to; layer++) {
      const has = left[layer] as number;
      if (has >= neurons && (best === null || has > (left[best] as number))) best = layer;
    }
    return best;
  }
}

/** When things happen: in a parallel block both sublayers of a layer write at the end. */
function timesOf(residual: Traits['residual']) {
  const end = (layer: number) => 2 * layer + 1;
  return {
    written({ written }: Lifetime): number {
      if (written === 'embedding') return -1;
      return written.sublayer === 'attention' && residual === 'sequential' ? 2 * written.layer : end(written.layer);
    },
    /** The first layer whose MLP reads a register when it is there and nothing else reads it later; null where the output does. */
    firstMlpAfter(lifetime: Lifetime): number | null {
      const { lastRead } = lifetime;
      if (lastRead?.sublayer === 'output') return null;
      return Math.max(0, Math.ceil(this.written(lifetime) / 2), lastRead?.layer ?? 0);
    },
    /** The last layer whose MLP writes before a time. */
    lastMlpBefore(time: number): number {
      return Math.ceil((time - 1) / 2) - 1;
    },
  };
}

/** Above this a clear would be done with weights that dtypes hardly have. */
const LARGEST_GAIN = 2 ** 14;

/**
 * The gain at which every number that is not 0 is where the activation is 0 on one side and the identity on the other; null where there is none.
 */
function clearGain({ node, features }: Register, activation: Traits['activation'], { stored }: Pick<Storage, 'stored'>): number | null {
  // what marks BOS is of no s-op whose value could be told
  if (node === null) return null;
  let least = Number.POSITIVE_INFINITY;
  for (const { levels, bos } of features) {
    if (levels === null) return null;
    if (bos !== 0) least = Math.min(least, Math.abs(bos));
    for (let value = 0; value < levels.length; value++) {
      const level = floatAt(levels, value);
      if (level !== 0) least = Math.min(least, Math.abs(level));
    }
  }
  if (least === Number.POSITIVE_INFINITY) return null;
  const gain = 2 ** Math.ceil(Math.log2((2 * ACTIVATION_SATURATION[activation]) / least));
  return gain <= Math.min(LARGEST_GAIN, largestOf(stored) / 2) ? gain : null;
}
