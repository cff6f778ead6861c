/** What a schedule comes to, and which of two is better. */
import type { Circuit, Component } from '../../circuit/circuit.ts';
import { GOALS, type ReachedGoal } from '../../placement/placement.ts';
import { grouped } from '../grouped.ts';
import { type Block, type Layers, neuronsOf } from './layers.ts';

export function measureLayers({ components }: Circuit, block: Block, layerOf: Layers): Record<ReachedGoal['name'], number> {
  const totals = { heads: 0, neurons: 0, values: 0 };
  for (const layer of new Set(layerOf.values())) {
    const here = components.filter((c) => layerOf.get(c) === layer);
    const heads = [
      ...byAttention(
        here.map((component) => ({ component })),
        block,
      ).values(),
    ];
    const isBiased = here.some((c) => writesBase(c));
    totals.heads = Math.max(totals.heads, heads.length);
    totals.neurons = Math.max(totals.neurons, sum(here.map((c) => neuronsOf(c, block))) + (isBiased ? block.biasNeurons : 0));
    totals.values = Math.max(totals.values, ...heads.map((sharing) => sum(sharing.map(({ component }) => valuesOf(component)))));
  }
  return totals;
}

/** Whether the first goal in which they differ is smaller. */
export function isBetter(circuit: Circuit, block: Block, layers: Layers, than: Layers): boolean {
  const [own, other] = [measureLayers(circuit, block, layers), measureLayers(circuit, block, than)];
  const differing = GOALS.find((goal) => own[goal] !== other[goal]);
  return differing !== undefined && own[differing] < other[differing];
}

/** Those that attend alike, who are one head where they stand in one layer. */
export function byAttention<Item extends { readonly component: Component }>(
  items: readonly Item[],
  { keyOf }: Block,
): Map<unknown, Item[]> {
  const groups = grouped(items, ({ component }) => (component.kind === 'head' ? keyOf(component) : null));
  groups.delete(null);
  return groups;
}

export function writesBase(component: Component): boolean {
  return component.kind === 'neurons' && component.base.length > 0;
}

export function valuesOf(component: Component): number {
  return component.kind === 'head' ? component.values.length : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0);
}
