/** How intervals and probabilities are written in what `raspc match` says. */
import type { HeadEffect } from '../../match/effect/intervene.ts';
import type { Interval } from '../../match/interval.ts';
import type { Json } from '../terminal/json.ts';

function intervalJson({ mean, low, high }: Interval): Json {
  return [mean, low, high].map((value) => (Number.isFinite(value) ? value : null));
}

/** Null where nothing was measured. */
export function effectJson(effect: HeadEffect | null): Json {
  if (effect === null) return null;
  const { replaced, ablated, explained } = effect;
  return { ...effect, replaced: intervalJson(replaced), ablated: intervalJson(ablated), explained: intervalJson(explained) };
}

export function span({ mean, low, high }: Interval): string {
  const [middle, from, to] = [mean, low, high].map((value) => thousandths(value)) as [string, string, string];
  return `${middle.startsWith('-') ? '' : '+'}${middle} (${from} to ${to})`;
}

/** Nothing has no sign. */
function thousandths(value: number): string {
  return value.toFixed(3).replace(/^-(0\.0+)$/, '$1');
}

/** A probability; none where there is no chance in it. */
export function valueText(p: number | null): string {
  return p === null ? '' : p < 1e-99 ? '<1e-99' : p.toExponential(0);
}
