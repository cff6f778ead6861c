/** Windows of a seeded model as people type them: token ids, tokens of a program's alphabet, or a text that a tokenizer cuts. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import type { TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import { parseInput } from '../../library/parse-input.ts';
import { type ModelConfig, positionsOf } from '../../targets/model-config.ts';

/**
 * The ids of a window, with what stands first put in front where it does not stand there. Diagnostics: R8201 to R8206.
 */
export function windowOf(
  text: string,
  map: SeedMap,
  programs: readonly Pick<Program, 'vocabulary'>[],
  config: ModelConfig,
  tokenizer: TextTokenizer | null,
): Int32Array {
  const { vocab } = config.sizes;
  const alphabet = alphabetOf(programs);
  const listed = takesIds(alphabet) ? idsIn(text) : null;
  const ids = listed ?? tokensOf(text, alphabet, map, vocab, tokenizer);
  const wrong = ids.find((id) => id >= vocab);
  if (wrong !== undefined) fail('R8206', { input: text, why: `${wrong} is no token of a model with ${vocab}` });
  if (ids.length === 0) fail('R8204', { source: text });
  const longest = Math.min(map.context, positionsOf(config));
  const first = firstOf(map, vocab);
  const window = first === null || ids[0] === map.bos?.id ? ids : [first, ...ids];
  if (window.length > longest) fail('R8202', { length: ids.length, context: longest - (window.length - ids.length) });
  return Int32Array.from(window);
}

/** A window as one could have typed it, without what is put in front. */
export function windowText(ids: Int32Array, map: SeedMap, programs: readonly Pick<Program, 'vocabulary'>[]): string {
  const alphabet = alphabetOf(programs);
  const own = ids.subarray(ids[0] === map.bos?.id ? 1 : 0);
  if (takesIds(alphabet)) return own.join(' ');
  const others = map.tokens.find(({ id }) => id === null)?.value ?? String(alphabet[0]);
  const named = new Map(map.tokens.map(({ value, id }) => [id, value]));
  const typed = new Map(alphabet.map((value) => [String(value), value]));
  const values = Array.from(own, (id) => typed.get(named.get(id) ?? others) ?? others);
  return `[${values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value))).join(', ')}]`;
}

/** Whether numbers are ids; not where the programs have tokens that are written as numbers. */
function takesIds(alphabet: readonly Value[]): boolean {
  return !alphabet.some((value) => typeof value !== 'string' || /^\d+$/.test(value));
}

/** What stands before the program's input: BOS, or some token that the programs do not name, where features begin behind one. */
function firstOf(map: SeedMap, vocab: number): number | null {
  if (map.bos !== null) return map.bos.id;
  return map.features.length === 0 ? null : otherThan(map, vocab);
}

function otherThan(map: SeedMap, vocab: number): number {
  const taken = new Set([...map.tokens.map(({ id }) => id), map.bos?.id ?? null]);
  for (let id = 0; id < vocab; id++) if (!taken.has(id)) return id;
  return 0;
}

/** The tokens that programs over a small alphabet name. */
function alphabetOf(programs: readonly Pick<Program, 'vocabulary'>[]): Value[] {
  const values = programs.flatMap(({ vocabulary }) => {
    if (vocabulary?.kind !== 'tokens' || vocabulary.classOf !== undefined) return [];
    // an open vocabulary is one number, which stands for nothing
    return vocabulary.values.every((value) => typeof value === 'bigint') && vocabulary.values.length === 1 ? [] : vocabulary.values;
  });
  return [...new Set(values)];
}

/** `5 9 12` or `[5, 9, 12]`. */
function idsIn(text: string): number[] | null {
  const words = text
    .trim()
    .replace(/^\[|\]$/g, '')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  return words.length > 0 && words.every((word) => /^\d{1,9}$/.test(word)) ? words.map(Number) : null;
}

function tokensOf(text: string, alphabet: readonly Value[], map: SeedMap, vocab: number, tokenizer: TextTokenizer | null): number[] {
  if (alphabet.length > 0) {
    const idOf = new Map(map.tokens.map(({ value, id }) => [value, id]));
    // a value of the alphabet without an id stands for every other token
    return parseInput(text, { vocabulary: alphabet, context: null }).map((value) => idOf.get(String(value)) ?? otherThan(map, vocab));
  }
  if (tokenizer !== null) return tokenizer.encode(text);
  return fail('R8206', { input: text, why: 'the programs take any token, and no tokenizer cuts a text' });
}

/** How tokens of the model are shown: as a tokenizer has them, or else the programs, or by number. */
export function labelsOf(map: SeedMap, tokenizer: TextTokenizer | null): (id: number) => string {
  const named = new Map(map.tokens.flatMap(({ value, id }) => (id === null ? [] : [[id, value] as const])));
  return (id) => {
    if (id === map.bos?.id) return 'BOS';
    const said = tokenizer?.texts[id] ?? '';
    return said === '' ? (named.get(id) ?? String(id)) : said.replace(/ /g, '␣').replace(/\n/g, '⏎');
  };
}
