/** What a head makes of positions alone, where a program looks both ways, as a formula or a table of the position or of the length. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { argumentsOf, type Graph, type GraphNode, isSelector, reachable, type SOp } from '../../../../graph/graph.ts';
import { type Value, valueKey } from '../../../../graph/value.ts';
import { LONGEST_TRIED } from '../../../facts/by-length.ts';
import { succeed } from '../../../facts/tabulate.ts';
import type { Rewrite } from '../../rewrite.ts';

export const knownByLength: Rewrite = {
  law: {
    name: 'known-by-length',
    statement:
      'an s-op of positions alone has at position i of n the value that it has on any input of n tokens; where that is a * i + b * n + c, or depends on i or on n alone, it is that',
    requires: 'no tokens below the s-op, and every length up to the context is looked at',
    ensures: 'no head counts or averages positions, but for one that counts all',
    example: {
      before: 'said = tokens == "a" and aggregate(select(1, 1, ==), indicator(indices == 0)) > 0.4;',
      after: 'said = tokens == "a" and [1, 0.5, 0.3333333333333333, 0.25, 0.2][length - 1] > 0.4;',
      causal: false,
      sees: 'bidirectional',
    },
  },
  optimization: 'constant-positions',
  ruleFor: ({ graph, roots, assumptions: { context, causal } }) => {
    if (causal || context > LONGEST_TRIED) return null;
    const length = graph.width(graph.select(graph.constant(1n), graph.constant(1n), '=='));
    const positional = new Set<GraphNode>();
    for (const node of reachable(roots))
      if (node.kind !== 'tokens' && argumentsOf(node).every((a) => positional.has(a))) positional.add(node);
    const isHead = (node: GraphNode): node is SOp => node.kind === 'aggregate' || node.kind === 'width' || node.kind === 'reduction';
    const heads = [...positional].filter((node): node is SOp => isHead(node) && node !== length);
    if (heads.length === 0) return null;
    const said = new Map<SOp, SOp>();
    for (const node of heads) {
      const rows = rowsOf(node, context);
      const form = rows === null ? null : formOf(rows, graph, length);
      if (form !== null) said.set(node, form);
    }
    return (_, node) => (isSelector(node) ? null : (said.get(node) ?? null));
  },
};

/** Its values on inputs of each length; null where it fails on one. */
function rowsOf(node: SOp, context: number): readonly (readonly Value[])[] | null {
  const rows: (readonly Value[])[] = [];
  for (let length = 1; length <= context; length++) {
    const found = succeed(() => evaluate([node], new Array<Value>(length).fill(0n), { causal: false }).get(node) as Sequence);
    if (found === undefined) return null;
    rows.push(found.values);
  }
  return rows;
}

function formOf(rows: readonly (readonly Value[])[], graph: Graph, length: SOp): SOp | null {
  return linear(rows, graph, length) ?? ofOne(rows, graph, length);
}

/** a * i + b * n + c, of integers. */
function linear(rows: readonly (readonly Value[])[], graph: Graph, length: SOp): SOp | null {
  const [[first] = [], second = []] = rows;
  const [start, next] = second;
  if (typeof first !== 'bigint' || typeof start !== 'bigint' || typeof next !== 'bigint') return null;
  const [byIndex, byLength] = [next - start, start - first];
  const constant = first - byLength;
  const isSo = rows.every((row, n) => row.every((value, i) => value === byIndex * BigInt(i) + byLength * BigInt(n + 1) + constant));
  if (!isSo) return null;
  const terms = [
    { factor: byLength, node: length },
    { factor: constant, node: graph.constant(1n) },
    { factor: byIndex, node: graph.indices() },
  ].filter(({ factor }) => factor !== 0n);
  const scaled = (factor: bigint, node: SOp): SOp =>
    node.kind === 'constant' ? graph.constant(factor) : factor === 1n ? node : graph.binary('*', graph.constant(factor), node);
  return (
    terms
      .sort((a, b) => Number(b.factor > 0n) - Number(a.factor > 0n))
      .reduce<SOp | null>((sum, { factor, node }) => {
        if (sum === null) return scaled(factor, node);
        return factor > 0n ? graph.binary('+', sum, scaled(factor, node)) : graph.binary('-', sum, scaled(-factor, node));
      }, null) ?? graph.constant(0n)
  );
}

/** A table of the position, or of the length. */
function ofOne(rows: readonly (readonly Value[])[], graph: Graph, length: SOp): SOp | null {
  const longest = rows.at(-1) ?? [];
  const table = (items: readonly Value[], at: SOp) => graph.elementwise({ kind: 'lookup', table: { kind: 'list', items } }, [at]);
  if (rows.every((row) => row.every((value, i) => valueKey(value) === valueKey(longest[i] ?? 'nothing'))))
    return table(longest, graph.indices());
  const firsts = rows.map(([value]) => value ?? 0n);
  if (!rows.every((row, n) => row.every((value) => valueKey(value) === valueKey(firsts[n] ?? 'nothing')))) return null;
  return table(firsts, graph.binary('-', length, graph.constant(1n)));
}
