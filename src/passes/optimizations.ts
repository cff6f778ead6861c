/** What makes models smaller and can be left out, to see what it saves (`npm run bench:sizes -- --ablation`). */

export const OPTIMIZATIONS = [
  /** An output is read from one number, or a few, instead of one dimension a value. */
  'answers-from-numbers',
  /** Values that only have to match share the dimensions of a circle. */
  'circle-codes',
  /** Of values with a dimension each, the last one has none. */
  'dummy-codes',
  /** Counts are written as nearly linear numbers, so that sums of counts are sums of numbers. */
  'linear-counts',
  /** Counts that a head matches are digits, cut clean where they are read. */
  'cut-digits',
  /** Averages are written around 0. */
  'centred-means',
  /** What compares functions of the position alone is one head, `or` or not. */
  'positions-together',
  /** The width of an `or` over different s-ops is a sum of widths. */
  'split-widths',
  /** What a causal program computes from positions alone is a table of the position. */
  'constant-positions',
  /** A condition on positions that all positions so far meet is none. */
  'everything-so-far',
  /** Two positions of which a query finds but one are one that is computed. */
  'either-position',
  /** A selector of positions that finds one at most names it. */
  'one-position',
  /** A sum of widths that counts each key once or never is one width. */
  'counted-once',
  /** Whether anything is selected is a mean of 1, not a count. */
  'presence',
  /** The largest of what is selected is found by one head, whose scores rise with the value; not by a question a value. */
  'extreme-heads',
  /** The largest of what a condition chooses is sought among the keys that meet it. */
  'chosen-extremes',
  /** What a count times a mean rounds to is counted, as a sum. */
  'sums-of-shares',
  /** Heads that ask whether anything is there, joined by `or`, are one. */
  'joined-presence',
  /** A choice among many values is computed a branch at a time. */
  'choices',
  /** A function of several variables that is a sum is read, not computed. */
  'free-sums',
  /** Neurons take sums and differences of variables as one number, not only their digits. */
  'step-forms',
  /** Heads of one layer that attend alike are one. */
  'shared-heads',
  /** What can wait stands where a layer is less full. */
  'balanced-layers',
  /** The norm's frame takes two anchors, and the width need not make its divisor a power of two. */
  'narrow-frame',
  /** Neurons clear what is not read any more, where that makes the model smaller: others then have its dimensions. */
  'reused-dimensions',
] as const;

export type Optimization = (typeof OPTIMIZATIONS)[number];

export const ALL_OPTIMIZATIONS: ReadonlySet<Optimization> = new Set(OPTIMIZATIONS);

/** Those that encode values by small distances, which half precision does not keep: they are tried first, and done without where nothing is proven. */
export const DENSE_OPTIMIZATIONS: ReadonlySet<Optimization> = new Set([
  'answers-from-numbers',
  'circle-codes',
  'dummy-codes',
  'linear-counts',
  'cut-digits',
  'centred-means',
]);
