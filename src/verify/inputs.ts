/**
 * The inputs that a verification tries, by number: first those made to break things, then all that there are, or random ones of every
 * length. An input is a list of positions in the vocabulary. Each can be made by itself, so that work can be split.
 */
import { Random } from './random.ts';

export interface InputSource {
  readonly count: number;
  /** The input of this number, 0 to `count - 1`: a list of indices into the vocabulary. */
  at(number: number): Uint32Array;
}

/** How many inputs there are of 1 to `context` tokens: V + V² + …, infinity where a float cannot hold it. */
export function countInputs(vocabulary: number, context: number): number {
  if (vocabulary <= 1) return vocabulary * context;
  let count = 0;
  for (let length = 1; length <= context; length++) {
    count += vocabulary ** length;
    if (!Number.isFinite(count)) break;
  }
  return count;
}

/** Every input, the shortest first, each length in lexical order. */
export function allInputs(vocabulary: number, context: number): InputSource {
  return {
    count: countInputs(vocabulary, context),
    at(number) {
      let rest = number;
      let length = 1;
      for (let ofLength = vocabulary; rest >= ofLength; ofLength *= vocabulary) {
        rest -= ofLength;
        length++;
      }
      const input = new Uint32Array(length);
      for (let i = length - 1; i >= 0; i--) {
        input[i] = rest % vocabulary;
        rest = Math.floor(rest / vocabulary);
      }
      return input;
    },
  };
}

/** Inputs that someone chose. */
export function listedInputs(inputs: readonly Uint32Array[]): InputSource {
  return { count: inputs.length, at: (number) => inputs[number] as Uint32Array };
}

/** Every `of`-th input, starting with the `index`-th (from 1): all shards together are the whole, each input once. */
export function shard(inputs: InputSource, index: number, of: number): InputSource {
  return { count: Math.max(0, Math.ceil((inputs.count - index + 1) / of)), at: (number) => inputs.at(number * of + index - 1) };
}

/** One after the other. */
export function concatenate(...sources: readonly InputSource[]): InputSource {
  return {
    count: sources.reduce((sum, source) => sum + source.count, 0),
    at(number) {
      let rest = number;
      for (const source of sources) {
        if (rest < source.count) return source.at(rest);
        rest -= source.count;
      }
      throw new RangeError(`there is no input ${number}`);
    },
  };
}

/**
 * Random inputs whose lengths go through 1 to `context` again and again. Uniform tokens seldom repeat over a large vocabulary, so most
 * inputs are made otherwise: of a few tokens, of a segment that comes again, of runs, or nested like brackets.
 */
export function randomInputs(vocabulary: number, context: number, count: number, seed: number): InputSource {
  return {
    count,
    at(number) {
      const random = new Random(seed, number);
      const length = context - (number % context);
      const style = Math.floor(number / context) % STYLES.length;
      return (STYLES[style] as Style)(random, vocabulary, length);
    },
  };
}

type Style = (random: Random, vocabulary: number, length: number) => Uint32Array;

const STYLES: readonly Style[] = [
  function uniform(random, vocabulary, length) {
    return Uint32Array.from({ length }, () => random.below(vocabulary));
  },
  function ofFewTokens(random, vocabulary, length) {
    const few = Uint32Array.from({ length: 1 + random.below(3) }, () => random.below(vocabulary));
    return Uint32Array.from({ length }, () => few[random.below(few.length)] ?? 0);
  },
  function repeatedSegment(random, vocabulary, length) {
    const period = 1 + random.below(Math.max(1, Math.ceil(length / 2)));
    const segment = Uint32Array.from({ length: period }, () => random.below(vocabulary));
    const input = Uint32Array.from({ length }, (_, i) => segment[i % period] ?? 0);
    // One token out of step, so that the repetition is not perfect.
    if (random.below(2) === 1) input[random.below(length)] = random.below(vocabulary);
    return input;
  },
  function runs(random, vocabulary, length) {
    const input = new Uint32Array(length);
    for (let at = 0; at < length; ) {
      const end = Math.min(length, at + 1 + random.below(Math.max(1, Math.ceil(length / 3))));
      input.fill(random.below(vocabulary), at, end);
      at = end;
    }
    return input;
  },
  /** Neighbours in the vocabulary taken as brackets, nested, mostly right and sometimes with one token wrong. */
  function nested(random, vocabulary, length) {
    const pairs = vocabulary >> 1;
    if (pairs === 0) return new Uint32Array(length);
    const open: number[] = [];
    const input = Uint32Array.from({ length }, (_, i) => {
      const mustClose = open.length >= length - i;
      const closes = open.length > 0 && (mustClose || random.below(2) === 1);
      if (closes) return 2 * (open.pop() ?? 0) + 1;
      const pair = random.below(pairs);
      open.push(pair);
      return 2 * pair;
    });
    if (random.below(2) === 1) input[random.below(length)] = random.below(vocabulary);
    return input;
  },
];

/** More tokens than this are sampled evenly where each would get an input of its own. */
const MANY_TOKENS = 64;

/**
 * Inputs at the edges: the shortest and the longest, all tokens equal (counts at their largest), all distinct (selections of equals
 * empty), one token that differs first or last, in order and against it, alternating, balanced like brackets.
 */
export function adversarialInputs(vocabulary: number, context: number): InputSource {
  const lengths = [...new Set([1, 2, 3, context >> 1, context - 1, context])].filter((n) => n >= 1 && n <= context).sort((a, b) => a - b);
  const step = Math.max(1, Math.ceil(vocabulary / MANY_TOKENS));
  const tokens = Array.from({ length: Math.ceil(vocabulary / step) }, (_, i) => i * step);
  const last = vocabulary - 1;
  const found = new Map<string, Uint32Array>();
  const add = (length: number, tokenAt: (position: number) => number) => {
    const input = Uint32Array.from({ length }, (_, i) => tokenAt(i));
    found.set(input.join(' '), input);
  };
  for (const length of lengths) {
    const half = length >> 1;
    for (const token of tokens) {
      const next = (token + 1) % vocabulary;
      add(length, () => token);
      add(length, (i) => (i === length - 1 ? next : token));
      add(length, (i) => (i === 0 ? next : token));
      add(length, (i) => (i % 2 === 0 ? token : next));
      add(length, (i) => (i < half ? token : next));
      add(length, (i) => (token + i) % vocabulary);
      add(length, (i) => (token + length - 1 - i) % vocabulary);
    }
    add(length, (i) => Math.floor((i * vocabulary) / length));
    add(length, (i) => last - Math.floor((i * vocabulary) / length));
    add(length, (i) => (i < half ? i : length - 1 - i) % vocabulary);
    add(length, (i) => (i % Math.max(1, half)) % vocabulary);
  }
  return listedInputs([...found.values()]);
}
