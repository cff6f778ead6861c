/** Unigram (SentencePiece, T5): a word is cut into the tokens whose scores add up to most. Ids leave. */
import { byteToken } from './byte-pairs.ts';

export interface Unigram {
  /** By id: a token, and its score, the logarithm of its frequency. */
  readonly entries: readonly (readonly [string, number])[];
  /** The token of what is none; null where there is none. */
  readonly unknown: number | null;
  /** Whether what is no token becomes the tokens of its bytes. */
  readonly byteFallback: boolean;
}

/** What is no token scores so much less than the rarest one. */
const PENALTY = 10;

/** What is no token becomes nothing where there is no token for it: the official reader fails there. */
export function unigramEncoder({ entries, unknown, byteFallback }: Unigram): (word: string) => number[] {
  // the last of equal tokens counts, as in the official reader
  const ids = new Map(entries.map(([token], id) => [token, id]));
  const least = entries.reduce((found, [, score]) => Math.min(found, score), Number.POSITIVE_INFINITY) - PENALTY;
  const longest = entries.reduce((found, [token]) => Math.max(found, token.length), 1);
  const idOf = (text: string): readonly number[] => {
    const id = ids.get(text);
    if (id !== undefined) return [id];
    const bytes = byteFallback ? Array.from(new TextEncoder().encode(text), (byte) => ids.get(byteToken(byte))) : [undefined];
    const known = bytes.filter((byte) => byte !== undefined);
    if (known.length === bytes.length) return known;
    return unknown === null ? [] : [unknown];
  };
  const scoreOf = (text: string): number | null => {
    const id = ids.get(text);
    return id === undefined ? null : (entries[id]?.[1] ?? null);
  };
  return (word) => {
    const found: number[] = [];
    let gap = '';
    // what is unknown in a row is one
    const close = (): void => {
      if (gap !== '') found.push(...idOf(gap));
      gap = '';
    };
    for (const { text, isGap } of bestCut(word, scoreOf, least, longest)) {
      if (isGap || ids.get(text) === unknown) {
        gap += text;
        continue;
      }
      close();
      found.push(...idOf(text));
    }
    close();
    return found;
  };
}

interface Part {
  readonly text: string;
  /** A character that is no token by itself. */
  readonly isGap: boolean;
}

/** The cut of highest score; of equal ones that which is found first from the left. */
function bestCut(word: string, score: (text: string) => number | null, unknown: number, longest: number): Part[] {
  const best = new Float64Array(word.length + 1);
  const from = new Int32Array(word.length + 1).fill(-1);
  const gaps = new Set<number>();
  const offer = (start: number, end: number, total: number, isGap: boolean): void => {
    if (from[end] !== -1 && total <= (best[end] as number)) return;
    best[end] = total;
    from[end] = start;
    if (isGap) gaps.add(end);
    else gaps.delete(end);
  };
  for (let start = 0; start < word.length; ) {
    const width = (word.codePointAt(start) as number) > 0xffff ? 2 : 1;
    const till = best[start] as number;
    let isAlone = false;
    for (let end = start + width; end <= Math.min(word.length, start + longest); end++) {
      const own = score(word.slice(start, end));
      if (own === null) continue;
      if (end === start + width) isAlone = true;
      offer(start, end, own + till, false);
    }
    if (!isAlone) offer(start, start + width, unknown + till, true);
    start += width;
  }
  const parts: Part[] = [];
  for (let end = word.length; end > 0; end = from[end] as number) parts.push({ text: word.slice(from[end], end), isGap: gaps.has(end) });
  return parts.reverse();
}
