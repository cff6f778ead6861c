/** Which parts of queries and keys are compared with each other: conditions over the same s-ops, with what goes by those. */
import type { SOp } from '../../graph/graph.ts';
import { variablesBelow } from '../meaning/combinations.ts';
import { type Condition, comparisonsOf } from '../meaning/conditions.ts';
import type { NodeValues } from '../meaning/node-values.ts';
import type { Side, SidePart } from './head-sides.ts';

/** Conditions that read the same s-ops, with the parts of queries and keys that go by those. */
export interface Group {
  readonly conditions: readonly Condition[];
  readonly queryNodes: readonly SOp[];
  readonly keyNodes: readonly SOp[];
  readonly queryParts: readonly SidePart[];
  readonly keyParts: readonly SidePart[];
  readonly hasOrder: boolean;
  readonly hasDistance: boolean;
}

/** @param ordered by what selected keys are told apart, if they are */
export function groupConditions(
  conditions: readonly Condition[],
  query: Side,
  key: Side,
  values: NodeValues,
  ordered: SOp | null,
  isTurned: boolean,
): Group[] {
  const indices = values.assumptions.graph.indices();
  const leavesOf = (side: string, nodes: readonly SOp[]) => variablesBelow(nodes, new Set()).map((node) => `${side}${node.id}`);
  /** What a condition compares, on either side; a condition that compares nothing stands by itself. */
  const leavesOfCondition = (condition: (typeof conditions)[number]): string[] => {
    const selects = comparisonsOf(condition);
    const keys = selects.map((select) => select.keys);
    const queries = selects.map((select) => select.queries);
    const leaves = [...leavesOf('k', keys), ...leavesOf('q', queries)];
    return leaves.length === 0 ? ['none'] : leaves;
  };
  const sets = new Partition();
  for (const condition of conditions) {
    sets.join(leavesOfCondition(condition));
  }
  const orderLeaves = ordered === null ? [] : leavesOf('k', [ordered]);
  sets.join(orderLeaves);
  if (isTurned) sets.join([`k${indices.id}`, `q${indices.id}`]);
  const own = (side: 'k' | 'q', { producer }: SidePart) => (producer.node === null ? [] : leavesOf(side, [producer.node]));
  const known = (leaves: readonly string[]) => leaves.filter((leaf) => sets.has(leaf));
  for (const part of query.parts) sets.join(known(own('q', part)));
  for (const part of key.parts) sets.join(known(own('k', part)));
  return sets.classes().map((leaves): Group => {
    const belongs = (side: 'k' | 'q') => (part: SidePart) => own(side, part).some((leaf) => leaves.has(leaf));
    const mine = conditions.filter((condition) => leavesOfCondition(condition).some((leaf) => leaves.has(leaf)));
    const selects = mine.flatMap(comparisonsOf);
    const hasOrder = orderLeaves.some((leaf) => leaves.has(leaf));
    const hasPosition = leaves.has(`k${indices.id}`);
    const hasDistance = hasPosition && leaves.has(`q${indices.id}`);
    return {
      conditions: mine,
      queryNodes: [...new Set([...selects.map((s) => s.queries), ...(hasDistance ? [indices] : [])])],
      keyNodes: [
        ...new Set([...selects.map((s) => s.keys), ...(hasOrder && ordered !== null ? [ordered] : []), ...(hasPosition ? [indices] : [])]),
      ],
      queryParts: query.parts.filter(belongs('q')),
      keyParts: key.parts.filter(belongs('k')),
      hasOrder,
      hasDistance,
    };
  });
}

/** Sets of names that are joined. */
class Partition {
  #sets: Set<string>[] = [];

  join(names: readonly string[]): void {
    if (names.length === 0) return;
    const touched = this.#sets.filter((set) => names.some((name) => set.has(name)));
    this.#sets = [...this.#sets.filter((set) => !touched.includes(set)), new Set([...names, ...touched.flatMap((set) => [...set])])];
  }

  has(name: string): boolean {
    return this.#sets.some((set) => set.has(name));
  }

  classes(): readonly ReadonlySet<string>[] {
    return this.#sets;
  }
}
