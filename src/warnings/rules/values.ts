/** What is the same on every input: comparisons, selectors, conditions, defaults and outputs (W3001 to W3008). */
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { truthy } from '../../graph/evaluate/values/python-arithmetic.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import { type GraphNode, isSelector } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import { type Span, spanText } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import type { NamedThing } from '../../syntax/symbols.ts';
import { everyExpression, everyStatement, partsOf } from '../../syntax/walk.ts';
import { type Finding, oneEach } from '../finding.ts';
import type { ObservedProgram } from '../observe-program.ts';
import { foreignNeverMeeting, neverMeeting } from './comparisons.ts';
import { isWrittenSo, selectionOf } from './selections.ts';

/** @param causes what is known to be wrong already */
export function ofValues(observed: ObservedProgram, causes: readonly Finding[]): Diagnostic[] {
  const { module, seen, facts } = observed;
  const general = generalExpressions(module);
  const own = everyExpression(module.statements).flatMap((expression) => {
    const nodes = seen.nodesOf(expression);
    const isGeneral = general.has(decidingPart(expression));
    const found = nodes.map((node) => sameEverywhere(expression, node, observed, isGeneral));
    // of an expression in a loop or a function, only what holds each time
    return found.every((each) => each !== null) ? found : [];
  });
  return oneEach([...causes, ...own, ...foreignNeverMeeting(observed), ...lookingAhead(observed, facts), ...outputs(observed)]);
}

/** Expressions of functions that depend on what they are called with: what is the same at today's calls need not be at tomorrow's. */
function generalExpressions({ statements }: ast.Module): ReadonlySet<ast.Expression> {
  const general = new Set<ast.Expression>();
  for (const statement of everyStatement(statements)) {
    if (statement.kind !== 'function') continue;
    const inside = everyStatement(statement.body);
    const local = new Set([
      ...statement.parameters.map(({ name }) => name),
      ...inside
        .flatMap((each) => (each.kind === 'assignment' ? each.targets : each.kind === 'for' ? each.generator.variables : []))
        .map(({ name }) => name),
    ]);
    // parts stand behind what they are parts of
    for (const expression of everyExpression([statement]).reverse()) {
      const depends = partsOf(expression).some((part) => general.has(part)) || (expression.kind === 'name' && local.has(expression.name));
      if (depends) general.add(expression);
    }
  }
  return general;
}

/** On what it depends whether the expression says the same everywhere. */
function decidingPart(expression: ast.Expression): ast.Expression {
  return expression.kind === 'choose' ? expression.condition : expression.kind === 'aggregate' ? expression.selector : expression;
}

function sameEverywhere(
  expression: ast.Expression,
  node: GraphNode,
  { facts, program, things }: ObservedProgram,
  isGeneral: boolean,
): Finding | null {
  const { span } = expression;
  const isComparison = expression.kind === 'binary' || expression.kind === 'select' || expression.kind === 'member';
  const meeting = isComparison ? neverMeeting(expression, node, isGeneral ? null : facts) : null;
  if (meeting !== null || facts === null || isGeneral) return meeting;
  if (isSelector(node)) {
    const isMade = isComparison || expression.kind === 'unary';
    return isMade ? ofSelector(node, span, facts, program.causal?.value ?? false, things) : null;
  }
  if (expression.kind === 'choose' && node.kind === 'elementwise' && node.operation.kind === 'choose') {
    const [condition] = node.args;
    const says = condition === undefined ? null : constantOf(condition, facts)?.map(truthy);
    if (!says || new Set(says).size !== 1) return null;
    const names = { text: spanText(expression.condition.span), says: says[0] === true };
    return { node, diagnostic: diagnose('W3003', names, { span: expression.condition.span }) };
  }
  if (expression.kind === 'aggregate' && node.kind === 'aggregate' && expression.default !== null) {
    if (!facts.selectionCount(node.selector).nonempty) return null;
    const { value, default: otherwise } = expression;
    const text = spanText(otherwise.span);
    const edits = [{ span: { file: span.file, start: value.span.end, end: otherwise.span.end }, text: '' }];
    const fixes = [{ title: 'leave the default out', edits }];
    return { node, diagnostic: diagnose('W3008', { text }, { span: otherwise.span, fixes }) };
  }
  return null;
}

function constantOf(node: GraphNode, facts: Facts): readonly Value[] | null {
  if (isSelector(node)) return null;
  const { domain } = facts.of(node);
  return domain.kind === 'finite' ? domain.values : null;
}

function ofSelector(node: GraphNode, span: Span, facts: Facts, causal: boolean, things: readonly NamedThing[]): Finding | null {
  if (!isSelector(node) || isWrittenSo(node)) return null;
  const selection = selectionOf(node, facts);
  if (selection === null) return null;
  if (selection.never) return { node, diagnostic: diagnose('W3005', {}, { span }) };
  if (causal && selection.neverBehind) return { node, diagnostic: diagnose('W3007', {}, { span }) };
  if (!selection.always) return null;
  const isHidden = things.some(({ name, within }) => {
    return name === 'full_s' && within !== null && within.span.start <= span.start && span.end <= within.span.end;
  });
  return { node, diagnostic: diagnose('W3006', { isHidden }, { span }) };
}

/** Functions of the library that look ahead, called in a causal program. */
function lookingAhead({ seen, program }: ObservedProgram, facts: Facts | null): Finding[] {
  if (facts === null || program.causal?.value !== true) return [];
  return seen.foreign.flatMap(({ node, call, inLibrary }) => {
    if (!inLibrary || node.kind !== 'select') return [];
    const selection = selectionOf(node, facts);
    if (selection === null || selection.never || !selection.neverBehind) return [];
    return [{ node, diagnostic: diagnose('W3007', {}, { span: call.span, notes: [`inside \`${call.name}\` of the library`] }) }];
  });
}

function outputs({ program, facts }: ObservedProgram): Finding[] {
  if (facts === null) return [];
  return program.exports.flatMap(({ name, node, span }) => {
    const values = constantOf(node, facts);
    const [only, ...more] = values ?? [];
    if (only === undefined || more.length > 0) return [];
    return [{ node, diagnostic: diagnose('W3004', { name, value: sourceText(only) }, { span }) }];
  });
}
