/** Random well-typed programs as graphs, made from a seed: selectors, nested aggregates, widths and arithmetic. */
import type { ComparisonOperator, Graph, Selector, SOp } from '../../src/graph/graph.ts';
import type { Value } from '../../src/graph/value.ts';

const COMPARISONS: readonly ComparisonOperator[] = ['==', '!=', '<', '>', '<=', '>='];

export interface Pools {
  readonly tokens: SOp[];
  readonly ints: SOp[];
  readonly bools: SOp[];
  readonly selectors: Selector[];
}

/**
 * @param random numbers in [0, 1)
 * @returns an s-op that depends on up to `steps` others
 */
export function randomGraph(graph: Graph, random: () => number, steps: number, vocabulary: readonly Value[]): SOp {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const small = () => graph.constant(BigInt(Math.floor(random() * 4)));
  const tokens = graph.tokens('asis');
  const pools: Pools = { tokens: [tokens], ints: [graph.indices()], bools: [], selectors: [] };
  const any = () => pick([pools.tokens, pools.ints, ...(pools.bools.length > 0 ? [pools.bools] : [])]);
  const comparison = (): SOp => {
    if (random() < 0.4) return graph.binary(pick(['==', '!=']), pick(pools.tokens), graph.constant(pick(vocabulary)));
    return graph.binary(pick(COMPARISONS), pick(pools.ints), random() < 0.5 ? small() : pick(pools.ints));
  };
  const select = (): Selector => {
    const pool = any();
    const operator = pool === pools.tokens ? pick<ComparisonOperator>(['==', '!=']) : pick(COMPARISONS);
    return graph.select(pick(pool), random() < 0.15 && pool === pools.ints ? small() : pick(pool), operator);
  };
  const makers: (() => void)[] = [
    () => pools.bools.push(comparison()),
    () => pools.bools.push(pools.bools.length > 0 ? graph.binary(pick(['and', 'or']), pick(pools.bools), pick(pools.bools)) : comparison()),
    () => pools.ints.push(graph.binary(pick(['+', '-']), pick(pools.ints), random() < 0.5 ? small() : pick(pools.ints))),
    () => pools.ints.push(graph.binary('%', pick(pools.ints), graph.constant(BigInt(2 + Math.floor(random() * 2))))),
    () => pools.ints.push(graph.elementwise({ kind: 'choose' }, [comparison(), pick(pools.ints), pick(pools.ints)])),
    () => pools.selectors.push(select()),
    () => pools.selectors.push(graph.and(select(), select())),
    () => pools.selectors.push(random() < 0.5 ? graph.not(select()) : graph.or(select(), select())),
    () => pools.ints.push(graph.width(pools.selectors.length > 0 ? pick(pools.selectors) : select())),
    () => pools.ints.push(graph.width(select())),
    () => pools.ints.push(graph.reduction(pick(['sum', 'max', 'min']), select(), pick(pools.ints), pick([0n, -1n]))),
    () =>
      pools.tokens.push(graph.aggregate(graph.extreme(pick(['rightmost', 'leftmost']), select()), pick(pools.tokens), pick(vocabulary))),
    () => pools.ints.push(graph.aggregate(graph.extreme(pick(['rightmost', 'leftmost']), select()), pick(pools.ints), -1n)),
    () =>
      pools.bools.push(
        graph.binary('>', graph.aggregate(select(), graph.unary('indicator', comparison()), 0n), graph.constant(pick([0.3, 0.5, 0.7]))),
      ),
  ];
  for (let i = 0; i < steps; i++) pick(makers)();
  const results = [...pools.bools, ...pools.ints.slice(1), ...pools.tokens.slice(1)].sort((a, b) => a.id - b.id);
  return results.at(-1) ?? tokens;
}
