/** What each part of a program costs in the model, with the place in the source, and what binds. */
import type { CostExplanation } from '../../compiler/describe/explain-cost.ts';
import type { Json } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';

export function costTable({ expressions, chain, layers, width, hidden }: CostExplanation): string[] {
  const rows = expressions.map((cost) => [
    cost.name,
    cost.layers.join(' '),
    shown(cost.heads),
    shown(cost.neurons),
    shown(cost.dimensions),
    cost.span,
  ]);
  const heads = `${width.heads} head${width.heads === 1 ? '' : 's'} of ${width.dim}`;
  return [
    ...textTable([['expression', 'layers', 'heads', 'neurons', 'dimensions', 'source'], ...rows]),
    '',
    `${layers} layer${layers === 1 ? '' : 's'}, the least there can be: ${chain.length === 0 ? 'nothing is computed' : chain.join(' → ')}`,
    width.binds === 'dimensions'
      ? `width ${width.size}: ${width.variables} dimensions for variables, ${width.frame} to keep the norm in place`
      : `width ${width.size}: ${heads}; ${width.variables + width.frame} dimensions would do`,
    hidden.layer === null ? 'no neurons' : `hidden ${hidden.size}: layer ${hidden.layer}, most of it for ${hidden.largest}`,
  ];
}

/** The same for programs. */
export function costData({ expressions, chain, layers, width, hidden }: CostExplanation): Json {
  return { expressions: expressions.map((cost) => ({ ...cost })), chain, layers, width: { ...width }, hidden: { ...hidden } };
}

function shown(count: number): string {
  return count === 0 ? '' : String(count);
}
