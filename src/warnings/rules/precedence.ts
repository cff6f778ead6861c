/** Expressions that RASP reads otherwise than most languages do, and that have no brackets to say that it is meant (W1001 to W1004). */
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic, TextEdit } from '../../diagnostics/diagnostic.ts';
import { type Span, spanCover, spanText } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import { everyExpression } from '../../syntax/walk.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);
const LOGICAL: ReadonlySet<string> = new Set(['and', 'or']);

export interface Misreading {
  readonly expression: ast.Expression;
  readonly diagnostic: Diagnostic;
}

export function readOtherwise({ statements }: ast.Module): Misreading[] {
  const all = everyExpression(statements);
  /** Of `a or b and c or d` the largest is told of alone. */
  const inside = new Set<ast.Expression>();
  return all.flatMap((expression) => {
    const diagnostic =
      expression.kind === 'binary'
        ? ofBinary(expression, inside)
        : expression.kind === 'member'
          ? (swallowed(expression) ?? denied(expression, expression.element, 'in'))
          : null;
    return diagnostic === null ? [] : [{ expression, diagnostic }];
  });
}

function ofBinary(expression: ast.Binary, inside: Set<ast.Expression>): Diagnostic | null {
  const { left, operator } = expression;
  const isTold = inside.has(expression);
  const isLogical = LOGICAL.has(operator);
  if (left.kind === 'binary' && !isBracketed(left) && LOGICAL.has(left.operator) === isLogical) inside.add(left);
  if (isTold) return null;
  if (COMPARISONS.has(operator)) return chained(expression) ?? denied(expression, left, operator);
  return isLogical ? mixed(expression) : null;
}

/** The span of a group is that of its brackets. */
function isBracketed(expression: ast.Binary | ast.Choose): boolean {
  return expression.span.start !== (expression.kind === 'binary' ? expression.left : expression.consequent).span.start;
}

function chained(whole: ast.Binary): Diagnostic | null {
  const { left: inner, operator, right, span } = whole;
  if (inner.kind !== 'binary' || !COMPARISONS.has(inner.operator) || isBracketed(inner)) return null;
  const both = `${spanText(inner.span)} and ${spanText(inner.right.span)} ${operator} ${spanText(right.span)}`;
  const unbracketed = spanCover(inner.span, right.span);
  const facts = { text: spanText(unbracketed), inner: spanText(inner.span), both };
  const fixes = [
    { title: `write \`${both}\``, edits: [{ span: unbracketed, text: `(${both})` }] },
    { title: 'set brackets around the first comparison', edits: bracket(inner.span) },
  ];
  return diagnose('W1001', facts, { span, fixes });
}

function swallowed({ element, container, span }: ast.Member): Diagnostic | null {
  const isLoose = (element.kind === 'binary' && LOGICAL.has(element.operator)) || element.kind === 'choose';
  if (!isLoose || isBracketed(element)) return null;
  const last = element.kind === 'binary' ? element.right : element.otherwise;
  const fixes = [
    { title: `ask for \`${spanText(last.span)}\` alone`, edits: bracket(spanCover(last.span, container.span)) },
    { title: 'set brackets around all of it', edits: bracket(element.span) },
  ];
  return diagnose('W1002', { element: spanText(element.span), last: spanText(last.span) }, { span, fixes });
}

function mixed(whole: ast.Binary): Diagnostic | null {
  const { left, operator, span } = whole;
  const inner = mixedBelow(left, operator);
  if (inner === null) return null;
  const fixes = [{ title: 'set brackets as it is read', edits: bracket(inner.span) }];
  return diagnose('W1003', { inner: inner.operator, outer: operator }, { span, fixes });
}

/** The operand of a chain of one operator that is a chain of the other. */
function mixedBelow(left: ast.Expression, operator: string): ast.Binary | null {
  let below = left;
  while (below.kind === 'binary' && LOGICAL.has(below.operator) && !isBracketed(below)) {
    if (below.operator !== operator) return below;
    below = below.left;
  }
  return null;
}

function denied(whole: ast.Binary | ast.Member, operand: ast.Expression, operator: string): Diagnostic | null {
  if (operand.kind !== 'unary' || operand.operator !== 'not' || !/^not\b/.test(spanText(operand.span))) return null;
  const right = whole.kind === 'binary' ? whole.right : whole.container;
  const denial = { start: operand.operand.span.start, end: right.span.end, file: operand.span.file };
  const facts = { operand: spanText(operand.operand.span), rest: `${operator} ${spanText(right.span)}` };
  const fixes = [
    { title: 'deny the comparison', edits: bracket(denial) },
    { title: 'set brackets as it is read', edits: bracket(operand.span) },
  ];
  return diagnose('W1004', facts, { span: whole.span, fixes });
}

function bracket({ file, start, end }: Span): TextEdit[] {
  return [
    { span: { file, start, end: start }, text: '(' },
    { span: { file, start: end, end }, text: ')' },
  ];
}
