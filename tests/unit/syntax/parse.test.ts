/** Texts to trees: what each form becomes, what binds tighter, and which faults are told of a text with several. */
import { describe, expect, test } from 'vitest';
import { sourceFile, spanText } from '../../../src/source/source-file.ts';
import type { Expression, Module } from '../../../src/syntax/ast.ts';
import { parseExpression, parseInput, parseOrThrow, parseSource } from '../../../src/syntax/parse.ts';
import { printExpression } from '../../../src/syntax/print.ts';

function parsed(text: string): Module {
  return parseOrThrow(sourceFile('test.rasp', text));
}

function expression(text: string): Expression {
  const found = parseExpression(sourceFile('expression', text)).expression;
  if (found === null) throw new Error(`no expression: ${text}`);
  return found;
}

/** Every operation in parentheses of its own. */
function grouped(text: string): string {
  const walk = (e: Expression): string => {
    switch (e.kind) {
      case 'binary':
        return `(${walk(e.left)} ${e.operator} ${walk(e.right)})`;
      case 'unary':
        return e.operator === 'round' || e.operator === 'indicator'
          ? `${e.operator}(${walk(e.operand)})`
          : `(${e.operator} ${walk(e.operand)})`;
      case 'choose':
        return `(${walk(e.consequent)} if ${walk(e.condition)} else ${walk(e.otherwise)})`;
      case 'member':
        return `(${walk(e.element)} in ${walk(e.container)})`;
      case 'index':
        return `${walk(e.subject)}[${walk(e.index)}]`;
      case 'call':
        return `${walk(e.callee)}(${e.args.map(walk).join(', ')})`;
      default:
        return printExpression(e);
    }
  };
  return walk(expression(text));
}

describe('precedence', () => {
  test.each([
    ['not a == b', '((not a) == b)'],
    ['not a[0] in b', '((not a[0]) in b)'],
    ['-a^2', '((- a) ^ 2)'],
    ['2^3^2', '((2 ^ 3) ^ 2)'],
    ['2^-1^2', '((2 ^ (- 1)) ^ 2)'],
    ['a%b*c', '(a % (b * c))'],
    ['a*b%c', '((a * b) % c)'],
    ['a+b%c', '(a + (b % c))'],
    ['a<b<c', '((a < b) < c)'],
    ['a or b and c', '((a or b) and c)'],
    ['a == b or c != d', '((a == b) or (c != d))'],
    ['a if b else c if d else e', '((a if b else c) if d else e)'],
    ['a if b in c else d', '(a if (b in c) else d)'],
    ['a if b if c else d else e', '(a if (b if c else d) else e)'],
    ['a if b else c in d', '((a if b else c) in d)'],
    ['a in b and c', '(a in (b and c))'],
    ['a in b in c', '((a in b) in c)'],
    ['-a[0](b)', '(- a[0](b))'],
    ['not -+a', '(not (- (+ a)))'],
    ['round(a)[0] ^ indicator(b)', '(round(a)[0] ^ indicator(b))'],
    ['(a+b)("x")', '(a + b)("x")'],
    ['1if a else 2', '(1 if a else 2)'],
    ['1and 2in[3]', '((1 and 2) in [3])'],
  ])('%s', (text, meaning) => {
    expect(grouped(text)).toBe(meaning);
  });
});

describe('statements', () => {
  test('of every kind', () => {
    const text = `a, b = 1, 2; x;
      def f() { return 1, 2; } def g(a, b) { for i in a { c = i; } def h() { return c; } load "x"; draw(a); return h; }
      for i, j in {1: 2} { i; }
      load "lib/x"; draw(a, "in");
      set example "a" set s-op example [1] set selector example x
      show example show s-op example show selector example
      examples on s-op examples off selector examples on full seq display off
      @vocab any; @vocab "ab"; @context 4; @causal; @bidirectional; @export x; @example x("a") == [1];
      exit exit() quit quit ( )`;
    expect(
      parsed(text)
        .statements.map(({ kind }) => kind)
        .join(' '),
    ).toBe(
      'assignment expression-statement function function for load draw set-example set-example set-example show-example show-example show-example ' +
        'toggle-examples toggle-examples toggle-examples toggle-full-display vocab-directive vocab-directive context-directive direction-directive ' +
        'direction-directive export-directive example-directive exit exit exit exit',
    );
  });

  test('have comments anywhere, and several on a line', () => {
    expect(parsed('# first\nx = [1, # one\n 2] # two\n; y = "#;"; # three').statements.length).toBe(2);
  });

  test('may have spaces before every parenthesis', () => {
    expect(expression('select (a, b, ==)').kind).toBe('select');
    expect(expression('range (3)').kind).toBe('range');
    expect(expression('len ([1])').kind).toBe('len');
    expect(expression('zip ([1], [2])').kind).toBe('zip');
    expect(expression('aggregate (s, v)').kind).toBe('call');
    expect(expression('round (x)').kind).toBe('unary');
  });

  test('know where they stand', () => {
    const { statements } = parsed('a = (b + c) * d;\n def f(x) { return x; }  y[0];');
    expect(statements.map(({ span }) => spanText(span))).toEqual(['a = (b + c) * d;', 'def f(x) { return x; }', 'y[0];']);
    const [first] = statements;
    const value = first?.kind === 'assignment' ? first.values[0] : undefined;
    expect(value?.kind === 'binary' && [value, value.left, value.right].map(({ span }) => spanText(span))).toEqual([
      '(b + c) * d',
      '(b + c)',
      'd',
    ]);
  });

  test('keep big and small numbers as they are written', () => {
    expect(expression('123456789012345678901234567890')).toMatchObject({ kind: 'int', value: 123456789012345678901234567890n });
    expect(expression('007')).toMatchObject({ kind: 'int', value: 7n });
    expect(expression('0.10')).toMatchObject({ kind: 'float', value: 0.1, text: '0.10' });
    expect(expression('"a\\n"')).toMatchObject({ kind: 'string', value: 'a\\n' });
  });

  test('end where a file is cut into pieces for parsing', () => {
    const text = Array.from({ length: 2000 }, (_, i) => `x${i} = [${i}, {"a;b": ${i}}]; def f${i}(a) { b = a; return b; }`).join('\n');
    const { statements } = parsed(text);
    expect(statements.length).toBe(4000);
    expect(spanText(statements.at(-1)?.span ?? { file: sourceFile('', ''), start: 0, end: 0 })).toBe('def f1999(a) { b = a; return b; }');
  });
});

describe('faults', () => {
  /** Code and place of each. */
  function faults(text: string): string[] {
    return parseSource(sourceFile('test.rasp', text)).diagnostics.map(
      ({ code, primary }) => `${code} ${JSON.stringify(primary === null ? '' : spanText(primary.span))}`,
    );
  }

  test.each([
    [
      'a = 3\nb = ;\nc = 4 5;\nd += 1; e = a && b; load "x"',
      ['R1004 ""', 'R1001 ";"', 'R1001 "5"', 'R1016 "+="', 'R1016 "&&"', 'R1004 ""'],
    ],
    ['if x { y = 1; } else { y = 2; }\nz = ;', ['R1008 "if"', 'R1001 ";"']],
    ['while x { y = 1; }', ['R1008 "while"']],
    ['while = 1;', []],
    ['def f(x) {\n y = (1;\n return y;\n}\nz = ,;', ['R1009 "("', 'R1001 ","']],
    ['x = on; on = 3; def round(x) { return 1; } y = ,;', ['R1007 "on"', 'R1007 "on"', 'R1007 "round"', 'R1001 ","']],
    ['def f(x) { for i in [1] { return x; } return x; }\ny = ;', ['R1013 "return"', 'R1001 ";"']],
    ['x = ]; y = f(1]; z = [1) + 2;', ['R1010 "]"', 'R1010 "]"', 'R1010 ")"']],
    ['for i in range(3): x = 1;', ['R1030 ":"']],
    ['x = a.b; y = c ? d;', ['R1003 "."', 'R1003 "?"']],
    ["x = 'a' + 'b';", ['R1017 "\'a\'"', 'R1017 "\'b\'"']],
    ['x = "a;\ny = "b";', ['R1002 "\\"a;"']],
    [
      'x = 1.; y = .5; z = 1e3; w = 0x1F; v = 1_000; u = 12ab;',
      ['R1015 "1."', 'R1015 ".5"', 'R1015 "1e3"', 'R1015 "0x1F"', 'R1015 "1_000"', 'R1015 "12ab"'],
    ],
    ['range(); x = len(1, 2); y = f(,);', ['R1021 "range()"', 'R1021 ","', 'R1001 ","']],
    ['x = select(a, b); y = select(a, b, c); z = aggregate(a); w = select (a, ==);', ['R1021 ")"', 'R1021 "c"', 'R1021 ")"']],
    ['x = range(1 2); y = zip(1 2); z = len(1 2);', ['R1001 "2"', 'R1001 "2"', 'R1021 "2"']],
    ['@causal\nx = 1;', ['R1004 ""']],
    ['@vocabb "a";\n@export 3;\nx = ;', ['R1026 "@vocabb"', 'R1027 "3"', 'R1001 ";"']],
    ['exit;', ['R1023 ";"']],
    ['examples maybe', ['R1001 "maybe"']],
    ['x = 1 +* 2;', ['R1016 "+*"']],
    ['x', ['R1004 ""']],
    ['x = (1', ['R1009 "("']],
    ['f(x) = 3; "a" = 4;', ['R1005 "f(x)"', 'R1005 "\\"a\\""']],
    ['é = 1;', ['R1003 "é"']],
    ['s-operator;', ['R1001 "erator"']],
  ])('%s', (text, expected) => {
    expect(faults(text)).toEqual(expected);
  });
});

test('typed text is unfinished while it only ends too early', () => {
  const kind = (text: string) => parseInput(sourceFile('<console>', text)).kind;
  for (const text of ['', '# c', 'x', 'x = (1 +', 'def f(x) {', 'set example', 'a = 1; b =', 'for i in [1] { x = 1;'])
    expect(kind(text), text).toBe('unfinished');
  for (const text of ['x;', 'set example "a"', 'exit', 'def f(x) { return x; }', 'a = 1; b = 2;'])
    expect(kind(text), text).toBe('statements');
  for (const text of ['x = 1 2;', 'a=3 b=4;', 'x = "abc', ')', 'def 1']) expect(kind(text), text).toBe('faults');
});
