/**
 * A statement as lines of at most {@link WIDTH} columns: on one line where it fits, else broken where its structure is loosest, each part laid
 * out in the same way two columns further in. Enters the parts of a statement, leaves text.
 */
import { closesBracket, opensBracket, type Part } from './pieces.ts';

export const WIDTH = 100;
const STEP = '  ';

/** Before what a statement is broken that is too long, loosest first; `=`, `return` and `:` are broken after. */
const BREAKS: readonly ReadonlySet<string>[] = [
  new Set(['For']),
  new Set(['In']),
  new Set(['Else']),
  new Set(['If']),
  new Set(['And', 'Or']),
  new Set(['Equal', 'NotEqual', 'Less', 'Greater', 'LessEqual', 'GreaterEqual']),
  new Set(['Plus', 'Minus']),
  new Set(['Modulo']),
  new Set(['Times', 'Divide']),
];

const HEADS = new Set(['Assign', 'Colon']);
const VALUES = new Set(['Identifier', 'Int', 'Float', 'String', 'RParen', 'RBracket', 'RBrace']);
/** Behind these a bracket belongs to what is called or looked up. */
const CALLED = new Set(['Identifier', 'RParen', 'RBracket', 'Round', 'Indicator', 'Draw']);
const SIGNS = new Set(['Plus', 'Minus']);

/** The statement, its first line at `indent`, without the comment behind its end. */
export function layOut(parts: readonly Part[], indent: string): string {
  return lines(parts, indent, indent.length, 0).join('\n');
}

/** @param used columns that stand before the first line already; @param after columns that follow the last one */
function lines(parts: readonly Part[], indent: string, used: number, after: number): string[] {
  const flat = flatText(parts);
  if (flat !== null && used + flat.length + after <= WIDTH) return [flat];
  return (
    headed(parts, indent, used, after) ??
    split(parts, indent, used, after) ??
    bracketed(parts, indent, used, after) ??
    wordByWord(parts, indent)
  );
}

/** On one line; null where a comment stands between. */
export function flatText(parts: readonly Part[]): string | null {
  let text = '';
  for (const [index, { word, before, behind }] of parts.entries()) {
    if (before.length > 0 || (behind !== null && index < parts.length - 1) || behind !== null) return null;
    text += `${gap(parts, index)}${word.text}`;
  }
  return text;
}

function gap(parts: readonly Part[], index: number): '' | ' ' {
  const word = parts[index]?.word;
  const previous = parts[index - 1]?.word;
  if (word === undefined || previous === undefined) return '';
  if (['Comma', 'Semicolon', 'Colon'].includes(word.kind) || closesBracket(word)) return '';
  if (opensBracket(previous)) return '';
  if ((word.kind === 'LParen' || word.kind === 'LBracket') && CALLED.has(previous.kind)) return '';
  if (word.kind === 'LBracket' && previous.kind === 'String') return '';
  const beforeSign = parts[index - 2]?.word;
  if (SIGNS.has(previous.kind) && (beforeSign === undefined || !VALUES.has(beforeSign.kind))) return '';
  return ' ';
}

/** `a, b = …`, `return …`, `key: …`: what is in front stays, and the rest is laid out behind it. */
function headed(parts: readonly Part[], indent: string, used: number, after: number): string[] | null {
  const at = parts[0]?.word.kind === 'Return' ? 0 : depthZero(parts).find((index) => HEADS.has(parts[index]?.word.kind ?? ''));
  if (at === undefined || at >= parts.length - 1 || depthZero(parts).some((index) => parts[index]?.word.kind === 'For')) return null;
  const head = flatText(parts.slice(0, at + 1));
  const rest = parts.slice(at + 1);
  if (head === null || rest[0]?.before.length !== 0) return null;
  const [first = '', ...more] = lines(rest, indent, used + head.length + 1, after);
  return [`${head} ${first}`, ...more];
}

/** At the loosest operators outside of all brackets, each beginning a line. */
function split(parts: readonly Part[], indent: string, used: number, after: number): string[] | null {
  const outside = depthZero(parts).filter((index) => index > 0);
  for (const kinds of BREAKS) {
    const at = outside.filter((index) => kinds.has(parts[index]?.word.kind ?? '') && !isSign(parts, index));
    if (at.length === 0) continue;
    // a comprehension's `for` stands below its element
    const inner = kinds.has('For') ? indent : indent + STEP;
    const bounds = [0, ...at, parts.length];
    return bounds.slice(0, -1).flatMap((from, index) => {
      const part = parts.slice(from, bounds[index + 1]);
      const isLast = index === bounds.length - 2;
      const own = lines(part, inner, index === 0 ? used : inner.length, isLast ? after : 0);
      return index === 0 ? own : withComments(part, inner, own);
    });
  }
  return null;
}

/** What an outermost bracket holds goes between its ends, an item a line: the last bracket, since what stands before it is usually a name. */
function bracketed(parts: readonly Part[], indent: string, used: number, after: number): string[] | null {
  const pair = lastBracket(parts);
  if (pair === null || pair.close - pair.open < 2) return null;
  const head = parts.slice(0, pair.open + 1);
  const tail = parts.slice(pair.close);
  const inner = indent + STEP;
  const opened = lines(head, indent, used, 0);
  const items = itemsOf(parts.slice(pair.open + 1, pair.close)).flatMap((item) =>
    withComments(item, inner, lines(item, inner, inner.length, 0)),
  );
  const [first = '', ...more] = lines(tail, indent, indent.length, after);
  return [...opened, ...items, ...withComments(tail, indent, [first, ...more])];
}

/** Nothing is left to break at but words: only a comment in the middle brings a statement here, or a name longer than a line. */
function wordByWord(parts: readonly Part[], indent: string): string[] {
  const result: string[] = [];
  let line = '';
  parts.forEach((part, index) => {
    if (part.before.length > 0) {
      if (line !== '') result.push(line);
      result.push(...part.before.map(({ text }) => `${indent}${STEP}${trimmed(text)}`));
      line = `${indent}${STEP}`;
    }
    line += `${line.trim() === '' ? '' : gap(parts, index)}${part.word.text}`;
    if (part.behind !== null) {
      result.push(`${line}  ${trimmed(part.behind.text)}`);
      line = index < parts.length - 1 ? `${indent}${STEP}` : '';
    }
  });
  if (line !== '') result.push(line);
  return result;
}

/** Lines with the comments that stand before their first word, and their indentation. */
function withComments(parts: readonly Part[], indent: string, own: readonly string[]): string[] {
  const [first = '', ...more] = own;
  const comments = parts[0]?.before ?? [];
  // a part whose first word has comments before it has laid them out itself, if it went word by word
  const isDone = comments.length > 0 && own.some((line) => line.trim() === trimmed(comments[0]?.text ?? ''));
  const above = isDone ? [] : comments.map(({ text }) => `${indent}${trimmed(text)}`);
  return [...above, isDone ? first : `${indent}${first}`, ...more];
}

export function trimmed(comment: string): string {
  return comment.trimEnd();
}

function isSign(parts: readonly Part[], index: number): boolean {
  const [kind, previous] = [parts[index]?.word.kind ?? '', parts[index - 1]?.word.kind ?? ''];
  return SIGNS.has(kind) && !VALUES.has(previous);
}

/** The indices of the parts outside of all brackets; a comparison sign that is an operand of `select` is inside of one. */
function depthZero(parts: readonly Part[]): number[] {
  const result: number[] = [];
  let depth = 0;
  parts.forEach(({ word }, index) => {
    if (closesBracket(word)) depth--;
    if (depth === 0 && !opensBracket(word) && !closesBracket(word)) result.push(index);
    if (opensBracket(word)) depth++;
  });
  return result;
}

function lastBracket(parts: readonly Part[]): { readonly open: number; readonly close: number } | null {
  let depth = 0;
  let close = -1;
  for (let index = parts.length - 1; index >= 0; index--) {
    const { word } = parts[index] as Part;
    if (closesBracket(word)) {
      if (depth === 0) close = index;
      depth++;
    } else if (opensBracket(word)) {
      depth--;
      if (depth === 0 && close - index >= 2) return { open: index, close };
    }
  }
  return null;
}

/** What commas separate, each with its comma. */
function itemsOf(parts: readonly Part[]): Part[][] {
  const items: Part[][] = [[]];
  const outside = new Set(depthZero(parts));
  parts.forEach((part, index) => {
    items.at(-1)?.push(part);
    if (part.word.kind === 'Comma' && outside.has(index) && index < parts.length - 1) items.push([]);
  });
  return items;
}
