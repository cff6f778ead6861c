/**
 * Which numbers an arithmetic has: circuits are made of those, so that storing or computing them loses nothing. What is left as it is
 * is left to the certificate.
 */
import { type Dtype, largestOf, roundTo, roundUpTo, spacingAt } from '../../tensor/dtype.ts';

export interface Snap {
  /** What numbers are rounded to as the model computes. */
  readonly computed: Dtype;
  /** The next larger score (nats) that a weight can stand for, once the model has divided it by √dim. */
  readonly score: (score: number) => number;
  /** What a sum of scores becomes. */
  readonly total: (score: number) => number;
  /** So many scores, rising, that are never rounded, each high enough above the one before that all of the weight is the highest's. */
  readonly rungs: (count: number) => Float64Array;
  /** The largest score that is never rounded and at most this one. */
  readonly below: (score: number) => number;
  /** A score that stays more than `gap` when it is rounded. */
  readonly beyond: (gap: number) => number;
  /** The nearest number in an embedding. */
  readonly level: (level: number) => number;
  /** How BOS scores above selected keys where it is counted with them, and how many of them it weighs then. */
  readonly bosScore: (selected: number, context: number) => { readonly score: number; readonly weight: number };
  /** The value of each key where keys are counted. */
  readonly shared: number;
  /** How far an average of numbers of one sign may be off, relative to itself. */
  readonly average: number;
  /** What a head reads where `count` of those keys share with a BOS of this weight and value 0. */
  readonly share: (count: number, weight: number, context: number) => Share;
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
  rungs: () => {
    throw new Error('only half precision needs rungs');
  },
  below: (score) => score,
  beyond: (gap) => gap,
  level: (level) => level,
  // W = N makes the smallest gap between neighbouring counts 1/(4N) (docs/encodings.md, "lower to circuit").
  bosScore: (selected, context) => ({ score: selected + Math.log(context), weight: context }),
  shared: 1,
  average: 0,
  share: (count, weight) => ({ level: count / (weight + count), spread: 0 }),
};

/** For weights stored in half precision, and activations in float32. `root`: what scores are divided by. */
export function snapStored(dtype: Dtype, root: number): Snap {
  return { ...UNSNAPPED, score: (score) => roundUpTo(dtype, score * root) / root, level: (level) => roundTo(dtype, level) };
}

/** Everything that is not selected weighs at most e^-14 together: below the rounding of any count up to a thousand. */
export const LEAKAGE_NATS = 14;

/** What a share of BOS is beside the context's length in half precision: what counts is gaps beside the spacing of numbers. */
const HALF_WEIGHT = 8;
/** Scores up to so many numbers from ln 8N are tried, the nearest first, until counts are so many spacings of numbers apart. */
const FURTHEST_SCORE = 16;
const CLEAR = 6;
/** Of the rounding of 1, what all lower rungs together may weigh: what is left of the highest's weight is then 1. */
const LOWER_RUNGS = 1 / 16;
/** How much more than expected may be lost before a share is rounded. */
const SLACK = 1.5;

/** For activations in half precision too. √dim has to be a power of two, so that dividing by it loses nothing. */
export function snapComputed(dtype: Dtype, root: number): Snap {
  const round = (value: number) => roundTo(dtype, value);
  // Each key's weight is rounded, and so is their sum. Before, softmax rounds, and other keys take a little or nothing.
  const end = (count: number, weight: number, context: number, side: 1 | -1) => {
    const leakage = SLACK * Math.exp(-LEAKAGE_NATS);
    const factor = 1 + side * (SLACK * (context + 8) * 2 ** -24 + leakage);
    return round(HALF_WEIGHT * (count * round(factor / (weight + count)) * factor + (side > 0 ? leakage : 0)));
  };
  const clearance = (context: number, weight: number) => {
    let least = Number.POSITIVE_INFINITY;
    for (let count = 0; count < context; count++) {
      least = Math.min(least, end(count + 1, weight, context, -1) - end(count, weight, context, 1));
    }
    return least / spacingAt(dtype, end(context, weight, context, 1));
  };
  return {
    ...snapStored(dtype, root),
    computed: dtype,
    total: round,
    rungs: (count) => {
      const apart = -Math.log(LOWER_RUNGS * spacingAt(dtype, 1));
      const upwards = [0];
      while (upwards.length < count) upwards.push(roundUpTo(dtype, (upwards.at(-1) as number) + apart));
      // Around 0 scores are half as large; a mismatch is then further below, for which the range of f16 may have no room.
      const half = upwards.slice(0, (count >> 1) + 1);
      const hasRoom = 4 * (half.at(-1) as number) * root < largestOf(dtype);
      return Float64Array.from(
        hasRoom
          ? [
              ...half
                .slice(1)
                .reverse()
                .map((x) => -x),
              ...half,
            ].slice(0, count)
          : upwards,
      );
    },
    below: (score) => (score > 0 ? 0 : -roundUpTo(dtype, -score)),
    beyond: (gap) => gap * (1 + 4 * spacingAt(dtype, 1)),
    bosScore: (selected, context) => {
      const middle = round(selected + Math.log(HALF_WEIGHT * context));
      const unit = spacingAt(dtype, middle);
      let best = { score: middle, weight: Number.NaN, clearance: Number.NEGATIVE_INFINITY };
      for (let i = 0; i <= FURTHEST_SCORE && best.clearance < CLEAR; i++) {
        for (const score of i === 0 ? [middle] : [middle - i * unit, middle + i * unit]) {
          const weight = Math.exp(score - selected);
          const found = { score, weight, clearance: clearance(context, weight) };
          if (found.clearance > best.clearance) best = found;
        }
      }
      return best;
    },
    shared: HALF_WEIGHT,
    // each weight is rounded, each product's sum, and what is written of it
    average: 2 * spacingAt(dtype, 1),
    share: (count, weight, context) => {
      const [low, high] = [end(count, weight, context, -1), end(count, weight, context, 1)];
      return { level: (low + high) / 2, spread: (high - low) / 2 };
    },
  };
}
