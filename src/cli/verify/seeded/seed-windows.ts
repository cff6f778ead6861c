/** What a seed expects of windows of each kind: measured when it is planned, and again by `verify`, by the same measure in the same windows. */
import { MAP_FILE } from '../../../checkpoint/map/circuit-map.ts';
import type { SeedCircuit, SeedMap, SeedWindowKind, SeedWindowShare, SeedWindows } from '../../../checkpoint/map/seed/seed-map.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import type { Program } from '../../../graph/program.ts';
import { cutModel } from '../../../seed/cut-model.ts';
import type { Host } from '../../../seed/draw/seed-tensors.ts';
import type { RoleSlice } from '../../../seed/draw/slices.ts';
import { type ModelConfig, positionsOf } from '../../../targets/model-config.ts';
import { measureWindows } from '../../../verify/seeded/measure-windows.ts';
import { windowTokens } from '../../../verify/seeded/windows.ts';
import type { Session } from '../../session/session.ts';
import type { Json } from '../../terminal/json.ts';
import { textTable } from '../../terminal/text/text-table.ts';
import { programsOf } from '../programs-of.ts';

/** Tokens of a window at most, and of one in a model that takes its time. */
const LENGTH = 64;
const LARGE_LENGTH = 48;
const LARGE = 2e6;
/** Of the largest, in which each token costs as much as a small model's window. */
const LARGEST_LENGTH = 32;
const LARGEST = 2e8;
/** Windows of each kind at most, and how many multiplications they may take in all where more than one is run. */
const SEQUENCES = 6;
const BUDGET = 2e8;
/** Tokens that answers are chosen among. */
const AMONG = 512;
/** The windows are the same, so that float32 weights as they were written give what they gave. */
const TOLERANCE = 0.02;
/** Weights that were rounded or trained may tip so many positions. */
const TIPPED = 2;

const KIND_WORDS: Readonly<Record<SeedWindowKind, string>> = {
  random: 'random tokens',
  'text-like': 'text-like',
  'no-bos': 'without BOS',
  packed: 'packed',
};

type Facts = Omit<SeedMap, 'files'>;
type Setting = Omit<SeedWindows, 'shares'>;

/** As many layers as the circuits need: all where that costs little. */
function settingFor({ heads, features, context, bos }: Facts, config: ModelConfig, seed: number): Setting {
  const { sizes } = config;
  const needed = Math.max(0, ...heads.map(({ layer }) => layer + 1), ...features.map(({ after }) => after));
  const ofLayer = sizes.width * (4 * sizes.width + 3 * sizes.hidden);
  const layers = ofLayer * sizes.layers * LENGTH <= BUDGET / 8 ? sizes.layers : Math.min(needed, sizes.layers);
  const among = Math.min(AMONG, sizes.vocab);
  const ofPosition = layers * ofLayer + among * sizes.width;
  const length = Math.min(context, positionsOf(config), ofPosition > LARGEST ? LARGEST_LENGTH : ofPosition > LARGE ? LARGE_LENGTH : LENGTH);
  const kinds = bos === null ? 3 : 4;
  const sequences = Math.min(SEQUENCES, Math.max(1, Math.floor(BUDGET / (kinds * length * ofPosition))));
  return { seed, length, sequences, layers, among };
}

function measured(facts: Facts, programs: readonly Program[], host: Host, slices: readonly RoleSlice[], setting: Setting) {
  const tokens = windowTokens(facts, host.config.sizes.vocab, setting);
  const model = cutModel(host, slices, { layers: setting.layers, tokens, positions: setting.length });
  return measureWindows(facts, programs, model, tokens, setting);
}

/** The facts with what is expected of windows in every circuit's promise. */
export function withWindows(session: Session, facts: Facts, host: Host, slices: readonly RoleSlice[], seed: number): Facts {
  if (facts.circuits.length === 0) return facts;
  const setting = settingFor(facts, host.config, seed);
  const found = measured(facts, programsOf(facts, session), host, slices, setting);
  return {
    ...facts,
    circuits: facts.circuits.map((circuit): SeedCircuit => {
      const shares = found.get(circuit.name) ?? [];
      const { accuracy = 0, positions = 0 } = shares.find(({ kind }) => kind === 'random') ?? {};
      const promise = circuit.kind === 'feature' ? circuit.promise : { accuracy, positions, context: setting.length };
      return { ...circuit, promise: promise === null ? null : { ...promise, windows: { ...setting, shares } } };
    }),
  };
}

export interface KeptShare extends SeedWindowShare {
  readonly name: string;
  readonly promised: number;
  /** How much less than promised is borne. */
  readonly borne: number;
  readonly isKept: boolean;
}

/** Each share that the map promises, measured again in the host's weights. Diagnostics: R7403 where no such windows can be made. */
export function measureAgain(map: SeedMap, programs: readonly Program[], host: Host, isOriginal: boolean): KeptShare[] {
  const { sizes } = host.config;
  // circuits that were seeded together have one setting
  const runs = new Map<string, ReturnType<typeof measured>>();
  return map.circuits.flatMap((circuit) => {
    const windows = circuit.promise?.windows ?? null;
    if (windows === null) return [];
    const { shares, ...setting } = windows;
    const isPossible =
      setting.length >= 2 &&
      setting.length <= Math.min(positionsOf(host.config), LENGTH) &&
      setting.sequences >= 1 &&
      setting.sequences <= SEQUENCES &&
      setting.layers <= sizes.layers &&
      map.features.every(({ after }) => after <= setting.layers) &&
      setting.among <= AMONG &&
      map.tokens.every(({ id }) => id === null || id < sizes.vocab) &&
      (map.bos?.id ?? 0) < sizes.vocab;
    if (!isPossible) fail('R7403', { file: MAP_FILE, why: `the windows of \`${circuit.name}\` do not fit the model` });
    const key = JSON.stringify(setting);
    const run = runs.get(key) ?? measured(map, programs, host, [], setting);
    runs.set(key, run);
    const found = run.get(circuit.name) ?? [];
    return shares.map(({ kind, accuracy: promised }): KeptShare => {
      const { accuracy, positions } = found.find((each) => each.kind === kind) ?? { accuracy: Number.NaN, positions: 0 };
      // NaN is no accuracy, and more than was promised breaks nothing
      const borne = isOriginal && map.dtype === 'f32' ? TOLERANCE : Math.max(TOLERANCE, TIPPED / Math.max(1, positions));
      return { name: circuit.name, kind, accuracy, positions, promised, borne, isKept: accuracy >= promised - borne };
    });
  });
}

/** Why a circuit's promise is broken; null where it is kept. */
export function brokenWindows(shares: readonly KeptShare[], name: string): string | null {
  const broken = shares.filter((share) => share.name === name && !share.isKept);
  if (broken.length === 0) return null;
  const each = broken.map(
    ({ kind, accuracy, promised, borne }) =>
      `${accuracy.toFixed(4)} on ${KIND_WORDS[kind]} where ${promised.toFixed(4)} is promised and ${borne.toFixed(4)} less is borne`,
  );
  return `is right ${each.join(', ')}`;
}

function about({ length, sequences, layers, among }: Setting, config: ModelConfig): string {
  const part = layers === config.sizes.layers ? 'the whole model' : `its first ${layers} of ${config.sizes.layers} layers`;
  return `${sequences} ${sequences === 1 ? 'window' : 'windows'} of ${length} tokens of each kind, in ${part}, among ${among} tokens`;
}

/** What a plan expects. */
export function printExpected(session: Session, { circuits }: Facts, config: ModelConfig): void {
  const rows = circuits.flatMap(({ name, promise }) =>
    (promise?.windows?.shares ?? []).map(({ kind, accuracy, positions }) => [
      name,
      KIND_WORDS[kind],
      accuracy.toFixed(4),
      String(positions),
    ]),
  );
  const windows = circuits[0]?.promise?.windows ?? null;
  if (windows === null) return;
  session.print('');
  session.print(`  expected, and measured again by \`verify\`: ${about(windows, config)}`);
  for (const line of textTable([['circuit', 'on', 'right', 'positions'], ...rows])) session.print(`  ${line}`);
}

export function printAgain(session: Session, map: SeedMap, shares: readonly KeptShare[], config: ModelConfig): void {
  const windows = map.circuits.find(({ promise }) => (promise?.windows ?? null) !== null)?.promise?.windows ?? null;
  if (windows === null) return;
  session.print('');
  session.print(`  promises, measured again: ${about(windows, config)}`);
  const rows = shares.map(({ name, kind, accuracy, promised, borne, isKept }) => [
    name,
    KIND_WORDS[kind],
    accuracy.toFixed(4),
    promised.toFixed(4),
    borne.toFixed(4),
    isKept ? 'kept' : 'broken',
  ]);
  for (const line of textTable([['circuit', 'on', 'right', 'promised', 'less borne', ''], ...rows])) session.print(`  ${line}`);
}

export function expectedJson({ circuits }: Facts): Json {
  return circuits.map(({ name, promise }) => ({ name, ...(promise === null ? {} : { windows: promise.windows as unknown as Json }) }));
}

export function sharesJson(shares: readonly KeptShare[]): Json {
  return shares.map((share) => ({ ...share, accuracy: Number.isFinite(share.accuracy) ? share.accuracy : null }));
}
