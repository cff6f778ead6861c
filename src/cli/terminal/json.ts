/**
 * JSON as the commands print it: one document on one line. Values of RASP keep what JavaScript's own encoder would lose: an int
 * of any size is written with all its digits, and a float always looks like one (`2.0`).
 */
import type { Value } from '../../graph/value.ts';

/** JSON text that is written as it stands. */
class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Json = string | number | boolean | null | undefined | RawJson | readonly Json[] | { readonly [key: string]: Json };

export function valueJson(value: Value): Json {
  switch (typeof value) {
    case 'bigint':
      return new RawJson(value.toString());
    case 'number':
      return new RawJson(floatText(value));
    default:
      return value;
  }
}

/** A float as a JSON number that every parser reads back as the same float. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'null';
  // Beyond the largest float: parsers round it to infinity, which JSON cannot name.
  if (!Number.isFinite(value)) return value > 0 ? '1e999' : '-1e999';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** Keys whose value is `undefined` are left out. */
export function encodeJson(value: Json): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map((item: Json) => encodeJson(item === undefined ? null : item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value as { readonly [key: string]: Json })
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => `${JSON.stringify(key)}:${encodeJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** The document of a command that gives one result for each export: that result itself where there is only one. */
export function oneOrMany(results: readonly Json[]): Json {
  return results.length === 1 ? results[0] : results;
}
