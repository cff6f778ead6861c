/** What repeats is shown once: items of one key, but for the first, become names in its list. */

/** This many of one kind are still shown. */
const SHOWN = 2;

export function fold<Item>(
  items: readonly { readonly key: string; readonly item: Item }[],
  showsAll: boolean,
  withFolded: (item: Item, names: readonly string[]) => Item,
  nameOf: (item: Item) => string,
): Item[] {
  const byKey = new Map<string, Item[]>();
  for (const { key, item } of items) byKey.set(key, [...(byKey.get(key) ?? []), item]);
  return [...byKey.values()].flatMap((same) => {
    if (showsAll || same.length <= SHOWN) return same;
    const [first, ...others] = same as [Item, ...Item[]];
    return [withFolded(first, others.map(nameOf))];
  });
}
