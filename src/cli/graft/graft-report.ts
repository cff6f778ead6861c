/** A graft as people and programs read it: how much larger the model becomes, where the circuits lie, and what is left of what it was. */
import type { SeedHostChange } from '../../checkpoint/map/seed/seed-map.ts';
import type { ChosenCodes } from '../../seed/own/choose-codes.ts';
import { withCommas } from '../../source/with-commas.ts';
import { type ModelConfig, storedTensors } from '../../targets/model-config.ts';
import { compiledJson, printParts } from '../report/compiled-seed-report.ts';
import { planJson, printHeads } from '../report/seed-report.ts';
import type { Session } from '../session/session.ts';
import type { Json } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';
import { changeText } from './graft-change.ts';
import type { GraftedCircuits } from './plan-circuits.ts';

export interface GraftReport {
  readonly circuits: GraftedCircuits;
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
  ['dim', 'size of a head'],
  ['hidden', 'neurons'],
] as const;

function parametersOf(config: ModelConfig): number {
  let sum = 0;
  for (const { shape } of storedTensors(config)) sum += shape.reduce((product, length) => product * length, 1);
  return sum;
}

/** What each block of new dimensions holds, and how many they are. */
function dimensionsOf({ facts }: GraftedCircuits): string {
  return facts.variables
    .filter(({ dims }) => dims.length > 0)
    .map(({ name, dims }) => `${name} ${dims.length}`)
    .join(', ');
}

export function printGraft(session: Session, { circuits, bytes, change, written }: GraftReport): void {
  const { theme } = session;
  const { graft, compiled, facts, context, bos } = circuits;
  const { before, plan, raised } = graft;
  const { config } = graft.host;
  const names = facts.circuits.map(({ name }) => name).join(', ');
  const verb = written === null ? theme.strong('plan') : theme.success('wrote');
  session.print(`${verb} ${written === null ? '' : `${written}: `}${names} grafted onto a ${config.target.architecture}`);
  const [less, more] = [parametersOf(before), parametersOf(config)];
  const isTold = {
    kvHeads: before.sizes.kvHeads !== before.sizes.heads,
    dim: before.sizes.dim !== config.sizes.dim,
  };
  const rows = SIZES.filter(([name]) => (name === 'kvHeads' || name === 'dim' ? isTold[name] : true)).map(([name, words]) => [
    words,
    withCommas(before.sizes[name]),
    withCommas(config.sizes[name]),
  ]);
  const total = ['parameters', withCommas(less), withCommas(more), `+${Math.round((100 * (more - less)) / less)}%`];
  for (const line of textTable([['', 'before', 'after'], ...rows, total])) session.print(`  ${line}`);
  if (written === null) session.print(`  ${withCommas(bytes)} bytes of weights to write`);
  session.print(`  new dimensions: ${dimensionsOf(circuits)}`);
  session.print(`  ${codesText(graft.codes)}`);
  session.print(`  context ${context}, ${bos === null ? 'no token has to stand first' : `token ${bos} stands first`}`);
  if (plan !== null) printHeads(session, plan);
  if (compiled !== null) printParts(session, compiled);
  session.print('');
  if (plan !== null) session.print(`  expected: circuits raise the scale that norms divide by by ${raised.toExponential(1)} of it at most`);
  session.print(`  measured: ${changeText(change)}`);
}

/** How the circuits read tokens, and why so. */
function codesText(codes: ChosenCodes | null): string {
  const own = codes?.own ?? null;
  if (own !== null) {
    const { fitted, close, tokens, window, on } = own.fit;
    const apart = `${(100 * (1 - close)).toFixed(2)}% of ${withCommas(tokens)} ${on === 'text' ? 'tokens of text' : on} are told apart in windows of ${window}`;
    return `tokens are read from the model's own embedding, ${own.length} entries fitted to ${withCommas(fitted)} tokens: ${apart}`;
  }
  const why = codes?.why == null ? '' : `: ${codes.why}`;
  return `tokens are read by reserved codes in new dimensions of the embedding${why}`;
}

function codesJson(codes: ChosenCodes | null): Json {
  const own = codes?.own ?? null;
  return {
    codes: own === null ? 'reserved' : 'own',
    why: codes?.why ?? null,
    entries: own?.length ?? null,
    fit: codes?.fit == null ? null : { ...codes.fit },
  };
}

export function graftJson({ circuits, bytes, change, written, milliseconds }: GraftReport, expected: Json): Json {
  const { graft, compiled, context, bos } = circuits;
  const { plan, before, raised } = graft;
  const sizesOf = (config: ModelConfig): Json => ({
    width: config.sizes.width,
    heads: config.sizes.heads,
    kvHeads: config.sizes.kvHeads,
    dim: config.sizes.dim,
    hidden: config.sizes.hidden,
    parameters: parametersOf(config),
  });
  const { seed: _, bytes: __, ...planned } = plan === null ? EMPTY : (planJson(plan, 0, written) as { readonly [key: string]: Json });
  const { dir: ___, ...made } = compiled === null ? EMPTY : compiledJson(compiled, null, written);
  return {
    ...(plan === null ? { dir: written, target: before.target.name } : planned),
    context,
    bos,
    compiled: compiled === null ? null : made,
    before: sizesOf(before),
    after: sizesOf(graft.host.config),
    bytes,
    tokens: codesJson(graft.codes),
    raised,
    change: { ...change },
    expected,
    milliseconds,
  };
}

const EMPTY: { readonly [key: string]: Json } = {};
