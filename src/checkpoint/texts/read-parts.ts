/** What the readers of tokenizer.json's parts share: members and what is refused of them, patterns, and the stretches that a text is cut into. */
import { fail } from '../../diagnostics/catalog.ts';
import { describeJson, isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import { officialPattern } from './official-pattern.ts';

export const FILE = 'tokenizer.json';

/** A stretch of text, and whether the text that is encoded begins with it. */
export interface Piece {
  readonly text: string;
  readonly isFirst: boolean;
}

export function member(tree: JsonTree | undefined, key: string): JsonTree | undefined {
  return isJsonObject(tree) ? tree.get(key) : undefined;
}

/** R7104: a part that this reader does not know would cut texts otherwise, silently. */
export function refuse(key: string, found: JsonTree | undefined, expected: string): never {
  return fail('R7104', { file: FILE, key, found: found === undefined ? 'not there' : describeJson(found), expected });
}

export function text(tree: JsonTree | undefined, key: string, at: string): string {
  const found = member(tree, key);
  return typeof found === 'string' ? found : refuse(`${at}.${key}`, found, 'a text');
}

export function parts(tree: JsonTree | undefined, key: string, at: string): readonly JsonTree[] {
  const found = member(tree, key);
  return isJsonList(found) ? found : refuse(`${at}.${key}`, found, 'a list');
}

export function readPattern(tree: JsonTree | undefined, at: string): RegExp {
  const literal = member(tree, 'String');
  if (typeof literal === 'string') return new RegExp(escaped(literal), 'gu');
  const source = member(tree, 'Regex');
  if (typeof source !== 'string') return refuse(at, tree, 'a `String` or a `Regex`');
  return officialPattern(source) ?? refuse(`${at}.Regex`, source, 'a pattern that JavaScript has too');
}

export function escaped(literal: string): string {
  return literal.replace(/[\\^$.|?*+()[\]{}/-]/g, (found) => (found === '-' ? '\\x2d' : `\\${found}`));
}

/** No model has as many tokens. */
const LARGEST_ID = 2n ** 24n;

export function idOf(tree: JsonTree | undefined, at: string): number {
  return typeof tree === 'bigint' && tree >= 0n && tree < LARGEST_ID ? Number(tree) : refuse(at, tree, 'an id');
}
