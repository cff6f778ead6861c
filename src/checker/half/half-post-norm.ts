/**
 * The stream behind a norm that sits on it, in half precision: what each dimension holds goes through the norm value by value, and is a number of
 * the dtype again. What all dimensions have in common afterwards, what the mean is off by, is kept as a range of each.
 */
import { numberAt } from '../../tensor/number-at.ts';
import type { NormWeights } from '../bounds/norm.ts';
import type { Range } from '../bounds/rounding.ts';
import { type HalfArithmetic, hull, plus, sizeOf, widened, ZERO } from './half-interval.ts';
import { type HalfNorms, normsOf } from './half-norm.ts';
import { gridOf, type HalfPart, type HalfStream, type HalfTouches, sizeOfDimension, touchesOf } from './half-stream.ts';

export function postNormed(weights: NormWeights, stream: HalfStream, half: HalfArithmetic, isLate: boolean): HalfStream {
  const norms = normsOf(weights, stream, half, isLate);
  const touches = touchesOf(stream);
  const constant = stream.constant.map((own, dim) => {
    const count = (touches[dim] as HalfTouches[number]).length;
    if (count === 0) return hull(norms.other.of(own, dim), norms.bos.of(own, dim));
    return count === 1 ? ZERO : widened(own, moved(stream, touches, dim, norms, half));
  });
  const parts = stream.parts.map((part): HalfPart => {
    const through = (row: readonly Range[], norm: HalfNorms['bos']) =>
      row.map((range, at) => {
        const dim = numberAt(part.dims, at);
        const isAlone = (touches[dim] as HalfTouches[number]).length === 1;
        return isAlone && range.low <= range.high ? norm.of(plus(range, stream.constant[dim] as Range), dim) : range;
      });
    return { ...part, values: part.values.map((row) => through(row, norms.other)), bos: through(part.bos, norms.bos) };
  });
  return withoutRests({ constant, parts }, norms);
}

/** By how much a norm moves sums of several parts' numbers at most: by nothing where each sum comes out as itself. */
function moved(stream: HalfStream, touches: HalfTouches, dim: number, { other, bos }: HalfNorms, half: HalfArithmetic): number {
  const size = sizeOfDimension(stream, touches, dim, ZERO);
  const grid = gridOf(stream, touches, dim, half);
  const apart = (range: Range) => {
    const both = hull(other.of(range, dim), bos.of(range, dim));
    return Math.max(Math.abs(both.low - range.low), Math.abs(both.high - range.high));
  };
  const at = (x: number) => apart({ low: x, high: x });
  if (grid === 0) {
    // before it is rounded what comes out is linear, so that it is moved the most at an end; and both are rounded
    const most = Math.max(at(size), at(-size));
    return most + 2 * half.unit * (size + most) + 2 ** -24;
  }
  let most = 0;
  for (let k = -Math.ceil(size / grid); k <= Math.ceil(size / grid); k++) most = Math.max(most, at(k * grid));
  return most;
}

/** What was zero throughout is a constant that is hardly anything: a dimension that is free again. */
function withoutRests(stream: HalfStream, { other, bos }: HalfNorms): HalfStream {
  const touches = touchesOf(stream);
  const constant = [...stream.constant];
  const rest = Math.max(other.zero, bos.zero);
  const parts = stream.parts.flatMap((part) => {
    const kept = [...part.dims.keys()].filter((at) => {
      const dim = numberAt(part.dims, at);
      if ((touches[dim] as HalfTouches[number]).length > 1) return true;
      const all = [...part.values.map((row) => row[at] as Range), part.bos[at] as Range].filter(({ low, high }) => low <= high);
      if (all.some((range) => sizeOf(range) > rest)) return true;
      constant[dim] = plus(constant[dim] as Range, all.reduce(hull, ZERO));
      return false;
    });
    if (kept.length === 0) return [];
    const only = (row: readonly Range[]) => kept.map((at) => row[at] as Range);
    return [{ ...part, dims: kept.map((at) => numberAt(part.dims, at)), values: part.values.map(only), bos: only(part.bos) }];
  });
  return { constant, parts };
}
