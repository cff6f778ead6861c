/** The numbers that an average of several positions can be. */
import { compareForOrder, finiteDomain } from '../../graph/domain.ts';
import type { Value } from '../../graph/value.ts';

/**
 * Every mean of 1 to `count` of some values, and `extra` besides; null where values are no integers or there would be more than `limit`.
 * One value stays itself, several give the float `sum / n`.
 */
export function meansOf(values: readonly Value[], extra: readonly Value[], count: number, limit: number): readonly Value[] | null {
  const numbers = values.map(Number);
  if (!numbers.every(Number.isSafeInteger)) return null;
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  if (((high - low) * count * (count + 1)) / 2 + count > limit) return null;
  const means = new Set<number>();
  for (let n = 2; n <= count; n++) for (let sum = n * low; sum <= n * high; sum++) means.add(sum / n);
  const single = finiteDomain([...values, ...extra]).values;
  const known = new Set(single.filter((value) => typeof value === 'number'));
  return [...single, ...[...means].filter((mean) => !known.has(mean))].sort(compareForOrder);
}
