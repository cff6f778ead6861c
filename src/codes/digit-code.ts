/**
 * Codes of two digits for matching one of many slots: each digit has a dimension for each of its values. What neurons write of a slot then
 * changes by one indicator or two from slot to slot, where a circle of high frequency would swing to and fro and add up their rounding.
 */
import type { CircleCode } from './circle-code.ts';

/**
 * @param slots that have a code; whoever has none, a slot beyond, is no key's partner and has zeros
 * @param all every slot, those without a code included
 * @param radix how many values the low digit has
 */
export function digitCode(slots: number, all: number, radix: number): CircleCode {
  const high = Math.ceil(slots / radix);
  const digit = (belongs: (slot: number) => boolean) =>
    Float64Array.from({ length: all }, (_, slot) => (slot < slots && belongs(slot) ? 1 : 0));
  const low = Array.from({ length: radix }, (_, d) => digit((slot) => slot % radix === d));
  const highs = Array.from({ length: high }, (_, d) => digit((slot) => Math.floor(slot / radix) === d));
  return { dimensions: [...low, ...highs], match: 2, lobe: 1 };
}

/** Low digits worth trying, the ones with the fewest dimensions first. */
export function digitRadices(slots: number): number[] {
  const dimensions = (radix: number) => radix + Math.ceil(slots / radix);
  return Array.from({ length: Math.max(0, Math.ceil(slots / 2) - 1) }, (_, i) => i + 2).sort(
    (a, b) => dimensions(a) - dimensions(b) || b - a,
  );
}
