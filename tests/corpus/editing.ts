/** Edits of a sequence: what is left out, moved to an end, or named by how many of its kind stand before it. */
import type { CorpusProgram } from './corpus-program.ts';

const causal = false;

/** In place of what is no longer there. */
function padded(kept: readonly string[], length: number): string[] {
  return Array.from({ length }, (_, i) => kept[i] ?? '-');
}

export const EDITING: readonly CorpusProgram[] = [
  {
    name: 'without-blanks',
    idiom: 'the place of what is kept, else a position that is none',
    vocabulary: 'abc<',
    causal,
    text: 'kept = tokens != "<"; place = selector_width(select(kept, True, ==) and select(indices, indices, <)); said = aggregate(select(place if kept else -1, indices, ==), tokens, "-");',
    oracle: (x) =>
      padded(
        x.filter((t) => t !== '<'),
        x.length,
      ),
  },
  {
    name: 'without-repeats',
    idiom: 'the place among those that were not seen before',
    vocabulary: 'abcd',
    causal,
    text: 'seen = selector_width(select(tokens, tokens, ==) and select(indices, indices, <)) > 0; rank = selector_width(select(seen, False, ==) and select(indices, indices, <)); said = aggregate(select(rank if not seen else -1, indices, ==), tokens, "-");',
    oracle: (x) => padded([...new Set(x)], x.length),
  },
  {
    name: 'moved-to-the-end',
    idiom: 'positions and a count that all have in common',
    vocabulary: 'abc_',
    causal,
    text: 'said = aggregate(select(indices + selector_width(select(tokens, "_", ==)), indices, ==), tokens, "0");',
    oracle: (x) => {
      const by = x.filter((t) => t === '_').length;
      return x.map((_, i) => x[i - by] ?? '0');
    },
  },
  {
    name: 'first-of-a-kind',
    idiom: 'the one that has none before it',
    vocabulary: 'abc',
    causal,
    text: 'before = selector_width(select(tokens, "a", ==) and select(indices, indices, <)); said = aggregate(select(tokens == "a" and before == 0, True, ==), indices, -1);',
    oracle: (x) => x.map(() => x.indexOf('a')),
  },
  {
    name: 'second-of-a-kind',
    idiom: 'one that has one at its left',
    vocabulary: 'abc',
    causal: true,
    text: 'nth = selector_width(select(tokens, "a", ==)); said = aggregate(select(tokens == "a" and nth == 2, True, ==), indices, -1);',
    oracle: (x) =>
      x.map((_, i) => {
        const [, second = -1] = x.slice(0, i + 1).flatMap((t, at) => (t === 'a' ? [at] : []));
        return second;
      }),
  },
];
