/** Arbitrary syntax trees for property tests: every form of the language, whether or not it has a meaning. */
import fc from 'fast-check';
import { type Span, sourceFile } from '../../../src/source/source-file.ts';
import type * as ast from '../../../src/syntax/ast.ts';

const span: Span = { file: sourceFile('none', ''), start: 0, end: 0 };

const WORDS = [
  'x',
  'y',
  'tokens',
  'indices',
  'length',
  'f',
  '_p',
  's',
  'op',
  'select',
  'aggregate',
  'full',
  'full_s',
  'any_',
  'True',
  'onx',
  'index',
];
export const name = fc.constantFrom(...WORDS).map((word): ast.Name => ({ kind: 'name', name: word, span }));
const names = fc.array(name, { minLength: 1, maxLength: 3 });

const int = fc.bigInt({ min: 0n, max: 10n ** 30n }).map((value): ast.Expression => ({ kind: 'int', value, span }));
const float = fc
  .tuple(fc.nat({ max: 999 }), fc.nat({ max: 9999 }))
  .map(([whole, rest]): ast.Expression => ({ kind: 'float', value: Number(`${whole}.${rest}`), text: `${whole}.${rest}`, span }));
const text = fc
  .string({ unit: 'grapheme', maxLength: 6 })
  .filter((value) => !/["\r\n]/.test(value))
  .map((value): ast.StringLiteral => ({ kind: 'string', value, span }));

const comparison = fc.constantFrom('==', '!=', '<', '>', '<=', '>=') as fc.Arbitrary<ast.ComparisonSign>;
const operator = fc.constantFrom(
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  'and',
  'or',
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
) as fc.Arbitrary<ast.BinarySign>;
const sign = fc.constantFrom('not', '-', '+', 'round', 'indicator') as fc.Arbitrary<ast.UnarySign>;

export const { expression } = fc.letrec<{ expression: ast.Expression }>((tie) => {
  const inner = tie('expression');
  const some = fc.array(inner, { minLength: 1, maxLength: 3 });
  const generator = fc.record({ variables: names, iterable: inner });
  const with_ = <T extends object>(kind: string, fields: fc.Arbitrary<T>) =>
    fields.map((rest) => ({ kind, ...rest, span }) as unknown as ast.Expression);
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      name,
      int,
      float,
      text,
      with_('list', fc.record({ items: fc.array(inner, { maxLength: 3 }) })),
      with_('dictionary', fc.record({ entries: fc.array(fc.record({ key: inner, value: inner }), { maxLength: 2 }) })),
      with_('list-comprehension', fc.record({ element: inner, generator })),
      with_('dictionary-comprehension', fc.record({ key: inner, value: inner, generator })),
      with_('select', fc.record({ keys: inner, queries: inner, operator: comparison })),
      with_('aggregate', fc.record({ selector: inner, value: inner, default: fc.option(inner) })),
      fc.tuple(fc.constantFrom('range', 'zip'), some).map(([kind, args]): ast.Expression => ({ kind, args, span }) as ast.ListForm),
      with_('len', fc.record({ args: inner.map((arg) => [arg]) })),
      with_('index', fc.record({ subject: inner, index: inner })),
      with_('call', fc.record({ callee: inner, args: fc.array(inner, { maxLength: 3 }) })),
      with_('unary', fc.record({ operator: sign, operand: inner })),
      with_('binary', fc.record({ operator, left: inner, right: inner })),
      with_('choose', fc.record({ condition: inner, consequent: inner, otherwise: inner })),
      with_('member', fc.record({ element: inner, container: inner })),
    ),
  };
});

const expressions = fc.array(expression, { minLength: 1, maxLength: 2 });
const leaf: fc.Arbitrary<ast.BlockStatement> = fc.oneof(
  expression.map((value): ast.BlockStatement => ({ kind: 'expression-statement', expression: value, span })),
  fc.record({ targets: names, values: expressions }).map((rest): ast.BlockStatement => ({ kind: 'assignment', ...rest, span })),
  text.map((path): ast.BlockStatement => ({ kind: 'load', path, span })),
  fc.record({ subject: expression, input: fc.option(expression) }).map((rest): ast.BlockStatement => ({ kind: 'draw', ...rest, span })),
);

const { block } = fc.letrec<{ block: ast.BlockStatement }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    leaf,
    fc
      .record({
        generator: fc.record({ variables: names, iterable: expression }),
        body: fc.array(tie('block'), { minLength: 1, maxLength: 2 }),
      })
      .map((rest): ast.BlockStatement => ({ kind: 'for', ...rest, span })),
    fc
      .record({ name, parameters: fc.array(name, { maxLength: 3 }), body: fc.array(tie('block'), { maxLength: 2 }), results: expressions })
      .map((rest): ast.BlockStatement => ({ kind: 'function', ...rest, span })),
  ),
}));

const which = fc.constantFrom('s-op', 'selector', 'both') as fc.Arbitrary<ast.ExampleKind>;
/** Has no end of its own: the next statement could read as its continuation. */
export const setExample: fc.Arbitrary<ast.Statement> = fc
  .record({ which, value: expression })
  .map((rest): ast.Statement => ({ kind: 'set-example', ...rest, span }));

export const statement: fc.Arbitrary<ast.Statement> = fc.oneof(
  block,
  which.map((kind): ast.Statement => ({ kind: 'show-example', which: kind, span })),
  fc.record({ which, on: fc.boolean() }).map((rest): ast.Statement => ({ kind: 'toggle-examples', ...rest, span })),
  fc.boolean().map((on): ast.Statement => ({ kind: 'toggle-full-display', on, span })),
  fc.constant<ast.Statement>({ kind: 'exit', span }),
  fc
    .oneof(expression, fc.constantFrom<ast.OpenVocabulary>('any', 'tokenizer'))
    .map((vocabulary): ast.Statement => ({ kind: 'vocab-directive', vocabulary, span })),
  expression.map((length): ast.Statement => ({ kind: 'context-directive', length, span })),
  fc.boolean().map((causal): ast.Statement => ({ kind: 'direction-directive', causal, span })),
  name.map((exported): ast.Statement => ({ kind: 'export-directive', name: exported, span })),
  expression.map((condition): ast.Statement => ({ kind: 'assume-directive', condition, span })),
  name.map((step): ast.Statement => ({ kind: 'step-directive', name: step, span })),
  expression.map((value): ast.Statement => ({ kind: 'halt-directive', value, span })),
  fc.record({ name, input: expression, expected: expression }).map((rest): ast.Statement => ({ kind: 'example-directive', ...rest, span })),
);
