/** What is said of a head's scores, and how firm those are that look for one position: shared by all kinds of heads. */
import type { HeadExpectation, SeedOptions } from '../program/seed-plan.ts';
import type { SeededModel } from './seeded-model.ts';

/** A head that looks for a distance or a flag loses at most e^-8, 0.3 of a percent, to all other positions together. */
const DISTANCE_MARGIN = 8;
/** A frozen circuit's scores are those of a trainable one times this: the norm's scale may grow to three times before they are as small. */
export const FIRM = 9;
/** Beyond this part of its attention gone astray a head no longer does its work. */
export const LOST = 0.1;

export type Scores = Pick<
  HeadExpectation,
  'margin' | 'sink' | 'leakage' | 'scaleLimit' | 'reach' | 'longestContext' | 'resolution' | 'compares' | 'largestCosine'
>;

export const NO_SCORES: Scores = {
  margin: 0,
  sink: null,
  leakage: 0,
  scaleLimit: Number.POSITIVE_INFINITY,
  reach: null,
  longestContext: null,
  resolution: null,
  compares: 0,
  largestCosine: null,
};

/** Softmax weight of everything but the right position, if others score `lobe` of it at most. */
export function leakageOf(gain: number, lobe: number, context: number): number {
  const lost = context * Math.exp(-gain * (1 - lobe));
  return lost / (1 + lost);
}

/** Score by which the right position exceeds each other one, for a head that looks for a distance or a flag. */
export function distanceMargin({ options, config }: SeededModel): number {
  return (modeOf({ options, config }) === 'frozen' ? FIRM : 1) * (Math.log(options.context) + DISTANCE_MARGIN);
}

/** Scores behind norms do not fall when the stream grows louder, and those that are capped cannot be nine times as large. */
export function modeOf({ options, config }: Pick<SeededModel, 'options' | 'config'>): SeedOptions['mode'] {
  // in a model that was trained codes out of its own embedding may be close, and gains of what is new of its heads are as large as they have to be
  if (options.grown !== null && config.numbers.scoreCap === null) return options.mode;
  return config.traits.headNorms === 'none' && config.numbers.scoreCap === null ? options.mode : 'trainable';
}

/** How much larger the norm's scale may become: scores fall with its square. */
export function scaleLimit(leakage: (factor: number) => number): number {
  let limit = 1;
  while (limit < 8 && leakage(1 / (limit + 0.05) ** 2) < LOST) limit += 0.05;
  return Math.round(limit * 100) / 100;
}
