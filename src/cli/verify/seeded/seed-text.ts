/** A text of the user's on a seed: how often each circuit is right on it, what is said there, and what the circuits cost; for a plan and for `verify`. */
import type { SeedMap, SeedText } from '../../../checkpoint/map/seed/seed-map.ts';
import { diagnose } from '../../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../../diagnostics/diagnostic.ts';
import type { Program } from '../../../graph/program.ts';
import { cutModel } from '../../../seed/cut-model.ts';
import type { Host } from '../../../seed/draw/seed-tensors.ts';
import type { RoleSlice } from '../../../seed/draw/slices.ts';
import { lossOf } from '../../../seed/host/run-host.ts';
import { outputWeights } from '../../../seed/host/sayings.ts';
import { changesOf } from '../../../seed/write/changes.ts';
import { changedHost } from '../../../seed/write/checkpoint-host.ts';
import { sha256HexOfText } from '../../../source/sha256.ts';
import { type ModelConfig, positionsOf } from '../../../targets/model-config.ts';
import { measureText } from '../../../verify/seeded/measure-windows.ts';
import { textSayings } from '../../../verify/seeded/text-sayings.ts';
import { readText } from '../../files/read-source.ts';
import { printLoss } from '../../seed/seed-loss.ts';
import type { Session } from '../../session/session.ts';
import type { Json } from '../../terminal/json.ts';
import { textTable } from '../../terminal/text/text-table.ts';
import { readWindows, type TextSource } from '../../texts/read-windows.ts';
import { programsOf } from '../programs-of.ts';

/** Tokens of a window at most, windows at most, and how many multiplications they may take where more than a few are run. */
const LENGTH = 64;
const WINDOWS = 24;
const BUDGET = 2e9;
/** Windows that are run whatever they take. */
const FEWEST = 2;
/** With fewer tokens than this in all, nothing is said of a text. */
const LEAST_TOKENS = 32;

type Facts = Omit<SeedMap, 'files'>;

/** Windows from the beginning of a text. Diagnostics: R7731, R7741, R7753, and those of a tokenizer. */
function windowsOf(session: Session, { context, bos }: Facts, config: ModelConfig, source: TextSource): Int32Array[] {
  const { sizes } = config;
  const positions = Math.min(LENGTH, context, positionsOf(config));
  const ofPosition = sizes.layers * sizes.width * (4 * sizes.width + 3 * sizes.hidden);
  const windows = Math.min(WINDOWS, Math.max(FEWEST, Math.floor(BUDGET / (positions * ofPosition))));
  return readWindows(session, source, { config, bos: bos?.id ?? null, windows, positions, least: LEAST_TOKENS });
}

/**
 * @param slices circuits over the host's own weights, which are the twin's
 * @param before weights of the same model without circuits; null where they are not known, and no loss is compared
 */
function measured(
  facts: Facts,
  programs: readonly Program[],
  host: Host,
  slices: readonly RoleSlice[],
  windows: readonly Int32Array[],
): Pick<SeedText, 'shares' | 'says'> & { readonly loss: number } {
  const { layers } = host.config.sizes;
  const named = (facts.says ?? []).flatMap(({ values }) => values.flatMap(({ ids }) => ids));
  const known = facts.tokens.flatMap(({ id }) => (id === null ? [] : [id]));
  const tokens = [...new Set([...windows.flatMap((ids) => [...ids]), ...named, ...known])].sort((a, b) => a - b);
  const positions = Math.max(...windows.map(({ length }) => length));
  const model = cutModel(host, slices, { layers, tokens, positions });
  const output = outputWeights(slices.length === 0 ? host : changedHost(host, changesOf(host.config, slices)));
  const rowOf = new Map(tokens.map((id, row) => [id, row]));
  const says = textSayings(facts, programs, { model, output, rowOf }, windows);
  return {
    shares: measureText(facts, programs, model, tokens, windows),
    says: says.map(({ name, nats, right, positions: count }) => ({
      name,
      // NaN where it is never said: then nothing is known of it
      nats: Number.isNaN(nats) ? 0 : nats,
      accuracy: right / Math.max(1, count),
      positions: count,
    })),
    loss: lossOf(host, slices, windows, named),
  };
}

/** The facts with what is expected of a text. */
export function withText(session: Session, facts: Facts, host: Host, slices: readonly RoleSlice[], source: TextSource): Facts {
  const windows = windowsOf(session, facts, host.config, source);
  const { shares, says, loss } = measured(facts, programsOf(facts, session), host, slices, windows);
  const named = (facts.says ?? []).flatMap(({ values }) => values.flatMap(({ ids }) => ids));
  const text: SeedText = {
    sha256: hashOf(source, session),
    length: Math.max(...windows.map(({ length }) => length)),
    windows: windows.length,
    shares,
    says,
    loss: { seeded: loss, twin: lossOf(host, [], windows, named) },
  };
  return { ...facts, text };
}

function hashOf({ path }: TextSource, session: Session): string {
  return sha256HexOfText(readText(path, session.io.directory));
}

/** What `verify` finds on a text, beside what was expected. */
export interface TextStanding {
  readonly shares: readonly Judged[];
  readonly says: readonly (Judged & { readonly nats: number })[];
  readonly loss: number;
  /** Whether it is the text of which the map tells. */
  readonly isSame: boolean;
  readonly faults: readonly Diagnostic[];
}

interface Judged {
  readonly name: string;
  readonly accuracy: number;
  readonly positions: number;
  /** Null where nothing was promised of a text. */
  readonly promised: number | null;
  readonly isKept: boolean;
}

/** The same windows in the same weights give what they gave; weights that were rounded or changed may tip a few positions. */
const SAME = 0.02;
/** Of another text chance may take so many times the deviation of both counts, and one text may be this much harder than another. */
const DEVIATIONS = 3;
const HARDER = 0.01;

/** Diagnostics: R7719 for what is less often right than was expected, and those of reading the text. */
export function textStanding(session: Session, map: SeedMap, programs: readonly Program[], host: Host, source: TextSource): TextStanding {
  const windows = windowsOf(session, map, host.config, source);
  const found = measured(map, programs, host, [], windows);
  const isSame = map.text?.sha256 === hashOf(source, session);
  const judge = ({ name, accuracy, positions }: SeedText['shares'][number], promises: SeedText['shares']): Judged => {
    const own = promises.find((each) => each.name === name);
    const circuit = map.circuits.find((each) => each.name === name);
    // a compiled circuit promises the same of every input; what heads over any token do on a text is known of a text alone
    const general = circuit?.kind === 'feature' ? (circuit.promise ?? null) : null;
    const promise = own ?? general;
    const borne = promise === null ? 0 : isSame && own !== undefined ? SAME : HARDER + DEVIATIONS * deviation(promise, positions);
    const promised = promise?.accuracy ?? null;
    // NaN is no accuracy, and where there is nothing to be right about nothing is broken
    const isKept = promised === null || positions === 0 || accuracy >= promised - borne;
    return { name, accuracy, positions, promised, isKept };
  };
  const shares = found.shares.map((share) => judge(share, map.text?.shares ?? []));
  const says = found.says.map((saying) => {
    const promises = map.text?.says ?? (map.says ?? []).map(({ name, accuracy, positions }) => ({ name, accuracy, positions }));
    return { ...judge(saying, promises), nats: saying.nats };
  });
  const faults = [...shares, ...says]
    .filter(({ isKept }) => !isKept)
    .map(({ name, accuracy, promised }) =>
      diagnose('R7719', {
        name,
        state: 'weaker',
        why: `is right at ${accuracy.toFixed(4)} of the positions of this text where ${promised?.toFixed(4)} was expected`,
      }),
    );
  return { shares, says, loss: found.loss, isSame, faults };
}

function deviation({ accuracy, positions }: { readonly accuracy: number; readonly positions: number }, others: number): number {
  const variance = accuracy * (1 - accuracy);
  return Math.sqrt(variance / Math.max(1, positions) + variance / Math.max(1, others));
}

/** What a plan expects of the text. */
export function printText(session: Session, { text, says: said }: Facts, { sizes }: ModelConfig): void {
  if (!text) return;
  const { shares, says, windows, length } = text;
  session.print('');
  session.print(`  on the text, and measured again by \`verify --text\`: ${windows} windows of up to ${length} tokens`);
  const rows = [...shares, ...says.map((saying) => ({ ...saying, name: `${saying.name} (said, ${saying.nats.toFixed(1)} nats)` }))];
  const lines = rows.map(({ name, accuracy, positions }) => [name, positions === 0 ? '' : accuracy.toFixed(4), String(positions)]);
  for (const line of textTable([['circuit', 'right', 'positions'], ...lines])) session.print(`  ${line}`);
  printLoss(session, 'the text', text.loss, sizes.vocab, said);
}

export function printTextStanding(session: Session, standing: TextStanding | null, { text }: SeedMap): void {
  if (standing === null) return;
  session.print('');
  session.print(
    standing.isSame
      ? '  on the text of which raspc.json tells'
      : `  on a text${text ? ', another than the one of which raspc.json tells' : ''}`,
  );
  const rows = [...standing.shares, ...standing.says.map((saying) => ({ ...saying, name: `${saying.name} (said)` }))];
  const lines = rows.map(({ name, accuracy, positions, promised, isKept }) => [
    name,
    positions === 0 ? '' : accuracy.toFixed(4),
    String(positions),
    promised === null ? '' : promised.toFixed(4),
    promised === null ? 'nothing was expected' : isKept ? 'kept' : 'broken',
  ]);
  for (const line of textTable([['circuit', 'right', 'positions', 'expected', ''], ...lines])) session.print(`  ${line}`);
  const before = standing.isSame && text ? `, ${text.loss.seeded.toFixed(3)} when it was written` : '';
  session.print(`  loss ${standing.loss.toFixed(3)} nats${before}`);
}

export function textJson(standing: TextStanding | null): Json {
  if (standing === null) return null;
  const { faults: _, ...rest } = standing;
  return rest as unknown as Json;
}
