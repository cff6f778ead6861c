/** What each part of a program costs in the model: its heads, neurons and dimensions, with the place in the source. */
import type { CircuitMap } from '../checkpoint/circuit-map.ts';
import { textTable } from './text-table.ts';

interface Cost {
  readonly name: string;
  readonly span: string;
  layers: Set<number>;
  heads: number;
  neurons: number;
  dimensions: number;
}

export function costTable(map: Pick<CircuitMap, 'heads' | 'neurons' | 'variables'>): string[] {
  const costs = new Map<string, Cost>();
  const of = ({ name, span }: { readonly name: string; readonly span: string }): Cost => {
    const key = `${name} ${span}`;
    const known = costs.get(key) ?? { name, span, layers: new Set<number>(), heads: 0, neurons: 0, dimensions: 0 };
    costs.set(key, known);
    return known;
  };
  for (const variable of map.variables) of(variable).dimensions += variable.dims.length;
  for (const head of map.heads) {
    const cost = of(head);
    cost.heads++;
    cost.layers.add(head.layer);
  }
  for (const group of map.neurons) {
    const cost = of(group);
    cost.neurons += group.to - group.from;
    cost.layers.add(group.layer);
  }
  const rows = [...costs.values()].map((cost) => [
    cost.name,
    [...cost.layers].sort((a, b) => a - b).join(' '),
    shown(cost.heads),
    shown(cost.neurons),
    shown(cost.dimensions),
    cost.span,
  ]);
  return textTable([['expression', 'layers', 'heads', 'neurons', 'dimensions', 'source'], ...rows]);
}

function shown(count: number): string {
  return count === 0 ? '' : String(count);
}
