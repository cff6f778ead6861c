/** Choosing between what was moved: by position, by token, by a count, by a comparison, and in chains of conditions. */
import type { CorpusProgram } from './corpus-program.ts';
import { countUpTo } from './corpus-program.ts';

const causal = true;
const letters = 'abcdefghijklmnopqrstuvwxyz';
const before = 'p = aggregate(select(indices, indices - 1, ==), tokens, "-");';
const earlier = 'q = aggregate(select(indices, indices - 2, ==), tokens, "-");';
const after = 'n = aggregate(select(indices, indices + 1, ==), tokens, "-");';

export const CHOOSING: readonly CorpusProgram[] = [
  {
    name: 'turn-in-threes',
    idiom: 'chain of conditions on the position, over moved values',
    vocabulary: letters,
    causal: false,
    text: `${after} ${before} said = tokens if indices % 3 == 0 else (n if indices % 3 == 1 else p);`,
    oracle: (x) => x.map((own, i) => [own, x[i + 1] ?? '-', x[i - 1] ?? '-'][i % 3] as string),
  },
  {
    name: 'neighbours-by-parity',
    idiom: 'choice by parity, over moved values',
    vocabulary: letters,
    causal: false,
    text: `${after} ${before} said = n if indices % 2 == 0 else p;`,
    oracle: (x) => x.map((_, i) => x[i % 2 === 0 ? i + 1 : i - 1] ?? '-'),
  },
  {
    name: 'asked-by-a-letter',
    idiom: 'chain of conditions on the token, over moved values',
    vocabulary: letters,
    causal,
    text: `${before} ${earlier} said = p if tokens == "a" else (q if tokens == "b" else tokens);`,
    oracle: (x) => x.map((own, i) => (own === 'a' ? (x[i - 1] ?? '-') : own === 'b' ? (x[i - 2] ?? '-') : own)),
  },
  {
    name: 'by-a-count',
    idiom: 'choice by a count, over moved values',
    vocabulary: letters,
    causal,
    text: `${before} ${earlier} c = selector_width(select(tokens, tokens, ==)); said = p if c > 1 else q;`,
    oracle: (x) => x.map((own, i) => x[countUpTo(x, i, (other) => other === own) > 1 ? i - 1 : i - 2] ?? '-'),
  },
  {
    name: 'conditions-joined',
    idiom: 'choice by `and` of a position and a token',
    vocabulary: letters,
    causal,
    text: `${before} ${earlier} said = p if indices % 2 == 1 and tokens < "n" else q;`,
    oracle: (x) => x.map((own, i) => x[i % 2 === 1 && own < 'n' ? i - 1 : i - 2] ?? '-'),
  },
  {
    name: 'numbers-of-letters',
    idiom: 'choice between numbers that are looked up',
    vocabulary: letters,
    causal,
    text: `${before} number = { ${[...letters].map((letter, i) => `"${letter}": ${i}`).join(', ')}, "-": 26 }; said = number[p] if tokens > "m" else (number[tokens] + 1 if indices % 2 == 0 else 40 - number[p]);`,
    oracle: (x) =>
      x.map((own, i) => {
        const number = (letter: string | undefined) => (letter === undefined ? 26 : letters.indexOf(letter));
        if (own > 'm') return number(x[i - 1]);
        return i % 2 === 0 ? number(own) + 1 : 40 - number(x[i - 1]);
      }),
  },
];
