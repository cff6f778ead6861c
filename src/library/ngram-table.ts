/**
 * The most frequent continuations of a text as a program: after these tokens comes that one. What enters are the ids of a text and what tokens say, what
 * leaves is RASP over `@vocab tokenizer`. The same text gives the same program.
 */

export interface NgramOptions {
  /** Tokens of an entry, the one that follows counted: 2 or 3. */
  readonly order: 2 | 3;
  /** Entries at most. */
  readonly most: number;
  /** How often an entry has to occur. */
  readonly least: number;
}

export interface NgramEntry {
  /** What the tokens before say, the nearest last. */
  readonly before: readonly string[];
  readonly next: string;
  /** How often they are followed by it, and how often by anything. */
  readonly count: number;
  readonly of: number;
}

export interface NgramTable {
  /** The most frequent first. */
  readonly entries: readonly NgramEntry[];
  /** Contexts that occur often enough, and of those the ones that a program cannot name. */
  readonly contexts: number;
  readonly unnamed: number;
  /** Positions of the text with a context, those at which the table says something, and those at which it is right. */
  readonly positions: number;
  readonly told: number;
  readonly right: number;
}

interface Counted {
  readonly before: readonly number[];
  total: number;
  readonly next: Map<number, number>;
}

/** @param texts what each token says, by id; @param special ids that are no text */
export function ngramTable(
  ids: readonly number[],
  texts: readonly string[],
  special: ReadonlySet<number>,
  { order, most, least }: NgramOptions,
): NgramTable {
  const counted = new Map<string, Counted>();
  for (let at = order - 1; at < ids.length; at++) {
    const before = ids.slice(at - order + 1, at);
    const key = before.join(' ');
    const own = counted.get(key) ?? { before, total: 0, next: new Map<number, number>() };
    counted.set(key, own);
    own.total++;
    const next = ids[at] as number;
    own.next.set(next, (own.next.get(next) ?? 0) + 1);
  }
  const isNameable = (id: number): boolean => !special.has(id) && canBeWritten(texts[id] ?? '');
  let unnamed = 0;
  const found: NgramEntry[] = [];
  for (const { before, total, next } of counted.values()) {
    const [best, count] = mostFrequent(next, texts);
    if (count < least) continue;
    if (![...before, best].every(isNameable)) unnamed++;
    else found.push({ before: before.map((id) => texts[id] as string), next: texts[best] as string, count, of: total });
  }
  const entries = distinctContexts(found).slice(0, most);
  return {
    entries,
    contexts: found.length + unnamed,
    unnamed,
    positions: Math.max(0, ids.length - order + 1),
    told: entries.reduce((sum, entry) => sum + entry.of, 0),
    right: entries.reduce((sum, entry) => sum + entry.count, 0),
  };
}

/** Of equally frequent ones the first in the order of texts, so that it does not depend on ids. */
function mostFrequent(next: ReadonlyMap<number, number>, texts: readonly string[]): readonly [id: number, count: number] {
  let best: readonly [number, number] = [-1, 0];
  for (const [id, count] of next) {
    if (count > best[1] || (count === best[1] && (texts[id] ?? '') < (texts[best[0]] ?? ''))) best = [id, count];
  }
  return best;
}

/** By frequency, then in the order of texts; of contexts that say the same the first. */
function distinctContexts(entries: readonly NgramEntry[]): NgramEntry[] {
  const keyOf = ({ before }: NgramEntry) => before.join('\u0000');
  const sorted = entries.toSorted((a, b) => b.count - a.count || b.count / b.of - a.count / a.of || (keyOf(a) < keyOf(b) ? -1 : 1));
  return [...new Map(sorted.toReversed().map((entry) => [keyOf(entry), entry])).values()].reverse();
}

/** Strings of RASP have no escapes. */
function canBeWritten(text: string): boolean {
  return text !== '' && !/["\r\n\ufffd]/.test(text) && text.trim() !== '';
}

/** @param origin what the text is, for the header */
export function ngramProgram({ entries, told, right, positions }: NgramTable, { order }: NgramOptions, origin: string): string {
  const lines = [
    `# What most often follows ${order === 2 ? 'a token' : 'two tokens'} in ${origin}: ${entries.length} entries.`,
    `# There it says something at ${told} of ${positions} positions, and is right at ${right}.`,
    '# Source: counted by `raspc ngrams`.',
    `# Cost: ${order === 2 ? 'a class of tokens for each entry' : 'a class of tokens for each that stands in an entry, one head, then neurons'}.`,
    '',
    '@vocab tokenizer;',
    '@context 32;',
    '@causal;',
    '',
    ...(order === 2 ? bigramLines(entries) : trigramLines(entries)),
    '@export next;',
    ...exampleLines(entries),
  ];
  return `${lines.join('\n')}\n`;
}

const quoted = (text: string): string => `"${text}"`;
/** Tables of so many items a line stay readable. */
const A_LINE = 8;

function listLines(name: string, items: readonly string[]): string[] {
  const rows = Array.from({ length: Math.ceil(items.length / A_LINE) }, (_, row) =>
    items.slice(row * A_LINE, (row + 1) * A_LINE).join(', '),
  );
  return rows.length <= 1
    ? [`${name} = [${rows.join('')}];`]
    : [`${name} = [`, ...rows.map((row, i) => `  ${row}${i + 1 < rows.length ? ',' : ''}`), '];'];
}

function bigramLines(entries: readonly NgramEntry[]): string[] {
  return [
    ...listLines(
      '_after',
      entries.map(({ before }) => quoted(before[0] ?? '')),
    ),
    ...listLines(
      '_comes',
      entries.map(({ next }) => quoted(next)),
    ),
    '',
    '# the empty text where there is nothing to say',
    'next = "";',
    'for k in range(len(_after)) {',
    '  next = _comes[k] if tokens == _after[k] else next;',
    '}',
    '',
  ];
}

/** The two tokens are known by their numbers, of which 0 is any other token. */
function trigramLines(entries: readonly NgramEntry[]): string[] {
  const words = (which: number) => [...new Set(entries.map(({ before }) => before[which] ?? ''))].sort();
  const [first, second] = [words(0), words(1)];
  const place = (list: readonly string[], which: number) => entries.map(({ before }) => String(list.indexOf(before[which] ?? '') + 1));
  return [
    ...listLines('_firsts', first.map(quoted)),
    ...listLines('_seconds', second.map(quoted)),
    '',
    '# each entry: the numbers of its two tokens in these lists, and what follows',
    ...listLines('_first', place(first, 0)),
    ...listLines('_second', place(second, 1)),
    ...listLines(
      '_comes',
      entries.map(({ next }) => quoted(next)),
    ),
    '',
    'def _number(seq, words) {',
    '  number = 0;',
    '  for k in range(len(words)) {',
    '    number = k + 1 if seq == words[k] else number;',
    '  }',
    '  return number;',
    '}',
    '',
    '_one_before = aggregate(select(indices, indices - 1, ==), _number(tokens, _firsts), 0);',
    '_this = _number(tokens, _seconds);',
    '',
    '# the empty text where there is nothing to say',
    'next = "";',
    'for k in range(len(_comes)) {',
    '  next = _comes[k] if _one_before == _first[k] and (_this == _second[k]) else next;',
    '}',
    '',
  ];
}

function exampleLines(entries: readonly NgramEntry[]): string[] {
  return entries.slice(0, 3).map(({ before, next }) => {
    const said = before.length === 1 ? [quoted(next)] : ['""', quoted(next)];
    return `@example next([${before.map(quoted).join(', ')}]) == [${said.join(', ')}];`;
  });
}
