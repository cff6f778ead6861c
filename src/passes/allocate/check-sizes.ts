/** Whether a program fits into a model of given sizes: what each size must be, and what takes most of it where it is too small. */
import type { NeuronGroup, Register } from '../../circuit/circuit.ts';
import type { Consumer, Shortage } from '../../diagnostics/catalog/compiler/r5-capacity.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { PlacementSizes } from '../../placement/placement.ts';
import type { Span } from '../../source/source-file.ts';
import { withCommas } from '../../source/with-commas.ts';
import type { ConfigSpec } from '../../targets/target.ts';
import type { Sizes } from '../../weights/roles.ts';

/** What a placement takes, before it has sizes. */
export interface Demand {
  readonly layers: number;
  /** Of the layer that has most. */
  readonly heads: number;
  readonly isDim: (dim: number) => boolean;
  readonly leastDim: number;
  readonly hidden: number;
  /** Dimensions besides the anchors. */
  readonly used: number;
  readonly isWidth: (width: number) => boolean;
  readonly registers: readonly Register[];
  readonly groups: readonly NeuronGroup[];
  readonly config: ConfigSpec;
}

/** Sizes that some families have no key for. */
const OWN_NAMES: Partial<Record<keyof Sizes, string>> = { dim: 'width / heads', kvHeads: 'heads' };

/** The sizes themselves, if they hold it; else R5004 with every size that is too small. */
export function checkSizes(sizes: Sizes, demand: Demand): PlacementSizes {
  const { config } = demand;
  const shortages: Shortage[] = [];
  const lacks = (name: keyof Sizes, needed: number, why: string) => {
    shortages.push({ key: config.sizes[name].key ?? OWN_NAMES[name] ?? name, has: sizes[name], needed, why });
  };
  if (demand.layers > sizes.layers) lacks('layers', demand.layers, 'each layer reads what the one before wrote');
  // Queries of one group share their keys and values, which is of no use to heads that compare different things.
  if (demand.heads > sizes.kvHeads) lacks('kvHeads', demand.heads, 'so many heads attend differently in one layer');
  if (!demand.isDim(sizes.dim)) lacks('dim', demand.leastDim, 'a head compares so many features, or reads so many values');
  if (demand.hidden > sizes.hidden) lacks('hidden', demand.hidden, 'steps take two neurons each');
  if (!demand.isWidth(sizes.width)) {
    let needed = demand.used;
    while (!demand.isWidth(needed)) needed++;
    lacks('width', needed, `features and what balances them take ${demand.used} dimensions, and the norm's anchors the rest`);
  }
  if (shortages.length > 0) {
    const consumers = largestConsumers(demand);
    fail('R5004', { shortages, consumers }, { span: consumers[0]?.span ?? null, label: consumers[0] ? takes(consumers[0]) : '' });
  }
  const { width, heads, kvHeads, dim, hidden } = sizes;
  return { width, heads, kvHeads, dim, hidden };
}

function takes({ amount, unit }: Consumer): string {
  return `takes ${withCommas(amount)} ${unit}`;
}

/** The three parts of the program that take most dimensions or neurons. */
function largestConsumers({ registers, groups }: Demand): (Consumer & { readonly span: Span | null })[] {
  const all = [
    ...registers.map((r) => ({ name: r.name, amount: r.features.length, unit: 'dimensions', span: r.spans[0] ?? null })),
    ...groups.map((g) => ({ name: g.name, amount: 2 * g.steps.length, unit: 'neurons', span: g.spans[0] ?? null })),
  ];
  return all.sort((a, b) => b.amount - a.amount).slice(0, 3);
}
