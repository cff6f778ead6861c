/**
 * The dimensions that a circuit has in a host's stream: one for each feature that is read, a constant that all positions but the first have and
 * that makes the scale of the stream steady, and a flag of the first position that outweighs whatever stands there.
 */
import type { Circuit, Form, Register } from '../../circuit/circuit.ts';
import { formAtBos } from '../../circuit/form.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { featuresRead, formsOf } from '../discipline/prune.ts';
import { tidy } from '../draw/tidy.ts';
import type { SeedRoom, TakenRoom } from '../program/circuit-room.ts';
import { QUIET } from '../program/seed-plan.ts';
import { largestConsumers } from './largest-consumers.ts';

/** Root mean square of the stream where it is read, at the first position and (as the mean of its inverse has it) elsewhere. */
export interface Scale {
  readonly first: number;
  readonly typical: number;
  /** What stands at the first position in each dimension that is read, where the flag is too quiet to drown it. */
  readonly heard?: ReadonlyMap<number, number>;
  /** Whether what is read is as loud as its token, so that it is read exactly: by the heads of the first layer. */
  readonly isEven?: boolean;
  /** The least and the largest that were measured. */
  readonly ends?: Readonly<Record<'first' | 'typical', readonly [number, number]>>;
}

/** By layer, before its attention and before its neurons. */
export interface StreamScales {
  readonly attention: readonly Scale[];
  readonly mlp: readonly Scale[];
}

export interface SeedFrame {
  readonly constant: { readonly dim: number; readonly amplitude: number };
  /** In room of its own: a constant that is as loud as the token it stands beside, for the heads of the first layer. */
  readonly even: { readonly dim: number; readonly amplitude: number } | null;
  readonly flag: { readonly dim: number; readonly amplitude: number };
  /** A dimension that nobody writes, where the norm takes a mean off: readers take the negative sum of their weights from it. */
  readonly zero: number | null;
  /** Makes what the token embedding adds equally loud for every token of the alphabet; null where positions are added to it. */
  readonly balance: number | null;
  /** In a larger model whose norms take a mean off: makes what is written add up to nothing, so that the mean of all stays what it was. */
  readonly counter: number | null;
  /** What the number 1 of a feature is in the stream. */
  readonly amplitude: number;
  readonly dims: ReadonlyMap<Register, readonly (number | null)[]>;
  /** All of them, in order. */
  readonly reserved: readonly number[];
}

/**
 * The constant has this many times the energy of everything else: what others write then changes the scale by a few percent at most. Neurons without
 * biases write with the inverse square of the scale, so there it has to be steadier.
 */
const LOUDNESS = { plain: 4, gated: 24 } as const;
/** The first position's flag is so many times as loud as the stream elsewhere. */
const MASSIVE = 50;
/** The constant is so many times as large as a feature's 1. */
const CONSTANT = 10;
/** In room of its own, where nobody else writes, both are this many times a feature's 1: the rest of the stream hardly notices them. */
const QUIET_CONSTANT = 3;

/** The energy from which a constant of this amplitude follows. */
export function energyOf(constant: number, config: ModelConfig): number {
  return constant ** 2 / LOUDNESS[config.traits.mlp];
}

/** Dimensions that circuits may have, up to an end. */
export function availableDims(width: number, end: number): number {
  return Math.floor(width / 2) - (width - end);
}

/** @param isOver whether a circuit lies over what a model has, and not in room of its own */
export function neededDims(circuit: Circuit, exported: readonly Form[], config: ModelConfig, isOver: boolean): number {
  const isLearned = config.traits.positions.kind === 'learned';
  const subtractsMean = config.traits.norm === 'layer-norm';
  const { registers, read } = registersOf(circuit, exported);
  const features = [...registers].reduce((sum, r) => sum + r.features.filter((_, f) => read.has(`${r.id}.${f}`)).length, 0);
  return features + 2 + (subtractsMean ? 1 : 0) + (isOver ? (isLearned ? 0 : 1) : subtractsMean ? 2 : 1);
}

/** What anybody reads. */
function registersOf(
  circuit: Circuit,
  exported: readonly Form[],
): { readonly registers: ReadonlySet<Register>; readonly read: ReadonlySet<string> } {
  const forms = [...circuit.components.flatMap(formsOf), ...exported];
  const registers = new Set(
    forms.flatMap(({ terms }) => terms.map(({ register }) => register)).filter((register) => register !== circuit.bos),
  );
  return { registers, read: featuresRead(forms) };
}

/**
 * @param energy what the rest of an embedding has at a position: the expected square of its length
 * @param room where the circuit lies in a model that was made larger; null: at the end of the stream, over what was there
 * @param taken what other circuits of the same model have there
 */
export function seedFrame(
  circuit: Circuit,
  exported: readonly Form[],
  config: ModelConfig,
  energy: number,
  room: SeedRoom | null = null,
  taken: TakenRoom | null = null,
): SeedFrame {
  const { width } = config.sizes;
  const isLearned = config.traits.positions.kind === 'learned';
  const subtractsMean = config.traits.norm === 'layer-norm';
  const isOver = room === null;
  const { registers, read } = registersOf(circuit, exported);
  const needed = neededDims(circuit, exported, config, isOver);
  const end = room?.end ?? taken?.end ?? width;
  const available = availableDims(width, end);
  if (isOver && needed > available) {
    const uses = [...registers].map((r) => ({ name: r.name, count: r.features.filter((_, f) => read.has(`${r.id}.${f}`)).length }));
    fail('R7706', {
      what: largestConsumers(uses, needed),
      needed,
      available,
      of: `dimensions, half of the width${end === width ? '' : ` but for ${width - end} of heads over any token`}`,
      instead: 'a shorter context (`--context`), a smaller alphabet or a wider model need less',
    });
  }
  const loudness = LOUDNESS[config.traits.mlp];
  let next = end - needed;
  const loud = Math.sqrt(((loudness + 1) * energy) / width);
  const quiet = room === null ? 0 : tidy(QUIET * room.scale);
  const constant = { dim: next++, amplitude: isOver ? Math.sqrt(loudness * energy) : QUIET_CONSTANT * quiet };
  const even = isOver ? null : { dim: next++, amplitude: QUIET_CONSTANT * quiet };
  const flag = { dim: next++, amplitude: isOver ? MASSIVE * loud * Math.sqrt(width) : QUIET_CONSTANT * quiet };
  const zero = subtractsMean ? next++ : null;
  const balance = isOver && !isLearned ? next++ : null;
  const counter = !isOver && subtractsMean ? next++ : null;
  const dims = new Map([...registers].map((r) => [r, r.features.map((_, f) => (read.has(`${r.id}.${f}`) ? next++ : null))] as const));
  const reserved = Array.from({ length: needed }, (_, i) => end - needed + i);
  return { constant, even, flag, zero, balance, counter, amplitude: isOver ? constant.amplitude / CONSTANT : quiet, dims, reserved };
}

export function dimOf(frame: SeedFrame, { register, feature }: { readonly register: Register; readonly feature: number }): number | null {
  return frame.dims.get(register)?.[feature] ?? null;
}

/** By dimension the weights that read `scale × form` of a stream of this scale. At the first position the flag says all, less what is heard there. */
export function readingOf(frame: SeedFrame, form: Form, scale: number, at: Scale): Map<number, number> {
  const { first, typical, heard, isEven } = at;
  const one = (isEven ? frame.even : null) ?? frame.constant;
  const weights = new Map<number, number>();
  const add = (dim: number, weight: number): void => {
    if (weight !== 0) weights.set(dim, (weights.get(dim) ?? 0) + weight);
  };
  for (const term of form.terms) {
    const dim = dimOf(frame, term);
    if (dim !== null) add(dim, (scale * term.weight * typical) / frame.amplitude);
  }
  add(one.dim, (scale * form.constant * typical) / one.amplitude);
  const known = heard === undefined ? 0 : [...weights].reduce((sum, [dim, weight]) => sum + weight * (heard.get(dim) ?? 0), 0);
  add(frame.flag.dim, (scale * formAtBos(form) * first - known) / frame.flag.amplitude);
  if (frame.zero !== null) add(frame.zero, -[...weights.values()].reduce((sum, weight) => sum + weight, 0));
  return weights;
}

/** What a form is in the stream of one position. */
export function numberAt(frame: SeedFrame, { constant, terms }: Form, residual: ArrayLike<number>, offset: number): number {
  // dimensions that a model was made larger by hold the mean of the others
  const mean = frame.counter === null || frame.zero === null ? 0 : (residual[offset + frame.zero] as number);
  const held = (dim: number): number => (residual[offset + dim] as number) - mean;
  let sum = (constant * held(frame.constant.dim)) / frame.constant.amplitude;
  for (const term of terms) {
    const dim = dimOf(frame, term);
    if (dim !== null) sum += (term.weight * held(dim)) / frame.amplitude;
  }
  return sum;
}

/** What a row that writes the stream adds up to, taken off in the dimension that is there for it. */
export function countered(frame: SeedFrame, row: Float64Array): Float64Array {
  if (frame.counter !== null) row[frame.counter] = -row.reduce((sum, value, dim) => sum + (dim === frame.counter ? 0 : value), 0);
  return row;
}
