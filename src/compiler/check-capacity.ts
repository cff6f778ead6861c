/** Refuses a model that would be too large to write, and says what makes it so. */
import { fail } from '../diagnostics/catalog.ts';
import type { OutputIds } from '../passes/assemble/assign-ids.ts';
import type { Assumptions } from '../passes/facts/facts.ts';
import type { Placement } from '../placement/placement.ts';
import { withCommas } from '../source/with-commas.ts';
import type { Target } from '../targets/target.ts';
import type { Sizes } from '../weights/roles.ts';

/** Whether the tables of a model of given sizes have room for the program's tokens, outputs and positions (R5004). */
export function checkTables(sizes: Sizes, { config, traits }: Target, { context }: Assumptions, ids: OutputIds): void {
  const rows: readonly (readonly [keyof Sizes, number, string])[] = [
    ['vocab', ids.vocab, 'BOS, the tokens, the outputs that are no tokens, and padding'],
    ['positions', context + 1 + (traits.positions.kind === 'learned' ? traits.positions.skipped : 0), 'the longest input and BOS'],
    // A classifier's labels are the program's.
    ...(traits.output === 'language-model' ? [['outputs', ids.outputs, 'a logit for each token'] as const] : []),
  ];
  const shortages = rows.flatMap(([name, needed, why]) =>
    needed > sizes[name] ? [{ key: config.sizes[name].key ?? name, has: sizes[name], needed, why }] : [],
  );
  if (shortages.length > 0) fail('R5004', { shortages, consumers: [] });
}

/** 1 GiB in float32. */
const PARAMETER_LIMIT = 2 ** 28;

/** About how many parameters a model has: its matrices and tables. */
export function parametersOf({ sizes, layers }: Placement, { context }: Pick<Assumptions, 'context'>, ids: OutputIds): number {
  const { width, hidden, heads, dim } = sizes;
  return layers.length * (4 * width * heads * dim + 2 * width * hidden) + width * (ids.vocab + ids.outputs + context + 1);
}

export function checkCapacity(placement: Placement, assumptions: Assumptions, ids: OutputIds): void {
  const { sizes, layers, lifetimes, circuit } = placement;
  const { width, hidden, heads, dim } = sizes;
  const parameters = parametersOf(placement, assumptions, ids);
  if (parameters <= PARAMETER_LIMIT) return;
  const consumers = [
    ...[...lifetimes.keys()].map((r) => ({ name: r.name, amount: r.features.length, unit: 'dimensions', spans: r.spans })),
    ...circuit.components.flatMap((c) =>
      c.kind === 'neurons' ? [{ name: c.name, amount: 2 * c.steps.length, unit: 'neurons', spans: c.spans }] : [],
    ),
  ];
  const largest = consumers.sort((a, b) => b.amount - a.amount).slice(0, 3);
  fail(
    'R5003',
    {
      parameters,
      limit: PARAMETER_LIMIT,
      sizes: `${layers.length} layers, width ${width}, ${heads} heads of ${dim}, hidden ${hidden}`,
      consumers: largest,
    },
    {
      span: largest[0]?.spans[0],
      label: largest[0] ? `takes ${withCommas(largest[0].amount)} ${largest[0].unit}` : '',
      secondary: largest
        .slice(1)
        .flatMap((c) => (c.spans[0] ? [{ span: c.spans[0], text: `takes ${withCommas(c.amount)} ${c.unit}` }] : [])),
    },
  );
}
