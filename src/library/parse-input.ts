/**
 * INPUT as people type it: a JSON list of tokens, or a string that is cut into tokens. What leaves is a list of values, each in
 * the vocabulary where there is one.
 */
import { fail } from '../diagnostics/catalog.ts';
import { valueText } from '../graph/evaluate/values/python-text.ts';
import type { Value } from '../graph/value.ts';
import { vocabularyValue } from '../graph/vocabulary-value.ts';

/** What an input may consist of; null for a program that takes any tokens. */
export interface InputLimits {
  readonly vocabulary: readonly Value[] | null;
  readonly context: number | null;
  /** Whether the tokens are those of a tokenizer. */
  readonly isTokenized?: boolean;
  /** Cuts a text as the tokenizer does, into what its tokens say; null where it is not known. */
  readonly cutText?: ((text: string) => readonly string[]) | null;
}

export function parseInput(text: string, limits: InputLimits): Value[] {
  const listed = parseJsonList(text);
  const { cutText = null } = limits;
  if (listed === null && limits.isTokenized && cutText === null) fail('R8205', { source: text });
  const values =
    listed === null
      ? limits.isTokenized && cutText !== null
        ? [...cutText(text)]
        : cut(text, limits.vocabulary)
      : listed.map((value, position) => (limits.vocabulary === null ? value : member(value, limits.vocabulary, text, position)));
  if (values.length === 0) fail('R8204', { source: text });
  if (limits.context !== null && values.length > limits.context) fail('R8202', { length: values.length, context: limits.context });
  return values;
}

/** The values of a flat JSON list, null for text that is not a JSON list at all. */
function parseJsonList(text: string): Value[] | null {
  if (!text.trimStart().startsWith('[')) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  const elements = parsed as readonly unknown[];
  for (const element of elements) {
    if (typeof element === 'object') fail('R8203', { input: text, element: JSON.stringify(element) });
  }
  // The list is flat, so its atoms stand in the text one after another; read there, `2` and `2.0` stay apart and no digit is lost.
  const atoms = text.match(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false/g) ?? [];
  return atoms.map((atom) => {
    if (/^-?\d+$/.test(atom)) return BigInt(atom);
    return JSON.parse(atom) as string | number | boolean;
  });
}

/** The vocabulary's own value for one that was given. */
function member(value: Value, vocabulary: readonly Value[], input: string, position: number): Value {
  const found = vocabularyValue(vocabulary, value);
  if (found === undefined) {
    return fail('R8201', {
      piece: typeof value === 'string' ? value : valueText(value),
      input,
      vocabulary: listTokens(vocabulary),
      position,
    });
  }
  return found;
}

/** Always the longest token that fits. Space between tokens separates them, unless some token has space in it at that place. */
function cut(text: string, vocabulary: readonly Value[] | null): Value[] {
  if (vocabulary === null) return [...text];
  const byText = new Map<string, Value>();
  for (const value of vocabulary) if (!byText.has(valueText(value))) byText.set(valueText(value), value);
  byText.delete('');
  const lengths = [...new Set([...byText.keys()].map((token) => token.length))].sort((a, b) => b - a);
  const values: Value[] = [];
  for (let at = 0; at < text.length; ) {
    const length = lengths.find((candidate) => byText.has(text.slice(at, at + candidate)));
    if (length !== undefined) {
      values.push(byText.get(text.slice(at, at + length)) as Value);
      at += length;
    } else if (/\s/.test(text.charAt(at))) {
      at++;
    } else {
      fail('R8201', { piece: pieceAt(text, at), input: text, vocabulary: listTokens(vocabulary), position: values.length });
    }
  }
  return values;
}

/** What stands where no token fits: the word, when tokens are words, else one character. */
function pieceAt(text: string, at: number): string {
  const word = /^\S+/.exec(text.slice(at))?.[0] ?? '';
  return /\s/.test(text) && word.length <= 20 ? word : ([...word][0] ?? '');
}

const LISTED = 30;

function listTokens(vocabulary: readonly Value[]): string {
  const shown = vocabulary.slice(0, LISTED).map((value) => `\`${valueText(value)}\``);
  return shown.join(' ') + (vocabulary.length > LISTED ? ` and ${vocabulary.length - LISTED} more` : '');
}
