/**
 * Regular expressions of tokenizer.json, which are Oniguruma's, as JavaScript's: the same matches for what tokenizers use (classes by property, white
 * space, a group that ignores case, possessive repetition). What JavaScript has no form for is no pattern here.
 */

/** Letters that Unicode folds to an ASCII one beside its other case. */
const ALSO: Readonly<Record<string, string>> = { s: 'ſ', k: 'K' };

/** The pattern with flags `gu`; null where it has none. */
export function officialPattern(source: string): RegExp | null {
  try {
    return new RegExp(whiteSpace(anyCase(possessive(source))), 'gu');
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** `(?i:'s|'t)`: each letter in both cases. Groups within it are left, and so refused where the flag matters. */
function anyCase(source: string): string {
  return source.replace(/\(\?i:([^()]*)\)/g, (_, inner: string) => {
    const both = inner.replace(/\\.|[A-Za-z]/g, (found) => {
      if (found.startsWith('\\')) return found;
      const lower = found.toLowerCase();
      return `[${lower}${lower.toUpperCase()}${ALSO[lower] ?? ''}]`;
    });
    return `(?:${both})`;
  });
}

/** What JavaScript's `\s` has is not what Unicode calls white space: it has U+FEFF, and not U+0085. */
function whiteSpace(source: string): string {
  return source.replace(/\\[\s\S]/g, (found) => (found === '\\s' ? '\\p{White_Space}' : found === '\\S' ? '\\P{White_Space}' : found));
}

/** One class, property or character, and a possessive repetition of it. */
const ATOM = /(\[(?:\\[\s\S]|[^\]\\])*\]|\\p\{[^}]*\}|\\[\s\S]|[^\\()[\]{}?*+|])([?*+])\+/g;

/** `X++` takes all there is and gives nothing back: a look ahead does not either. */
function possessive(source: string): string {
  let groups = 0;
  return source.replace(ATOM, (_, atom: string, repeat: string) => {
    groups++;
    return `(?=(?<p${groups}>${atom}${repeat}))\\k<p${groups}>`;
  });
}
