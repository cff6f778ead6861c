/** What became of each circuit of a seeded model, in one line: whether it works, and if not, why. */
import type { SeedMap } from '../../../checkpoint/map/seed/seed-map.ts';
import type { SeededMeasurement } from '../../../verify/seeded/measure-seeded.ts';

/** `not there`: these are not the circuit's weights, and never were. */
export type SeededState = 'works' | 'weaker' | 'lost' | 'not there';

export interface CircuitStanding {
  readonly name: string;
  readonly state: SeededState;
  /** A phrase; empty where it works. */
  readonly why: string;
}

/** What a circuit has to reach: of tokens and presence how often it is right, of a mean its correlation. */
const LEAST_ACCURACY = 0.9;
/** A circuit in a model that was trained says less than others; with less than this it is of no use, and is not grafted. */
export const LEAST_GRAFTED = 0.5;
const OTHER_TOKENS = 0.2;
/** Below this part of that a circuit is lost. */
const LOST = 0.5;
/** A head that attends less than this to what it should does not do its work. */
const ATTENDS = 0.5;
/** Of one that attends as much as this, no loudness of the stream is why a circuit fails. */
const ATTENDS_FULLY = 0.9;

export function measuredStandings(map: SeedMap, { circuits, heads, rms }: SeededMeasurement): CircuitStanding[] {
  return circuits.map(({ name, kind, accuracy }) => {
    const circuit = map.circuits.find((each) => each.name === name);
    // what it promised of windows is held against the same windows; on other tokens it has to work
    const promised = leastOf(map, circuit?.promise ?? null);
    // NaN is no accuracy
    if (accuracy >= promised) return { name, state: 'works', why: '' };
    const state: SeededState = accuracy >= LOST * promised ? 'weaker' : 'lost';
    const measure = kind === 'mean' ? 'correlates' : 'is right';
    const why = reason(map, circuit?.heads ?? [], heads, rms);
    return { name, state, why: `${measure} ${accuracy.toFixed(4)}, and ${Number(promised.toFixed(3))} is promised: ${why}` };
  });
}

/** In a model that was trained circuits do what they can: what they promise, less what other tokens may make of it, and half of the answers at least. */
function leastOf({ host }: SeedMap, promise: SeedMap['circuits'][number]['promise']): number {
  if (!host || promise === null) return LEAST_ACCURACY;
  return Math.max(LEAST_GRAFTED, Math.min(LEAST_ACCURACY, promise.accuracy - OTHER_TOKENS));
}

/** What is not as it should be, from the first layer on. */
function reason(map: SeedMap, names: readonly string[], heads: SeededMeasurement['heads'], rms: readonly number[]): string {
  for (const head of map.heads.filter(({ name }) => names.includes(name)).sort((a, b) => a.layer - b.layer)) {
    const place = `\`${head.name}\` (${head.layer}.${head.head})`;
    const loud = rms[head.layer] ?? Number.NaN;
    const attention = heads.find(({ layer, head: number }) => layer === head.layer && number === head.head)?.attention ?? null;
    const isDeaf = attention === null || !(attention >= ATTENDS_FULLY);
    if (isDeaf && head.streamAtMost !== null && !(loud <= head.streamAtMost)) {
      return `the stream before ${place} has the scale ${loud.toPrecision(3)}, and it works up to ${head.streamAtMost.toPrecision(3)}`;
    }
    if (attention !== null && !(attention >= ATTENDS)) {
      return `the scores of ${place}, which attends ${attention.toFixed(2)} to what it should`;
    }
  }
  return 'its heads attend to what they should, so what they move, or what reads it, has changed';
}
