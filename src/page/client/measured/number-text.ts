/** Measured numbers as text; what was not measured is a dash. */
import type { Span } from '../../data/match-file.ts';

export function fixed(value: number | null | undefined, digits = 2): string {
  // nothing has no sign
  return value == null ? '–' : value.toFixed(digits).replace(/^-(0\.?0*)$/, '$1');
}

/** With its sign. */
export function signed(value: number | null | undefined, digits = 3): string {
  const text = fixed(value, digits);
  return value == null || text.startsWith('-') ? text : `+${text}`;
}

export function percent(value: number | null | undefined): string {
  return value == null ? '–' : `${Math.round(100 * value)}%`;
}

/** A probability, small ones as a power of ten. */
export function chance(value: number | null): string {
  if (value === null) return '–';
  if (value > 0.001) return value.toFixed(3);
  return value < 1e-99 ? '<1e-99' : value.toExponential(0);
}

/** A mean and its interval. */
export function spanText([mean, low, high]: Span): string {
  return `${signed(mean)} (${fixed(low, 3)} to ${fixed(high, 3)})`;
}
