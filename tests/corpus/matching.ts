/** Looking up: by key, by the last match, by markers, by brackets and states. */
import { type CorpusProgram, countUpTo } from './corpus-program.ts';

const causal = true;

function depths(x: readonly string[]): number[] {
  return x.map((_, i) => countUpTo(x, i, (t) => t === '(') - countUpTo(x, i, (t) => t === ')'));
}

export const MATCHING: readonly CorpusProgram[] = [
  {
    name: 'induction',
    idiom: 'last match',
    vocabulary: 'abcd',
    causal,
    text: 'p = aggregate(select(indices, indices - 1, ==), tokens, "-"); said = aggregate(rightmost(select(p, tokens, ==)), tokens, "?");',
    oracle: (x) =>
      x.map(
        (t, i) =>
          x
            .slice(1, i + 1)
            .filter((_, j) => x[j] === t)
            .at(-1) ?? '?',
      ),
  },
  {
    name: 'seen-before',
    idiom: 'focus',
    vocabulary: 'abcd',
    causal,
    text: 'said = has_focus(select(tokens, tokens, ==) and select(indices, indices, <));',
    oracle: (x) => x.map((t, i) => x.slice(0, i).includes(t)),
  },
  {
    name: 'last-marker',
    idiom: 'index of the last marker',
    vocabulary: 'ab$',
    causal,
    text: 'said = aggregate(rightmost(select(tokens, "$", ==)), indices, -1);',
    oracle: (x) => x.map((_, i) => x.slice(0, i + 1).lastIndexOf('$')),
  },
  {
    name: 'since-marker',
    idiom: 'distance to a marker',
    vocabulary: 'ab$',
    causal,
    text: 'said = indices - aggregate(rightmost(select(tokens, "$", ==)), indices, -1);',
    oracle: (x) => x.map((_, i) => i - x.slice(0, i + 1).lastIndexOf('$')),
  },
  {
    name: 'number-of-markers',
    idiom: 'segment number',
    vocabulary: 'ab|',
    causal,
    text: 'said = selector_width(select(tokens, "|", ==));',
    oracle: (x) => x.map((_, i) => countUpTo(x, i, (t) => t === '|')),
  },
  {
    name: 'first-of-segment',
    idiom: 'match of segment numbers',
    vocabulary: 'ab|',
    causal,
    text: 'n = selector_width(select(tokens, "|", ==)); said = aggregate(leftmost(select(n, n, ==)), tokens);',
    oracle: (x) => x.map((_, i) => x[Math.max(0, x.slice(0, i + 1).lastIndexOf('|'))] as string),
  },
  {
    name: 'after-marker',
    idiom: 'flag by a marker',
    vocabulary: 'ab$',
    causal,
    text: 'said = tokens if has_focus(select(tokens, "$", ==)) else "-";',
    oracle: (x) => x.map((t, i) => (x.slice(0, i + 1).includes('$') ? t : '-')),
  },
  {
    name: 'balanced-so-far',
    idiom: 'brackets by counting',
    vocabulary: '()',
    causal,
    text: 'o = selector_width(select(tokens, "(", ==)); c = selector_width(select(tokens, ")", ==)); said = "F" if has_focus(select(c > o, True, ==)) else ("T" if o == c else "P");',
    oracle: (x) => depths(x).map((d, i, all) => (all.slice(0, i + 1).some((e) => e < 0) ? 'F' : d === 0 ? 'T' : 'P')),
  },
  {
    name: 'depth',
    idiom: 'brackets by counting',
    vocabulary: '()',
    causal,
    text: 'said = selector_width(select(tokens, "(", ==)) - selector_width(select(tokens, ")", ==));',
    oracle: depths,
  },
  {
    name: 'deepest-so-far',
    idiom: 'extreme by scores',
    vocabulary: '()',
    causal,
    text: 'depth = selector_width(select(tokens, "(", ==)) - selector_width(select(tokens, ")", ==)); said = max_over(full_s, depth if depth > 0 else 0);',
    oracle: (x) => depths(x).map((_, i, all) => Math.max(0, ...all.slice(0, i + 1))),
  },
  {
    name: 'after-the-last-like-it',
    idiom: 'extreme by scores',
    vocabulary: 'abcdefgh',
    causal,
    text: 'last = max_over(select(tokens, tokens, ==) and select(indices, indices, <), indices, -2); said = aggregate(select(indices, last + 1, ==), tokens, "-");',
    oracle: (x) =>
      x.map((token, i) => {
        const at = x.slice(0, i).lastIndexOf(token);
        return at < 0 ? '-' : (x[at + 1] as string);
      }),
  },
  {
    name: 'in-quotes',
    idiom: 'parity of a count',
    vocabulary: "ab'",
    causal,
    text: `said = selector_width(select(tokens, "'", ==)) % 2 == 1;`,
    oracle: (x) => x.map((_, i) => countUpTo(x, i, (t) => t === "'") % 2 === 1),
  },
  {
    name: 'flip-flop',
    idiom: 'last write',
    vocabulary: 'wr01',
    causal,
    text: 'p = aggregate(select(indices, indices - 1, ==), tokens, "-"); said = aggregate(rightmost(select(p == "w", True, ==)), tokens, "?");',
    oracle: (x) =>
      x.map(
        (_, i) =>
          x
            .slice(0, i + 1)
            .filter((_, j) => x[j - 1] === 'w')
            .at(-1) ?? '?',
      ),
  },
  {
    name: 'bigram-ab',
    idiom: 'conjunction with a moved value',
    vocabulary: 'abc',
    causal,
    text: 'said = tokens == "b" and aggregate(select(indices, indices - 1, ==), tokens, "-") == "a";',
    oracle: (x) => x.map((t, i) => t === 'b' && x[i - 1] === 'a'),
  },
  {
    name: 'seen-ab',
    idiom: 'pattern anywhere',
    vocabulary: 'abc',
    causal,
    text: 'm = tokens == "b" and aggregate(select(indices, indices - 1, ==), tokens, "-") == "a"; said = has_focus(select(m, True, ==));',
    oracle: (x) =>
      x.map((_, i) =>
        x
          .slice(0, i + 1)
          .join('')
          .includes('ab'),
      ),
  },
  {
    name: 'lookup-table',
    idiom: 'dictionary',
    vocabulary: 'abc',
    causal,
    text: 'said = {"a": "b", "b": "c", "c": "a"}[tokens];',
    oracle: (x) => x.map((t) => ({ a: 'b', b: 'c', c: 'a' })[t] as string),
  },
  {
    name: 'same-as-first',
    idiom: 'comparison with a moved value',
    vocabulary: 'abcd',
    causal,
    text: 'said = tokens == aggregate(select(indices, 0, ==), tokens);',
    oracle: (x) => x.map((t) => t === x[0]),
  },
];
