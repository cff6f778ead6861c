/** The selector that is no condition: a constant compared with itself. */
import type { Selector } from '../../graph/graph.ts';
import { valuesEqual } from '../../graph/value.ts';

/** Whether a selector selects every position for every query. */
export function selectsEverything(selector: Selector): boolean {
  if (selector.kind !== 'select' || selector.operator !== '==') return false;
  const { keys, queries } = selector;
  return keys.kind === 'constant' && queries.kind === 'constant' && valuesEqual(keys.value, queries.value);
}
