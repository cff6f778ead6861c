/** The set of values that an s-op can have at any position of any input: a fact about a node, inferred by the compiler. */
import { type Value, valueKey } from './value.ts';

export type Domain =
  /** Every value it can have (and perhaps some that it cannot), each once, in {@link compareForOrder}'s order. */
  | { readonly kind: 'finite'; readonly values: readonly Value[] }
  /** Numbers too many to enumerate, all within the bounds. */
  | { readonly kind: 'interval'; readonly low: number; readonly high: number };

/** The number a value stands for in arithmetic; NaN for strings. */
export function numericValue(value: Value): number {
  return typeof value === 'string' ? Number.NaN : Number(value);
}

/** A total order of values: numbers (bools as 0 and 1) by size, then strings by code unit; equal numbers by type. */
export function compareForOrder(a: Value, b: Value): number {
  if (typeof a === 'string' || typeof b === 'string') {
    if (typeof a !== typeof b) return typeof a === 'string' ? 1 : -1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const x = numericValue(a);
  const y = numericValue(b);
  if (x !== y) return x < y ? -1 : 1;
  const s = typeof a;
  const t = typeof b;
  return s < t ? -1 : s > t ? 1 : 0;
}

/** The finite domain of some values, duplicates dropped (1, 1.0 and True are three values here). */
export function finiteDomain(values: Iterable<Value>): Domain & { kind: 'finite' } {
  const byKey = new Map<string, Value>();
  for (const value of values) byKey.set(valueKey(value), value);
  return { kind: 'finite', values: [...byKey.values()].sort(compareForOrder) };
}

/** How many values a domain has; infinite where they are not enumerated. */
export function domainSize(domain: Domain): number {
  return domain.kind === 'finite' ? domain.values.length : Number.POSITIVE_INFINITY;
}

export function isNumeric(domain: Domain): boolean {
  return domain.kind === 'interval' || domain.values.every((v) => typeof v !== 'string');
}

/** The smallest and largest number; a finite domain must be numeric. */
export function bounds(domain: Domain): { low: number; high: number } {
  if (domain.kind === 'interval') return domain;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of domain.values) {
    const x = numericValue(value);
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return { low, high };
}
