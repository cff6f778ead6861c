/**
 * A norm in half precision: what it divides by is known to within a little, and so is its mean, so that a number of the stream is a number of
 * the dtype again once it is rounded. All dimensions that hold zero come out as one and the same small number, what the mean is off by.
 */
import { numberAt } from '../../tensor/number-at.ts';
import { assertInRange } from '../bounds/assert-in-range.ts';
import type { NormWeights } from '../bounds/norm.ts';
import { type Range, squareRange } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';
import { type HalfArithmetic, hull, NOTHING, plus, product, SINGLE, sizeOf, times, widened } from './half-interval.ts';
import { column, type HalfStream, touchesOf } from './half-stream.ts';

/** A norm at BOS, or everywhere else. */
export interface HalfNorm {
  /** What a dimension comes out as. */
  of(range: Range, dim: number): Range;
  /** What a dimension that holds 0 comes out as, at most: the same for all of them that have one gain; 0 where there is no mean. */
  readonly zero: number;
  /** Of dimensions that hold 0 and have this gain, and no bias. */
  isCommonZero(range: Range, dim: number): boolean;
}

export interface HalfNorms {
  readonly bos: HalfNorm;
  readonly other: HalfNorm;
}

/** @param isLate whether what is normalized is rounded before it is multiplied by the gain */
export function normsOf(weights: NormWeights, stream: HalfStream, half: HalfArithmetic, isLate: boolean): HalfNorms {
  return { bos: normAt(weights, stream, half, isLate, true), other: normAt(weights, stream, half, isLate, false) };
}

function normAt(
  { kind, gain, bias, epsilon, tensor }: NormWeights,
  stream: HalfStream,
  half: HalfArithmetic,
  isLate: boolean,
  isBos: boolean,
): HalfNorm {
  const width = gain.length;
  const hasMean = kind === 'layer-norm';
  const { squares, sum, terms } = measure(stream, isBos);
  const mean = hasMean ? (Math.max(Math.abs(sum.low), Math.abs(sum.high)) + terms) / width : 0;
  // Σ(x − m)² = Σx² − 2mΣx + wm²
  const slack = 4 * width * mean * mean;
  const error = SINGLE * (width + 8);
  const least = (Math.max(0, squares.low - slack) / width) * (1 - error) + epsilon * (1 - SINGLE);
  const most = ((squares.high + slack) / width) * (1 + error) + epsilon * (1 + SINGLE);
  if (!(least > 2 ** -80 && most * width < 2 ** 120)) throw new Unproven(`the squares of \`${tensor}\` leave the range of float32`);
  const scale: Range = { low: (1 / Math.sqrt(most)) * (1 - 4 * SINGLE), high: (1 / Math.sqrt(least)) * (1 + 4 * SINGLE) };
  // no number that is centred and divided by its root mean square exceeds the root of the width
  const root = Math.sqrt(width) * (1 + 2 * error) * (1 + 2 ** -10);
  const common = numberAt(gain, 0);
  const what = `what \`${tensor}\` leaves`;
  const norm: HalfNorm = {
    zero: mean === 0 ? 0 : mean * scale.high * Math.abs(common) * (1 + 4 * half.unit),
    isCommonZero: ({ low, high }, dim) => low === 0 && high === 0 && gain[dim] === common && (bias?.[dim] ?? 0) === 0,
    of(range, dim) {
      const own = numberAt(gain, dim);
      const scaled = within(product(widened(range, mean), scale), root);
      const normed = isLate ? times(half.round(scaled, what), own) : times(scaled, own);
      const rounded = widened(normed, isLate ? 0 : 4 * SINGLE * sizeOf(normed));
      const offset = bias?.[dim] ?? 0;
      if (range.low <= range.high) assertInRange(sizeOf(rounded) + Math.abs(offset), tensor, `products in dimension ${dim}`);
      return half.round(plus(rounded, { low: offset, high: offset }), what);
    },
  };
  // what nothing reads overflows all the same, and what multiplies it by zero makes no number of infinity
  for (const [dim, range] of dimensionsOf(stream, isBos).entries()) if (range.low <= range.high) norm.of(range, dim);
  return norm;
}

function within({ low, high }: Range, most: number): Range {
  return { low: Math.min(most, Math.max(-most, low)), high: Math.min(most, Math.max(-most, high)) };
}

/** What each dimension may hold, at BOS or everywhere else; low above high where nothing is known to be there. */
function dimensionsOf({ constant, parts }: HalfStream, isBos: boolean): Range[] {
  const ranges = [...constant];
  for (const { dims, values, bos } of parts) {
    for (const [at, dim] of dims.entries()) {
      const own = isBos ? [bos[at] as Range] : values.map((row) => row[at] as Range);
      ranges[dim] = plus(ranges[dim] as Range, own.reduce(hull, NOTHING));
    }
  }
  return ranges;
}

/** Ranges of the sum of squares and of the sum, over all values of every part; and what float32 makes of the sum. */
function measure(stream: HalfStream, isBos: boolean): { squares: Range; sum: Range; terms: number } {
  const touches = touchesOf(stream);
  let squares: Range = { low: 0, high: 0 };
  let sum: Range = { low: 0, high: 0 };
  let absolute = 0;
  for (const [dim, own] of stream.constant.entries()) {
    sum = plus(sum, own);
    absolute += sizeOf(own);
    const touched = touches[dim] ?? [];
    if (touched.length === 0) squares = plus(squares, squareRange(own));
    else if (touched.length > 1 || own.low !== 0 || own.high !== 0) {
      const all = touched.reduce((total, { part, at }) => {
        const each = stream.parts[part] as HalfStream['parts'][number];
        return plus(total, isBos ? (each.bos[at] as Range) : column(each, at));
      }, own);
      squares = plus(squares, squareRange(all));
    }
  }
  for (const part of stream.parts) {
    const rows = (isBos ? [part.bos] : part.values).filter((row) => row.every(({ low, high }) => low <= high));
    const isOwn = part.dims.map((dim) => touches[dim]?.length === 1 && sizeOf(stream.constant[dim] as Range) === 0);
    const total = (of: (range: Range, at: number) => Range) =>
      rows
        .map((row) => row.reduce((all, range, at) => plus(all, of(range, at)), { low: 0, high: 0 }))
        .reduce((a, b) => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) }), {
          low: Number.POSITIVE_INFINITY,
          high: Number.NEGATIVE_INFINITY,
        });
    if (rows.length === 0) continue;
    squares = plus(
      squares,
      total((range, at) => (isOwn[at] ? squareRange(range) : { low: 0, high: 0 })),
    );
    sum = plus(
      sum,
      total((range) => range),
    );
    absolute += rows.reduce(
      (most, row) =>
        Math.max(
          most,
          row.reduce((all, range) => all + sizeOf(range), 0),
        ),
      0,
    );
  }
  return { squares, sum, terms: sumError(stream, absolute) };
}

/** What float32 may be off by in summing the stream, in any order: nothing where all are multiples of one unit, and few. */
function sumError({ constant, parts }: HalfStream, absolute: number): number {
  const numbers = [...constant, ...parts.flatMap(({ values, bos }) => [...values.flat(), ...bos])].filter(({ low, high }) => low <= high);
  const areMultiples = (unit: number) => numbers.every(({ low, high }) => low === high && Number.isInteger(low / unit));
  for (const unit of [1, 2 ** -4, 2 ** -6, 2 ** -8, 2 ** -10, 2 ** -12]) {
    if (absolute / unit <= 2 ** 24 && areMultiples(unit)) return 0;
  }
  // every addition is off by half of SINGLE of a partial sum, which is at most what is positive or what is negative
  const count = (row: readonly Range[]) => row.reduce((own, { low, high }) => (low === 0 && high === 0 ? own : own + 1), 0);
  const terms = parts.reduce((sum, { values, bos }) => sum + Math.max(count(bos), ...values.map(count)), count(constant));
  return (terms + 2) * (SINGLE / 2) * absolute;
}
