/** What nodes are on inputs, under both directions of attention, and what is said where they are nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../../../src/diagnostics/render.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { Evaluation, evaluate, evaluator } from '../../../src/graph/evaluate/evaluate.ts';
import { SelectorMatrix } from '../../../src/graph/evaluate/selector-matrix.ts';
import { compareValues } from '../../../src/graph/evaluate/values/python-arithmetic.ts';
import { type ComparisonOperator, Graph } from '../../../src/graph/graph.ts';
import type { Value } from '../../../src/graph/value.ts';
import { sourceFile } from '../../../src/source/source-file.ts';

function program(source: string) {
  return loadProgram({ file: sourceFile('test.rasp', source), loader: () => null });
}

/** The value of `x` in a program. */
function run(source: string, input: string | readonly Value[], causal = false): unknown {
  const node = program(source).names.get('x');
  if (node === undefined) throw new Error('x is no s-op or selector');
  const value = evaluate([node], [...input], { causal }).get(node);
  return value instanceof SelectorMatrix ? value.toRows() : value?.values;
}

function told(source: string, input: string | readonly Value[]): string {
  try {
    run(source, input);
  } catch (error) {
    if (error instanceof DiagnosticError) return renderDiagnostics(error.diagnostics);
    throw error;
  }
  return '';
}

describe('causal programs', () => {
  test('select positions up to their own, the library included', () => {
    expect(run('x = full_s;', 'abc', true)).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ]);
    expect(run('x = length;', 'abc', true)).toEqual([1n, 2n, 3n]);
    expect(run('x = tokens[-1];', 'abc', true)).toEqual(['a', 'b', 'c']);
    expect(run('x = selector_width(not select(tokens, "a", ==));', 'abca', true)).toEqual([0n, 1n, 2n, 2n]);
    expect(run('x = count(tokens, "a");', 'abca', true)).toEqual([1n, 1n, 1n, 2n]);
    expect(run('x = aggregate(select(indices, indices, >), tokens, "-");', 'abc', true)).toEqual(['-', '-', '-']);
  });

  test('every selector of a causal program is below the diagonal of the same one without', () => {
    const source = 'x = not (select(tokens, tokens, <) and select(indices, 1, !=)) or leftmost(select(tokens, "b", ==));';
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 40 }), (input) => {
        const [free, causal] = [run(source, input) as number[][], run(source, input, true) as number[][]];
        for (const [q, row] of causal.entries()) for (const [k, cell] of row.entries()) expect(cell).toBe(k > q ? 0 : free[q]?.[k]);
      }),
    );
  });
});

test('rightmost and leftmost keep one of the selected positions', () => {
  expect(run('x = aggregate(rightmost(select(tokens, tokens, ==)), indices);', 'abab')).toEqual([2n, 3n, 2n, 3n]);
  expect(run('x = aggregate(leftmost(select(tokens, tokens, ==)), indices);', 'abab')).toEqual([0n, 1n, 0n, 1n]);
  expect(run('x = selector_width(rightmost(select(tokens, "z", ==)));', 'abab')).toEqual([0n, 0n, 0n, 0n]);
});

test('!= is an operator like the others', () => {
  expect(run('x = tokens != "a";', 'aba')).toEqual([false, true, false]);
  expect(run('x = indices != tokens;', '01')).toEqual([true, true]);
});

test('an s-op is never equal to what is no value', () => {
  expect(run('x = indices == [1];', 'ab')).toEqual([false, false]);
  expect(run('x = [1] != indices;', 'ab')).toEqual([true, true]);
});

describe('tokens', () => {
  test('are what the vocabulary makes them', () => {
    expect(run('@vocab range(0, 5);\nx = tokens + 1;', [3n, 4n])).toEqual([4n, 5n]);
    expect(run('@vocab "01";\nx = tokens + "1";', '01')).toEqual(['01', '11']);
    expect(run('x = tokens + "1";', [0n, 1n])).toEqual(['01', '11']);
  });

  test('of a loaded file are the same', () => {
    const loader = () => sourceFile('lib.rasp', 'x = tokens + 1;');
    const loaded = loadProgram({ file: sourceFile('main.rasp', '@vocab range(3);\nload "lib";\n@export x;'), loader });
    const [x] = loaded.exports;
    if (x === undefined) throw new Error('x is not exported');
    expect(evaluate([x.node], [2n], { causal: false }).get(x.node)).toMatchObject({ values: [3n], type: 'int' });
  });
});

describe('select', () => {
  const column = (unit: fc.Arbitrary<Value>) => fc.array(unit, { minLength: 1, maxLength: 40 });
  const numbers = fc.oneof(
    fc.bigInt({ min: -4n, max: 4n }),
    fc.constantFrom<Value>(
      2n ** 53n,
      2n ** 53n + 1n,
      2 ** 53,
      10n ** 30n,
      -(10n ** 30n),
      1e30,
      0.5,
      -0,
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ),
    fc.boolean(),
  );
  const strings = fc.constantFrom<Value>('', 'a', 'b', 'ab', '\u{1f600}', '￿');
  const operators = fc.constantFrom<ComparisonOperator>('==', '!=', '<', '>', '<=', '>=');

  test.each([
    ['numbers', numbers],
    ['strings', strings],
  ])('compares %s pair by pair', (_name, unit) => {
    fc.assert(
      fc.property(column(unit), operators, fc.boolean(), (values, operator, causal) => {
        const graph = new Graph();
        const tokens = graph.tokens('asis');
        const shifted = graph.elementwise({ kind: 'lookup', table: { kind: 'list', items: [...values].reverse() } }, [graph.indices()]);
        const matrix = new Evaluation(values, { causal }).matrix(graph.select(tokens, shifted, operator));
        const queries = [...values].reverse();
        for (const [q, query] of queries.entries()) {
          for (const [k, key] of values.entries()) {
            expect(matrix.selects(q, k)).toBe((!causal || k <= q) && compareValues(operator, key, query));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('never finds a string equal to a number', () => {
    expect(run('x = select(indices, tokens, ==);', '01')).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('aggregate', () => {
  test('means are sums from left to right, divided', () => {
    expect(run('x = aggregate(full_s, tokens_float);', [1e16, 1, -1e16])).toEqual([0, 0, 0]);
    expect(run('x = aggregate(full_s, tokens_int);', [2n ** 53n, 1n, 1n])).toEqual(new Array(3).fill((2 ** 53 + 2) / 3));
    expect(run('x = aggregate(full_s, tokens_int);', [10n ** 30n, 1n])).toEqual([5e29, 5e29]);
    expect(run('x = aggregate(full_s, tokens_asis);', [true, 2n])).toEqual([1.5, 1.5]);
  });

  test('of one position is the value itself', () => {
    expect(run('x = aggregate(select(indices, indices, ==), tokens_asis);', [1n, 2.5, true])).toEqual([1n, 2.5, true]);
  });
});

describe('what goes wrong', () => {
  test('shows the expression, the input, the position and the values', () => {
    expect(told('n = indices - 1;\nx = 6 / n;', 'abc')).toBe(
      [
        'error[R3503]: division by zero',
        '  --> test.rasp:2:5',
        '   |',
        ' 2 | x = 6 / n;',
        '   |     ^^^^^',
        '   = note: on the input "abc", at position 1 (the token "b")',
        '   = note: `n` is 0 there',
        '   = help: both branches of `a if c else b` are computed at every position, so the divisor has to be safe there too: `x / (n if n > 0 else 1)`',
      ].join('\n'),
    );
  });

  test('in the library is shown at the call of it', () => {
    expect(told('x = average(tokens);', 'ab')).toContain('error[R3502]: cannot average 2 values that are strings\n  --> test.rasp:1:5');
    expect(told('x = sort(full_s, 1);', 'ab')).toContain(
      'test.rasp:1:5\n   |\n 1 | x = sort(full_s, 1);\n   |     ^^^^^^^^^^^^^^^\n   = note: inside `sort` of the library',
    );
  });

  test('in a function names the call', () => {
    expect(told('def half(n) { return n + "a"; }\nx = half(indices);', 'ab')).toMatch(/in this call of `half`/);
  });

  test('needs an input', () => {
    expect(told('x = tokens;', '')).toContain('error[R3038]');
  });
});

describe('size', () => {
  const input = Array.from({ length: 2000 }, (_, i) => String.fromCharCode(97 + ((i * 7919) % 26)));
  const seconds = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };

  test.each(['sort(tokens, tokens)', 'selector_width(select(tokens, tokens, ==))', 'average(indices)'])(
    '%s on 2000 tokens takes less than a second',
    (expression) => {
      expect(seconds(() => run(`x = ${expression};`, input))).toBeLessThan(1);
    },
  );

  test('a chain of 100,000 nodes is no recursion', () => {
    const { names, graph } = program('x = indices;\nfor i in range(100000) { x = x + 1; }');
    const x = names.get('x');
    if (x === undefined || x.kind === 'select') throw new Error('x is no s-op');
    expect(graph.size).toBeGreaterThan(100_000);
    const step = evaluator([x], { causal: false })(['a', 'b']).get(x);
    expect(step).toMatchObject({ values: [100_000n, 100_001n] });
    expect(new Evaluation(['a'], { causal: false }).sequence(x as Parameters<Evaluation['sequence']>[0]).values).toEqual([100_000n]);
  });

  test('a chain that uses itself twice is not exponential', () => {
    expect(seconds(() => run(`y = tokens == "a";\nx = tokens == "b";\n${'x = x and (x or y);\n'.repeat(30)}`, 'ab'))).toBeLessThan(0.5);
  });
});

describe('sums and extremes over what is selected', () => {
  test('are the numbers that they say, exactly', () => {
    expect(run('x = sum_over(full_s, tokens_int);', '1203')).toEqual([6n, 6n, 6n, 6n]);
    expect(run('x = sum_over(full_s, tokens_int);', '1203', true)).toEqual([1n, 3n, 3n, 6n]);
    expect(run('x = max_over(select(indices, indices, <), tokens_int);', '1203')).toEqual([0n, 1n, 2n, 2n]);
    expect(run('x = min_over(select(indices, indices, <), tokens_int, 99);', '4203')).toEqual([99n, 4n, 2n, 0n]);
    expect(run('x = max_over(full_s, tokens_float);', ['1', '2.5'])).toEqual([2.5, 2.5]);
    expect(run('x = sum_over(full_s, tokens == "a");', 'aba')).toEqual([2n, 2n, 2n]);
    const big = 100_000_000_000_000_000_001n;
    expect(run('x = sum_over(full_s, tokens_int);', ['100000000000000000000', '1'])).toEqual([big, big]);
  });

  test('are refused of strings, before or while they are run', () => {
    expect(told('x = sum_over(full_s, tokens);', 'ab')).toContain('R3043');
    expect(told('x = sum_over(full_s, tokens_asis);', 'ab')).toContain('R3043');
    expect(told('x = sum_over(tokens, tokens);', 'ab')).toContain('R3006');
    expect(told('x = sum_over(full_s, indices, 1);', 'ab')).toContain('R3010');
  });
});

describe('functions of text', () => {
  test('say what each string says, and are computed at once for one string', () => {
    expect(run('x = matches(tokens, "^[A-Z]");', ['The', ' Cat', 'é'])).toEqual([true, false, false]);
    expect(run('x = count_in(tokens, "aa");', ['aaaa', 'a', ''])).toEqual([2n, 0n, 0n]);
    expect(run('x = text_length(tokens);', ['a', '😀b', ''])).toEqual([1n, 2n, 0n]);
    expect(run('x = starts_with(tokens, "-") or ends_with(tokens, "-");', ['-a', 'a-', 'a'])).toEqual([true, true, false]);
    expect(run('x = indices + text_length("abc") + count_in("banana", "an");', 'a')).toEqual([5n]);
  });

  test('are refused of numbers, and of patterns that are none', () => {
    expect(told('x = text_length(indices);', 'a')).toContain('R3054');
    expect(told('x = text_length(tokens_asis);', [1n])).toContain('R3054');
    expect(told('x = matches(tokens, "(");', 'a')).toContain('R3055');
    expect(told('x = matches(tokens, tokens);', 'a')).toContain('R3054');
  });
});
