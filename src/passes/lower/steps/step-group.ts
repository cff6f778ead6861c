/** A group of neurons as pieces of one number: its steps once its readers are known, and how much they round. */
import type { Form, NeuronGroup, Step, Write } from '../../../circuit/circuit.ts';
import { spend } from '../../../circuit/effort.ts';
import type { SOp } from '../../../graph/graph.ts';
import { floatAt } from '../../../tensor/number-at.ts';
import { grouped } from '../../grouped.ts';
import type { GrowingRegister } from '../feature-basis.ts';
import type { Piece } from './pieces.ts';

/** A group of neurons whose writes are known once every reader has asked for its features. */
export interface PendingGroup {
  readonly node: SOp;
  readonly name: string;
  readonly input: Form;
  readonly pieces: readonly Piece[];
  /** By value the first that has its number, as 1 and 1.0 have: the one that pieces tell. */
  readonly first: ArrayLike<number>;
  readonly register: GrowingRegister;
}

/** What the step in front of a piece takes. */
const TURNS_A_PIECE = 100;

/** The gain of a step in units of its gap, its offset, and the roundings of what it writes (placement/step-neurons.ts, predict/single/). */
const STEP_GAIN = 64;
const STEP_OFFSET = 8;
const STEP_ROUNDING = 6 * 2 ** -24;

/** About how far off a number of these levels (by value) is where steps write it: the rounding of every step up to the last one. */
export function stepNoise(pieces: readonly Piece[], levels: Float64Array): number {
  let noises = noisesOf.get(pieces);
  if (noises === undefined) {
    noises = stepNoises(pieces);
    noisesOf.set(pieces, noises);
  }
  spend(pieces.length / 2);
  let noise = 0;
  for (let i = 1; i < pieces.length; i++) {
    const [piece, before] = [pieces[i] as Piece, pieces[i - 1] as Piece];
    noise += floatAt(noises, i) * Math.abs(floatAt(levels, piece.value) - floatAt(levels, before.value));
  }
  return noise;
}

/** Many numbers are asked about over the same pieces. */
const noisesOf = new WeakMap<readonly Piece[], Float64Array>();

/** What each step, but for the first piece, is off by for each unit of the change that it writes. */
function stepNoises(pieces: readonly Piece[]): Float64Array {
  const top = pieces.at(-1)?.high ?? 0;
  return Float64Array.from(pieces, (piece, i) => {
    const before = pieces[i - 1];
    if (before === undefined) return 0;
    const gain = 2 ** Math.ceil(Math.log2(STEP_GAIN / (piece.low - before.high)));
    const reach = gain * (top - (piece.low + before.high) / 2) + STEP_OFFSET;
    return (STEP_ROUNDING * reach) / (2 * STEP_OFFSET);
  });
}

/** The steps between neighbouring pieces. */
export function finishGroup({ name, node, input, pieces, first, register }: PendingGroup): NeuronGroup {
  spend(TURNS_A_PIECE * pieces.length, register);
  const levels = levelsByValue(register);
  const base = changeOf(register, [], levels[pieces[0]?.value ?? 0] ?? []);
  const byValue = grouped(pieces, ({ value }) => value);
  const intervals = Array.from({ length: register.values?.length ?? 0 }, (_, value) => byValue.get(first[value] as number) ?? []);
  const ceilings = Float64Array.from(intervals, (own) => own.reduce((most, { high }) => Math.max(most, high), Number.NEGATIVE_INFINITY));
  const steps: Step[] = [];
  let from = pieces[0] as Piece;
  for (const piece of pieces.slice(1)) {
    const writes = changeOf(register, levels[from.value] ?? [], levels[piece.value] ?? []);
    // Where no reader tells two pieces apart there is no step, and the next step may use the whole room between.
    if (writes.length > 0) steps.push({ input, ceilings, intervals, low: from.high, high: piece.low, writes });
    from = piece;
  }
  return { kind: 'neurons', name, spans: node.spans, steps, base };
}

/** A number in a feature that is not 0 there. */
interface Level {
  readonly feature: number;
  readonly level: number;
}

/** By value its levels, most of which are 0 where there are many features: there may be many more pieces than values. */
function levelsByValue({ features }: GrowingRegister): readonly (readonly Level[])[] {
  const byValue: Level[][] = Array.from({ length: features[0]?.levels?.length ?? 0 }, () => []);
  for (const [feature, { levels }] of features.entries()) {
    for (let value = 0; value < byValue.length; value++) {
      const level = levels?.[value] ?? 0;
      if (level !== 0) byValue[value]?.push({ feature, level });
    }
  }
  return byValue;
}

/** What has to be written to turn one value's levels into another's, by feature. */
function changeOf(register: GrowingRegister, before: readonly Level[], after: readonly Level[]): Write[] {
  const writes: Write[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const [old, own] = [before[i], after[j]];
    const feature = Math.min(old?.feature ?? Number.POSITIVE_INFINITY, own?.feature ?? Number.POSITIVE_INFINITY);
    const [from, to] = [old?.feature === feature ? old.level : 0, own?.feature === feature ? own.level : 0];
    if (to !== from) writes.push({ register, feature, weight: to - from });
    if (old?.feature === feature) i++;
    if (own?.feature === feature) j++;
  }
  return writes;
}
