/** WordPiece (BERT): a word is cut into the longest tokens from the left, all but the first behind a mark. Ids leave. */

export interface WordPieces {
  readonly ids: ReadonlyMap<string, number>;
  /** What tokens begin with that go on with a word, `##`. */
  readonly prefix: string;
  /** The token of a word that cannot be cut, or is longer than this; null where the vocabulary has none. */
  readonly unknown: number | null;
  /** In characters. */
  readonly longest: number;
}

/** Where a word has no token, and there is none for unknown ones, nothing leaves: the official reader fails there. */
export function wordPieceEncoder({ ids, prefix, unknown, longest }: WordPieces): (word: string) => number[] {
  const unknowns = unknown === null ? [] : [unknown];
  return (word) => {
    const characters = [...word];
    if (characters.length > longest) return unknowns;
    const found: number[] = [];
    for (let start = 0; start < characters.length; ) {
      let end = characters.length;
      let id: number | undefined;
      for (; end > start; end--) {
        id = ids.get((start > 0 ? prefix : '') + characters.slice(start, end).join(''));
        if (id !== undefined) break;
      }
      if (id === undefined) return unknowns;
      found.push(id);
      start = end;
    }
    return found;
  };
}

/** How a token is decoded behind another: with a space before it unless it goes on with a word, and tidied where the decoder does that. */
export function wordPieceText(token: string, prefix: string, cleansUp: boolean): string {
  const said = prefix !== '' && token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
  return cleansUp ? TIDIED.reduce((text, [from, to]) => text.replaceAll(from, to), said) : said;
}

/** As the official decoder takes off what English has no space before. */
const TIDIED = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;
