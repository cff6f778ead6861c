/** How intervals and probabilities are written in what `raspc match` says. */
import type { Interval } from '../../match/interval.ts';
import type { Json } from '../terminal/json.ts';

export function intervalJson({ mean, low, high }: Interval): Json {
  return [mean, low, high].map((value) => (Number.isFinite(value) ? value : null));
}

export function span({ mean, low, high }: Interval): string {
  return `${mean >= 0 ? '+' : ''}${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

/** A probability; none where there is no chance in it. */
export function valueText(p: number | null): string {
  return p === null ? '' : p < 1e-99 ? '<1e-99' : p.toExponential(0);
}
