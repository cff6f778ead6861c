/** Comparisons of sides that never meet, by their types (W3001) or by the values that they can have (W3002). */
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic, Fix } from '../../diagnostics/diagnostic.ts';
import { nearest } from '../../diagnostics/nearest.ts';
import { type CertainType, certainType, valueType } from '../../graph/elaborate/terms/certain-type.ts';
import { equalityKey } from '../../graph/evaluate/values/apply-operation.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import type { GraphNode, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import { type Span, spanText } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import type { Finding } from '../finding.ts';
import type { ObservedProgram } from '../observe-program.ts';

/** `==` or `!=` of two s-ops, `select` by one of them, or `in` a list of values. */
interface Comparison {
  readonly operator: '==' | '!=' | 'in';
  readonly left: SOp;
  readonly right: SOp | readonly Value[];
}

export function neverMeeting(expression: ast.Expression, node: GraphNode, facts: Facts | null): Finding | null {
  const comparison = comparisonOf(node);
  if (comparison === null) return null;
  const sides = sidesOf(expression);
  const diagnostic = byType(comparison, expression.span, sides, facts) ?? byValue(comparison, expression.span, sides, facts);
  return diagnostic === null ? null : { node, diagnostic };
}

/** Inside of a function of the library, where its caller gave both sides. */
export function foreignNeverMeeting({ seen, facts }: ObservedProgram): Finding[] {
  return seen.foreign.flatMap(({ node, call, inLibrary }) => {
    const comparison = comparisonOf(node);
    if (comparison === null) return [];
    const diagnostic = byType(comparison, call.span, null, facts) ?? (inLibrary ? byValue(comparison, call.span, null, facts) : null);
    if (diagnostic === null) return [];
    const notes = [`inside \`${call.name}\`${inLibrary ? ' of the library' : ''}`];
    return [{ node, diagnostic: { ...diagnostic, notes } }];
  });
}

function comparisonOf(node: GraphNode): Comparison | null {
  // `select(1, 2, ==)` is how nothing is written
  if (node.kind === 'select') {
    const { operator, keys, queries } = node;
    const isWrittenSo = keys.kind === 'constant' && queries.kind === 'constant';
    return !isWrittenSo && (operator === '==' || operator === '!=') ? { operator, left: keys, right: queries } : null;
  }
  if (node.kind !== 'elementwise') return null;
  const { operation, args } = node;
  const [left, right] = args;
  if (left === undefined) return null;
  if (operation.kind === 'member') return operation.values.length === 0 ? null : { operator: 'in', left, right: operation.values };
  if (operation.kind !== 'binary' || right === undefined) return null;
  return operation.operator === '==' || operation.operator === '!=' ? { operator: operation.operator, left, right } : null;
}

type Sides = readonly [left: ast.Expression, right: ast.Expression];

function sidesOf(expression: ast.Expression): Sides | null {
  switch (expression.kind) {
    case 'binary':
      return [expression.left, expression.right];
    case 'select':
      return [expression.keys, expression.queries];
    case 'member':
      return [expression.element, expression.container];
    default:
      return null;
  }
}

function byType({ operator, left, right }: Comparison, span: Span, sides: Sides | null, facts: Facts | null): Diagnostic | null {
  const a = typeOfAll(left, facts);
  const b = isValues(right) ? joined(right.map(valueType)) : typeOfAll(right, facts);
  if (a === null || b === null || a === b) return null;
  const names = { left: `${a}s`, right: `${b}s`, operator, says: saysOf(operator) };
  return diagnose('W3001', names, { span, ...fixing(sides === null ? [] : requoted(sides, [a, b], facts)) });
}

/** The type of every value that the s-op has. */
function typeOfAll(node: SOp, facts: Facts | null): CertainType {
  const certain = certainType(node);
  if (certain !== null || facts === null) return certain;
  const { domain } = facts.of(node);
  return domain.kind === 'interval' ? 'number' : joined(domain.values.map(valueType));
}

function joined(types: readonly CertainType[]): CertainType {
  const [first = null] = types;
  return types.every((type) => type === first) ? first : null;
}

/** A literal of the type that the other side has: `1` as `"1"`, and the other way round. */
function requoted(sides: Sides, types: readonly CertainType[], facts: Facts | null): Fix[] {
  return sides.flatMap(({ kind, span }, at) => {
    const text = spanText(span);
    const other = types[1 - at];
    const vocabulary = facts?.assumptions.vocabulary;
    const quoted = kind === 'int' && other === 'string' && (vocabulary?.includes(text) ?? true) ? `"${text}"` : null;
    const bare = kind === 'string' && other === 'number' && /^"\d+"$/.test(text) ? text.slice(1, -1) : null;
    const written = quoted ?? bare;
    return written === null ? [] : [{ title: `write \`${written}\``, edits: [{ span, text: written }] }];
  });
}

function byValue({ operator, left, right }: Comparison, span: Span, sides: Sides | null, facts: Facts | null): Diagnostic | null {
  if (facts === null) return null;
  const ours = valuesOf(left, facts);
  const theirs = isValues(right) ? right : valuesOf(right, facts);
  if (ours === null || theirs === null || ours.length === 0 || theirs.length === 0) return null;
  const known = new Set(ours.map(equalityKey));
  if (theirs.some((value) => known.has(equalityKey(value)))) return null;
  const [literal, others] = theirs.length === 1 ? [theirs[0], ours] : ours.length === 1 ? [ours[0], theirs] : [undefined, []];
  const suggestion = typeof literal === 'string' ? likeliest(literal, others) : null;
  const names = {
    left: shown(ours),
    right: shown(theirs),
    operator,
    says: saysOf(operator),
    suggestion: suggestion && sourceText(suggestion),
  };
  const at = sides?.find((side) => side.kind === 'string' && side.value === literal)?.span;
  const fixes = suggestion === null || at === undefined ? [] : [replacing(at, sourceText(suggestion))];
  return diagnose('W3002', names, { span, ...fixing(fixes) });
}

function likeliest(literal: string, values: readonly Value[]): string | null {
  const texts = values.filter((value) => typeof value === 'string');
  return (
    texts.find((text) => text.toLowerCase() === literal.toLowerCase()) ??
    nearest(
      literal,
      texts.filter((text) => text.length > 2),
    )
  );
}

function valuesOf(node: SOp, facts: Facts): readonly Value[] | null {
  const { domain } = facts.of(node);
  return domain.kind === 'finite' ? domain.values : null;
}

const MOST_SHOWN = 5;

function shown(values: readonly Value[]): string {
  const texts = values.map(sourceText);
  return texts.length <= MOST_SHOWN ? texts.join(', ') : `${texts.slice(0, MOST_SHOWN - 1).join(', ')}, … ${texts.at(-1)}`;
}

function isValues(right: SOp | readonly Value[]): right is readonly Value[] {
  return Array.isArray(right);
}

function saysOf(operator: Comparison['operator']): string {
  return operator === '!=' ? 'True' : 'False';
}

function replacing(span: Span, text: string): Fix {
  return { title: `write \`${text}\``, edits: [{ span, text }] };
}

function fixing(fixes: readonly Fix[]): { readonly fixes?: readonly Fix[] } {
  return fixes.length === 0 ? {} : { fixes };
}
