/** `raspc verify DIR` on a seeded model: measures its circuits inside the whole model, beside the same model without them. */
import { basename, dirname } from 'node:path';
import type { SeedHeadBound } from '../../../checker/seed/check-heads.ts';
import { CONFIG_FILE } from '../../../checkpoint/config/config-value.ts';
import { MAP_FILE } from '../../../checkpoint/map/circuit-map.ts';
import type { SeedMap } from '../../../checkpoint/map/seed/seed-map.ts';
import { readSeedMap } from '../../../checkpoint/map/seed/seed-map-schema.ts';
import { WEIGHTS_FILE } from '../../../checkpoint/safetensors/tensor-store.ts';
import { fileBytes, writeSafetensors } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint } from '../../../checkpoint/unpack-checkpoint.ts';
import { diagnose, fail } from '../../../diagnostics/catalog.ts';
import type { Program } from '../../../graph/program.ts';
import { loadModel } from '../../../runtime/model.ts';
import { philox } from '../../../seed/draw/philox.ts';
import { drawnHost } from '../../../seed/draw/seed-tensors.ts';
import { outputWeights } from '../../../seed/host/sayings.ts';
import { checkpointHost } from '../../../seed/write/checkpoint-host.ts';
import { FREEZE_FILE } from '../../../seed/write/pack-seed.ts';
import { seedTensors } from '../../../seed/write/seeded-tensors.ts';
import { bytesSource, type ModelFolder } from '../../../source/byte-source.ts';
import { type ModelConfig, positionsOf } from '../../../targets/model-config.ts';
import type { InitRules } from '../../../targets/target.ts';
import { type MeasuredSeed, measureFeatures } from '../../../verify/seeded/measure-features.ts';
import { measureSeeded, type RepeatedInput, type SeededMeasurement } from '../../../verify/seeded/measure-seeded.ts';
import { OPEN_TOKENS } from '../../../verify/seeded/right-tokens.ts';
import type { Footprint, SeededModel } from '../../../verify/seeded/run-seeded.ts';
import { changedFilesOf } from '../../files/compare-folders.ts';
import { openFolder } from '../../files/model-folder.ts';
import { type HostStanding, hostStanding, printHost } from '../../graft/host-standing.ts';
import type { Session } from '../../session/session.ts';
import { EXIT, type ExitCode } from '../../terminal/exit-codes.ts';
import type { Json } from '../../terminal/json.ts';
import { textTable } from '../../terminal/text/text-table.ts';
import { programsOf } from '../programs-of.ts';
import { maskFault } from './check-mask.ts';
import { headBounds, headBoundsJson, printHeadBounds } from './head-bounds.ts';
import { withOtherTokens } from './other-tokens.ts';
import { featuresJson, type JudgedFeatures, judgeFeatures, printFeatures, reportFeatures } from './report-features.ts';
import { printTextStanding, type TextStanding, textJson, textStanding } from './seed-text.ts';
import { brokenWindows, type KeptShare, measureAgain, printAgain, sharesJson } from './seed-windows.ts';
import { type BoundStanding, printBounds, recheckBounds } from './seeded-bounds.ts';
import { type CircuitStanding, measuredStandings } from './seeded-states.ts';

/** Inputs on which features are measured. */
const FEATURE_INPUTS = 40;

export interface SeededOptions {
  readonly seed: number;
  /** The map of the folder that a trained checkpoint started from. */
  readonly map?: string;
  /** The folder that a grafted model was made from, and a text on which both are run. */
  readonly host?: string;
  readonly text?: string;
  readonly tokenizer?: string;
  /** Whether a promise that is not kept is told and no failure. */
  readonly reportOnly?: true;
  /** What the weights that a trained checkpoint started from tell of each circuit; null where they are not beside their map. */
  readonly compare?: () => readonly CircuitStanding[] | null;
}

/** The map of a seeded folder, null for any other. */
export function findSeedMap(path: string, mapPath: string | undefined, directory: string): SeedMap | null {
  const folder = openFolder(mapPath === undefined ? path : dirname(mapPath), directory);
  try {
    const name = mapPath === undefined ? MAP_FILE : basename(mapPath);
    const file = folder.open(name);
    return file === null ? null : readSeedMap({ ...folder, open: (other) => (other === MAP_FILE ? file : folder.open(other)) });
  } finally {
    folder.close();
  }
}

export function verifySeeded(session: Session, path: string, map: SeedMap, options: SeededOptions): ExitCode {
  const { directory } = session.io;
  const programs = programsOf(map, session);
  const folder = openFolder(path, directory);
  const progress = session.progress('running the model, positions by layers');
  try {
    const checkpoint = openCheckpoint(folder);
    if (checkpoint.config.target.name !== map.target) {
      fail('R7403', {
        file: MAP_FILE,
        why: `it is of the target \`${map.target}\`, and config.json of \`${checkpoint.config.target.name}\``,
      });
    }
    const { config } = checkpoint;
    const changed = changedFilesOf(path, directory, map.files).filter((name) => name !== FREEZE_FILE);
    const isOriginal = options.map === undefined && changed.length === 0;
    // a checkpoint of a training has none
    const mask = options.map === undefined ? maskFault(folder, map) : null;
    const maskFaults = mask === null ? [] : [diagnose('R7720', { file: FREEZE_FILE, why: mask })];
    const shares = measureAgain(map, programs, checkpointHost(checkpoint), isOriginal);
    const broken = map.circuits.flatMap(({ name, kind }) => {
      const why = kind === 'feature' ? brokenWindows(shares, name) : null;
      return why === null ? [] : [diagnose('R7719', { name, state: 'weaker', why })];
    });
    const { host: hostPath, text, seed, tokenizer } = options;
    const onText =
      text === undefined || hostPath !== undefined
        ? null
        : textStanding(session, map, programs, checkpointHost(checkpoint), { path: text, tokenizer, folders: [path] });
    const host = hostPath === undefined ? null : hostStanding(session, { path: hostPath, text, seed }, map, checkpoint);
    // compiled circuits are measured by what they leave in the stream, heads over any token by what they attend to and say
    const claiming = partOf(map, programs, true);
    const compiled = withOtherTokens(claiming, folder, seed);
    const heads = partOf(map, programs, false);
    const features = (): MeasuredSeed =>
      measureFeatures(
        compiled.map,
        compiled.programs,
        { model: loadModel(checkpoint), output: outputWeights(checkpointHost(checkpoint)) },
        FEATURE_INPUTS,
        seed,
      );
    const bounds = isOriginal ? recheckBounds(claiming.map, claiming.programs, checkpointHost(checkpoint), seed) : [];
    const unproven = bounds.flatMap(({ name, why }) => (why === null ? [] : [diagnose('R7719', { name, state: 'weaker', why })]));
    if (compiled.map.circuits.length > 0 && heads.map.circuits.length === 0) {
      progress.finish();
      const measured = judgeFeatures(map, features());
      reportFeatures(session, path, map, measured, { isOriginal, shares, config, host, bounds, onText });
      const faults = [...measured.faults, ...unproven, ...broken, ...maskFaults, ...(host?.faults ?? []), ...(onText?.faults ?? [])];
      if (faults.length === 0 || options.reportOnly) return EXIT.done;
      session.report(faults);
      return EXIT.failed;
    }
    const beside = compiled.map.circuits.length === 0 ? null : judgeFeatures(map, features());
    const input = repeatedInput(
      heads.map,
      config,
      heads.programs.some(({ vocabulary }) => vocabulary === OPEN_TOKENS),
      options.seed,
    );
    const { drawn } = map;
    const pair = {
      config,
      seeded: () => ({ checkpoint, model: loadModel(checkpoint) }),
      // what was trained is like nothing that was only drawn
      twin: drawn === null || !isOriginal ? null : () => twinOf(folder, config, map.dtype, drawn),
    };
    const result = measureSeeded(heads.map, heads.programs, input, pair, (done, total) => progress.update(done, total));
    progress.finish();
    const compared = options.compare?.() ?? null;
    const standings = (compared ?? measuredStandings(map, result)).map((standing): CircuitStanding => {
      const why = standing.state === 'works' ? brokenWindows(shares, standing.name) : null;
      return why === null ? standing : { ...standing, state: 'weaker', why };
    });
    const heard = headBounds(heads.map, checkpoint, isOriginal);
    const about = { path, state: stateText(options.map, isOriginal), mask, standings, shares, host, beside, onText, heard, bounds };
    if (session.format === 'json') session.printJson(measurementJson(result, isOriginal, about));
    else {
      print(session, about, result, input);
      printHeadBounds(session, heard);
      if (beside !== null) printFeatures(session, beside);
      printBounds(session, bounds);
      printAgain(session, map, shares, config);
      printTextStanding(session, onText, map);
      printHost(session, map, host);
    }
    const faults = [
      ...standings.filter(({ state }) => state !== 'works').map((each) => diagnose('R7719', { ...each })),
      ...(beside === null ? [] : [...beside.faults, ...broken]),
      ...unproven,
      ...maskFaults,
      ...(host?.faults ?? []),
      ...(onText?.faults ?? []),
    ];
    if (faults.length === 0 || options.reportOnly) return EXIT.done;
    session.report(faults);
    return EXIT.failed;
  } finally {
    folder.close();
  }
}

function stateText(mapPath: string | undefined, isOriginal: boolean): string {
  if (mapPath !== undefined) return `held against ${mapPath}`;
  return isOriginal ? 'as it was written' : 'its weights have changed since';
}

/** What is measured, and what came of it. */
interface About {
  readonly path: string;
  readonly state: string;
  readonly mask: string | null;
  readonly standings: readonly CircuitStanding[];
  readonly shares: readonly KeptShare[];
  readonly host: HostStanding | null;
  /** What a text shows that was given. */
  readonly onText: TextStanding | null;
  /** What compiled circuits leave in the stream, beside heads over any token. */
  readonly beside: JudgedFeatures | null;
  /** What is shown of heads over any token, on every input. */
  readonly heard: readonly SeedHeadBound[];
  /** The same of compiled circuits. */
  readonly bounds: readonly BoundStanding[];
}

interface Part {
  readonly map: SeedMap;
  readonly programs: readonly Program[];
}

/** The circuits of one kind, with their programs and what is theirs of the map. */
function partOf(map: SeedMap, programs: readonly Program[], isCompiled: boolean): Part {
  const circuits = map.circuits.filter(({ kind }) => (kind === 'feature') === isCompiled);
  const { beside = null } = map;
  const isOwn = ({ dims }: SeedMap['variables'][number]): boolean =>
    beside === null || dims.every((dim) => dim < beside.end === isCompiled);
  const [names, heads] = [new Set(circuits.map(({ name }) => name)), new Set(circuits.flatMap((circuit) => circuit.heads))];
  const own = programs.filter((program) => program.exports.some(({ name }) => names.has(name)));
  const said = new Set(own.flatMap(({ vocabulary }) => (vocabulary?.kind === 'tokens' ? vocabulary.values.map(String) : [])));
  return {
    map: {
      ...map,
      circuits,
      variables: map.variables.filter(isOwn),
      scales: isCompiled && beside !== null ? beside.scales : (map.scales ?? null),
      heads: map.heads.filter(({ name }) => heads.has(name)),
      features: map.features.filter(({ name }) => names.has(name)),
      tokens: map.tokens.filter(({ value }) => said.has(value)),
    },
    programs: own,
  };
}

/**
 * Tokens that appear in two equal halves. Over a small alphabet every other one is of it, or each where nothing stands for the others; but only at
 * the start where a program over any token has to tell what followed them.
 */
export function repeatedInput(map: SeedMap, config: ModelConfig, hasOpen: boolean, seed: number): RepeatedInput {
  const { sizes } = config;
  const offset = map.bos === null ? 0 : 1;
  const half = Math.floor((Math.min(map.context, positionsOf(config)) - offset) / 2);
  const named = map.tokens.flatMap(({ id }) => (id === null ? [] : [id]));
  const spacing = named.length === map.tokens.length ? 1 : 2;
  // what a compiled circuit counts has to come often enough to be counted
  const open = map.circuits.some(({ kind }) => kind === 'feature') ? half / 2 : half / 8;
  const end = hasOpen ? open : half;
  const words = new Uint32Array(4);
  const tokens = Array.from({ length: half }, (_, i) => {
    philox(i, seed, 0, words);
    if (named.length > 0 && i < end && i % spacing === 0) return named[(words[0] as number) % named.length] as number;
    const token = (words[0] as number) % sizes.vocab;
    return token === map.bos?.id ? (token + 1) % sizes.vocab : token;
  });
  return { ids: Int32Array.from([...(map.bos === null ? [] : [map.bos.id]), ...tokens, ...tokens]), fresh: offset + half };
}

/** The same model as it was drawn, without circuits. */
function twinOf(folder: ModelFolder, config: ModelConfig, dtype: SeedMap['dtype'], drawn: NonNullable<SeedMap['drawn']>): SeededModel {
  const rules = config.target.init as InitRules;
  const host = drawnHost({ config, rules, range: drawn.range, seed: drawn.seed });
  const weights = bytesSource(fileBytes(writeSafetensors(seedTensors(host, [], dtype), { format: 'pt' })));
  const checkpoint = openCheckpoint({
    path: folder.path,
    open: (name) => (name === WEIGHTS_FILE ? weights : name === CONFIG_FILE ? folder.open(name) : null),
  });
  return { checkpoint, model: loadModel(checkpoint) };
}

/** The largest relative difference between two lists of numbers, and the mean one. */
function differenceOf(pairs: readonly (readonly [number | null, number | null])[]): { largest: number; mean: number } {
  const differences = pairs.flatMap(([a, b]) => (a === null || b === null || b === 0 ? [] : [Math.abs(a / b - 1)]));
  return {
    largest: Math.max(0, ...differences),
    mean: differences.reduce((sum, value) => sum + value, 0) / Math.max(1, differences.length),
  };
}

function comparison(seeded: Footprint, twin: Footprint) {
  const zip = <T>(a: readonly T[], b: readonly T[]): (readonly [T, T])[] => a.map((value, i) => [value, b[i] as T] as const);
  return {
    entropies: differenceOf(seeded.entropies.flatMap((heads, layer) => zip(heads, twin.entropies[layer] ?? []))),
    preactivations: differenceOf(zip(seeded.preactivations, twin.preactivations)),
    rms: zip(seeded.rms, twin.rms).map(([a, b]) => a / b),
    freshLoss: seeded.freshLoss === null || twin.freshLoss === null ? null : seeded.freshLoss - twin.freshLoss,
  };
}

function measurementJson({ tokens, circuits, heads, rms, seeded, twin }: SeededMeasurement, isOriginal: boolean, about: About): Json {
  return {
    tokens,
    asWritten: isOriginal,
    circuits: circuits.map((circuit) => {
      const { state, why } = about.standings.find(({ name }) => name === circuit.name) ?? { state: null, why: null };
      return { ...circuit, state, why };
    }),
    mask: about.mask,
    bounds: headBoundsJson(about.heard),
    promises: sharesJson(about.shares),
    text: textJson(about.onText),
    host: about.host === null ? null : { ...about.host.change },
    ...(about.beside === null ? {} : { ...featuresJson(about.beside), featureBounds: about.bounds.map((bound) => ({ ...bound })) }),
    heads: heads.map((head) => ({ ...head })),
    rms,
    freshLoss: seeded.freshLoss,
    footprint: twin === null ? null : (comparison(seeded, twin) as unknown as Json),
  };
}

function print(
  session: Session,
  { path, state, mask, standings }: About,
  { tokens, circuits, heads, rms, seeded, twin }: SeededMeasurement,
  input: RepeatedInput,
): void {
  const { theme } = session;
  session.print(`${theme.strong('measured')} ${path}: ${state}`);
  for (const line of textTable(standings.map((each) => [each.name, each.state, each.why]))) session.print(`  ${line}`);
  if (mask !== null) session.print(`  ${FREEZE_FILE} ${mask}`);
  session.print('');
  session.print(`  ${tokens} random tokens, the second half as the first, from the checkpoint's bytes`);
  session.print('');
  const rows = circuits.map(({ name, positions, accuracy, probability, correlation }) => [
    name,
    String(positions),
    accuracy.toFixed(4),
    probability === null ? '' : probability.toFixed(4),
    correlation === null ? '' : correlation.toFixed(4),
  ]);
  for (const line of textTable([['circuit', 'positions', 'right', 'probability', 'correlation'], ...rows])) session.print(`  ${line}`);
  session.print('');
  const attended = heads.map(({ name, layer, head, attention }) => [
    name,
    `${layer}.${head}`,
    attention === null ? '' : attention.toFixed(4),
  ]);
  for (const line of textTable([['head', 'place', 'attention on the right'], ...attended])) session.print(`  ${line}`);
  session.print('');
  session.print(`  stream, root mean square by layer: ${rms.map((value) => value.toPrecision(3)).join(' ')}`);
  if (seeded.freshLoss !== null) session.print(`  loss where nothing has come before: ${seeded.freshLoss.toFixed(3)} nats`);
  if (twin === null) return;
  const { entropies, preactivations, rms: times, freshLoss } = comparison(seeded, twin);
  session.print('');
  session.print(`  beside the same model without circuits, on the first ${input.fresh} tokens, which repeat nothing:`);
  session.print(`    stream ${times.map((value) => value.toFixed(2)).join(' ')} times`);
  session.print(`    entropies of other heads ${percent(entropies.mean)} off in the mean, ${percent(entropies.largest)} at most`);
  session.print(
    `    inputs of neurons ${percent(preactivations.mean)} off in the mean, ${percent(preactivations.largest)} in a layer at most`,
  );
  if (freshLoss !== null) session.print(`    loss where nothing has come before ${freshLoss >= 0 ? '+' : ''}${freshLoss.toFixed(3)} nats`);
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)}%`;
}
