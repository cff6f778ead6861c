/**
 * Which numbers an arithmetic has: circuits are made of those, so that storing or computing them loses nothing. What is left as it is
 * is left to the certificate.
 */
import { type Dtype, roundTo, roundUpTo } from '../tensor/dtype.ts';

export interface Snap {
  /** What numbers are rounded to as the model computes. */
  readonly computed: Dtype;
  /** The next larger score (nats) that a weight can stand for, once the model has divided it by √dim. */
  readonly score: (score: number) => number;
  /** What a sum of scores becomes. */
  readonly total: (score: number) => number;
  /** The nearest number in an embedding. */
  readonly level: (level: number) => number;
  /** How BOS scores above selected keys where it is counted with them, and how many of them it weighs then. */
  readonly bosScore: (selected: number, context: number) => { readonly score: number; readonly weight: number };
  /** The value of each key where keys are counted. */
  readonly shared: number;
  /** What a head reads where `count` of those keys share with a BOS of this weight and value 0. */
  readonly share: (count: number, weight: number) => Share;
}

/** A number, and how far from it what is computed may lie. */
export interface Share {
  readonly level: number;
  readonly spread: number;
}

export const UNSNAPPED: Snap = {
  computed: 'f32',
  score: (score) => score,
  total: (score) => score,
  level: (level) => level,
  // W = N makes the smallest gap between neighbouring counts 1/(4N) (numerics.md, section 1, "Selector width").
  bosScore: (selected, context) => ({ score: selected + Math.log(context), weight: context }),
  shared: 1,
  share: (count, weight) => ({ level: count / (weight + count), spread: 0 }),
};

/** For weights stored in half precision, and activations in float32. */
export function snapStored(dtype: Dtype, dim: number): Snap {
  const root = Math.sqrt(dim);
  return { ...UNSNAPPED, score: (score) => roundUpTo(dtype, score * root) / root, level: (level) => roundTo(dtype, level) };
}

/**
 * In half precision it is relative gaps that count, and those of c / (W + c) grow with W: at 8N they are 8/9 of the largest possible.
 */
const HALF_WEIGHT = 8;
/** Scores on either side of ln 8N, a unit apart, among which the one that keeps counts farthest apart is taken. */
const CANDIDATES = 4;
/** What may come on top of a share before it is rounded: the rounding of softmax, and what unselected keys take. */
const SHARE_SLACK = 2 ** -17;

/** For activations in half precision too. √dim has to be a power of two, so that dividing by it loses nothing. */
export function snapComputed(dtype: Dtype, dim: number): Snap {
  const round = (value: number) => roundTo(dtype, value);
  // Each key's weight is rounded, and so is their sum.
  const end = (count: number, weight: number, slack: number) =>
    round(HALF_WEIGHT * count * round((1 + slack) / (weight + count)) * (1 + slack));
  const clearance = (context: number, weight: number) => {
    let least = Number.POSITIVE_INFINITY;
    for (let count = 0; count < context; count++) {
      const next = end(count + 1, weight, -SHARE_SLACK);
      least = Math.min(least, (next - end(count, weight, SHARE_SLACK)) / next);
    }
    return least;
  };
  return {
    ...snapStored(dtype, dim),
    computed: dtype,
    total: round,
    bosScore: (selected, context) => {
      const middle = round(selected + Math.log(HALF_WEIGHT * context));
      const unit = roundUpTo(dtype, middle * (1 + 2 ** -20)) - middle;
      const scores = Array.from({ length: 2 * CANDIDATES + 1 }, (_, i) => middle + (i - CANDIDATES) * unit);
      const found = scores.map((score) => ({ score, weight: Math.exp(score - selected) }));
      const clear = found.map(({ weight }) => clearance(context, weight));
      return found[clear.indexOf(Math.max(...clear))] as { score: number; weight: number };
    },
    shared: HALF_WEIGHT,
    share: (count, weight) => {
      const [low, high] = [end(count, weight, -SHARE_SLACK), end(count, weight, SHARE_SLACK)];
      return { level: (low + high) / 2, spread: (high - low) / 2 };
    },
  };
}
