/** The library's functions against the same things written in TypeScript, on random inputs, in both directions. */
import { describe, expect, test } from 'vitest';
import { readStdLibrary, type StdFile, stdProgram } from '../../scripts/library/std-library.ts';
import { isSOp } from '../../src/graph/elaborate/terms/term.ts';
import { Evaluation } from '../../src/graph/evaluate/evaluate.ts';
import type { SOp } from '../../src/graph/graph.ts';
import type { Value } from '../../src/graph/value.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { parseExpression } from '../../src/syntax/parse.ts';
import { seededRandom } from '../support/random.ts';

type Token = string | number;
type Result = string | number | boolean;
/** What the function says at position i of the tokens that it may look at: all of them, or those so far. */
type Oracle = (seen: readonly Token[], i: number) => Result;

const files = new Map(readStdLibrary().map((file) => [file.name, file]));
const random = seededRandom(11);
const programs = new Map([...files.values()].map((file) => [file, [stdProgram(file, [], false), stdProgram(file, [], true)] as const]));

function alphabet(file: StdFile): readonly Value[] {
  const vocabulary = programs.get(file)?.[1].vocabulary;
  return vocabulary?.kind === 'tokens' ? vocabulary.values : [];
}

/** Inputs of every kind: long and short, of many tokens and of few. */
function inputsFor(file: StdFile): Value[][] {
  const tokens = alphabet(file);
  return Array.from({ length: 40 }, (_, n) => {
    const few = n % 2 === 0 ? tokens.length : 2 + (n % 3);
    return Array.from({ length: n < 3 ? n + 1 : 1 + Math.floor(random() * 14) }, () => tokens[Math.floor(random() * few)] as Value);
  });
}

/** Null for a selector. */
function sopOf(file: StdFile, text: string, causal: boolean): SOp | null {
  const { expression } = parseExpression(sourceFile('subject', text));
  const term = expression && programs.get(file)?.[causal ? 1 : 0].evaluate(expression);
  return term && isSOp(term) ? term : null;
}

const plain = (value: Value): Result => (typeof value === 'bigint' ? Number(value) : value);

function valuesOn(node: SOp, input: readonly Value[], causal: boolean): Result[] {
  return new Evaluation(input, { causal }).sequence(node).values.map(plain);
}

const before = (seen: readonly Token[], i: number) => seen.slice(0, i);
const upTo = (seen: readonly Token[], i: number) => seen.slice(0, i + 1);
const countOf = <T>(list: readonly T[], holds: (item: T, at: number) => boolean) => list.filter(holds).length;
const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const numbers = (list: readonly Token[]) => list.map(Number);
const orElse = (value: Token | undefined, other: Result): Result => value ?? other;
const ascending = (list: readonly Token[]) => numbers(list).toSorted((a, b) => a - b);
const uniqueOf = (list: readonly Token[]) => [...new Set(list)];
const fold = <S>(list: readonly Token[], start: S, step: (state: S, token: Token) => S) => list.reduce<S>(step, start);

function wordStart(seen: readonly Token[], i: number): number {
  return upTo(seen, i).lastIndexOf(' ') + 1;
}

function wordNumber(seen: readonly Token[], i: number): number {
  return countOf(upTo(seen, i), (t, at) => t !== ' ' && (at === 0 || seen[at - 1] === ' ')) - 1;
}

function dyck(list: readonly Token[], pairs: readonly string[]): string {
  const stack: string[] = [];
  for (const token of list) {
    if (pairs.some((p) => p[0] === token)) stack.push(String(token));
    else if (pairs.some((p) => p[1] === token) && !pairs.includes(`${stack.pop()}${token}`)) return 'F';
  }
  return stack.length === 0 ? 'T' : 'P';
}

function shuffleDyck(list: readonly Token[], pairs: readonly string[]): string {
  const kinds = pairs.map((pair) =>
    dyck(
      list.filter((t) => pair.includes(String(t))),
      [pair],
    ),
  );
  return kinds.includes('F') ? 'F' : kinds.includes('P') ? 'P' : 'T';
}

function openerOf(list: readonly Token[]): number {
  let depth = 0;
  for (let at = list.length - 1; at >= 0; at--) {
    if (')]'.includes(String(list[at]))) depth++;
    else if ('(['.includes(String(list[at])) && --depth === 0) return at;
  }
  return -1;
}

/** The digits of sums and differences, by the school method. */
function addDigits(list: readonly Token[], other: readonly number[], sign: 1 | -1): number[] {
  let carry = 0;
  return numbers(list).map((digit, i) => {
    const sum = digit + sign * ((other[i] as number) + carry);
    carry = sum > 9 || sum < 0 ? 1 : 0;
    return (sum + 10) % 10;
  });
}

/** What every function of a file says, by what is applied to the input. `seen` is the input so far in a causal program. */
const ORACLES: Readonly<Record<string, Readonly<Record<string, Oracle>>>> = {
  positions: {
    'back(tokens, 3, "-")': (seen, i) => orElse(seen[i - 3], '-'),
    'ahead(tokens, 2, "-")': (seen, i) => orElse(seen[i + 2], '-'),
    'first(tokens)': (seen) => seen[0] as Token,
    'last(tokens)': (seen) => seen.at(-1) as Token,
    'value_at(tokens, 2, "-")': (seen) => orElse(seen[2], '-'),
    'reverse(tokens)': (seen, i) => seen[seen.length - 1 - i] as Token,
    'rotate(tokens, 2)': (seen, i) => seen[(((i - 2) % seen.length) + seen.length) % seen.length] as Token,
  },
  lookups: {
    'last_match(tokens, "a", indices, -1)': (seen) => seen.lastIndexOf('a'),
    'first_match(tokens, tokens, indices, -1)': (seen, i) => seen.indexOf(seen[i] as Token),
    'last_match_before(tokens, tokens, indices, -1)': (seen, i) => before(seen, i).lastIndexOf(seen[i] as Token),
    'next_match(tokens, tokens, indices, -1)': (seen, i) => seen.indexOf(seen[i] as Token, i + 1),
    'latest(tokens, tokens < "d", "-")': (seen, i) =>
      orElse(
        upTo(seen, i).findLast((t) => t < 'd'),
        '-',
      ),
  },
  induction: {
    'induction(tokens, "-")': (seen, i) => orElse(seen[before(seen, i).lastIndexOf(seen[i] as Token) + 1 || -1], '-'),
    'ngram_induction(tokens, 2, "-")': (seen, i) => {
      for (let at = i; at >= 2; at--) if (i >= 1 && seen[at - 1] === seen[i] && seen[at - 2] === seen[i - 1]) return seen[at] as Token;
      return '-';
    },
    'anti_induction(tokens, "b")': (seen, i) => upTo(seen, i).some((t, at) => at > 0 && t === 'b' && seen[at - 1] === seen[i]),
    'copy_suppression(tokens, "c")': (seen, i) => upTo(seen, i).includes('c'),
  },
  occurrences: {
    'duplicate_token(tokens)': (seen, i) => before(seen, i).includes(seen[i] as Token),
    'is_last_occurrence(tokens)': (seen, i) => !seen.slice(i + 1).includes(seen[i] as Token),
    'is_unique(tokens)': (seen, i) => countOf(seen, (t) => t === seen[i]) === 1,
    'occurrence(tokens)': (seen, i) => countOf(upTo(seen, i), (t) => t === seen[i]),
    'distance_to_previous(tokens)': (seen, i) => i - before(seen, i).lastIndexOf(seen[i] as Token),
    'distinct(tokens)': (seen) => uniqueOf(seen).length,
    'distinct_so_far(tokens)': (seen, i) => uniqueOf(upTo(seen, i)).length,
  },
  counts: {
    'frequency(tokens)': (seen, i) => countOf(seen, (t) => t === seen[i]),
    'fraction(tokens == "a")': (seen) => mean(seen.map((t) => Number(t === 'a'))),
    'majority(tokens == "a")': (seen) => 2 * countOf(seen, (t) => t === 'a') > seen.length,
    'parity(tokens == "a")': (seen) => countOf(seen, (t) => t === 'a') % 2,
    'parity_so_far(tokens == "a")': (seen, i) => countOf(upTo(seen, i), (t) => t === 'a') % 2,
    'count_modulo(tokens == "a", 3)': (seen, i) => countOf(upTo(seen, i), (t) => t === 'a') % 3,
    'most_frequent_so_far(tokens)': (seen, i) => {
      const counts = new Map<Token, number>();
      let best = seen[0] as Token;
      for (const token of upTo(seen, i)) {
        counts.set(token, (counts.get(token) ?? 0) + 1);
        if ((counts.get(token) ?? 0) > (counts.get(best) ?? 0)) best = token;
      }
      return best;
    },
  },
  averages: {
    'mean_so_far(tokens_int)': (seen, i) => mean(numbers(upTo(seen, i))),
    'moving_average(tokens_int, 3)': (seen, i) => mean(numbers(seen.slice(Math.max(0, i - 2), i + 1))),
    'above_mean(tokens_int)': (seen, i) => Number(seen[i]) > mean(numbers(seen)),
    'total(tokens_int, range(5))': (seen) => numbers(seen).reduce((a, b) => a + b, 0),
  },
  extrema: {
    'maximum(tokens_int)': (seen) => Math.max(...numbers(seen)),
    'minimum(tokens_int)': (seen) => Math.min(...numbers(seen)),
    'argmax(tokens_int)': (seen) => numbers(seen).indexOf(Math.max(...numbers(seen))),
    'argmin(tokens_int)': (seen) => numbers(seen).indexOf(Math.min(...numbers(seen))),
    'running_max(tokens_int)': (seen, i) => Math.max(...numbers(upTo(seen, i))),
    'running_min(tokens_int)': (seen, i) => Math.min(...numbers(upTo(seen, i))),
    'running_argmax(tokens_int)': (seen, i) => numbers(seen).indexOf(Math.max(...numbers(upTo(seen, i)))),
    'running_argmin(tokens_int)': (seen, i) => numbers(seen).indexOf(Math.min(...numbers(upTo(seen, i)))),
    'is_record(tokens_int)': (seen, i) => before(seen, i).every((t) => t < (seen[i] as Token)),
  },
  sorting: {
    'rank(tokens_int)': (seen, i) => countOf(seen, (t, at) => t < (seen[i] as Token) || (t === seen[i] && at < i)),
    'sorted(tokens_int)': (seen, i) => ascending(seen)[i] as number,
    'sort_descending(tokens_int, tokens_int)': (seen, i) => ascending(seen).reverse()[i] as number,
    'sort_by(indices, tokens_int)': (seen, i) =>
      seen.map((_, at) => at).toSorted((a, b) => Number(seen[a]) - Number(seen[b]) || a - b)[i] as number,
    'kth_smallest(tokens_int, 2, -1)': (seen) => orElse(ascending(seen)[2], -1),
    'median(tokens_int)': (seen) => ascending(seen)[Math.floor((seen.length - 1) / 2)] as number,
    'top_k(tokens_int, 3, -1)': (seen, i) => (i < 3 ? (ascending(seen).reverse()[i] as number) : -1),
    'unique(tokens_int, -1)': (seen, i) => orElse(uniqueOf(seen)[i], -1),
    'sort_by_frequency(tokens_int, -1)': (seen, i) => {
      const often = (token: Token) => countOf(seen, (t) => t === token);
      return orElse(uniqueOf(seen).toSorted((a, b) => often(b) - often(a) || seen.indexOf(a) - seen.indexOf(b))[i], -1);
    },
    'is_sorted(tokens_int)': (seen, i) => upTo(seen, i).every((t, at) => at === 0 || (seen[at - 1] as Token) <= t),
  },
  segments: {
    'since_last(tokens == "a")': (seen, i) => i - upTo(seen, i).lastIndexOf('a'),
    'position_in_word(tokens == " ")': (seen, i) => i - wordStart(seen, i),
    'starts_word(tokens == " ")': (seen, i) => seen[i] !== ' ' && (i === 0 || seen[i - 1] === ' '),
    'ends_word(tokens == " ")': (seen, i) => seen[i] !== ' ' && (i + 1 === seen.length || seen[i + 1] === ' '),
    'word_number(tokens == " ")': wordNumber,
    'word_count(tokens == " ")': (seen) => wordNumber(seen, seen.length - 1) + 1,
    'word_length(tokens == " ")': (seen, i) => (seen[i] === ' ' ? 0 : (seen.slice(wordStart(seen, i)).join('').split(' ')[0]?.length ?? 0)),
    'first_of_word(tokens, tokens == " ", "-")': (seen, i) => (seen[i] === ' ' ? '-' : (seen[wordStart(seen, i)] as Token)),
    'position_in_run(tokens)': (seen, i) => i - 1 - upTo(seen, i).findLastIndex((t) => t !== seen[i]),
  },
  brackets: {
    'bracket_depth(tokens, ["()", "[]"])': (seen, i) =>
      fold(upTo(seen, i), 0, (d, t) => d + ('(['.includes(String(t)) ? 1 : ')]'.includes(String(t)) ? -1 : 0)),
    'dyck_state(tokens, ["()"])': (seen, i) => dyck(upTo(seen, i), ['()']),
    'dyck_state(tokens, ["()", "[]"])': (seen, i) => dyck(upTo(seen, i), ['()', '[]']),
    'shuffle_dyck_state(tokens, ["()", "[]"])': (seen, i) => shuffleDyck(upTo(seen, i), ['()', '[]']),
    'aggregate(select_opener(tokens, ["()", "[]"]), indices, -1)': (seen, i) =>
      ')]'.includes(String(seen[i])) ? openerOf(upTo(seen, i)) : -1,
  },
  patterns: {
    'ends_pattern(tokens, "aab")': (seen, i) => upTo(seen, i).join('').endsWith('aab'),
    'starts_pattern(tokens, "aab")': (seen, i) => seen.slice(i).join('').startsWith('aab'),
    'has_pattern(tokens, "ab")': (seen) => seen.join('').includes('ab'),
    'count_pattern(tokens, "aa")': (seen) => countOf(seen, (t, at) => t === 'a' && seen[at - 1] === 'a'),
    'ngram_lookup(tokens, {"a": 1, "b": 2, "ab": 3, "bab": 4}, 0)': (seen, i) => {
      const text = upTo(seen, i).join('');
      return text.endsWith('bab') ? 4 : text.endsWith('ab') ? 3 : text.endsWith('b') ? 2 : text.endsWith('a') ? 1 : 0;
    },
    'is_palindrome(tokens)': (seen) => seen.join('') === seen.toReversed().join(''),
  },
  edits: {
    'mask_between(tokens == "a", tokens == "b")': (seen, i) => before(seen, i).lastIndexOf('a') > upTo(seen, i).lastIndexOf('b'),
    'delete(tokens, tokens == "a", "-")': (seen, i) => orElse(seen.filter((t) => t !== 'a')[i], '-'),
    'remove_at(tokens, 2, "-")': (seen, i) => orElse(seen.filter((_, at) => at !== 2)[i], '-'),
    'insert_at(tokens, 2, "h")': (seen, i) => seen.toSpliced(2, 0, 'h')[i] as Token,
    'first_difference(tokens, "a", -1)': (seen) => seen.findIndex((t) => t !== 'a'),
    'repeats_previous(tokens)': (seen, i) => i > 0 && seen[i] === seen[i - 1],
  },
  arithmetic: {
    'add(tokens_int, tokens_int, 10)': (seen, i) => addDigits(seen, numbers(seen), 1)[i] as number,
    'add(tokens_int, 7, 10)': (seen, i) =>
      addDigits(
        seen,
        seen.map(() => 7),
        1,
      )[i] as number,
    'subtract(tokens_int, 4, 10)': (seen, i) =>
      addDigits(
        seen,
        seen.map(() => 4),
        -1,
      )[i] as number,
    'is_greater(tokens_int, 5)': (seen, i) => BigInt(upTo(seen, i).toReversed().join('')) > BigInt('5'.repeat(i + 1)),
    'add_interleaved(tokens_int, 10, -1)': (seen, i) => {
      const firsts = seen.filter((_, at) => at % 2 === 0);
      const seconds = numbers(seen.filter((_, at) => at % 2 === 1));
      return i % 2 === 0 ? -1 : (addDigits(firsts.slice(0, seconds.length), seconds, 1)[(i - 1) / 2] as number);
    },
  },
  automata: {
    'flip_flop(tokens == "a", tokens == "b", False)': (seen, i) => upTo(seen, i).lastIndexOf('a') > upTo(seen, i).lastIndexOf('b'),
    'automaton(tokens, {0: {"a": 1, "b": 1}, 1: {"a": 0, "b": 2}, 2: {"b": 0}}, 0, 16)': (seen, i) =>
      fold(upTo(seen, i), 0, (state, t) => ({ a: [1, 0, 2], b: [1, 2, 0] })[String(t)]?.[state] ?? state),
  },
};

describe.each(Object.entries(ORACLES))('std/%s', (name, oracles) => {
  const file = files.get(name) as StdFile;
  const inputs = inputsFor(file);

  test.each(Object.entries(oracles))('%s', (text, oracle) => {
    for (const causal of ahead(file, text) ? [false] : [false, true]) {
      const node = sopOf(file, text, causal) as SOp;
      for (const input of inputs) {
        const tokens = input.map((value) => plain(value) as Token);
        const expected = tokens.map((_, i) => oracle(causal ? upTo(tokens, i) : tokens, i));
        const actual = valuesOn(node, input, causal);
        expect(actual, `${causal ? 'causal' : 'bidirectional'} ${tokens.join('')}`).toEqual(
          expected.map((value) => (typeof value === 'number' ? expect.closeTo(value, 9) : value)),
        );
      }
    }
  });
});

/** Whether a function looks ahead, so that it means nothing in a causal program: its examples say so. */
function ahead(file: StdFile, text: string): boolean {
  const name = text.slice(0, text.indexOf('('));
  const own = file.functions.find((each) => each.name === name);
  return own?.examples.every(({ meaning }) => meaning === 'Bidirectional') ?? false;
}

test.each([...files])('%s: what holds in both directions does so on every input', (_name, file) => {
  const inputs = inputsFor(file);
  for (const { examples } of file.functions) {
    for (const { meaning, subject } of examples) {
      const [causal, bidirectional] = [sopOf(file, subject, true), sopOf(file, subject, false)];
      if (meaning !== 'Example' || causal === null || bidirectional === null) continue;
      for (const input of inputs)
        expect(valuesOn(causal, input, true), `${subject} ${input.join('')}`).toEqual(valuesOn(bidirectional, input, false));
    }
  }
});
