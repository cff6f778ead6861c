/**
 * Combinations of what a choice is made of, a case at a time: where a condition holds one branch counts, where it does not the other, and what
 * a branch that does not count is made of need not be enumerated. Every input is in just one case.
 */
import { type Elementwise, type Graph, reachable, type SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Combinations, ValueSource } from './combinations.ts';

/** More cases than this are not looked at one by one. */
const MOST_CASES = 256;

export interface CaseSource extends Pick<ValueSource, 'valuesOf' | 'indexOf'> {
  readonly graph: Graph;
  /** The values of an s-op; null where they are too many. */
  of(node: SOp): readonly Value[] | null;
  /** Whether s-ops are made of so little that all of it can be enumerated. */
  isLittle(nodes: readonly SOp[]): boolean;
  /** What is enumerated in one case. */
  enumerated(nodes: readonly SOp[]): Combinations;
}

/** A condition, and whether it holds. */
type Given = ReadonlyMap<SOp, boolean>;

/** The combinations by cases; null where no choice is among the s-ops, or cases are too many. */
export function combinationsByCases(wanted: readonly SOp[], source: CaseSource): Combinations | null {
  const cases: { readonly given: Given; readonly nodes: readonly SOp[] }[] = [];
  const pending: (typeof cases)[number][] = [{ given: new Map(), nodes: wanted }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { given, nodes } = next;
    if (cases.length + pending.length > MOST_CASES) return null;
    const condition = source.isLittle([...nodes, ...given.keys()]) ? null : nextCondition(nodes, given, source);
    if (condition === null) cases.push(next);
    else {
      for (const holds of [true, false]) {
        const also = new Map([...given, [condition, holds]]);
        pending.push({ given: also, nodes: under(nodes, also, source.graph) });
      }
    }
  }
  return cases.length < 2 ? null : joined(wanted, cases, source);
}

/** What the first choice asks, as a bool that is neither `and`, `or` nor `not` of others. */
function nextCondition(nodes: readonly SOp[], given: Given, source: CaseSource): SOp | null {
  const choices = reachable(nodes).filter((node): node is Elementwise => node.kind === 'elementwise' && node.operation.kind === 'choose');
  for (const node of choices.reverse()) {
    for (const asked of partsOf(node.args[0] as SOp)) {
      if (asked.kind === 'elementwise' && !given.has(asked) && source.of(asked)?.every((value) => typeof value === 'boolean')) return asked;
    }
  }
  return null;
}

function partsOf(condition: SOp): SOp[] {
  return isLogical(condition) ? condition.args.flatMap(partsOf) : [condition];
}

function isLogical(node: SOp): node is Elementwise {
  if (node.kind !== 'elementwise') return false;
  const { operation } = node;
  return (operation.kind === 'binary' && (operation.operator === 'and' || operation.operator === 'or')) || isNot(node);
}

function isNot({ operation }: Elementwise): boolean {
  return operation.kind === 'unary' && operation.operator === 'not';
}

/** S-ops as they are where conditions are known. */
function under(nodes: readonly SOp[], given: Given, graph: Graph): SOp[] {
  const known = new Map<SOp, SOp>([...given].map(([condition, holds]) => [condition, graph.constant(holds)]));
  // arguments first: expressions can be deeper than the host's stack
  for (const node of reachable(nodes)) {
    if (node.kind !== 'elementwise' || known.has(node)) continue;
    const args = node.args.map((arg) => known.get(arg) ?? arg);
    if (args.some((arg, i) => arg !== node.args[i])) known.set(node, folded(node, args, graph));
  }
  return nodes.map((node) => known.get(node) ?? node);
}

function folded(node: Elementwise, args: readonly SOp[], graph: Graph): SOp {
  const { operation } = node;
  const bools = args.map((arg) => (arg.kind === 'constant' && typeof arg.value === 'boolean' ? arg.value : null));
  const [first, second] = bools;
  if (operation.kind === 'choose' && first !== null) return (first ? args[1] : args[2]) as SOp;
  if (isNot(node) && typeof first === 'boolean') return graph.constant(!first);
  if (operation.kind === 'binary' && (operation.operator === 'and' || operation.operator === 'or')) {
    const decides = operation.operator === 'or';
    if (first === decides || second === decides) return graph.constant(decides);
    if (first !== null && second !== null) return graph.constant(!decides);
  }
  return graph.elementwise(operation, args);
}

/** The rows of every case that meet its conditions, as values of the s-ops that were asked for. */
function joined(
  wanted: readonly SOp[],
  cases: readonly { readonly given: Given; readonly nodes: readonly SOp[] }[],
  source: CaseSource,
): Combinations {
  const columns = wanted.map((): number[] => []);
  for (const { given, nodes } of cases) {
    for (const node of [...nodes, ...given.keys()]) source.of(node);
    const combinations = source.enumerated([...new Set([...nodes, ...given.keys()])]);
    const asked = [...given].map(([condition, holds]) => ({
      column: combinations.column(condition),
      at: source.indexOf(condition, holds),
    }));
    const own = nodes.map((node, i) => {
      const original = wanted[i] as SOp;
      const places = source.valuesOf(node).map((value) => source.indexOf(original, value) ?? -1);
      return { column: combinations.column(node), places };
    });
    for (let at = 0; at < combinations.count; at++) {
      if (asked.some((each) => numberAt(each.column, at) !== each.at)) continue;
      const places = own.map((each) => numberAt(each.places, numberAt(each.column, at)));
      // what the s-op never is does not occur
      if (places.includes(-1)) continue;
      for (const [i, place] of places.entries()) columns[i]?.push(place);
    }
  }
  const packed = new Map(wanted.map((node, i) => [node, Int32Array.from(columns[i] ?? [])]));
  return {
    count: columns[0]?.length ?? 0,
    column(node) {
      const column = packed.get(node);
      if (column === undefined) throw new Error('an s-op that was not asked for');
      return column;
    },
  };
}
