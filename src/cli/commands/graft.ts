/** `raspc graft FILE... --into CHECKPOINT -o DIR`: circuits in room of their own, in a model that keeps what it computes. */
import type { Command } from 'commander';
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import type { SeedMap } from '../../checkpoint/map/seed-map.ts';
import { tensorBytes } from '../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { RoleSlice } from '../../seed/draw/slices.ts';
import { widenedTensors } from '../../seed/grow/grown-host.ts';
import { asCheckpoint, dtypesOf, grownTensors } from '../../seed/grow/grown-tensors.ts';
import { assertGrows } from '../../seed/grow/growth.ts';
import { type Graft, planGraft } from '../../seed/grow/plan-graft.ts';
import type { ExportPlace } from '../../seed/program/export-request.ts';
import type { RequestedPlace } from '../../seed/program/place-heads.ts';
import { recognize } from '../../seed/program/recognize.ts';
import { SEED_MODES, type SeedMode } from '../../seed/program/seed-plan.ts';
import type { SeedProgram } from '../../seed/program/seed-program.ts';
import { changesOf } from '../../seed/write/changes.ts';
import { checkpointHost } from '../../seed/write/checkpoint-host.ts';
import { freezeFile, seedFacts, withMap } from '../../seed/write/pack-seed.ts';
import { type ModelConfig, positionsOf } from '../../targets/model-config.ts';
import { DTYPES, type Dtype } from '../../tensor/dtype.ts';
import { openFolder } from '../files/model-folder.ts';
import { newNodeSha256 } from '../files/node-sha256.ts';
import { writeFolder } from '../files/write-folder.ts';
import { graftChange } from '../graft/graft-change.ts';
import { grownFiles, hostFiles } from '../graft/graft-files.ts';
import { graftJson, printGraft } from '../graft/graft-report.ts';
import { isAlphabet } from '../seed/seed-alphabet.ts';
import { checkReach, firstToken, type OpenHost, openHost } from '../seed/seed-host.ts';
import { exportOption, headOptions } from '../seed/seed-options.ts';
import { aboutOf, readProgram, relocated } from '../seed/seed-sources.ts';
import { type CommandDefinition, choiceOption, countOption } from '../session/command.ts';
import { readLike } from '../session/read-like.ts';
import { lazyTokenizer } from '../session/read-tokenizer.ts';
import type { Session } from '../session/session.ts';
import { EXIT } from '../terminal/exit-codes.ts';
import { readWindows } from '../texts/read-windows.ts';
import { expectedJson, printExpected, withWindows } from '../verify/seed-windows.ts';
import { LEAST_GRAFTED } from '../verify/seeded-states.ts';

interface Options {
  readonly into?: string;
  readonly output?: string;
  readonly plan?: true;
  readonly export?: ReadonlyMap<string, ExportPlace>;
  readonly dtype?: Dtype;
  readonly text?: string;
  readonly windows: number;
  readonly tokenizer?: string;
  readonly mode: SeedMode;
  readonly context?: number;
  readonly margin?: number;
  readonly dims?: number;
  readonly confidence: number;
  readonly place?: ReadonlyMap<string, RequestedPlace>;
  readonly bos?: number | boolean;
  readonly token?: ReadonlyMap<string, number>;
  readonly seed: number;
  readonly force?: true;
}

/** A change of a logit that is too much, as a part of their spread: half precision rounds the corrected gains of every norm. */
const LIMITS: Readonly<Record<Dtype, number>> = { f32: 0.01, f16: 0.05, bf16: 0.2 };

export const graft: CommandDefinition<Options> = {
  example: 'raspc graft programs/seeds/induction.rasp --into out/model --plan',
  configure,
  async run(session, files, options) {
    const into = checkOptions(files, options);
    const start = session.io.now();
    const open = openWhole(session, into);
    try {
      const tokenizer = lazyTokenizer(options.tokenizer ?? into, session.io.directory);
      const sources = await Promise.all(files.map((file) => readProgram(session, file, { ...options, command: 'graft', tokenizer })));
      const alphabet = sources.find(isAlphabet);
      if (alphabet !== undefined) fail('R7701', { why: ONLY_ANY }, { span: alphabet.program.vocabulary?.span });
      const { text } = readLike(into, session.io.directory);
      const program = recognize(sources);
      const grafted = plan(session, options, open, program, text);
      const dtypes = dtypesOf(open.checkpoint, options.dtype ?? null);
      const { host } = grafted;
      const made = (slices: readonly RoleSlice[]) => grownTensors(host, slices, dtypes);
      const whole = made(grafted.plan.slices);
      const bos = grafted.plan.options.bos;
      const change = graftChange(session, open.checkpoint, asCheckpoint(made(withoutAnswers(grafted.plan.slices)), host, open.checkpoint), {
        text: textOf(options, into),
        bos,
        seed: options.seed,
        windows: options.windows,
      });
      const dtype = options.dtype ?? (dtypes.values().next().value as Dtype);
      const described = seedFacts(grafted.plan, null, dtype, aboutOf(sources));
      if (change.largest > LIMITS[dtype] && !options.plan && !options.force) {
        fail('R7774', { found: `a logit by ${change.largest.toPrecision(2)} of their spread`, limit: String(LIMITS[dtype]) });
      }
      const record: SeedMap['host'] = {
        reference: grafted.plan.blocks.find(({ kind }) => kind === 'zero')?.dims[0] ?? null,
        files: options.plan ? [] : hostFiles(open.folder, open),
        sizes: open.checkpoint.config.sizes,
        widened: widenedTensors(open.checkpoint.config, host.config),
        change,
      };
      const facts = withWindows(session, { ...described, host: record }, host, grafted.plan.slices, options.seed);
      if (!options.plan && !options.force) assertUseful(facts);
      if (options.output !== undefined && !options.plan) {
        const { files: packed, left } = grownFiles(open.folder, open, whole, grafted.config, session.io.directory);
        for (const name of left) session.remark(`${name} is left behind: it holds the weights of the smaller model`);
        const masks = freezeFile(host.config, changesOf(host.config, grafted.plan.slices));
        writeFolder(options.output, withMap([...packed, masks], relocated(sources, facts), newNodeSha256), {
          directory: session.io.directory,
          force: options.force === true,
        });
      }
      const report = {
        graft: grafted,
        bytes: whole.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
        change,
        written: options.plan ? null : (options.output ?? null),
        milliseconds: Math.round(session.io.now() - start),
      };
      if (session.format === 'json') session.printJson(graftJson(report, expectedJson(facts)));
      else {
        printGraft(session, report);
        printExpected(session, facts, host.config);
      }
      return EXIT.done;
    } finally {
      open.folder.close();
    }
  },
};

const ONLY_ANY =
  'only programs over any token (`@vocab any`) are grafted so far; those over small alphabets go into a new model, by `raspc seed --like`';

function checkOptions(files: readonly string[], options: Options): string {
  const need = (what: string): never => fail('R8003', { what, command: 'raspc graft' });
  if (files.length === 0) need('a FILE');
  if (options.output === undefined && !options.plan) need('`--output` or `--plan`');
  return options.into ?? need('`--into`');
}

/** Diagnostics: R7771, R7772, and those of a checkpoint. */
function openWhole(session: Session, path: string): OpenHost {
  const folder = openFolder(path, session.io.directory);
  try {
    if (folder.open(CONFIG_FILE) === null && folder.open('adapter_config.json') !== null)
      fail('R7772', { path, why: 'it is an adapter, which only adds to the weights of another model' });
  } finally {
    folder.close();
  }
  const open = openHost(session, path);
  assertGrows(open.checkpoint.config);
  return open;
}

/** Diagnostics: R7715. */
function assertUseful({ circuits }: Pick<SeedMap, 'circuits'>): void {
  for (const { name, promise } of circuits) {
    if (promise === null || promise.accuracy >= LEAST_GRAFTED) continue;
    const { accuracy, positions, context } = promise;
    fail('R7715', { name, right: Math.round(accuracy * positions), positions, least: LEAST_GRAFTED, context });
  }
}

/** Answers at the output are what was asked for, and no change of what the model was. */
function withoutAnswers(slices: readonly RoleSlice[]): RoleSlice[] {
  return slices.filter(({ role }) => role !== 'unembedding' && role !== 'finalNormGain' && role !== 'finalNormBias');
}

function textOf({ text, tokenizer }: Options, into: string) {
  return text === undefined ? undefined : { path: text, tokenizer, folders: [into] };
}

function plan(session: Session, options: Options, open: OpenHost, program: SeedProgram, text: string): Graft {
  const { config } = open.checkpoint;
  const raw = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const own = typeof raw.bos_token_id === 'number' && raw.bos_token_id < config.sizes.vocab ? raw.bos_token_id : null;
  // what matches nothing goes to a token that stands first, and without one to whatever is nearest, which only a value of its own may hold
  const matches = program.heads.filter(({ kind }) => kind === 'match');
  const bos = firstToken({ config, bos: own }, options, matches.length === 0);
  const isLoud =
    matches.some((head) => head.kind === 'match' && head.moves.kind === 'presence') ||
    [...(options.export?.values() ?? [])].some((place) => place !== 'feature');
  if (isLoud && matches.length > 0 && bos === null && config.traits.positions.kind === 'rotary')
    fail('R7716', { architecture: config.target.architecture });
  const context = Math.min(options.context ?? config.sizes.positions, config.sizes.positions);
  checkReach(config, context);
  const tokens = program.outputs.filter(({ kind }) => kind === 'tokens').map(({ name }) => name);
  const asked = options.export ?? new Map<string, ExportPlace>();
  for (const [name, place] of asked) {
    if (!program.outputs.some((output) => output.name === name))
      fail('R7704', { name, suggestion: null, known: program.outputs.map((output) => output.name) });
    if (!tokens.includes(name) && place !== 'feature')
      fail('R8004', { option: '--export', value: `${name}=${place}`, expected: `\`${name}=feature\`, since it is no token` });
  }
  return planGraft(program, checkpointHost(open.checkpoint), text, {
    mode: options.mode,
    context,
    range: 0.02,
    amplitude: null,
    margin: options.margin ?? null,
    dims: options.dims ?? null,
    confidence: options.confidence,
    places: options.place ?? new Map(),
    bos,
    exports: new Map(tokens.map((name) => [name, asked.get(name) ?? 'feature'])),
    probe: probeOf(session, options, open, bos),
    dtype: options.dtype ?? null,
  });
}

/** Tokens on which the stream is measured. */
const PROBE = 128;

/** The beginning of the text, or tokens from all over the vocabulary. */
function probeOf(session: Session, options: Options, { checkpoint: { config }, folder }: OpenHost, bos: number | null): Int32Array {
  const positions = Math.min(PROBE, positionsOf(config));
  const text = textOf(options, folder.path);
  if (text !== undefined) {
    const [window] = readWindows(session, text, { config, bos, windows: 1, positions, least: 2 });
    if (window !== undefined) return window;
  }
  return spreadTokens(config, positions, bos);
}

function spreadTokens({ sizes: { vocab } }: ModelConfig, positions: number, bos: number | null): Int32Array {
  // a step that shares no factor with most sizes, so that neighbours in the window are none in the vocabulary
  const step = 7919;
  return Int32Array.from({ length: positions }, (_, i) =>
    i === 0 && bos !== null ? bos : ((i + 1) * step + Math.floor(vocab / 2)) % vocab,
  );
}

function configure(command: Command): Command {
  const started = command
    .argument('[file...]', 'RASP programs, `-` for standard input')
    .option('--into <checkpoint>', 'the model that the circuits are grafted onto: it stays as it is, a larger one is written')
    .option('-o, --output <dir>', 'the folder to write')
    .option('--plan', 'show what would be written, and write nothing')
    .addOption(exportOption())
    .addOption(choiceOption('--dtype', 'what the weights are stored as (default: as they are)', DTYPES))
    .option('--text <file>', 'a text, or token ids, a window a line: what the graft changes is measured on it')
    .addOption(countOption('--windows', 'windows of 64 tokens on which that is measured', 1).default(2))
    .option('--tokenizer <path>', 'what cuts a text: tokenizer.json, or its folder; by default the one beside the weights')
    .addOption(choiceOption('--mode', 'whether the circuits are to hold while the rest trains, or to train', SEED_MODES).default('frozen'))
    .addOption(countOption('--context', 'tokens over which the circuits have to hold (default: all positions)', 2));
  return headOptions(started, 'probability that a right token is to have at the output')
    .addOption(countOption('--seed', 'where the random tokens start that it is measured on', 0).default(1))
    .option('--force', 'replace the folder if it exists, whatever changes');
}
