/** Quotients that are whole wherever a choice takes them, as integers everywhere: what a branch would be elsewhere is nobody's to compute. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { type Graph, reachable, type SOp } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import { LONGEST_TRIED } from '../../../facts/by-length.ts';
import { succeed } from '../../../facts/tabulate.ts';
import type { Rewrite } from '../../rewrite.ts';

export const guardedIntegers: Rewrite = {
  law: {
    name: 'guarded-integers',
    statement:
      'a selector that compares with (a if c else b) selects what it does with (round(a) if c else b), where a is whole wherever c holds',
    requires: 'what is compared with asks for no token, and every length up to the context is looked at',
    ensures: 'no branch of a computed position has more values than it gives',
    example: {
      before: 'said = aggregate(select(indices, indices / 2 if indices % 2 == 0 else 0, ==), tokens, "-");',
      after: 'said = aggregate(select(indices, round(indices / 2) if indices % 2 == 0 else 0, ==), tokens, "-");',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'choices',
  ruleFor: ({ graph, assumptions: { context, causal }, sees }) => {
    if (!(causal && sees === 'causal') && context > LONGEST_TRIED) return null;
    return (node) => {
      if (node.kind !== 'select' || !hasChosenQuotient(node.queries)) return null;
      const rows = everyRow(node.queries, causal ? [context] : Array.from({ length: context }, (_, i) => i + 1), causal);
      if (rows === null) return null;
      const queries = rounded(node.queries, () => true, rows, graph);
      return queries === node.queries ? null : graph.select(node.keys, queries, node.operator, node.spans[0]);
    };
  },
};

function hasChosenQuotient(node: SOp): boolean {
  const nodes = reachable([node]);
  const isA = (kind: string, operator?: string) =>
    nodes.some(
      (each) =>
        each.kind === 'elementwise' &&
        each.operation.kind === kind &&
        (each.operation.kind !== 'binary' || operator === undefined || each.operation.operator === operator),
    );
  return isA('choose') && isA('binary', '/') && !nodes.some(({ kind }) => kind === 'tokens');
}

/** What each s-op below one is at every position of an input of each length, one after the other; null where one fails. */
type Rows = ReadonlyMap<SOp, readonly Value[]>;

function everyRow(node: SOp, lengths: readonly number[], causal: boolean): Rows | null {
  const nodes = reachable([node]).filter((each): each is SOp => each.kind === 'elementwise');
  const rows = new Map<SOp, Value[]>(nodes.map((each) => [each, []]));
  for (const length of lengths) {
    const found = succeed(() => evaluate(nodes, new Array<Value>(length).fill(0n), { causal }));
    if (found === undefined) return null;
    for (const [each, values] of rows) values.push(...(found.get(each) as Sequence).values);
  }
  return rows;
}

/** @param isTaken whether what is here is asked for, at the nth position of all */
function rounded(node: SOp, isTaken: (n: number) => boolean, rows: Rows, graph: Graph): SOp {
  if (node.kind !== 'elementwise') return node;
  const { operation, args, spans } = node;
  const [first, second, third] = args as [SOp, SOp, SOp];
  if (operation.kind === 'choose') {
    const holds = rows.get(first) ?? [];
    const branches = [
      rounded(second, (n) => isTaken(n) && holds[n] === true, rows, graph),
      rounded(third, (n) => isTaken(n) && holds[n] === false, rows, graph),
    ];
    return graph.elementwise(operation, [first, ...branches], spans[0]);
  }
  if (operation.kind !== 'binary') return node;
  if (operation.operator === '+' || operation.operator === '-')
    return graph.binary(operation.operator, rounded(first, isTaken, rows, graph), rounded(second, isTaken, rows, graph), spans[0]);
  const values = rows.get(node) ?? [];
  const isWhole = (value: Value) => typeof value !== 'string' && Number.isSafeInteger(Number(value));
  if (operation.operator !== '/' || !values.every((value, n) => !isTaken(n) || isWhole(value))) return node;
  return graph.unary('round', node, spans[0]);
}
