/** Names, functions, files and directives: what a program is before any input is seen. */
import { describe, expect, test } from 'vitest';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { elaborate, readVocabulary } from '../../../src/graph/elaborate/elaborate.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { isAtom, isList, type Term } from '../../../src/graph/elaborate/terms/term.ts';
import { assertGraph } from '../../../src/graph/invariants.ts';
import { printGraph } from '../../../src/graph/show/print-graph.ts';
import { formatSpan, sourceFile } from '../../../src/source/source-file.ts';
import { parseExpression, parseOrThrow } from '../../../src/syntax/parse.ts';

const FILES: Readonly<Record<string, string>> = {
  lib: 'public = 1;\n_private = 2;\ndef seen() { return _private; }\ntokens = tokens_int;\n',
  blind: 'x = outside;\n',
  inner: 'load "lib";\nmore = public + 1;\n',
  circle: 'load "circle2";\n',
  circle2: 'load "circle";\n',
  stops: 'x = 1;\nexit\nx = 2;\n',
};

function load(source: string) {
  return loadProgram({
    file: sourceFile('main.rasp', source),
    loader: (path) => (path in FILES ? sourceFile(`${path}.rasp`, FILES[path] ?? '') : null),
  });
}

function codes(source: string): string[] {
  try {
    load(source);
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
}

function plain(term: Term): unknown {
  return isAtom(term) ? term : isList(term) ? term.items.map(plain) : term;
}

/** What an expression is at the end of a program. */
function value(source: string, text: string): unknown {
  const { expression } = parseExpression(sourceFile('expression', text));
  if (expression === null) throw new Error(`no expression: ${text}`);
  return plain(load(source).evaluate(expression));
}

describe('names', () => {
  test('functions see the names around them as they are when called', () => {
    expect(value('n = 1;\ndef f() { return n; }\nn = 2;', 'f()')).toBe(2n);
    expect(value('def f() { n = 5; return n; }\nn = 1;', '[f(), n]')).toEqual([5n, 1n]);
    expect(value('def t(a) { def u(b) { return a + b; } return u; }', 't(1)(2)')).toBe(3n);
    expect(value('def f(a, a) { return a; }', 'f(1, 2)')).toBe(2n);
  });

  test('loop variables stay, those of comprehensions do not', () => {
    expect(value('for i in [1, 2] { last = i; }', '[i, last]')).toEqual([2n, 2n]);
    expect(codes('x = [i for i in [1]];\ny = i;')).toEqual(['R2001']);
    expect(value('i = 7;\nx = [i for i in [1]];', 'i')).toBe(7n);
  });

  test('values are swapped, unpacked and packed', () => {
    expect(value('a, b = 1, 2;\na, b = b, a;', '[a, b]')).toEqual([2n, 1n]);
    expect(value('def f() { return 1, "x"; }\na, b = f();\nc = 3, 4;', '[a, b, c]')).toEqual([1n, 'x', [3n, 4n]]);
    expect(value('a, b = "xy";\nfor k, v in zip([1], [2]) { s = k + v; }', '[a, b, s]')).toEqual(['x', 'y', 3n]);
  });

  test('reserved ones cannot be bound in any way', () => {
    for (const source of [
      'sort = 1;',
      'def indices() { return 1; }',
      'for length in [1] { x = 1; }',
      'x = [1 for len in [1]];',
      'True = 1;',
      'a, out = 1, 2;',
    ]) {
      expect(codes(source), source).toEqual(['R2002']);
    }
    expect(codes('def f(shift) { return 1; }')).toEqual([]);
    expect(codes('def f(indices) { return 1; }\nx = f(1);')).toEqual(['R2002']);
    expect(codes('tokens = tokens_int;\nrightmost = 1;\nselect = 2;')).toEqual([]);
  });

  test('inside a function those of the library are free, and hide it there alone', () => {
    const source = 'def f(seq, count) { max = count + 1; return [sort * max for sort in [seq]]; }\nx = f(2, 3);\ny = count(tokens, "a");';
    expect(codes(source)).toEqual([]);
    expect(value(source, 'x')).toEqual([8n]);
    expect(codes('x = [max for max in [1]];')).toEqual([]);
  });

  test('a fault is told once, and the rest is still looked at', () => {
    expect(codes('x = nothing;\ny = x + 1;\nz = y;\nw = also_nothing;\n@export z;')).toEqual(['R2001', 'R2001']);
  });

  test('aggregate with a space is the form, unless it is a variable', () => {
    expect(codes('x = aggregate (full_s, indices);\ny = select (tokens, tokens, ==);\nz = range (3);')).toEqual([]);
    expect(value('def aggregate (a, b) { return a + b; }', 'aggregate (1, 2)')).toBe(3n);
    expect(value('def select (a, b) { return a + b; }', 'select (1, 2)')).toBe(3n);
    expect(codes('x = aggregate (full_s);')).toEqual(['R1021']);
  });
});

describe('files', () => {
  test('give their names to the loader, but for private ones', () => {
    expect(value('load "lib";', '[public, seen()]')).toEqual([1n, 2n]);
    expect(codes('load "lib";\nx = _private;')).toEqual(['R2001']);
    expect(value('load "inner";', '[public, more]')).toEqual([1n, 2n]);
  });

  test('do not see the names of the loader', () => {
    expect(codes('outside = 1;\nload "blind";')).toEqual(['R2001']);
  });

  test('cannot load each other in circles', () => {
    expect(codes('load "circle";')).toEqual(['R2005']);
  });

  test('end at exit', () => {
    expect(value('load "stops";', 'x')).toBe(1n);
  });
});

describe('values', () => {
  test.each([
    ['[1, 2] == [1, 2.0]', true],
    ['{"a": 1} == {"a": 1.0}', true],
    ['[1, 2] < [1, 3]', true],
    ['[1] < [1, 0]', true],
    ['[1] * 2 + 0 * [5]', [1n, 1n]],
    ['[] or [1]', [1n]],
    ['not []', true],
    ['{1: "a", 1.0: "b", True: "c"}[1]', 'c'],
    ['"héllo😀"[-1]', '😀'],
    ['range(5, 0, -2)', [5n, 3n, 1n]],
    ['range(3, 0)', []],
    ['[1, 2, 3][True]', 2n],
    ['not 1==2', false],
    ['2^3^2', 64n],
    ['-7%3', 2n],
    ['5%3*2', 5n],
    ['1 if True else 2 in [2]', false],
    ['-[1,2][0]', -1n],
    ['1 if [] else 2', 2n],
    ['tokens("ab")', ['a', 'b']],
    [
      'full_s("ab")',
      [
        [true, true],
        [true, true],
      ],
    ],
    ['(indices + 1)([5, "x"])', [1n, 2n]],
    ['10^20', 100000000000000000000n],
    ['{k: v for k, v in zip(["a"], [1])}["a"]', 1n],
  ])('%s', (text, expected) => {
    expect(value('', text)).toEqual(expected);
  });

  test('the branch that is not chosen by a plain condition is not expanded', () => {
    expect(value('', '1 if True else nothing')).toBe(1n);
    expect(codes('x = 1 if indices == 0 else nothing;')).toEqual(['R2001']);
  });
});

describe('directives', () => {
  test('are read wherever they stand', () => {
    const program = load('@export x;\n@example x("ab") == ["a", "b"];\nx = tokens;\n@context 4;\n@causal;\n@vocab "ab";\n');
    expect(program.exports.map(({ name }) => name)).toEqual(['x']);
    expect(program.vocabulary).toMatchObject({ kind: 'tokens', values: ['a', 'b'] });
    expect(program.context?.length).toBe(4);
    expect(program.causal?.value).toBe(true);
    expect(program.examples[0]).toMatchObject({ name: 'x', input: ['a', 'b'], expected: ['a', 'b'] });
  });

  test('of loaded files do not count', () => {
    const loader = () => sourceFile('lib.rasp', '@vocab "z";\n@export y;\ny = tokens;\n');
    const program = loadProgram({ file: sourceFile('main.rasp', 'load "lib";'), loader });
    expect(program.vocabulary).toBeNull();
    expect(program.exports).toEqual([]);
  });

  test('give way to options', () => {
    const module = parseOrThrow(sourceFile('main.rasp', '@context 4;\n@causal;\n@export x;\nx = tokens + 1;\ny = tokens;\n@vocab "ab";'));
    const vocabulary = readVocabulary(sourceFile('--vocab', 'range(0, 3)'));
    const program = elaborate(module, { loader: () => null, context: 9, causal: false, exports: ['y'], vocabulary });
    expect(program.context?.length).toBe(9);
    expect(program.causal?.value).toBe(false);
    expect(program.exports.map(({ name }) => name)).toEqual(['y']);
    expect(program.exports[0]?.node).toMatchObject({ kind: 'tokens', cast: 'asis' });
  });

  test.each([
    ['@vocab any;', []],
    ['@vocab [];', ['R3031']],
    ['@vocab ["a", "a"];', ['R3031']],
    ['@vocab [1, 2.0];', ['R3031']],
    ['@vocab [[1]];', ['R3031']],
    ['letters = "ab";\n@vocab letters;', ['R2001']],
    ['@context 2.5;', ['R3032']],
    ['@context 10^30;', ['R3032']],
    ['@export x;', ['R2008']],
    ['x = [1];\n@export x;', ['R3033']],
    ['@causal;\n@causal;', ['R2006']],
    ['@example x("a") == [1];', ['R2001']],
    ['x = nothing;\n@export x;\n@example x("a") == [1];', ['R2001']],
  ])('%s', (source, expected) => {
    expect(codes(source)).toEqual(expected);
  });
});

describe('the graph', () => {
  test('has every expression once, with the places it came from', () => {
    const program = load('a = indices + 1;\nb = indices + 1;\n@export b;');
    const [b] = program.exports;
    expect(b?.node.spans.map(formatSpan)).toEqual(['main.rasp:1:5-1:16', 'main.rasp:2:5-2:16']);
    expect(b?.node.name).toBe('a');
  });

  test('attributes the library to the call of it', () => {
    const program = load('x = sort(tokens, tokens);\n@export x;');
    for (const node of program.exports.map(({ node }) => node)) expect(node.spans.map(formatSpan)).toEqual(['main.rasp:1:5-1:25']);
  });

  test('prints one node a line, and keeps its invariants', () => {
    const program = load(
      'x = aggregate(rightmost(select(tokens, "a", ==) and not full_s), [3, 4][indices], 0.5) if indices in [1] else -selector_width(full_s);\n@export x;',
    );
    const roots = program.exports.map(({ node }) => node);
    assertGraph(roots);
    expect(printGraph(roots).replaceAll(/%\d+/g, '%')).toMatchInlineSnapshot(`
      "% = tokens str  # tokens
      % = indices  # indices
      % = constant 1
      % = select keys % == queries %  # full_s
      % = width %  # length
      % = in [1] of %
      % = constant "a"
      % = select keys % == queries %
      % = selector not %
      % = selector % and %
      % = selector rightmost %
      % = lookup [3, 4] at %
      % = aggregate % % default 0.5
      % = - %
      % = choose % % %  # x
      "
    `);
  });

  test.each([
    'def f(n) { return 0 if n == 0 else f(n - 1); }\nx = f(380);',
    `x = ${Array.from({ length: 5000 }, (_, i) => i).join(' + ')};`,
    `x = ${Array.from({ length: 5000 }, () => 'indices').join(' + ')};`,
    `x = ${'('.repeat(199)}1${')'.repeat(199)};`,
  ])('is made of deep programs too (%#)', (source) => {
    expect(codes(source)).toEqual([]);
  });
});
