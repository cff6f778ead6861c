/** Refuses what cannot be compiled exactly: every such expression of the program, each with an input that shows it where there is one. */
import { diagnose } from '../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { isNumeric } from '../../graph/domain.ts';
import { LIBRARY_PATH } from '../../graph/elaborate/library.ts';
import { applyOperation } from '../../graph/evaluate/values/apply-operation.ts';
import { EvaluationError } from '../../graph/evaluate/values/evaluation-error.ts';
import { compareValues } from '../../graph/evaluate/values/python-arithmetic.ts';
import {
  type Aggregate,
  argumentsOf,
  type Elementwise,
  type Graph,
  type GraphNode,
  isSelector,
  reachable,
  type Select,
  type Selector,
  type SOp,
} from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import { typeOf, type Value } from '../../graph/value.ts';
import type { Span } from '../../source/source-file.ts';
import type { Target } from '../../targets/target.ts';
import type { Facts } from '../facts/facts.ts';
import { TABLE_LIMIT } from '../facts/infer-facts.ts';
import { FAILS } from '../facts/tabulate.ts';
import { isProvenCausal } from './check-causality.ts';
import { findFailingInput, showInput } from './find-failing-input.ts';

export interface CheckInput {
  readonly graph: Graph;
  readonly exports: readonly Export[];
  readonly facts: Facts;
  readonly target: Target;
}

/** Throws R4003 and R4005 to R4008, all that apply. */
export function checkCompilable({ exports, facts, target }: CheckInput): void {
  const nodes = reachable(exports.map((e) => e.node));
  refuse(causalityProblems(nodes, facts, target));
  refuse(nodes.flatMap((node) => problemOf(node, facts) ?? []));
}

function refuse(problems: readonly Diagnostic[]): void {
  if (problems.length > 0) throw new DiagnosticError(problems);
}

/**
 * Of a program that is not causal on a target that is: what else is wrong with it depends on which of the two changes. One diagnostic: whatever
 * looks ahead, it is one decision.
 */
function causalityProblems(nodes: readonly GraphNode[], facts: Facts, target: Target): Diagnostic[] {
  if (target.traits.attention !== 'causal' || facts.assumptions.causal) return [];
  const selectors = new Map<Selector, Span>();
  for (const node of nodes) {
    if ((node.kind !== 'aggregate' && node.kind !== 'width' && node.kind !== 'reduction') || isProvenCausal(node.selector, facts)) continue;
    const span =
      ownSpan(node.selector) ?? ownSpan(node) ?? nodes.find((user) => ownSpan(user) && argumentsOf(user).includes(node))?.spans.find(isOwn);
    const place = span ?? node.selector.spans[0];
    if (place !== undefined && !selectors.has(node.selector)) selectors.set(node.selector, place);
  }
  const [first, ...more] = [...selectors.values()].filter((span, i, all) => all.findIndex((other) => sameSpan(span, other)) === i);
  if (first === undefined) return [];
  const secondary = more.map((span) => ({ span, text: 'so does this' }));
  return [diagnose('R4008', { target: target.name }, { span: first, label: 'selects to the right', secondary })];
}

/** Where the program itself says it: the library is nobody's own. */
function ownSpan({ spans }: GraphNode): Span | undefined {
  return spans.find(isOwn);
}

function isOwn({ file }: Span): boolean {
  return file.path !== LIBRARY_PATH;
}

function sameSpan(a: Span, b: Span): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}

function problemOf(node: GraphNode, facts: Facts): Diagnostic | null {
  if (isSelector(node)) return node.kind === 'select' ? checkComparison(node, facts) : null;
  return (
    checkTypes(node, facts) ??
    (node.kind === 'elementwise' ? checkElementwise(node, facts) : node.kind === 'aggregate' ? checkAggregate(node, facts) : null)
  );
}

function checkElementwise(node: Elementwise, facts: Facts): Diagnostic | null {
  const { shape } = facts.of(node);
  const where = { span: node.spans[0] };
  if (shape.kind === 'unknown') return diagnose('R4003', { combinations: shape.combinations, limit: TABLE_LIMIT }, where);
  if (shape.kind !== 'table' || !shape.entries.includes(FAILS)) return null;
  // Where an argument fails already, that is what to say.
  if (node.args.some((a) => failsSomewhere(a, facts))) return null;
  const input = findFailingInput(node, facts.assumptions);
  return diagnose('R4005', { input: input && showInput(input), reason: reasonOf(node, facts) }, where);
}

function failsSomewhere(node: SOp, facts: Facts): boolean {
  const { shape } = facts.of(node);
  return shape.kind === 'table' && shape.entries.includes(FAILS);
}

/** In the program's own words: what goes wrong at the first combination of values that has no result. */
function reasonOf(node: Elementwise, facts: Facts): string {
  const domains = node.args.map((a) => facts.of(a).domain);
  for (const values of combinations(domains.map((d) => (d.kind === 'finite' ? d.values : [])))) {
    const reason = faultOf(() => applyOperation(node.operation, values));
    if (reason !== null) return reason;
  }
  return 'it has no result';
}

/** Combinations of values, the last list varying fastest, made one by one: the first that fails is usually among the first. */
function* combinations(lists: readonly (readonly Value[])[]): Generator<readonly Value[]> {
  const [first, ...rest] = lists;
  if (first === undefined) yield [];
  else for (const value of first) for (const others of combinations(rest)) yield [value, ...others];
}

/** A comparison of a string with a number by size fails whatever they are. */
function checkComparison(node: Select, facts: Facts): Diagnostic | null {
  const keys = representatives(node.keys, facts);
  const queries = representatives(node.queries, facts);
  for (const key of keys) {
    for (const query of queries) {
      const reason = faultOf(() => compareValues(node.operator, key, query));
      if (reason === null) continue;
      const input = findFailingInput(node, facts.assumptions);
      return diagnose('R4005', { input: input && showInput(input), reason }, { span: node.spans[0] });
    }
  }
  return null;
}

/** One value of each type that the s-op has. */
function representatives(node: SOp, facts: Facts): readonly Value[] {
  const { domain } = facts.of(node);
  if (domain.kind === 'interval') return [domain.low];
  return [...new Map(domain.values.map((v) => [typeOf(v), v])).values()];
}

function faultOf(compute: () => unknown): string | null {
  try {
    compute();
    return null;
  } catch (error) {
    if (error instanceof EvaluationError) return diagnose(error.fault.code, error.fault.facts as never).message;
    throw error;
  }
}

/** A sequence holds strings or numbers; an s-op that can have both may mix them. */
function checkTypes(node: SOp, facts: Facts): Diagnostic | null {
  const { domain } = facts.of(node);
  if (domain.kind === 'interval' || isNumeric(domain)) return null;
  const types = [...new Set(domain.values.map(typeOf))];
  if (types.length === 1 || argumentMixes(node, facts)) return null;
  const input = findFailingInput(node, facts.assumptions);
  return diagnose(
    'R4007',
    { input: input && showInput(input), types: types.join(', '), isAggregate: node.kind === 'aggregate' },
    { span: node.spans[0] },
  );
}

/** Whether an argument mixes types already: then that one is reported. */
function argumentMixes(node: SOp, facts: Facts): boolean {
  const args = node.kind === 'elementwise' ? node.args : node.kind === 'aggregate' ? [node.value] : [];
  return args.some((a) => {
    const { domain } = facts.of(a);
    return domain.kind === 'finite' && !isNumeric(domain) && new Set(domain.values.map(typeOf)).size > 1;
  });
}

function checkAggregate(node: Aggregate, facts: Facts): Diagnostic | null {
  const { domain } = facts.of(node.value);
  if (domain.kind === 'interval' || facts.selectionCount(node.selector).single) return null;
  const what = !isNumeric(domain) ? 'strings' : domain.values.some((v) => typeof v === 'boolean') ? 'bools' : null;
  if (what === null) return null;
  const input = findFailingInput(node, facts.assumptions);
  const selector = node.selector.spans[0];
  return diagnose(
    'R4006',
    { input: input && showInput(input), what },
    { span: node.spans[0], secondary: selector ? [{ span: selector, text: 'this can select several positions' }] : [] },
  );
}
