/** Choices, sums, means, large alphabets and depth. */
import { alphabet, count, digits, type Kind, letters, numbers, sum, times } from './kind.ts';

export const STRUCTURE: readonly Kind[] = [
  // nested conditionals
  {
    name: 'nested-choices',
    contexts: [32, 128],
    isCausal: true,
    vocabulary: alphabet,
    body: (d) =>
      `p = aggregate(select(indices, indices - 1, ==), tokens, "_"); q = aggregate(select(indices, indices - 2, ==), tokens, "_"); r = aggregate(select(indices, indices - 3, ==), tokens, "_"); y = (p if tokens < q else q) if p < r else ((q if r == tokens else r) if indices % ${d(3, 9)} == 0 else tokens);`,
  },
  {
    name: 'choice-by-products',
    contexts: [32, 128],
    isCausal: true,
    vocabulary: letters,
    body: (d) =>
      `a = ${count('a')}; b = ${count('b')}; c = ${count('c')}; y = a * b if a > b else (b * c if b > c else (c * a if c > a + ${d(1, 5)} else a + b + c));`,
  },
  {
    name: 'forty-branches',
    contexts: [64, 1024],
    isCausal: true,
    vocabulary: letters,
    body: (d) =>
      `n = ${count('a')}; m = ${count('b')}; y = ${times(40, (i) => `${i * d(3, 7)} if n + m == ${i} else (`).join('')}n${')'.repeat(40)};`,
  },
  {
    name: 'four-tokens-table',
    contexts: [32, 128],
    isCausal: true,
    vocabulary: alphabet,
    body: () =>
      'def back(k) { return aggregate(select(indices, indices - k, ==), tokens, "a"); } y = tokens == back(1) and back(2) == back(3) or back(1) < back(3) and tokens < back(2);',
  },
  {
    name: 'six-tokens-maximum',
    contexts: [32, 128],
    isCausal: true,
    vocabulary: numbers(10),
    body: () =>
      `def back(k) { return aggregate(select(indices, indices - k, ==), tokens, 0); } a = back(1) * back(2) + back(3) * back(4); b = back(5) * tokens; y = a if a > b else b;`,
  },
  // sums
  {
    name: 'sum-of-all-counts',
    contexts: [64, 512],
    isCausal: true,
    vocabulary: alphabet,
    body: (d) => `y = ${sum(times(26, (i) => `${d(2, 99)} * ${count(String.fromCharCode(97 + i))}`))};`,
  },
  {
    name: 'sum-of-squares',
    contexts: [32, 128],
    isCausal: true,
    vocabulary: letters,
    body: () => `y = ${sum(['a', 'b', 'c', 'd'].map((c) => `${count(c)} * ${count(c)}`))};`,
  },
  {
    name: 'hash-of-eight',
    contexts: [32, 128],
    isCausal: true,
    vocabulary: digits,
    body: (d) =>
      `def back(k) { return aggregate(select(indices, indices - k, ==), tokens, 0); } y = (${sum(times(8, (i) => `${d(3, 99)} * back(${i + 1})`))}) % ${d(50, 99)};`,
  },
  {
    name: 'sum-of-fifty-heads',
    contexts: [64, 512],
    isCausal: true,
    vocabulary: numbers(50),
    body: (d) => `y = ${sum(times(50, (i) => `${d(2, 60)} * indicator(has_focus(select(tokens, ${i}, ==)))`))};`,
  },
  {
    name: 'a-million-terms',
    contexts: [8],
    isCausal: true,
    vocabulary: letters,
    body: () => `y = indices${' + indices'.repeat(1_000_000)};`,
  },
  {
    name: 'a-million-numbers',
    contexts: [8],
    isCausal: true,
    vocabulary: letters,
    body: () => `y = indices in [${'1, '.repeat(1_000_000)}1];`,
  },
  {
    name: 'nine-thousand-terms',
    contexts: [8, 64],
    isCausal: true,
    vocabulary: letters,
    body: () => `y = indices${' + indices'.repeat(9_000)};`,
  },
  {
    name: 'sum-of-a-range',
    contexts: [64],
    isCausal: true,
    vocabulary: letters,
    body: (d) => `y = 0; for i in range(0, ${d(2000, 4000)}) { y = y + indices * i; }`,
  },
  // means
  {
    name: 'mean-of-many',
    longFrom: 128,
    contexts: [64, 128, 512],
    isCausal: false,
    vocabulary: numbers(64),
    body: () => 'y = round(aggregate(full_s, tokens));',
  },
  {
    name: 'mean-of-squares',
    contexts: [64, 256],
    isCausal: false,
    vocabulary: numbers(16),
    body: () => 'y = aggregate(full_s, tokens * tokens);',
  },
  {
    name: 'product-of-means',
    contexts: [16, 64],
    isCausal: true,
    vocabulary: digits,
    body: () => 'y = round(aggregate(full_s, tokens) * aggregate(full_s, indices));',
  },
  {
    name: 'variance',
    contexts: [16, 64],
    isCausal: false,
    vocabulary: digits,
    body: () => 'm = aggregate(full_s, tokens); y = round(aggregate(full_s, tokens * tokens) - m * m);',
  },
  {
    name: 'mean-of-means',
    contexts: [16, 64],
    isCausal: true,
    vocabulary: digits,
    body: () => 'm = aggregate(full_s, tokens); y = aggregate(full_s, m) > 4;',
  },
  {
    name: 'above-the-mean',
    longFrom: 128,
    contexts: [32, 128],
    isCausal: false,
    vocabulary: numbers(50),
    body: () => 'm = aggregate(full_s, tokens); y = selector_width(select(tokens, m, >));',
  },
  // large alphabets
  {
    name: 'reverse-large',
    contexts: [64, 512],
    isCausal: false,
    vocabulary: numbers(3000),
    body: () => 'y = aggregate(select(indices, length - 1 - indices, ==), tokens);',
  },
  {
    name: 'sort-large',
    longFrom: 16,
    contexts: [16, 128],
    isCausal: false,
    vocabulary: numbers(1500),
    body: () =>
      'r = selector_width(select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <))); y = aggregate(select(r, indices, ==), tokens);',
  },
  {
    name: 'histogram-large',
    longFrom: 1024,
    contexts: [64, 1024],
    isCausal: false,
    vocabulary: numbers(4000),
    body: () => 'y = selector_width(select(tokens, tokens, ==));',
  },
  {
    name: 'bigrams-large',
    longFrom: 64,
    contexts: [64, 512],
    isCausal: true,
    vocabulary: numbers(60),
    body: () => 'p = aggregate(select(indices, indices - 1, ==), tokens, 0); b = p * 60 + tokens; y = selector_width(select(b, b, ==));',
  },
  {
    name: 'trigrams',
    longFrom: 64,
    contexts: [64, 256],
    isCausal: true,
    vocabulary: numbers(16),
    body: () =>
      'def back(k) { return aggregate(select(indices, indices - k, ==), tokens, 0); } b = (back(2) * 16 + back(1)) * 16 + tokens; y = selector_width(select(b, b, ==));',
  },
  {
    name: 'difference-large',
    contexts: [64, 256],
    isCausal: true,
    vocabulary: numbers(1000),
    body: () => 'p = aggregate(select(indices, indices - 1, ==), tokens, 0); y = tokens - p;',
  },
  {
    name: 'product-large',
    contexts: [64],
    isCausal: true,
    vocabulary: numbers(200),
    body: () => 'p = aggregate(select(indices, indices - 1, ==), tokens, 0); y = tokens * p;',
  },
  {
    name: 'most-frequent-large',
    contexts: [32, 256],
    isCausal: false,
    vocabulary: numbers(200),
    body: () =>
      'h = selector_width(select(tokens, tokens, ==)); r = selector_width(select(h, h, >) or (select(h, h, ==) and select(indices, indices, <))); y = aggregate(select(r, indices, ==), tokens);',
  },
  // depth
  {
    name: 'depth',
    contexts: [256, 1024, 4096],
    isCausal: true,
    vocabulary: () => '"()"',
    body: () => `y = ${count('(')} - ${count(')')};`,
  },
  {
    name: 'matching-bracket',
    contexts: [64, 256],
    isCausal: true,
    vocabulary: () => '"()[]{}"',
    body: () =>
      `open = selector_width(select(tokens, "(", ==) or select(tokens, "[", ==) or select(tokens, "{", ==)); close = selector_width(select(tokens, ")", ==) or select(tokens, "]", ==) or select(tokens, "}", ==)); d = open - close; y = selector_width(select(d, d, ==) and select(tokens, tokens, !=));`,
  },
  {
    name: 'squared-again',
    contexts: [16, 64],
    isCausal: true,
    vocabulary: letters,
    body: (d) => `def f(x) { return (x * x + ${d(1, 5)}) % 257; } y = f(f(f(f(f(f(f(f(indices))))))));`,
  },
  {
    name: 'counts-of-counts',
    contexts: [32, 128],
    isCausal: true,
    vocabulary: alphabet,
    body: () => `def h(x) { return selector_width(select(x, x, ==)); } y = ${'h('.repeat(5)}tokens${')'.repeat(5)};`,
  },
  {
    name: 'doubled',
    contexts: [32, 512],
    isCausal: true,
    vocabulary: letters,
    body: () =>
      `n = ${count('a')}; ${times(30, (i) => `n${i} = n${i - 1 < 0 ? '' : i - 1} + n${i - 1 < 0 ? '' : i - 1};`).join(' ')} y = n29;`,
  },
  {
    name: 'shifted-thirty-times',
    contexts: [64, 512],
    isCausal: true,
    vocabulary: alphabet,
    body: () =>
      `def back(x) { return aggregate(select(indices, indices - 1, ==), x, "a"); } y = ${'back('.repeat(30)}tokens${')'.repeat(30)};`,
  },
  {
    name: 'running-hash',
    contexts: [32, 256],
    isCausal: true,
    vocabulary: digits,
    body: (d) =>
      `def back(x) { return aggregate(select(indices, indices - 1, ==), x, 0); } def step(h) { return (back(h) * ${d(3, 9)} + tokens) % 101; } y = ${'step('.repeat(8)}tokens${')'.repeat(8)};`,
  },
  {
    name: 'widths-of-widths',
    contexts: [32, 128],
    isCausal: true,
    vocabulary: letters,
    body: () => 'def f(x) { return selector_width(select(x, x, <)) + x; } y = f(f(f(indices % 7)));',
  },
  // half precision
  {
    name: 'half-depth',
    contexts: [64, 512],
    isCausal: true,
    vocabulary: () => '"()"',
    body: () => `y = ${count('(')} - ${count(')')};`,
    options: ['--compute', 'bf16'],
  },
  {
    name: 'half-product',
    longFrom: 128,
    contexts: [32, 128],
    isCausal: true,
    vocabulary: letters,
    body: () => `y = ${count('a')} * ${count('b')};`,
    options: ['--compute', 'f16'],
  },
  {
    name: 'stored-double-histogram',
    contexts: [64, 256],
    isCausal: true,
    vocabulary: alphabet,
    body: () => 'h = selector_width(select(tokens, tokens, ==)); y = selector_width(select(h, h, ==));',
    options: ['--dtype', 'bf16'],
  },
];
