/** What takes most of something that there is too little of: how a refusal says where to save. */

/** Consumers that are named; the others are counted. */
const NAMED = 3;

export interface Consumer {
  readonly name: string;
  readonly count: number;
}

/** @param total what all of them take, where some have no name; absent: what the named ones add up to */
export function largestConsumers(uses: readonly Consumer[], total = uses.reduce((sum, { count }) => sum + count, 0)): string {
  const counts = new Map<string, number>();
  for (const { name, count } of uses) counts.set(name, (counts.get(name) ?? 0) + count);
  const largest = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, NAMED);
  const more = total - largest.reduce((sum, [, count]) => sum + count, 0);
  return `${largest.map(([name, count]) => `${name} ${count}`).join(' + ')}${more === 0 ? '' : ` and ${more} more`}`;
}
