/** How far a neuron tells the tokens of a class from all others, by the order in which they move it. */
import { numberAt } from '../../tensor/number-at.ts';

/** Whether the tokens of the class are those on which it is largest, or smallest. */
export type Sign = 1 | -1;

export interface NeuronFit {
  /** Different tokens that were looked at, and those of them in the class. */
  readonly tokens: number;
  readonly members: number;
  /** Of as many tokens as the class has, those on which the neuron is loudest: so many are of the class. */
  readonly hits: number;
  /** Hits beyond chance as a share of what there is beyond chance: 0 for any neuron, 1 for one that has the class on top. */
  readonly overlap: number;
  readonly sign: Sign;
  /** Natural logarithm of the probability of so many hits if the tokens of the class were chosen by chance. */
  readonly logP: number;
}

/** With fewer tokens than this in a class, or beside it, nothing is said. */
export const LEAST_MEMBERS = 5;

/**
 * The better one of both signs; null where the class, or what is not of it, has too few tokens.
 *
 * @param values a number a token
 * @param sorted the same numbers in order
 * @param members places of the class's tokens
 */
export function neuronFit(values: Float32Array, sorted: Float32Array, members: Int32Array): NeuronFit | null {
  const [tokens, count] = [values.length, members.length];
  if (count < LEAST_MEMBERS || tokens - count < LEAST_MEMBERS) return null;
  const [up, down] = [hitsOf(values, sorted, members, 1), hitsOf(values, sorted, members, -1)];
  const [hits, sign]: [number, Sign] = up >= down ? [up, 1] : [down, -1];
  const chance = count / tokens;
  const overlap = (hits / count - chance) / (1 - chance);
  return { tokens, members: count, hits, overlap, sign, logP: overlap <= 0 ? 0 : logAtLeast(hits, count, count, tokens) };
}

/** Tokens that the neuron does not tell from the last one on top have a part in it as far as there is room, rounded down. */
function hitsOf(values: Float32Array, sorted: Float32Array, members: Int32Array, sign: Sign): number {
  const [tokens, count] = [values.length, members.length];
  const last = numberAt(sorted, sign === 1 ? tokens - count : count - 1);
  let [above, alike] = [0, 0];
  for (const place of members) {
    const beyond = sign * (numberAt(values, place) - last);
    if (beyond > 0) above++;
    else if (beyond === 0) alike++;
  }
  let [allAbove, allAlike] = [0, 0];
  for (let i = 0; i < tokens; i++) {
    const beyond = sign * (numberAt(sorted, sign === 1 ? tokens - 1 - i : i) - last);
    if (beyond > 0) allAbove++;
    else if (beyond === 0) allAlike++;
    else break;
  }
  return above + Math.floor((alike * (count - allAbove)) / allAlike);
}

const LOG_FACTORIALS: number[] = [0];

function logFactorial(n: number): number {
  for (let i = LOG_FACTORIALS.length; i <= n; i++) LOG_FACTORIALS.push((LOG_FACTORIALS[i - 1] ?? 0) + Math.log(i));
  return LOG_FACTORIALS[n] ?? 0;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Of `all` tokens `some` are drawn, and `members` are of the class: at least `hits` of these are drawn (Fisher's exact test, one-sided). */
export function logAtLeast(hits: number, members: number, some: number, all: number): number {
  const first = Math.max(hits, some + members - all, 0);
  const log = (k: number): number => logChoose(members, k) + logChoose(all - members, some - k) - logChoose(all, some);
  const lead = log(first);
  let total = 0;
  for (let k = first; k <= Math.min(members, some); k++) total += Math.exp(log(k) - lead);
  return Math.min(0, lead + Math.log(total));
}
