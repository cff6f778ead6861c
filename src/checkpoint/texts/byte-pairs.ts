/** Byte-pair encoding of one word: the pair that was merged first in training is merged first, the leftmost of equal ones. Ids leave. */

export interface BytePairs {
  /** Ids by what is written in the vocabulary. */
  readonly ids: ReadonlyMap<string, number>;
  /** Pairs in the order in which they are merged. */
  readonly merges: readonly (readonly [string, string])[];
  /** Whether a character that is no token becomes the tokens of its bytes, `<0x0A>`. */
  readonly byteFallback: boolean;
  /** The token of anything else; null where that is left out. */
  readonly unknown: number | null;
  /** Whether several of those in a row are one. */
  readonly fuseUnknown: boolean;
  /** Whether a word that is a token is taken whole, however its merges go. */
  readonly ignoreMerges: boolean;
}

/** A pair waiting to be merged: `at` is the place of its left symbol. */
interface Waiting {
  readonly rank: number;
  readonly at: number;
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

export function bytePairEncoder(model: BytePairs): (word: string) => number[] {
  const { ids } = model;
  const merged = new Map<number, { readonly rank: number; readonly id: number }>();
  for (const [rank, [left, right]] of model.merges.entries()) {
    const [a, b, id] = [ids.get(left), ids.get(right), ids.get(left + right)];
    // the last of equal pairs counts, as in the official reader
    if (a !== undefined && b !== undefined && id !== undefined) merged.set(pairKey(a, b), { rank, id });
  }
  return (word) => {
    if (model.ignoreMerges) {
      const whole = ids.get(word);
      if (whole !== undefined) return [whole];
    }
    return mergePairs(symbolsOf(word, model), (left, right) => merged.get(pairKey(left, right)) ?? null);
  };
}

/** Ids can be larger than there are tokens. */
const LARGEST_ID = 2 ** 26;

function pairKey(left: number, right: number): number {
  return left * LARGEST_ID + right;
}

function symbolsOf(word: string, { ids, byteFallback, unknown, fuseUnknown }: BytePairs): number[] {
  const symbols: number[] = [];
  let wasUnknown = false;
  for (const character of word) {
    const id = ids.get(character);
    const bytes = id === undefined && byteFallback ? byteIds(character, ids) : null;
    if (id !== undefined) symbols.push(id);
    else if (bytes !== null) symbols.push(...bytes);
    else if (unknown !== null && !(fuseUnknown && wasUnknown)) symbols.push(unknown);
    wasUnknown = id === undefined && bytes === null;
  }
  return symbols;
}

/** Null unless every byte has a token. */
function byteIds(character: string, ids: ReadonlyMap<string, number>): number[] | null {
  const found = Array.from(new TextEncoder().encode(character), (byte) => ids.get(byteToken(byte)));
  return found.every((id) => id !== undefined) ? found : null;
}

export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

const GONE = -1;

function mergePairs(
  symbols: number[],
  find: (left: number, right: number) => { readonly rank: number; readonly id: number } | null,
): number[] {
  const next = symbols.map((_, i) => i + 1);
  const before = symbols.map((_, i) => i - 1);
  const waiting = new Heap();
  const consider = (at: number): void => {
    const to = next[at] ?? symbols.length;
    if (at < 0 || to >= symbols.length) return;
    const [left, right] = [symbols[at] as number, symbols[to] as number];
    const pair = find(left, right);
    if (pair !== null) waiting.push({ rank: pair.rank, at, left, right, merged: pair.id });
  };
  for (let at = 0; at < symbols.length; at++) consider(at);
  for (let pair = waiting.pop(); pair !== null; pair = waiting.pop()) {
    const to = next[pair.at] as number;
    // what was merged meanwhile is another pair, and waits for itself
    if (symbols[pair.at] !== pair.left || symbols[to] !== pair.right) continue;
    symbols[pair.at] = pair.merged;
    symbols[to] = GONE;
    const after = next[to] as number;
    next[pair.at] = after;
    if (after < symbols.length) before[after] = pair.at;
    consider(before[pair.at] as number);
    consider(pair.at);
  }
  return symbols.filter((id) => id !== GONE);
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.rank === b.rank ? a.at < b.at : a.rank < b.rank;
}

/** A binary heap: the first in order on top. */
class Heap {
  readonly #items: Waiting[] = [];

  push(item: Waiting): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as Waiting;
      if (!isBefore(item, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Waiting | null {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined) return null;
    if (items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1] as Waiting, items[child] as Waiting)) child++;
      if (!isBefore(items[child] as Waiting, last)) break;
      items[at] = items[child] as Waiting;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
