/** Sorting, extremes, arithmetic in several bases, choices between values, and running statistics. */
import { type CorpusProgram, countUpTo } from './corpus-program.ts';

const causal = true;
const numbers = (x: readonly string[]) => x.map(Number);

export const ARRANGING: readonly CorpusProgram[] = [
  {
    name: 'sort',
    idiom: 'rank by counting',
    vocabulary: 'abcdefgh',
    causal: false,
    text: 'r = selector_width(select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <))); said = aggregate(select(r, indices, ==), tokens);',
    oracle: (x) => [...x].sort(),
  },
  {
    name: 'sort-down',
    idiom: 'rank by counting',
    vocabulary: 'abcd',
    causal: false,
    text: 'r = selector_width(select(tokens, tokens, >) or (select(tokens, tokens, ==) and select(indices, indices, <))); said = aggregate(select(r, indices, ==), tokens);',
    oracle: (x) => [...x].sort().reverse(),
  },
  {
    name: 'rank',
    idiom: 'number of smaller',
    vocabulary: 'abcdef',
    causal: false,
    text: 'said = selector_width(select(tokens, tokens, <));',
    oracle: (x) => x.map((t) => x.filter((u) => u < t).length),
  },
  {
    name: 'running-maximum',
    idiom: 'extreme by scores',
    vocabulary: '0123456789',
    causal,
    text: 'said = max_over(full_s, tokens_int);',
    oracle: (x) => x.map((_, i) => Math.max(...numbers(x.slice(0, i + 1)))),
  },
  {
    name: 'running-minimum',
    idiom: 'extreme by scores',
    vocabulary: '0123',
    causal,
    text: 'said = min_over(full_s, tokens_int);',
    oracle: (x) => x.map((_, i) => Math.min(...numbers(x.slice(0, i + 1)))),
  },
  {
    name: 'maximum-unrolled',
    idiom: 'nested conditionals over presence',
    vocabulary: '012',
    causal,
    text: 'said = 2 if has_focus(select(tokens_int, 2, ==)) else (1 if has_focus(select(tokens_int, 1, ==)) else 0);',
    oracle: (x) => x.map((_, i) => Math.max(...numbers(x.slice(0, i + 1)))),
  },
  {
    name: 'is-record',
    idiom: 'presence of a larger',
    vocabulary: '0123456',
    causal,
    text: 'said = not has_focus(select(tokens, tokens, >) and select(indices, indices, <));',
    oracle: (x) => x.map((t, i) => x.slice(0, i).every((u) => u <= t)),
  },
  {
    name: 'running-mean-above',
    idiom: 'mean against a constant',
    vocabulary: '0123',
    causal,
    text: 'said = aggregate(full_s, tokens_int) > 1.5;',
    oracle: (x) => x.map((_, i) => numbers(x.slice(0, i + 1)).reduce((a, b) => a + b, 0) > 1.5 * (i + 1)),
  },
  {
    name: 'sum-modulo-three',
    idiom: 'sum of digits modulo',
    vocabulary: '012',
    causal,
    text: 'said = sum_over(full_s, tokens_int) % 3;',
    oracle: (x) => x.map((_, i) => numbers(x.slice(0, i + 1)).reduce((a, b) => a + b, 0) % 3),
  },
  {
    name: 'add-neighbours',
    idiom: 'arithmetic on a moved value',
    vocabulary: '01234',
    causal,
    text: 'said = (tokens_int + aggregate(select(indices, indices - 1, ==), tokens_int, 0)) % 5;',
    oracle: (x) => x.map((t, i) => (Number(t) + Number(x[i - 1] ?? 0)) % 5),
  },
  {
    name: 'difference-sign',
    idiom: 'comparison with a moved value',
    vocabulary: '0123456789',
    causal,
    text: 'p = aggregate(select(indices, indices - 1, ==), tokens_int, 0); said = "up" if tokens_int > p else ("down" if tokens_int < p else "same");',
    oracle: (x) => x.map((t, i) => (Number(t) > Number(x[i - 1] ?? 0) ? 'up' : Number(t) < Number(x[i - 1] ?? 0) ? 'down' : 'same')),
  },
  {
    name: 'caesar-by-table',
    idiom: 'arithmetic on codes',
    vocabulary: 'abcd',
    causal,
    text: 'n = {"a": 0, "b": 1, "c": 2, "d": 3}[tokens]; said = ["a", "b", "c", "d"][(n + 1) % 4];',
    oracle: (x) => x.map((t) => 'abcd'['abcd'.indexOf(t) === 3 ? 0 : 'abcd'.indexOf(t) + 1] as string),
  },
  {
    name: 'nested-choice',
    idiom: 'chain of conditionals',
    vocabulary: 'abcd',
    causal,
    text: 'said = "x" if tokens == "a" else ("y" if tokens == "b" else ("z" if indices < 2 else tokens));',
    oracle: (x) => x.map((t, i) => (t === 'a' ? 'x' : t === 'b' ? 'y' : i < 2 ? 'z' : t)),
  },
  {
    name: 'position-parity',
    idiom: 'index modulo',
    vocabulary: 'ab',
    causal,
    text: 'said = "even" if indices % 2 == 0 else "odd";',
    oracle: (x) => x.map((_, i) => (i % 2 === 0 ? 'even' : 'odd')),
  },
  {
    name: 'length-so-far',
    idiom: 'length',
    vocabulary: 'ab',
    causal,
    text: 'said = length;',
    oracle: (x) => x.map((_, i) => i + 1),
  },
  {
    name: 'most-a-or-b',
    idiom: 'comparison of widths',
    vocabulary: 'abc',
    causal,
    text: 'a = selector_width(select(tokens, "a", ==)); b = selector_width(select(tokens, "b", ==)); said = "a" if a > b else ("b" if b > a else "tie");',
    oracle: (x) =>
      x.map((_, i) => {
        const lead = countUpTo(x, i, (t) => t === 'a') - countUpTo(x, i, (t) => t === 'b');
        return lead > 0 ? 'a' : lead < 0 ? 'b' : 'tie';
      }),
  },
];
