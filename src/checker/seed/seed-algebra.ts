/** What a checker of seeds computes with: products of what heads read and write, over the reserved dimensions. */
import { numberAt } from '../../tensor/number-at.ts';

/** A matrix over the reserved dimensions, row by row. */
export interface Reading {
  readonly rows: number;
  readonly values: Float64Array;
}

/** `Σ left[slot]ᵀ · right[slot]` over some slots, [reserved, reserved]. */
export function outer(left: Reading, right: Reading, count: number, slots: Iterable<readonly [number, number, number]>): Float64Array {
  const found = new Float64Array(count * count);
  for (const [a, b, weight] of slots) {
    for (let i = 0; i < count; i++) {
      const entry = weight * numberAt(left.values, a * count + i);
      if (entry === 0) continue;
      for (let j = 0; j < count; j++) found[i * count + j] = numberAt(found, i * count + j) + entry * numberAt(right.values, b * count + j);
    }
  }
  return found;
}

export function eachSlot(rows: number): [number, number, number][] {
  return Array.from({ length: rows }, (_, slot) => [slot, slot, 1]);
}

/** Which columns of rows are not zero throughout. */
export function support({ rows, values }: Reading, count: number): number[] {
  return Array.from({ length: count }, (_, d) => d).filter((d) => {
    for (let row = 0; row < rows; row++) if (values[row * count + d] !== 0) return true;
    return false;
  });
}

/** `matrix · vector` of rows over the reserved dimensions. */
export function rowsTimes({ rows, values }: Reading, vector: ArrayLike<number>): Float64Array {
  const count = vector.length;
  const found = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let d = 0; d < count; d++) sum += numberAt(values, row * count + d) * numberAt(vector, d);
    found[row] = sum;
  }
  return found;
}

/** The least and the largest of a quotient whose divisor is off by at most a factor. */
export function least(value: number, divisor: number, scale: number): number {
  return value > 0 ? value / (divisor * scale) : (value * scale) / divisor;
}

export function most(value: number, divisor: number, scale: number): number {
  return -least(-value, divisor, scale);
}
