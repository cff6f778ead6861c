/** Readers of JSON of a known form: each takes a tree and where it stands, and gives a typed value or says what is wrong there. */
import { describeJson, isJsonList, isJsonObject, type JsonTree } from './strict-json.ts';

/** `at` is the path from the document's root, such as `outputs[0].logits`; `refuse` never returns. */
export type Shape<T> = (tree: JsonTree | undefined, at: string, refuse: Refuse) => T;

export type Refuse = (at: string, found: string, expected: string) => never;

export const textShape: Shape<string> = (tree, at, refuse) =>
  typeof tree === 'string' ? tree : refuse(at, describeJson(tree), 'a string');

export const booleanShape: Shape<boolean> = (tree, at, refuse) =>
  typeof tree === 'boolean' ? tree : refuse(at, describeJson(tree), 'true or false');

/** A whole number from 0. */
export const countShape: Shape<number> = (tree, at, refuse) =>
  typeof tree === 'bigint' && tree >= 0n && tree <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(tree)
    : refuse(at, describeJson(tree), 'a whole number from 0');

/** A finite number, whole or not. */
export const numberShape: Shape<number> = (tree, at, refuse) => {
  const number = typeof tree === 'bigint' ? Number(tree) : tree;
  return typeof number === 'number' && Number.isFinite(number) ? number : refuse(at, describeJson(tree), 'a number');
};

/** One of these strings. */
export function wordShape<Word extends string>(words: readonly Word[]): Shape<Word> {
  return (tree, at, refuse) => {
    const word = words.find((known) => known === tree);
    return word ?? refuse(at, describeJson(tree), words.map((known) => `"${known}"`).join(' or '));
  };
}

/** What is there of this shape, or else what stands for its absence. */
export function optionalShape<T>(shape: Shape<T>, absent: T): Shape<T> {
  return (tree, at, refuse) => (tree === undefined ? absent : shape(tree, at, refuse));
}

export function listShape<T>(item: Shape<T>): Shape<readonly T[]> {
  return (tree, at, refuse) =>
    isJsonList(tree) ? tree.map((entry, i) => item(entry, `${at}[${i}]`, refuse)) : refuse(at, describeJson(tree), 'a list');
}

/** An object with these keys; others are left alone, so that a later writer may add some. */
export function objectShape<T extends object>(fields: { readonly [Key in keyof T]: Shape<T[Key]> }): Shape<T> {
  return (tree, at, refuse) => {
    if (!isJsonObject(tree)) return refuse(at === '' ? 'the document' : at, describeJson(tree), 'an object');
    const entries = Object.entries(fields) as [string, Shape<unknown>][];
    return Object.fromEntries(entries.map(([key, shape]) => [key, shape(tree.get(key), at === '' ? key : `${at}.${key}`, refuse)])) as T;
  };
}
