/**
 * The residual stream of a model in half precision: each dimension is a constant plus, for each part that writes it, a number by the value of
 * the part's s-op; all as intervals of what is stored there.
 */

import type { SOp } from '../../graph/graph.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Range } from '../bounds/rounding.ts';
import { type HalfArithmetic, NOTHING, plus, sizeOf, widened } from './half-interval.ts';

export interface HalfPart {
  readonly name: string;
  /** Null where it is the same everywhere but at BOS. */
  readonly node: SOp | null;
  readonly dims: readonly number[];
  /** `[value][dim]` */
  readonly values: readonly (readonly Range[])[];
  readonly bos: readonly Range[];
}

export interface HalfStream {
  readonly constant: readonly Range[];
  readonly parts: readonly HalfPart[];
}

/** Which parts write a dimension, and where it stands in them. */
export type HalfTouches = readonly (readonly { readonly part: number; readonly at: number }[])[];

export function touchesOf({ constant, parts }: HalfStream): HalfTouches {
  const touches = constant.map(() => [] as { part: number; at: number }[]);
  for (const [part, { dims }] of parts.entries()) for (const [at, dim] of dims.entries()) touches[dim]?.push({ part, at });
  return touches;
}

export function column({ values, bos }: HalfPart, at: number): Range {
  const all = [...values.map((row) => row[at] as Range), bos[at] as Range];
  return {
    low: all.reduce((least, { low }) => Math.min(least, low), Number.POSITIVE_INFINITY),
    high: all.reduce((most, { high }) => Math.max(most, high), Number.NEGATIVE_INFINITY),
  };
}

/**
 * The stream after a sublayer: what it writes is rounded by itself, and then with the stream. Where a dimension has one part, that part holds
 * what comes out; where it has several, each sum is either exact or noise.
 *
 * @param written of each part of the sublayer what it adds, before rounding; `constant` what is added everywhere
 */
export function afterWrite(stream: HalfStream, written: readonly HalfPart[], constant: readonly Range[], half: HalfArithmetic): HalfStream {
  const what = (dim: number) => `dimension ${dim} of the stream`;
  const base = [...stream.constant];
  const isWritten = new Set(written.flatMap(({ dims }) => dims));
  const touches = touchesOf(stream);
  const writers = new Map<number, HalfPart[]>();
  for (const part of written) for (const dim of part.dims) writers.set(dim, [...(writers.get(dim) ?? []), part]);
  for (const [dim, own] of constant.entries()) {
    if (isWritten.has(dim) || (own.low === 0 && own.high === 0)) continue;
    const rounded = half.round(own, what(dim));
    // a constant beside parts: as if one more part had written it
    const spread = touches[dim]?.length === 0 ? 0 : half.unit * sizeOfDimension(stream, touches, dim, rounded);
    base[dim] =
      touches[dim]?.length === 0
        ? half.round(plus(base[dim] as Range, rounded), what(dim))
        : widened(plus(base[dim] as Range, rounded), spread);
  }
  const parts: HalfPart[] = [...stream.parts];
  for (const part of written) {
    const settled = (row: readonly Range[]) =>
      row.map((range, at) => {
        const dim = numberAt(part.dims, at);
        const isAlone = writers.get(dim)?.length === 1;
        const own = isAlone ? half.round(plus(range, constant[dim] as Range), what(dim)) : range;
        if (!isAlone || (touches[dim] as HalfTouches[number]).length > 0) return own;
        // the constant that stands there goes with the part
        return range.low > range.high ? NOTHING : half.round(plus(own, stream.constant[dim] as Range), what(dim));
      });
    for (const dim of part.dims) {
      if (writers.get(dim)?.length === 1 && touches[dim]?.length === 0) base[dim] = { low: 0, high: 0 };
    }
    parts.push({ ...part, values: part.values.map(settled), bos: settled(part.bos) });
  }
  for (const [dim, own] of writers) {
    if (own.length === 1) continue;
    base[dim] = plus(base[dim] as Range, half.round(constant[dim] as Range, what(dim)));
  }
  const merged = mergeByNode(parts);
  const result = { constant: base, parts: merged };
  const after = touchesOf(result);
  for (const dim of isWritten) {
    const several = (after[dim] as HalfTouches[number]).length > 1;
    const old = (touches[dim] as HalfTouches[number]).length;
    if (several || (writers.get(dim)?.length ?? 0) > 1) base[dim] = widened(base[dim] as Range, inexact(result, after, dim, half));
    else if (old > 0) roundMerged(merged, after, dim, half);
  }
  return result;
}

/** Parts by the same s-op are one: what they hold adds up value by value. */
function mergeByNode(parts: readonly HalfPart[]): HalfPart[] {
  const byNode = new Map<SOp | null, HalfPart>();
  for (const part of parts) {
    const known = byNode.get(part.node);
    if (known === undefined) {
      byNode.set(part.node, part);
      continue;
    }
    const dims = [...new Set([...known.dims, ...part.dims])];
    const at = (row: readonly Range[] | undefined, own: readonly number[], dim: number): Range =>
      row?.[own.indexOf(dim)] ?? { low: 0, high: 0 };
    const sum = (a: readonly Range[] | undefined, b: readonly Range[] | undefined) =>
      dims.map((dim) => {
        const [x, y] = [at(a, known.dims, dim), at(b, part.dims, dim)];
        return x.low > x.high || y.low > y.high ? NOTHING : plus(x, y);
      });
    byNode.set(part.node, {
      name: known.name,
      node: part.node,
      dims,
      values: known.values.map((row, value) => sum(row, part.values[value])),
      bos: sum(known.bos, part.bos),
    });
  }
  return [...byNode.values()].map(withoutNothing);
}

/** Dimensions in which a part holds 0 throughout are nobody's. */
function withoutNothing(part: HalfPart): HalfPart {
  const isZero = ({ low, high }: Range) => (low === 0 && high === 0) || low > high;
  const kept = [...part.dims.keys()].filter(
    (at) => !(part.values.every((row) => isZero(row[at] as Range)) && isZero(part.bos[at] as Range)),
  );
  if (kept.length === part.dims.length) return part;
  const only = (row: readonly Range[]) => kept.map((at) => row[at] as Range);
  return { ...part, dims: kept.map((at) => numberAt(part.dims, at)), values: part.values.map(only), bos: only(part.bos) };
}

function roundMerged(parts: HalfPart[], touches: HalfTouches, dim: number, half: HalfArithmetic): void {
  for (const { part, at } of touches[dim] ?? []) {
    const own = parts[part] as HalfPart;
    const rounded = (row: readonly Range[]) =>
      row.map((range, i) => (i === at ? half.round(range, `dimension ${dim} of the stream`) : range));
    parts[part] = { ...own, values: own.values.map(rounded), bos: rounded(own.bos) };
  }
}

export function sizeOfDimension({ constant, parts }: HalfStream, touches: HalfTouches, dim: number, more: Range): number {
  const own = (touches[dim] as HalfTouches[number]).reduce((sum, { part, at }) => sum + sizeOf(column(parts[part] as HalfPart, at)), 0);
  return own + sizeOf(constant[dim] as Range) + sizeOf(more);
}

/** What rounding may take from sums of several parts' numbers: nothing where all of them are exact. */
function inexact(stream: HalfStream, touches: HalfTouches, dim: number, half: HalfArithmetic): number {
  return gridOf(stream, touches, dim, half) > 0 ? 0 : 3 * half.unit * sizeOfDimension(stream, touches, dim, { low: 0, high: 0 });
}

/** The unit that all numbers in a dimension are multiples of, so few that every sum of them is a number of the dtype; 0 where there is none. */
export function gridOf(stream: HalfStream, touches: HalfTouches, dim: number, half: HalfArithmetic): number {
  const own = touches[dim] as HalfTouches[number];
  const size = sizeOfDimension(stream, touches, dim, { low: 0, high: 0 });
  const lists = own.map(({ part, at }) => {
    const { values, bos } = stream.parts[part] as HalfPart;
    return [...values.map((row) => row[at] as Range), bos[at] as Range].filter(({ low, high }) => low <= high);
  });
  const constant = stream.constant[dim] as Range;
  const numbers = [...lists.flat(), constant];
  const grid = numbers.every(({ low, high }) => low === high) ? commonUnit(numbers.map(({ low }) => low)) : 0;
  return grid > 0 && size / grid <= 1 / half.unit ? grid : 0;
}

function commonUnit(numbers: readonly number[]): number {
  const most = numbers.reduce((size, x) => Math.max(size, Math.abs(x)), 0);
  if (most === 0) return 1;
  for (let unit = 2 ** Math.floor(Math.log2(most)); unit >= 2 ** -24; unit /= 2) {
    if (numbers.every((x) => Number.isInteger(x / unit))) return unit;
  }
  return 0;
}
