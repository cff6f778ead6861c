/** Values of config.json by key, and the diagnostic of one that is not understood. */
import { fail } from '../../diagnostics/catalog.ts';
import { describeJson, type JsonTree } from '../json/strict-json.ts';

export const CONFIG_FILE = 'config.json';

export type Config = ReadonlyMap<string, JsonTree>;

export function invalid(key: string, found: JsonTree | undefined, expected: string): never {
  return fail('R7104', { file: CONFIG_FILE, key, found: describeJson(found), expected });
}

/** A number, whole or not; null for anything else. */
export function numberOf(value: JsonTree | undefined): number | null {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' ? number : null;
}

/** A whole number, written as one or as stock loaders take it too (300.0); null for anything else. */
export function wholeOf(value: JsonTree | undefined): number | null {
  const number = numberOf(value);
  return number !== null && Number.isSafeInteger(number) ? number : null;
}

/** A positive finite number, whole or not. */
export function readPositive(config: Config, key: string, absent: number): number {
  const value = config.get(key);
  if (value === undefined) return absent;
  const number = numberOf(value);
  if (number === null || !(number > 0) || !Number.isFinite(number)) return invalid(key, value, 'a positive number');
  return number;
}
