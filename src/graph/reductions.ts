/**
 * Sums and extremes over selected positions, said by counts: the laws that lowerings and their proofs build on. A sum is a combination of
 * widths, each of the positions whose value is in a set; an extreme is told by which thresholds something selected reaches.
 */
import { compareForOrder, numericValue } from './domain.ts';
import { equalityKey } from './evaluate/values/apply-operation.ts';
import type { Graph, Reduction, Selector, SOp } from './graph.ts';
import type { Value } from './value.ts';

/** `weight` for each selected position whose value is one of `members`. */
export interface SumPiece {
  readonly weight: Value;
  readonly members: readonly Value[];
}

/** Values that are equal as numbers, as one; ascending. */
export function distinctNumbers(values: readonly Value[]): Value[] {
  const byKey = new Map<string | number | bigint, Value>();
  for (const value of [...values].sort(compareForOrder)) if (!byKey.has(equalityKey(value))) byKey.set(equalityKey(value), value);
  return [...byKey.values()];
}

/** Pieces whose weights add up to each value, as few as are found: a piece a value, or one for each binary digit above a base. */
export function sumPieces(values: readonly Value[]): SumPiece[] {
  const distinct = distinctNumbers(values);
  const each = distinct.filter((value) => numericValue(value) !== 0).map((value) => ({ weight: numberOf(value), members: [value] }));
  const ints = distinct.map(numberOf).filter((value): value is bigint => typeof value === 'bigint');
  if (ints.length < distinct.length || ints.length === 0) return each;
  const least = ints[0] as bigint;
  const candidates = [each, ...(least >= 0n ? [digits(distinct, 0n)] : []), digits(distinct, least)];
  return candidates.reduce((best, next) => (next.length < best.length ? next : best));
}

/** @param values distinct, ascending, and none below the base */
function digits(values: readonly Value[], base: bigint): SumPiece[] {
  const pieces: SumPiece[] = base === 0n ? [] : [{ weight: base, members: values }];
  const rest = values.map((value) => (numberOf(value) as bigint) - base);
  const largest = rest.at(-1) ?? 0n;
  let top = 1n;
  while (2n * top <= largest) top *= 2n;
  // all weights together are the largest value: where the last were a power of two, sums would seem to reach what none does
  const last = largest - (top - 1n);
  const digits = rest.map((value) => (value >= top ? value - last : value));
  for (let bit = 1n; bit < top; bit *= 2n) {
    const members = values.filter((_, i) => ((digits[i] as bigint) / bit) % 2n === 1n);
    if (members.length > 0) pieces.push({ weight: bit, members });
  }
  const highest = values.filter((_, i) => (rest[i] as bigint) >= top);
  if (highest.length > 0) pieces.push({ weight: last, members: highest });
  return pieces;
}

/** A bool counts as an int. */
function numberOf(value: Value): Value {
  return typeof value === 'boolean' ? BigInt(value) : value;
}

/** The sum as weighted widths. It is the node's meaning where each value is the sum of the weights of the pieces that it is in. */
export function sumOfWidths(graph: Graph, { selector, value, spans, ...node }: Reduction, pieces: readonly SumPiece[], all: number): SOp {
  const [span] = spans;
  const terms = pieces.map(({ weight, members }) => {
    const width = graph.width(members.length === all ? selector : graph.and(selector, keysIn(graph, value, members), span), span);
    return weight === 1n ? width : graph.binary('*', graph.constant(weight), width, span);
  });
  const [first, ...rest] = terms;
  const sum = first === undefined ? graph.constant(0n) : rest.reduce((total, term) => graph.binary('+', total, term, span), first);
  if (numericValue(node.default) === 0) return sum;
  const some = graph.binary('>', graph.width(selector, span), graph.constant(0n), span);
  return graph.elementwise({ kind: 'choose' }, [some, sum, graph.constant(node.default)], span);
}

function keysIn(graph: Graph, value: SOp, members: readonly Value[]): Selector {
  const [only, ...more] = members;
  if (only !== undefined && more.length === 0) return graph.select(value, graph.constant(only), '==');
  return graph.select(graph.elementwise({ kind: 'member', values: members }, [value]), graph.constant(true), '==');
}

/**
 * The extreme by how many thresholds are reached. `values` are all that can be selected, distinct and ascending. Where something is sure
 * to be selected, the first threshold is always reached.
 */
export function extremeByThresholds(graph: Graph, node: Reduction, values: readonly Value[], nonempty: boolean): SOp {
  const { selector, value, operator } = node;
  const [span] = node.spans;
  const ranked = operator === 'max' ? values : [...values].reverse();
  const reached = ranked.slice(nonempty ? 1 : 0).map((threshold, at) => {
    const isFirst = at === 0 && !nonempty;
    const beyond = graph.select(value, graph.constant(threshold), operator === 'max' ? '>=' : '<=');
    const width = graph.width(isFirst ? selector : graph.and(selector, beyond, span), span);
    return graph.unary('indicator', graph.binary('>', width, graph.constant(0n), span), span);
  });
  const items = nonempty ? ranked : [node.default, ...ranked];
  const [first, ...rest] = reached;
  if (first === undefined) return graph.constant(items[0] as Value);
  const rank = rest.reduce((sum: SOp, next) => graph.binary('+', sum, next, span), first);
  return graph.elementwise({ kind: 'lookup', table: { kind: 'list', items } }, [rank], span);
}
