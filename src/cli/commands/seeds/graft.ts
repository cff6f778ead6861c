/** `raspc graft FILE... --into CHECKPOINT -o DIR`: circuits in room of their own, in a model that keeps what it computes. */
import type { Command } from 'commander';
import { CONFIG_FILE } from '../../../checkpoint/config/config-value.ts';
import { MAP_FILE } from '../../../checkpoint/map/circuit-map.ts';
import { checkSeedMap } from '../../../checkpoint/map/seed/check-seed-map.ts';
import type { SeedMap } from '../../../checkpoint/map/seed/seed-map.ts';
import { readSeedMap } from '../../../checkpoint/map/seed/seed-map-schema.ts';
import { tensorBytes } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import type { RoleSlice } from '../../../seed/draw/slices.ts';
import { widenedTensors } from '../../../seed/grow/grown-host.ts';
import { asCheckpoint, dtypesOf, grownTensors } from '../../../seed/grow/grown-tensors.ts';
import { assertGrows } from '../../../seed/grow/growth.ts';
import { carriedEntries, carriedMap, codesPath, mergedFacts } from '../../../seed/grow/merge-maps.ts';
import { roomyConfig } from '../../../seed/host/compile-seed.ts';
import { CODE_KINDS } from '../../../seed/own/choose-codes.ts';
import type { SeedSource } from '../../../seed/program/recognize.ts';
import { SEED_MODES } from '../../../seed/program/seed-plan.ts';
import { changesOf } from '../../../seed/write/changes.ts';
import { codesFile } from '../../../seed/write/codes-file.ts';
import { freezeFile, withMap } from '../../../seed/write/pack-seed.ts';
import { DTYPES, type Dtype } from '../../../tensor/dtype.ts';
import { openFolder } from '../../files/model-folder.ts';
import { newNodeSha256 } from '../../files/node-sha256.ts';
import { assertAbsent } from '../../files/write-file.ts';
import { writeFolder } from '../../files/write-folder.ts';
import { graftChange } from '../../graft/graft-change.ts';
import { grownFiles, hostFiles } from '../../graft/graft-files.ts';
import { type GraftCommandOptions, textOf } from '../../graft/graft-options.ts';
import { graftJson, printGraft } from '../../graft/graft-report.ts';
import { type GraftedCircuits, planCircuits } from '../../graft/plan-circuits.ts';
import { readSeeded } from '../../seed/read-seeded.ts';
import { type OpenHost, openHost } from '../../seed/seed-host.ts';
import { exportOption, headOptions, strengthOption } from '../../seed/seed-options.ts';
import { relocated } from '../../seed/seed-sources.ts';
import { type CommandDefinition, choiceOption, countOption } from '../../session/command.ts';
import { readLike } from '../../session/read-like.ts';
import { lazyTokenizer } from '../../session/read-tokenizer.ts';
import { assertTokenizer, isClassified } from '../../session/seed-classes.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
import { expectedJson, printExpected, withWindows } from '../../verify/seeded/seed-windows.ts';
import { LEAST_GRAFTED } from '../../verify/seeded/seeded-states.ts';

/** A change of a logit that is too much, as a part of their spread: half precision rounds the corrected gains of every norm. */
const LIMITS: Readonly<Record<Dtype, number>> = { f32: 0.01, f16: 0.05, bf16: 0.2 };

export const graft: CommandDefinition<GraftCommandOptions> = {
  example: 'raspc graft programs/seeds/induction.rasp --into out/model --plan',
  configure,
  async run(session, files, options) {
    const into = checkOptions(files, options);
    const start = session.io.now();
    if (options.output !== undefined && !options.plan)
      assertAbsent(options.output, { directory: session.io.directory, force: options.force === true });
    const open = openWhole(session, into);
    try {
      const tokenizer = lazyTokenizer(options.tokenizer ?? into, session.io.directory);
      const roomy = roomyConfig(open.checkpoint.config);
      const read = { ...options, command: 'graft', tokenizer };
      const sources = (await Promise.all(files.map((file) => readSeeded(session, file, roomy, read)))).flat();
      const there = circuitsThere(open);
      if (there !== null) assertNew(sources, there);
      if (sources.some(({ program }) => isClassified(program))) assertTokenizer(tokenizer(), open.checkpoint.config);
      const { text } = readLike(into, session.io.directory);
      const dtypes = dtypesOf(open.checkpoint, options.dtype ?? null);
      const dtype = options.dtype ?? (dtypes.values().next().value as Dtype);
      const circuits = planCircuits(session, options, open, sources, text, dtype);
      const { graft: grafted, slices, bos } = circuits;
      const { host } = grafted;
      const tensorsOf = (slices: readonly RoleSlice[]) => grownTensors(host, slices, dtypes);
      const whole = tensorsOf(slices);
      const change = graftChange(session, open.checkpoint, asCheckpoint(tensorsOf(withoutAnswers(slices)), host, open.checkpoint), {
        text: textOf(options, into),
        bos,
        seed: options.seed,
        windows: options.windows,
      });
      if (change.largest > LIMITS[dtype] && !options.plan && !options.force) {
        fail('R7774', { found: `a logit by ${change.largest.toPrecision(2)} of their spread`, limit: String(LIMITS[dtype]) });
      }
      const record: SeedMap['host'] = {
        reference: referenceOf(circuits),
        files: options.plan ? [] : hostFiles(open.folder, open),
        sizes: open.checkpoint.config.sizes,
        widened: widenedTensors(open.checkpoint.config, host.config),
        change,
      };
      const path = codesPath(there);
      const carried = there === null ? null : carriedMap(there, open.checkpoint.config, host.config);
      const made = { ...relocated(sources, named(circuits.facts, path)), host: record };
      const all = carried === null ? made : mergedFacts(carried, made);
      const facts = withWindows(session, all, host, slices, options.seed);
      if (!options.plan && !options.force) assertUseful(facts);
      if (options.output !== undefined && !options.plan) {
        const { files: packed, left } = grownFiles(open.folder, open, whole, grafted.config, session.io.directory);
        for (const name of left) session.remark(`${name} is left behind: it holds the weights of the smaller model`);
        const masks = freezeFile(host.config, [...changesOf(host.config, slices), ...(carried === null ? [] : carriedEntries(carried))]);
        writeFolder(
          options.output,
          withMap([...packed, masks, ...codesFile(grafted.codes?.own ?? null, host.config, path)], facts, newNodeSha256),
          {
            directory: session.io.directory,
            force: options.force === true,
          },
        );
      }
      const report = {
        circuits,
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

/** A dimension that is written by nobody, where those that are new hold the mean of the others; null where they do not. */
function referenceOf({ graft: { plan }, compiled }: GraftedCircuits): number | null {
  return plan?.blocks.find(({ kind }) => kind === 'zero')?.dims[0] ?? compiled?.seed.frame.zero ?? null;
}

function checkOptions(files: readonly string[], options: GraftCommandOptions): string {
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

/** The map of circuits that the model has already; null of one that has none. */
function circuitsThere({ folder, checkpoint }: OpenHost): SeedMap | null {
  const map = folder.open(MAP_FILE) === null ? null : readSeedMap(folder);
  if (map !== null) checkSeedMap(map, checkpoint.config);
  return map;
}

/** Diagnostics: R7703. */
function assertNew(sources: readonly SeedSource[], { circuits }: SeedMap): void {
  const known = new Set(circuits.map(({ name }) => name));
  for (const { program } of sources) for (const { name, span } of program.exports) if (known.has(name)) fail('R7703', { name }, { span });
}

/** With the name of the file of codes, which may be a further one. */
function named(facts: Omit<SeedMap, 'files'>, path: string): Omit<SeedMap, 'files'> {
  return facts.code.file == null ? facts : { ...facts, code: { ...facts.code, file: path } };
}

/** Answers at the output are what was asked for, and no change of what the model was. */
function withoutAnswers(slices: readonly RoleSlice[]): RoleSlice[] {
  return slices.filter(({ role }) => role !== 'unembedding' && role !== 'finalNormGain' && role !== 'finalNormBias');
}

function configure(command: Command): Command {
  const started = command
    .argument('[file...]', 'RASP programs, `-` for standard input')
    .option('--into <checkpoint>', 'the model that the circuits are grafted onto: it stays as it is, a larger one is written')
    .option('-o, --output <dir>', 'the folder to write')
    .option('--plan', 'show what would be written, and write nothing')
    .addOption(exportOption())
    .addOption(strengthOption())
    .addOption(choiceOption('--dtype', 'what the weights are stored as (default: as they are)', DTYPES))
    .option('--text <file>', 'a text, or token ids, a window a line: what the graft changes is measured on it')
    .addOption(countOption('--windows', 'windows of 64 tokens on which that is measured', 1).default(2))
    .option('--tokenizer <path>', 'what cuts a text: tokenizer.json, or its folder; by default the one beside the weights')
    .addOption(
      choiceOption('--codes', "where codes of tokens come from: the model's own embedding, or new dimensions of it", CODE_KINDS).default(
        'auto',
      ),
    )
    .addOption(choiceOption('--mode', 'whether the circuits are to hold while the rest trains, or to train', SEED_MODES).default('frozen'))
    .addOption(
      countOption('--context', 'tokens over which the circuits have to hold (default: all positions; of compiled programs 64)', 2),
    );
  return headOptions(started, 'probability that a right token is to have at the output')
    .addOption(countOption('--seed', 'where the random tokens start that it is measured on', 0).default(1))
    .option('--force', 'replace the folder if it exists, whatever changes');
}
