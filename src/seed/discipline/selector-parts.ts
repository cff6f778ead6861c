/** A selector taken apart: which distances between query and key it asks for, and what else. */
import type { Selector, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import { valuesByPosition } from '../../passes/facts/positional.ts';
import { atomsOf, type Condition, clausesOf, compares, condition } from '../../passes/matching/condition.ts';
import { refuse } from './lowering-source.ts';

/** What a selector asks of positions, apart from the rest. */
export interface SelectorParts {
  /** Query position minus key position; null: any. */
  readonly offsets: readonly number[] | null;
  /** The key stands at least so many positions before the query. */
  readonly back: number;
  readonly rest: readonly Condition[];
}

/** What a selector over no extreme asks of positions, and what else; refused where an extreme is inside. */
export function partsOf(selector: Selector, facts: Facts): SelectorParts {
  const { context } = facts.assumptions;
  if (isExtreme(selector)) return refuse(selector, 'an extreme inside a selector');
  const root = condition(selector, false);
  let offsets: readonly number[] | null = null;
  let back = 0;
  const rest: Condition[] = [];
  for (const clause of clausesOf(root)) {
    const distances = distancesOf(clause, facts);
    if (distances === null) rest.push(clause);
    else if (distances.length + (distances[0] ?? 0) === context) back = Math.max(back, distances[0] ?? 0);
    else if (offsets === null) offsets = distances;
    else offsets = offsets.filter((d) => distances.includes(d));
  }
  if (offsets !== null) offsets = offsets.filter((d) => d >= back);
  return { offsets, back: offsets === null ? back : 0, rest };
}

/** The distances that a clause over positions selects, of those that there are; null where it asks for more than the distance. */
function distancesOf(clause: Condition, facts: Facts): number[] | null {
  const { context } = facts.assumptions;
  const atoms = atomsOf(clause);
  const known = new Map(atoms.flatMap(({ keys, queries }) => [keys, queries]).map((node) => [node, valuesByPosition(node, facts)]));
  if ([...known.values()].some((values) => values === null)) return null;
  const at = (node: SOp, position: number) => known.get(node)?.[position] as Value;
  const selects = (each: Condition, key: number, query: number): boolean => {
    if (each.kind === 'atom') {
      const { operator, keys, queries } = each.select;
      const [a, b] = [at(keys, key), at(queries, query)];
      return a !== undefined && b !== undefined && compares(operator, a, b) !== each.negated;
    }
    return each.kind === 'and'
      ? each.parts.every((part) => selects(part, key, query))
      : each.parts.some((part) => selects(part, key, query));
  };
  const distances: number[] = [];
  for (let d = 0; d < context; d++) {
    const wanted = selects(clause, 0, d);
    for (let key = 1; key + d < context; key++) if (selects(clause, key, key + d) !== wanted) return null;
    if (wanted) distances.push(d);
  }
  return distances;
}

export function isExtreme(selector: Selector): boolean {
  return selector.kind === 'rightmost' || selector.kind === 'leftmost';
}
