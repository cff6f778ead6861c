/** The two sides of a head's scores as vectors over the head's dimensions: what each producer puts into queries and into keys, by value. */
import { numberAt } from '../../tensor/number-at.ts';
import { type Form, roundingOfTiny, roundingPerUnit } from '../bounds/form.ts';
import { SAFETY } from '../bounds/rounding.ts';
import type { Producer } from '../bounds/stream.ts';

/** What one producer puts into the vectors of a side, `[value, dimension]`. */
export interface SidePart {
  readonly producer: Producer;
  readonly center: Float64Array;
  readonly radius: Float64Array;
}

export interface Side {
  readonly size: number;
  /** What every position but BOS's has, and how far off each position's own may be, but for the scale. */
  readonly base: Float64Array;
  readonly baseRadius: Float64Array;
  /** The part of `base` that is scaled with the rest; the other is bias. */
  readonly scaledBase: Float64Array;
  /** At each position the norm scales all of its numbers by one factor within `1 ± scale`. */
  readonly scale: number;
  readonly parts: readonly SidePart[];
  readonly bos: Float64Array;
  readonly bosRadius: Float64Array;
}

export function sideOf(forms: readonly Form[]): Side {
  const size = forms.length;
  const zeros = () => new Float64Array(size);
  const [base, baseRadius, scaledBase, bos, bosRadius] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  let scale = 0;
  const parts = new Map<Producer, SidePart>();
  for (const [d, form] of forms.entries()) {
    base[d] = form.constant + form.offset;
    const perUnit = roundingPerUnit(form);
    scale = Math.max(scale, form.scale);
    scaledBase[d] = form.constant;
    baseRadius[d] = SAFETY * (form.slack * (1 + form.scale) + perUnit * form.absolute + roundingOfTiny(form));
    bos[d] = form.bos.center;
    bosRadius[d] = form.bos.radius;
    for (const { producer, center, radius, absolute } of form.parts) {
      let part = parts.get(producer);
      if (part === undefined) {
        part = { producer, center: new Float64Array(producer.count * size), radius: new Float64Array(producer.count * size) };
        parts.set(producer, part);
      }
      for (let value = 0; value < producer.count; value++) {
        const [x, r] = [numberAt(center, value), numberAt(radius, value)];
        part.center[value * size + d] = x;
        part.radius[value * size + d] = SAFETY * (r * (1 + form.scale) + perUnit * numberAt(absolute, value));
      }
    }
  }
  return { size, base, baseRadius, scaledBase, scale, parts: [...parts.values()], bos, bosRadius };
}

/** The largest absolute number in each dimension, errors included, at any position but BOS's. */
export function largestOfSide(side: Side): Float64Array {
  const largest = side.base.map((x, d) => Math.abs(x) + numberAt(side.baseRadius, d));
  const more = 1 + side.scale;
  for (const part of side.parts) {
    const own = largestOfPart(part, side.size);
    for (let d = 0; d < side.size; d++) largest[d] = numberAt(largest, d) + numberAt(own, d);
  }
  return largest.map((x) => x * more);
}

export function largestOfPart({ center, radius }: SidePart, size: number): Float64Array {
  const largest = new Float64Array(size);
  for (let i = 0; i < center.length; i++) {
    const d = i % size;
    largest[d] = Math.max(numberAt(largest, d), Math.abs(numberAt(center, i)) + numberAt(radius, i));
  }
  return largest;
}

/** The largest sum of a side's absolute numbers, errors included, each times its weight, at any position but BOS's. */
export function largestSum(side: Side, weights: Float64Array): number {
  let total = 0;
  for (let d = 0; d < side.size; d++) total += (Math.abs(numberAt(side.base, d)) + numberAt(side.baseRadius, d)) * numberAt(weights, d);
  for (const { center, radius } of side.parts) {
    let most = 0;
    for (let from = 0; from < center.length; from += side.size) {
      let own = 0;
      for (let d = 0; d < side.size; d++) {
        own += (Math.abs(numberAt(center, from + d)) + numberAt(radius, from + d)) * numberAt(weights, d);
      }
      most = Math.max(most, own);
    }
    total += most;
  }
  return total * (1 + side.scale);
}

/** A sum of parts at one combination of values. */
export interface Vector {
  readonly center: Float64Array;
  readonly radius: Float64Array;
}

export function addPart(into: Vector, { center, radius }: SidePart, value: number): void {
  const size = into.center.length;
  for (let d = 0; d < size; d++) {
    into.center[d] = numberAt(into.center, d) + numberAt(center, value * size + d);
    into.radius[d] = numberAt(into.radius, d) + numberAt(radius, value * size + d);
  }
}
