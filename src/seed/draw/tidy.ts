/** Numbers that a formula with logarithms, exponentials or sines decides, rounded so that they are the same on every machine. */

/** Twelve significant bits. */
export function tidy(value: number): number {
  if (value === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 12);
  return Math.round(value / unit) * unit;
}
