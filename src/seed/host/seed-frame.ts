/**
 * The dimensions that a circuit has in a host's stream: one for each feature that is read, a constant that all positions but the first have and
 * that makes the scale of the stream steady, and a flag of the first position that outweighs whatever stands there.
 */
import type { Circuit, Form, Register } from '../../circuit/circuit.ts';
import { formAtBos } from '../../circuit/form.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { featuresRead, formsOf } from '../discipline/prune.ts';

/** Root mean square of the stream where it is read, at the first position and (as the mean of its inverse has it) elsewhere. */
export interface Scale {
  readonly first: number;
  readonly typical: number;
}

/** By layer, before its attention and before its neurons. */
export interface StreamScales {
  readonly attention: readonly Scale[];
  readonly mlp: readonly Scale[];
}

export interface SeedFrame {
  readonly constant: { readonly dim: number; readonly amplitude: number };
  readonly flag: { readonly dim: number; readonly amplitude: number };
  /** A dimension that nobody writes, where the norm takes a mean off: readers take the negative sum of their weights from it. */
  readonly zero: number | null;
  /** Makes what the token embedding adds equally loud for every token of the alphabet; null where positions are added to it. */
  readonly balance: number | null;
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

/** @param energy what the rest of an embedding has at a position: the expected square of its length */
export function seedFrame(circuit: Circuit, exported: readonly Form[], config: ModelConfig, energy: number): SeedFrame {
  const { width } = config.sizes;
  const isLearned = config.traits.positions.kind === 'learned';
  const read = featuresRead([...circuit.components.flatMap(formsOf), ...exported]);
  const registers = new Map<Register, number>();
  const note = ({ terms }: Form) => {
    for (const { register } of terms) if (register !== circuit.bos) registers.set(register, register.features.length);
  };
  for (const form of [...circuit.components.flatMap(formsOf), ...exported]) note(form);
  const features = [...registers.keys()].reduce((sum, r) => sum + r.features.filter((_, f) => read.has(`${r.id}.${f}`)).length, 0);
  const subtractsMean = config.traits.norm === 'layer-norm';
  const needed = features + 2 + (subtractsMean ? 1 : 0) + (isLearned ? 0 : 1);
  if (needed > width / 2) {
    const largest = [...registers.keys()]
      .map((r) => ({ name: r.name, count: r.features.filter((_, f) => read.has(`${r.id}.${f}`)).length }))
      .toSorted((a, b) => b.count - a.count)
      .slice(0, 3);
    fail('R7706', {
      what: `${largest.map(({ name, count }) => `${name} ${count}`).join(' + ')} and ${needed - largest.reduce((sum, { count }) => sum + count, 0)} more`,
      needed,
      available: Math.floor(width / 2),
      of: 'dimensions, half of the width',
      instead: 'a shorter context (`--context`), a smaller alphabet or a wider model need less',
    });
  }
  const loudness = LOUDNESS[config.traits.mlp];
  let next = width - needed;
  const constant = { dim: next++, amplitude: Math.sqrt(loudness * energy) };
  const loud = Math.sqrt(((loudness + 1) * energy) / width);
  const flag = { dim: next++, amplitude: MASSIVE * loud * Math.sqrt(width) };
  const zero = subtractsMean ? next++ : null;
  const balance = isLearned ? null : next++;
  const dims = new Map(
    [...registers.keys()].map((r) => [r, r.features.map((_, f) => (read.has(`${r.id}.${f}`) ? next++ : null))] as const),
  );
  const reserved = Array.from({ length: needed }, (_, i) => width - needed + i);
  return { constant, flag, zero, balance, amplitude: constant.amplitude / CONSTANT, dims, reserved };
}

export function dimOf(frame: SeedFrame, { register, feature }: { readonly register: Register; readonly feature: number }): number | null {
  return frame.dims.get(register)?.[feature] ?? null;
}

/** By dimension the weights that read `scale × form` of a stream of this scale. At the first position nothing but the flag is heard. */
export function readingOf(frame: SeedFrame, form: Form, scale: number, { first, typical }: Scale): Map<number, number> {
  const weights = new Map<number, number>();
  const add = (dim: number, weight: number): void => {
    if (weight !== 0) weights.set(dim, (weights.get(dim) ?? 0) + weight);
  };
  for (const term of form.terms) {
    const dim = dimOf(frame, term);
    if (dim !== null) add(dim, (scale * term.weight * typical) / frame.amplitude);
  }
  add(frame.constant.dim, (scale * form.constant * typical) / frame.constant.amplitude);
  add(frame.flag.dim, (scale * formAtBos(form) * first) / frame.flag.amplitude);
  if (frame.zero !== null) add(frame.zero, -[...weights.values()].reduce((sum, weight) => sum + weight, 0));
  return weights;
}

/** What a form is in the stream of one position. */
export function numberAt(frame: SeedFrame, { constant, terms }: Form, residual: ArrayLike<number>, offset: number): number {
  let sum = (constant * (residual[offset + frame.constant.dim] as number)) / frame.constant.amplitude;
  for (const term of terms) {
    const dim = dimOf(frame, term);
    if (dim !== null) sum += (term.weight * (residual[offset + dim] as number)) / frame.amplitude;
  }
  return sum;
}
