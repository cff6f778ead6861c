/** A graft as people and programs read it: how much larger the model becomes, where the circuits lie, and what is left of what it was. */
import type { SeedHostChange } from '../../checkpoint/map/seed-map.ts';
import type { Graft } from '../../seed/grow/plan-graft.ts';
import { type ModelConfig, storedTensors } from '../../targets/model-config.ts';
import { count, planJson, printHeads } from '../report/seed-report.ts';
import type { Session } from '../session/session.ts';
import type { Json } from '../terminal/json.ts';
import { textTable } from '../terminal/text-table.ts';
import { changeText } from './graft-change.ts';

export interface GraftReport {
  readonly graft: Graft;
  readonly bytes: number;
  readonly change: SeedHostChange;
  /** Null for a plan. */
  readonly written: string | null;
  readonly milliseconds: number;
}

const SIZES = [
  ['width', 'width'],
  ['heads', 'heads'],
  ['kvHeads', 'key-value heads'],
  ['hidden', 'neurons'],
] as const;

function parametersOf(config: ModelConfig): number {
  let sum = 0;
  for (const { shape } of storedTensors(config)) sum += shape.reduce((product, length) => product * length, 1);
  return sum;
}

export function printGraft(session: Session, { graft, bytes, change, written }: GraftReport): void {
  const { theme } = session;
  const { plan, before, raised } = graft;
  const { config, options, blocks } = plan;
  const names = plan.outputs.map(({ output }) => output.name).join(', ');
  const verb = written === null ? theme.strong('plan') : theme.success('wrote');
  session.print(`${verb} ${written === null ? '' : `${written}: `}${names} grafted onto a ${config.target.architecture}`);
  const [less, more] = [parametersOf(before), parametersOf(config)];
  const rows = SIZES.filter(([name]) => name !== 'kvHeads' || before.sizes.kvHeads !== before.sizes.heads).map(([name, words]) => [
    words,
    count(before.sizes[name]),
    count(config.sizes[name]),
  ]);
  const total = ['parameters', count(less), count(more), `+${Math.round((100 * (more - less)) / less)}%`];
  for (const line of textTable([['', 'before', 'after'], ...rows, total])) session.print(`  ${line}`);
  if (written === null) session.print(`  ${count(bytes)} bytes of weights to write`);
  session.print(`  new dimensions: ${blocks.map(({ name, dims }) => `${name} ${dims.length}`).join(', ')}`);
  session.print('  tokens are read by reserved codes in new dimensions of the embedding');
  session.print(
    `  context ${options.context}, ${options.bos === null ? 'no token has to stand first' : `token ${options.bos} stands first`}`,
  );
  printHeads(session, plan);
  session.print('');
  session.print(`  expected: circuits raise the scale that norms divide by by ${raised.toExponential(1)} of it at most`);
  session.print(`  measured: ${changeText(change)}`);
}

export function graftJson({ graft, bytes, change, written, milliseconds }: GraftReport, expected: Json): Json {
  const { plan, before, raised } = graft;
  const sizesOf = (config: ModelConfig): Json => ({
    width: config.sizes.width,
    heads: config.sizes.heads,
    kvHeads: config.sizes.kvHeads,
    hidden: config.sizes.hidden,
    parameters: parametersOf(config),
  });
  const { seed: _, bytes: __, ...planned } = planJson(plan, 0, written) as { readonly [key: string]: Json };
  return {
    ...planned,
    before: sizesOf(before),
    after: sizesOf(plan.config),
    bytes,
    tokens: 'reserved codes',
    raised,
    change: { ...change },
    expected,
    milliseconds,
  };
}
