/** The one style: what it looks like, that it is stable, and that it changes nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allPages } from '../../../scripts/documents/pages.ts';
import { formatSource } from '../../../src/format/format-source.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { wordsOf } from '../../../src/syntax/words.ts';

const format = (text: string) => formatSource(sourceFile('a.rasp', text));

const CASES: readonly (readonly [what: string, before: string, after: string])[] = [
  ['spaces and lines', 'x=tokens;y = - 1 ;', 'x = tokens;\ny = -1;\n'],
  ['calls, indices, brackets', 'a = f ( x , [1,2] [ 0 ] ) ;', 'a = f(x, [1, 2][0]);\n'],
  ['signs and differences', 'a = -b - - c * ( -1 );', 'a = -b - -c * (-1);\n'],
  ['selectors', 's = select(tokens,tokens,==) and not t;', 's = select(tokens, tokens, ==) and not t;\n'],
  ['dictionaries and comprehensions', 'd={"a":1,"b":2};l=[x for x in d];', 'd = {"a": 1, "b": 2};\nl = [x for x in d];\n'],
  ['blocks', 'def f(a,b){ c=a; return c,b; }', 'def f(a, b) {\n  c = a;\n  return c, b;\n}\n'],
  ['loops over dictionaries', 'for k in {"a": 1} { x = k; }', 'for k in {"a": 1} {\n  x = k;\n}\n'],
  ['blank lines', '\n\nx = 1;\n\n\n\ny = 2;\n\n', 'x = 1;\n\ny = 2;\n'],
  ['comments', '# a\n\nx = 1; # b\nyy = 2;# c\n   # d\n', '# a\n\nx = 1;   # b\nyy = 2;  # c\n# d\n'],
  [
    'comments in blocks',
    'def f(a) { # why\n# how\nreturn a; # so\n# end\n}',
    'def f(a) {  # why\n  # how\n  return a;  # so\n  # end\n}\n',
  ],
  ['comments in statements', 'x = f(a, # first\n  b);', 'x = f(\n  a,  # first\n  b\n);\n'],
  ['directives', '@vocab   "ab" ;@example x("a")==[1];', '@vocab "ab";\n@example x("a") == [1];\n'],
  ['sentences of the REPL', 'set example "abc"\nx=1;\nexamples off\n', 'set example "abc"\nx = 1;\nexamples off\n'],
  [
    'a chain of conditions too long for a line',
    'x = "aaaaaaaaaaaaaaaaaaaaaaa" if tokens == "a" else "bbbbbbbbbbbbbbbbbbbbbbb" if tokens == "b" else "ccccccccccccccc";',
    'x = "aaaaaaaaaaaaaaaaaaaaaaa" if tokens == "a"\n  else "bbbbbbbbbbbbbbbbbbbbbbb" if tokens == "b"\n  else "ccccccccccccccc";\n',
  ],
  [
    'a call too long for a line',
    'x = aggregate(rightmost(select(tokens, tokens, ==) and select(indices, indices, <)), some_quite_long_name, "?");',
    'x = aggregate(\n  rightmost(select(tokens, tokens, ==) and select(indices, indices, <)),\n  some_quite_long_name,\n  "?"\n);\n',
  ],
];

test('snippets of the documentation are formatted', () => {
  const snippets = allPages().flatMap(({ path, text }) =>
    [...text.matchAll(/^```rasp.*\n([\s\S]*?)^```$/gm)].map(([, snippet = '']) => ({ path, snippet })),
  );
  expect(snippets.length).toBeGreaterThan(10);
  // a session that formats a file begins with one that is not
  const others = snippets.filter(({ path }) => path !== 'docs/session.md');
  expect(others.filter(({ snippet }) => format(snippet) !== snippet)).toEqual([]);
});

describe('the one style', () => {
  test.each(CASES)('%s', (_, before, after) => {
    expect(format(before)).toBe(after);
    expect(format(after)).toBe(after);
  });

  test('leaves alone what it does not understand', () => {
    expect(() => format('x = ;')).toThrow();
  });
});

/** Every file of the repository that is RASP. */
const files = ['programs', ...['std', 'lm', 'seeds', 'generate', 'heads'].map((folder) => `programs/${folder}`)].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.rasp'))
    .map((name) => `${folder}/${name}`),
);

test.each(files)('%s is formatted', (file) => {
  const text = readFileSync(file, 'utf8');
  expect(format(text)).toBe(text);
});

/** The same words with other layout: any space, line or comment between any two of them. */
const separators = fc.constantFrom(' ', '\n', '\n\n\n', '  ', '\t', ' # note\n', '\n# line\n');

test('any layout of a program means the same and comes to rest at once', () => {
  const texts = files.map((file) => readFileSync(file, 'utf8')).filter((text) => text.length < 3000 && !text.includes('example '));
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(separators, { minLength: 400, maxLength: 400 }), (text, between) => {
      const { words } = wordsOf(sourceFile('a.rasp', text));
      const scattered = words.map((word, index) => word.text + (between[index % between.length] ?? ' ')).join('');
      const once = format(scattered);
      expect(format(once)).toBe(once);
      expect(
        Math.max(
          ...once
            .split('\n')
            .filter((line) => !line.includes('#'))
            .map((line) => line.length),
        ),
      ).toBeLessThanOrEqual(100);
    }),
    { numRuns: 60 },
  );
});
