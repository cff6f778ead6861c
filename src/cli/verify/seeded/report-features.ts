/** What `raspc verify` says of the features of a seeded model: a fault for each that does not keep its promise. */
import type { SeedMap } from '../../../checkpoint/map/seed/seed-map.ts';
import { diagnose } from '../../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../../diagnostics/diagnostic.ts';
import { LEAST_RIGHT } from '../../../seed/host/check-seed.ts';
import { LEAST_HEARD } from '../../../seed/program/export-request.ts';
import { withCommas } from '../../../source/with-commas.ts';
import type { ModelConfig } from '../../../targets/model-config.ts';
import type { MeasuredSeed } from '../../../verify/seeded/measure-features.ts';
import type { MeasuredSaying } from '../../../verify/seeded/measure-sayings.ts';
import { type HostStanding, printHost } from '../../graft/host-standing.ts';
import type { Session } from '../../session/session.ts';
import type { Json } from '../../terminal/json.ts';
import { textTable } from '../../terminal/text/text-table.ts';
import { printTextStanding, type TextStanding, textJson } from './seed-text.ts';
import { type KeptShare, printAgain, sharesJson } from './seed-windows.ts';
import { type BoundStanding, printBounds } from './seeded-bounds.ts';

/** Other inputs than those that were measured may be this much harder. */
const SLACK = 0.01;

/** What was measured beside what was promised. */
export interface JudgedFeatures {
  readonly features: readonly {
    readonly name: string;
    readonly positions: number;
    readonly accuracy: number;
    readonly promised: number | null;
  }[];
  readonly sayings: readonly Heard[];
  readonly tokens: MeasuredSeed['tokens'];
  readonly faults: readonly Diagnostic[];
}

/** Diagnostics: R7711 and R7719. */
export function judgeFeatures(map: SeedMap, measured: MeasuredSeed): JudgedFeatures {
  const promiseOf = (name: string) => map.circuits.find((circuit) => circuit.name === name)?.promise ?? null;
  const features = measured.features.map(({ name, right, positions }) => ({
    name,
    positions,
    accuracy: right / Math.max(1, positions),
    promised: promiseOf(name)?.accuracy ?? null,
  }));
  // raspc seeds nothing that is right less often, whatever a map says
  const leastOf = (promised: number | null) => Math.max(promised ?? 0, LEAST_RIGHT) - SLACK;
  const broken = features.filter(({ accuracy, promised }) => !(accuracy >= leastOf(promised)));
  const sayings = measured.sayings.map((each) => heardOf(each, map));
  const faults = [
    ...broken.map(({ name, accuracy, promised }) => diagnose('R7711', { name, accuracy, least: leastOf(promised) })),
    ...sayings.flatMap(({ name, why }) => (why === null ? [] : [diagnose('R7719', { name, state: 'weaker', why })])),
  ];
  return { features, sayings, tokens: measured.tokens, faults };
}

export function featuresJson({ features, sayings, tokens }: JudgedFeatures): { readonly [key: string]: Json } {
  return {
    features: features.map((feature) => ({ ...feature })),
    sayings: sayings.map(heardJson),
    triedTokens: tokens === null ? null : { ...tokens },
  };
}

export function printFeatures(session: Session, { features, sayings, tokens }: JudgedFeatures): void {
  session.print('');
  const rows = features.map(({ name, positions, accuracy, promised }) => [
    name,
    String(positions),
    accuracy.toFixed(4),
    promised === null ? '' : promised.toFixed(4),
  ]);
  for (const line of textTable([['feature', 'positions', 'right', 'promised'], ...rows])) session.print(`  ${line}`);
  printSayings(session, sayings);
  if (tokens !== null) {
    session.print('');
    session.print(`  measured on ${withCommas(tokens.tried)} of ${withCommas(tokens.of)} tokens; another \`--seed\` takes others`);
  }
}

/** Of a model that has no other circuits. */
export function reportFeatures(
  session: Session,
  path: string,
  map: SeedMap,
  judged: JudgedFeatures,
  about: {
    readonly isOriginal: boolean;
    readonly shares: readonly KeptShare[];
    readonly config: ModelConfig;
    readonly host: HostStanding | null;
    readonly bounds: readonly BoundStanding[];
    readonly onText: TextStanding | null;
  },
): void {
  const { isOriginal, shares, config, host, bounds, onText } = about;
  if (session.format === 'json') {
    session.printJson({
      asWritten: isOriginal,
      ...featuresJson(judged),
      promises: sharesJson(shares),
      bounds: bounds.map((bound) => ({ ...bound })),
      text: textJson(onText),
      host: host === null ? null : { ...host.change },
    });
    return;
  }
  session.print(`${session.theme.strong('measured')} ${path}: ${isOriginal ? 'as it was written' : 'its weights have changed since'}`);
  printFeatures(session, judged);
  printBounds(session, bounds);
  printAgain(session, map, shares, config);
  printTextStanding(session, onText, map);
  printHost(session, map, host);
}

/** What is heard of a saying now, and when it was written. */
interface Heard {
  readonly name: string;
  readonly nats: number;
  readonly promised: number;
  readonly accuracy: number;
  readonly positions: number;
  readonly why: string | null;
}

function heardOf({ name, nats, right, positions }: MeasuredSaying, map: SeedMap): Heard {
  const record = map.says?.find((each) => each.name === name);
  const promised = record?.nats ?? 0;
  const accuracy = right / Math.max(1, positions);
  // NaN where it was never to be said: then its accuracy tells
  const isHeard = Number.isNaN(nats) || nats / (record?.strength ?? 0) >= LEAST_HEARD;
  const isRight = accuracy >= Math.max(record?.accuracy ?? 0, LEAST_RIGHT) - SLACK;
  const quiet = `moves its tokens by ${nats.toFixed(2)} nats of ${record?.strength.toFixed(2)}`;
  const wrong = `is said at the right positions in ${accuracy.toFixed(4)} of them where ${record?.accuracy.toFixed(4)} is promised`;
  return { name, nats, promised, accuracy, positions, why: isHeard ? (isRight ? null : wrong) : quiet };
}

function heardJson({ why, ...heard }: Heard): Json {
  return { ...heard, nats: Number.isFinite(heard.nats) ? heard.nats : null };
}

function printSayings(session: Session, sayings: readonly Heard[]): void {
  if (sayings.length === 0) return;
  session.print('');
  const rows = sayings.map(({ name, nats, promised, accuracy, positions }) => [
    name,
    nats.toFixed(2),
    promised.toFixed(2),
    accuracy.toFixed(4),
    String(positions),
  ]);
  for (const line of textTable([['says', 'nats', 'promised', 'right', 'of positions'], ...rows])) session.print(`  ${line}`);
}
