/** The codes of registers in half precision: what stands in the stream, value by value, as intervals. */
import type { Register } from '../../circuit/circuit.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { type Interval, magnitude } from './interval.ts';

/** Half a unit in the last place, relative. */
export const SINGLE = 2 ** -24;
export const UNIT: Readonly<Record<Dtype, number>> = { f32: SINGLE, f16: 2 ** -11, bf16: 2 ** -8 };
/** `[value + 1][feature]`: what stands in the stream; row 0 is BOS. A variable that is not enumerated has one row beside BOS. */
export type Codes = readonly (readonly Interval[])[];

/** The largest sum of absolute numbers that a register holds at once. */
export function largestSum(rows: Codes): number {
  return Math.max(...rows.map((row) => row.reduce((sum, x) => sum + magnitude(x), 0)));
}

/** Whether all numbers are known multiples of 1/64 up to 2: then no sum of a few of them is rounded. */
export function isDyadic(rows: Codes): boolean {
  return rows.every((row) => row.every(({ low, high }) => low === high && Number.isInteger(low * 64) && Math.abs(low) <= 2));
}

/** What rounding changes of a register's squared length, and as much again for the balance dimension. */
export function energyGained({ features }: Register, rows: Codes): number {
  const gains = rows.map((row, v) =>
    row.reduce((sum, x, i) => {
      const f = features[i];
      const ideal = (v === 0 ? f?.bos : f?.levels?.[v - 1]) ?? 0;
      return sum + Math.abs(magnitude(x) ** 2 - ideal ** 2);
    }, 0),
  );
  return 2 * Math.max(...gains);
}
