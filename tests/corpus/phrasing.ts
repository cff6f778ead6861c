/** What other programs of the corpus compute, said in another way: counts from the other end, as quotients, as complements, and ranks by any sum. */
import { type CorpusProgram, countUpTo } from './corpus-program.ts';

const causal = true;
const sorted = 'said = aggregate(select(r, indices, ==), tokens);';

export const PHRASING: readonly CorpusProgram[] = [
  {
    name: 'count-by-own-length',
    idiom: 'mean times a length that is no integer',
    vocabulary: 'abcd',
    causal,
    text: 'before = select(indices, indices, <=); n = 1 / aggregate(before, 1 if indices == 0 else 0); said = round(n * aggregate(before, 1 if tokens == "a" else 0));',
    oracle: (x) => x.map((_, i) => countUpTo(x, i, (t) => t === 'a')),
  },
  {
    name: 'count-by-quotient',
    idiom: 'mean over a share',
    vocabulary: 'abcd',
    causal,
    text: 'said = round(aggregate(full_s, indicator(tokens == "b")) / (1 / (indices + 1)));',
    oracle: (x) => x.map((_, i) => countUpTo(x, i, (t) => t === 'b')),
  },
  {
    name: 'count-shifted',
    idiom: 'mean times position, and the mean once more',
    vocabulary: 'abcd',
    causal,
    text: 'm = aggregate(full_s, indicator(tokens == "c")); said = round(indices * m + m);',
    oracle: (x) => x.map((_, i) => countUpTo(x, i, (t) => t === 'c')),
  },
  {
    name: 'half-of-twice',
    idiom: 'multiple of a mean, divided',
    vocabulary: '0123',
    causal,
    text: 'said = round((indices + 1) * aggregate(full_s, 2 * tokens_int) / 2);',
    oracle: (x) => x.map((_, i) => x.slice(0, i + 1).reduce((sum, t) => sum + Number(t), 0)),
  },
  {
    name: 'count-by-others',
    idiom: 'complement of a count',
    vocabulary: 'abcd',
    causal,
    text: 'said = indices + 1 - round((indices + 1) * aggregate(full_s, 1 - indicator(tokens == "a")));',
    oracle: (x) => x.map((_, i) => countUpTo(x, i, (t) => t === 'a')),
  },
  {
    name: 'histogram-by-others',
    idiom: 'length less two widths',
    vocabulary: 'abcdefgh',
    causal: false,
    text: 'said = length - selector_width(select(tokens, tokens, <)) - selector_width(select(tokens, tokens, >));',
    oracle: (x) => x.map((t) => x.filter((u) => u === t).length),
  },
  {
    name: 'record-by-all',
    idiom: 'width compared with the number of all',
    vocabulary: '01234567',
    causal,
    text: 'said = selector_width(select(tokens_int, tokens_int, <=)) == indices + 1;',
    oracle: (x) => x.map((t, i) => x.slice(0, i + 1).every((u) => u <= t)),
  },
  {
    name: 'palindrome-by-count',
    idiom: 'width compared with the length',
    vocabulary: 'abc',
    causal: false,
    text: 'r = aggregate(select(indices, length - 1 - indices, ==), tokens); said = selector_width(select(tokens == r, True, ==)) == length;',
    oracle: (x) => x.map(() => x.every((t, i) => t === x[x.length - 1 - i])),
  },
  {
    name: 'sort-by-difference',
    idiom: 'rank as a difference of counts',
    vocabulary: 'abcd',
    causal: false,
    text: `r = selector_width(select(tokens, tokens, <=)) - selector_width(select(tokens, tokens, ==) and select(indices, indices, >=)); ${sorted}`,
    oracle: (x) => [...x].sort(),
  },
  {
    name: 'sort-by-those-after',
    idiom: 'rank as the length less a count',
    vocabulary: 'abcd',
    causal: false,
    text: `r = length - selector_width(select(tokens, tokens, >) or (select(tokens, tokens, ==) and select(indices, indices, >=))); ${sorted}`,
    oracle: (x) => [...x].sort(),
  },
  {
    name: 'sort-from-one',
    idiom: 'rank that counts itself, less one',
    vocabulary: 'abcd',
    causal: false,
    text: `r = selector_width(select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <=))) - 1; ${sorted}`,
    oracle: (x) => [...x].sort(),
  },
  {
    name: 'sort-by-product',
    idiom: 'rank by a product of sums',
    vocabulary: 'abcd',
    causal: false,
    text: `r = selector_width(select(tokens, tokens, <=) and (select(tokens, tokens, <) or select(indices, indices, <))); ${sorted}`,
    oracle: (x) => [...x].sort(),
  },
];
