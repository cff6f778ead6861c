/**
 * SentencePiece's map of characters (`precompiled_charsmap`): a double-array trie of what is replaced, and the texts that it is replaced by. What enters
 * is its base64, what leaves replaces as the official reader does: a grapheme of up to five bytes at once, by the shortest entry that begins it.
 */

/** A unit of a double-array trie: its label, where its children are, and whether it ends an entry. */
const LABEL = 0x800000ff;
const LEAF = 1 << 8;
const VALUE = 0x7fffffff;
const LARGEST_GRAPHEME = 6;

/** Null where it is no such map. */
export function readCharacterMap(base64: string): ((text: string) => string) | null {
  const bytes = bytesOf(base64);
  if (bytes === null || bytes.length < 4) return null;
  const view = new DataView(bytes.buffer);
  const size = view.getUint32(0, true);
  if (size % 4 !== 0 || size === 0 || 4 + size > bytes.length) return null;
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const texts = bytes.subarray(4 + size);
  const replaced = (part: string): string | null => {
    const at = shortestEntry(units, new TextEncoder().encode(part));
    if (at === null || at >= texts.length) return null;
    const end = texts.indexOf(0, at);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(texts.subarray(at, end < 0 ? texts.length : end));
  };
  const known = new Map<string, string>();
  const mapped = (grapheme: string): string => {
    const whole = new TextEncoder().encode(grapheme).length < LARGEST_GRAPHEME ? replaced(grapheme) : null;
    return whole ?? Array.from(grapheme, (character) => replaced(character) ?? character).join('');
  };
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  return (text) => {
    let found = '';
    for (const { segment } of graphemes.segment(text)) {
      const own = known.get(segment) ?? mapped(segment);
      known.set(segment, own);
      found += own;
    }
    return found;
  };
}

/** Where its replacement begins. */
function shortestEntry(units: Uint32Array, key: Uint8Array): number | null {
  const unitAt = (at: number): number => units[at] ?? 0;
  let at = childrenOf(unitAt(0));
  for (const byte of key) {
    if (byte === 0) return null;
    at ^= byte;
    const unit = unitAt(at);
    if ((unit & LABEL) >>> 0 !== byte) return null;
    at ^= childrenOf(unit);
    if ((unit & LEAF) !== 0) return unitAt(at) & VALUE;
  }
  return null;
}

function childrenOf(unit: number): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
}

/** Null where it is no base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) return null;
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
