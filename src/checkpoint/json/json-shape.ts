/**
 * Readers of JSON of a known form: each takes a tree and where it stands, and gives a typed value or says what is wrong there. Each knows the
 * JSON Schema of what it reads, so that what is published of a form is what the reader asks.
 */
import { describeJson, isJsonList, isJsonObject, type JsonTree } from './strict-json.ts';

/** A JSON Schema (2020-12), as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: string | number | boolean | JsonSchema | readonly (string | number | JsonSchema)[];
}

export interface Shape<T> {
  /** `at` is the path from the document's root, such as `outputs[0].logits`; `refuse` never returns. */
  (tree: JsonTree | undefined, at: string, refuse: Refuse): T;
  readonly schema: JsonSchema;
  /** Whether an object may lack it. */
  readonly isOptional: boolean;
}

export type Refuse = (at: string, found: string, expected: string) => never;

type Read<T> = (tree: JsonTree | undefined, at: string, refuse: Refuse) => T;

/** A shape that reads in a way of its own. */
export function shapeOf<T>(schema: JsonSchema, read: Read<T>, isOptional = false): Shape<T> {
  return Object.assign((...given: Parameters<Read<T>>) => read(...given), { schema, isOptional });
}

export const textShape: Shape<string> = shapeOf({ type: 'string' }, (tree, at, refuse) =>
  typeof tree === 'string' ? tree : refuse(at, describeJson(tree), 'a string'),
);

export const booleanShape: Shape<boolean> = shapeOf({ type: 'boolean' }, (tree, at, refuse) =>
  typeof tree === 'boolean' ? tree : refuse(at, describeJson(tree), 'true or false'),
);

/** A whole number from 0. */
export const countShape: Shape<number> = shapeOf({ type: 'integer', minimum: 0 }, (tree, at, refuse) =>
  typeof tree === 'bigint' && tree >= 0n && tree <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(tree)
    : refuse(at, describeJson(tree), 'a whole number from 0'),
);

/** A finite number, whole or not. */
export const numberShape: Shape<number> = shapeOf({ type: 'number' }, (tree, at, refuse) => {
  const number = typeof tree === 'bigint' ? Number(tree) : tree;
  return typeof number === 'number' && Number.isFinite(number) ? number : refuse(at, describeJson(tree), 'a number');
});

/** One of these strings. */
export function wordShape<Word extends string>(words: readonly Word[]): Shape<Word> {
  return shapeOf({ enum: words }, (tree, at, refuse) => {
    const word = words.find((known) => known === tree);
    return word ?? refuse(at, describeJson(tree), words.map((known) => `"${known}"`).join(' or '));
  });
}

/** What is there of this shape, or else what stands for its absence. */
export function optionalShape<T>(shape: Shape<T>, absent: T): Shape<T> {
  return shapeOf(shape.schema, (tree, at, refuse) => (tree === undefined ? absent : shape(tree, at, refuse)), true);
}

export function nullableShape<T>(shape: Shape<T>): Shape<T | null> {
  return shapeOf({ anyOf: [shape.schema, { type: 'null' }] }, (tree, at, refuse) => (tree === null ? null : shape(tree, at, refuse)));
}

export function listShape<T>(item: Shape<T>): Shape<readonly T[]> {
  return shapeOf({ type: 'array', items: item.schema }, (tree, at, refuse) =>
    isJsonList(tree) ? tree.map((entry, i) => item(entry, `${at}[${i}]`, refuse)) : refuse(at, describeJson(tree), 'a list'),
  );
}

/** An object with these keys; others are left alone, so that a later writer may add some. */
export function objectShape<T extends object>(fields: { readonly [Key in keyof T]: Shape<T[Key]> }): Shape<T> {
  const entries = Object.entries(fields) as [string, Shape<unknown>][];
  const properties = Object.fromEntries(entries.map(([key, { schema }]) => [key, schema]));
  const required = entries.filter(([, { isOptional }]) => !isOptional).map(([key]) => key);
  return shapeOf({ type: 'object', properties, required }, (tree, at, refuse) => {
    if (!isJsonObject(tree)) return refuse(at === '' ? 'the document' : at, describeJson(tree), 'an object');
    return Object.fromEntries(entries.map(([key, shape]) => [key, shape(tree.get(key), at === '' ? key : `${at}.${key}`, refuse)])) as T;
  });
}
