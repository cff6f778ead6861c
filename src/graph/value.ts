/**
 * The values of RASP: Python's atoms. An int is a `bigint` (exact, of any size), a float is a `number`, so that `2` and `2.0`
 * stay apart as they do in the reference; bools and strings are themselves.
 */

export type Value = bigint | number | boolean | string;

export type ValueType = 'int' | 'float' | 'bool' | 'string';

export function typeOf(value: Value): ValueType {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'boolean':
      return 'bool';
    default:
      return 'string';
  }
}

/** Python's `==` across types: 1 == 1.0 == True, and never an error. JavaScript's `==` of a bigint and a number is exact too. */
export function valuesEqual(a: Value, b: Value): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  const x = typeof a === 'boolean' ? BigInt(a) : a;
  const y = typeof b === 'boolean' ? BigInt(b) : b;
  // biome-ignore lint/suspicious/noDoubleEquals: the mixed bigint/number comparison is the point
  return x == y;
}

/** The same text for values that are equal: `1`, `1.0` and `True`. (`nan` has one, too, and is not equal to itself.) */
export function equalityKey(value: Value): string {
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'boolean') return value ? 'n1' : 'n0';
  return Number.isInteger(value) ? `n${BigInt(value)}` : `n${value}`;
}

/** Identity including type: `1`, `1.0` and `True` have different keys. For interning and domains. */
export function valueKey(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return `i${value}`;
    case 'number':
      return Object.is(value, -0) ? 'f-0' : `f${value}`;
    case 'boolean':
      return value ? 'bT' : 'bF';
    default:
      return `s${value}`;
  }
}

/** The type that a sequence of these values has, as the language types sequences. */
export function typeOfAll(values: readonly Value[]): ValueType {
  const types = new Set(values.map(typeOf));
  if (types.has('string')) return 'string';
  if (types.has('float')) return 'float';
  return types.has('int') ? 'int' : 'bool';
}
