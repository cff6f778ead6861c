/** Means with the interval that holds the true one in 19 of 20 cases, by Student's t over inputs. */

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Quantiles .975 of Student's t by degrees of freedom, 1 to 10; beyond that the expansion in 1/n is good to .001. */
const QUANTILES = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];
const NORMAL = 1.959964;

function quantile(freedom: number): number {
  // Abramowitz and Stegun 26.7.5
  return (
    QUANTILES[freedom - 1] ?? NORMAL + (NORMAL ** 3 + NORMAL) / (4 * freedom) + (5 * NORMAL ** 5 + 16 * NORMAL ** 3) / (96 * freedom ** 2)
  );
}

/** Of one value an input; with fewer than two inputs nothing is known of the spread. */
export function meanInterval(values: readonly number[]): Interval {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, n);
  if (n < 2) return { mean, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1));
  const half = (quantile(n - 1) * deviation) / Math.sqrt(n);
  return { mean, low: mean - half, high: mean + half };
}

/** Of 1 - Σ part / Σ whole, an input each, by the jackknife. */
export function shareInterval(parts: readonly number[], wholes: readonly number[]): Interval {
  const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const [part, whole] = [total(parts), total(wholes)];
  const all = 1 - part / whole;
  const n = parts.length;
  if (n < 2) return { mean: all, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const pseudo = parts.map((each, i) => n * all - (n - 1) * (1 - (part - each) / (whole - (wholes[i] ?? 0))));
  return { ...meanInterval(pseudo), mean: all };
}
