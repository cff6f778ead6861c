/**
 * How large scores and logits have to be, from the computed spectrum of the token code: in nats, and no larger than asked for, since a
 * seeded model is to be trained.
 */
import type { CosineSpectrum } from '../../codes/token-code.ts';
import { REACHED, uncapped } from './norms/cap.ts';

/** The logarithm of the mean of e^(gain·cosine) over pairs of different tokens. */
export function logMeanExp({ cosines, shares }: CosineSpectrum, gain: number): number {
  return Math.log(cosines.reduce((sum, cosine, i) => sum + (shares[i] as number) * Math.exp(gain * cosine), 0));
}

export interface MatchScores {
  /** Score of a full match, in nats, where a mismatch scores 0 in the mean. */
  readonly match: number;
  /** Score of the sink that takes what matches nothing; null without one. */
  readonly sink: number | null;
  /** The part of attention that a match loses to everything else, and the part that an unmatched query does not leave to the sink. */
  readonly leakage: { readonly matched: number; readonly unmatched: number };
}

/** Attention that may go astray where a margin is chosen, not given. */
export const MATCH_ASTRAY = 0.0025;
const LARGEST_MARGIN = 96;
/** Positions that agree in all pairs but one, where several pairs are matched: text has such near misses, random tokens few. */
const NEAR_MISSES = 4;

/** The logarithm of the summed exponentials of all positions that do not match. */
function mismatchLevel(spectrum: CosineSpectrum, pairs: number, match: number, context: number): number {
  const one = logMeanExp(spectrum, match / pairs);
  const all = Math.log(context) + pairs * one;
  const near = pairs === 1 ? Number.NEGATIVE_INFINITY : Math.log(NEAR_MISSES) + (match * (pairs - 1)) / pairs + one;
  const top = Math.max(all, near);
  return top + Math.log(Math.exp(all - top) + Math.exp(near - top));
}

/** How often one of all mismatches may be closer than what an uneven stream is reckoned with. */
const CLOSER = 0.5;

/**
 * The score of the sink as a part of a match, where positions differ in how loud they are, as in a trained model: as far below a match as it is above
 * the closest mismatches, as quotients.
 */
export function unevenLevel({ cosines, shares, largest }: CosineSpectrum, pairs: number, context: number): number {
  let share = 0;
  const at = shares.findIndex((each) => {
    share += each;
    return share * context > CLOSER;
  });
  const closest = Math.max(0.25, cosines[at] ?? largest);
  return Math.sqrt((pairs - 1 + closest) / pairs);
}

/** Where the sink's score lies: half way between a match and all mismatches, or just above these. */
export type SinkLevel = 'middle' | 'low';

/** The scores under a margin, or under the least margin that loses no more than twice `astray` to either. */
export function matchScores(
  spectrum: CosineSpectrum,
  pairs: number,
  context: number,
  options: {
    readonly margin: number | null;
    readonly sink: SinkLevel | null;
    readonly ramp: number;
    readonly astray: number;
    /** Of the model's scores; null: none. What is said of scores is what they are behind it. */
    readonly cap: number | null;
  },
): MatchScores {
  const at = (match: number): MatchScores => {
    // a slope over positions may raise mismatches, and not the match
    // and a cap takes less of what is smaller: mismatches are reckoned as if it took nothing
    const others = mismatchLevel(spectrum, pairs, uncapped(match, options.cap), context) + options.ramp;
    // in the middle, what a match loses to the sink is what the sink loses to mismatches
    const low = others - Math.log(options.astray);
    const sink = options.sink === null ? null : options.sink === 'low' ? low : (match + others) / 2;
    const lost = Math.exp(others - match) + (sink === null ? 0 : Math.exp(sink - match));
    const astray = sink === null ? 1 : Math.exp(others - sink);
    return { match, sink, leakage: { matched: lost / (1 + lost), unmatched: astray / (1 + astray) } };
  };
  if (options.margin !== null) return at(options.margin);
  const most = Math.min(LARGEST_MARGIN, REACHED * (options.cap ?? Number.POSITIVE_INFINITY));
  for (let match = 4; match < most; match += 0.5) {
    const scores = at(match);
    if (scores.leakage.matched <= 2 * options.astray && (scores.sink === null || scores.leakage.unmatched <= 2 * options.astray))
      return scores;
  }
  return at(most);
}

/**
 * The probability of a token that scores `logit` by its code against `vocab - 1` others, on top of noise of variance `noise` in every logit.
 *
 * @param codes how many codes are written: the token's, and as loudly one that is taken out
 */
export function probabilityOf(spectrum: CosineSpectrum, logit: number, vocab: number, noise: number, codes = 1): number {
  const others = Math.log(vocab - 1) + codes * logMeanExp(spectrum, logit) + noise / 2;
  return 1 / (1 + Math.exp(others - logit));
}

const LARGEST_LOGIT = 80;

/** The least logit that gives this probability, or that beyond which the code gives no more. */
export function logitFor(spectrum: CosineSpectrum, probability: number, vocab: number, noise: number, codes = 1): number {
  let best = 1;
  for (let logit = 1; logit <= LARGEST_LOGIT; logit += 0.25) {
    const reached = probabilityOf(spectrum, logit, vocab, noise, codes);
    if (reached >= probability) return logit;
    if (reached > probabilityOf(spectrum, best, vocab, noise, codes)) best = logit;
  }
  return best;
}
