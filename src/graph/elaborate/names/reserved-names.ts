/** Which names cannot be assigned, and why. */
import { LIBRARY_NAMES } from '../library.ts';

const BASE: ReadonlySet<string> = new Set([
  'True',
  'False',
  'indices',
  'tokens_str',
  'tokens_int',
  'tokens_float',
  'tokens_bool',
  'tokens_asis',
]);
/** Those of them that the grammar does not already keep from being names. */
const WORDS: ReadonlySet<string> = new Set(['out', 'range', 'zip', 'len', 'get']);

/** Why `name` is reserved, or null where it is free. `tokens` is free. */
export function reservedRole(name: string): 'library' | 'base' | 'word' | null {
  if (WORDS.has(name)) return 'word';
  if (BASE.has(name)) return 'base';
  return LIBRARY_NAMES.has(name) ? 'library' : null;
}
