/** `raspc seed FILE... --like CONFIG -o DIR`: a randomly initialised model of a real architecture, with circuits in place. */

import { basename, dirname } from 'node:path';
import { MAP_FILE } from '../../../checkpoint/map/circuit-map.ts';
import type { SeedMap } from '../../../checkpoint/map/seed/seed-map.ts';
import { readSeedMap } from '../../../checkpoint/map/seed/seed-map-schema.ts';
import { writeSeedMapJson } from '../../../checkpoint/map/seed/write-seed-map.ts';
import type { PackedFile } from '../../../checkpoint/pack-checkpoint.ts';
import { readSafetensorsHeader } from '../../../checkpoint/safetensors/safetensors-header.ts';
import { openTensorFile } from '../../../checkpoint/safetensors/tensor-store.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { roundedHost, roundedSlices } from '../../../seed/draw/rounded.ts';
import { drawnHost, type Host } from '../../../seed/draw/seed-tensors.ts';
import type { RoleSlice } from '../../../seed/draw/slices.ts';
import { compiledCard } from '../../../seed/host/compiled-card.ts';
import { planSeed } from '../../../seed/plan-seed.ts';
import { headStrengths } from '../../../seed/program/export-request.ts';
import { findsFirst } from '../../../seed/program/place-heads.ts';
import { recognize, type SeedSource } from '../../../seed/program/recognize.ts';
import { IN_PLACE, type SeedPlan } from '../../../seed/program/seed-plan.ts';
import { measureStream } from '../../../seed/stream/measure-stream.ts';
import { readBlock, writeBlock } from '../../../seed/write/block.ts';
import { type Change, changesOf } from '../../../seed/write/changes.ts';
import { changedHost, checkpointHost } from '../../../seed/write/checkpoint-host.ts';
import { freezeFile, packSeed, seedFacts, withMap } from '../../../seed/write/pack-seed.ts';
import { seedCard } from '../../../seed/write/seed-card.ts';
import { bytesSource } from '../../../source/byte-source.ts';
import { type ModelConfig, positionsOf, type StoredTensor, storedTensors } from '../../../targets/model-config.ts';
import { type OpenFolder, openFolder } from '../../files/model-folder.ts';
import { newNodeSha256 } from '../../files/node-sha256.ts';
import { writeFile } from '../../files/write-file.ts';
import { writeFolder } from '../../files/write-folder.ts';
import { type HostCost, tellHostCost } from '../../match/host-cost.ts';
import { compiledJson, printCompiled } from '../../report/compiled-seed-report.ts';
import { planJson, printPlan } from '../../report/seed-report.ts';
import { readSeeded } from '../../seed/read-seeded.ts';
import { alphabetFacts, circuitText, isAlphabet, seedAlphabets } from '../../seed/seed-alphabet.ts';
import { checkReach, firstToken, type Like, type OpenHost, openHost, readHost } from '../../seed/seed-host.ts';
import { lossBudget, measuredLoss, printLoss, type SeedLoss } from '../../seed/seed-loss.ts';
import { checkOptions, configureSeed, requestsOf, type SeedCommandOptions } from '../../seed/seed-options.ts';
import { aboutOf, relocated } from '../../seed/seed-sources.ts';
import type { CommandDefinition } from '../../session/command.ts';
import { isFolder, lazyTokenizer } from '../../session/read-tokenizer.ts';
import { assertTokenizer, isClassified } from '../../session/seed-classes.ts';
import { changedCheckpoint } from '../../session/seed-into.ts';
import type { Session } from '../../session/session.ts';
import { EXIT, type ExitCode } from '../../terminal/exit-codes.ts';
import type { Json } from '../../terminal/json.ts';
import { printText, withText } from '../../verify/seeded/seed-text.ts';
import { expectedJson, printExpected, withWindows } from '../../verify/seeded/seed-windows.ts';

export const seed: CommandDefinition<SeedCommandOptions> = {
  example: 'raspc seed programs/seeds/induction.rasp --like configs/gpt2-small/config.json --plan',
  configure: configureSeed,
  async run(session, files, options) {
    checkOptions(files, options);
    const start = session.io.now();
    const open = options.into === undefined ? null : openHost(session, options.into);
    try {
      if (options.apply !== undefined) {
        const written = applyBlock(session, options, options.apply, open as OpenHost);
        session.print(`${session.theme.success('wrote')} ${written}: ${options.into} with the circuits of ${options.apply}`);
        return EXIT.done;
      }
      const tokenizer = lazyTokenizer(options.tokenizer, session.io.directory);
      const like = readHost(options.like ?? (options.into as string), session.io.directory);
      const { config } = open?.checkpoint ?? like;
      const sources = await Promise.all(files.map((file) => readSeeded(session, file, config, { ...options, command: 'seed', tokenizer })));
      const host =
        open === null
          ? roundedHost(
              drawnHost({ config: like.config, rules: like.rules, range: like.range, seed: options.seed }),
              options.dtype ?? 'f32',
            )
          : checkpointHost(open.checkpoint);
      if (sources.some(({ program }) => isClassified(program))) {
        assertTokenizer(tokenizer(), host.config);
        if (!sources.every(isAlphabet)) fail('R7701', { why: TWO_KINDS });
      }
      if (sources.every(isAlphabet)) return seedAlphabet(session, options, { host, like, open, sources }, start);
      const exact = planFor(sources, host, { ...like, config: host.config }, options);
      const full = { ...exact, slices: roundedSlices(exact.slices, options.dtype ?? 'f32', host.config) };
      const plan = options.unseeded ? withoutCircuits(full) : full;
      const drawn = open === null ? options.seed : null;
      const described = seedFacts(plan, drawn, dtypeOf(open, options), aboutOf(sources));
      const expected = withWindows(session, described, host, plan.slices, options.seed);
      const facts = onText(session, options, open, expected, host, plan.slices);
      const made = { facts, card: seedCard(facts, plan) };
      const cost = open === null ? null : tellCost(session, options, open, changesOf(host.config, plan.slices), facts.bos?.id ?? null);
      if (!options.plan) write(session, options, { slices: plan.slices, made, host, like, open, sources });
      const loss =
        options.plan && open === null
          ? measuredLoss(facts, host, plan.slices, options.seed, lossBudget(options.text !== undefined))
          : undefined;
      report(session, plan, facts, options, start, cost, loss);
      return EXIT.done;
    } finally {
      open?.folder.close();
    }
  },
};

const TWO_KINDS =
  'a program over what tokens say and one over any token are not seeded into one model: they would take the same dimensions; `raspc graft` makes a model larger for both';

/** What is to be seeded, and into what. */
interface Given {
  readonly host: Host;
  readonly like: Like;
  readonly open: OpenHost | null;
  readonly sources: readonly SeedSource[];
}

/** What a folder says of itself. */
interface Made {
  readonly facts: Omit<SeedMap, 'files'>;
  readonly card: string;
}

interface Planned extends Given {
  readonly slices: readonly RoleSlice[];
  readonly made: Made;
}

/** Programs over small alphabets, which are compiled. */
function seedAlphabet(session: Session, options: SeedCommandOptions, given: Given, start: number): ExitCode {
  const { host, like, open } = given;
  const bos = firstToken({ ...like, config: host.config }, options, false);
  if (host.config.traits.positions.kind === 'rotary' && bos === null) fail('R7716', { architecture: host.config.target.architecture });
  const { range } = like;
  const found = seedAlphabets(given.sources, host, {
    context: options.context ?? null,
    range,
    bos,
    seed: options.seed,
    requests: requestsOf(options, []),
    dtype: dtypeOf(open, options),
  });
  if (options.dumpIr) session.io.stdout.write(circuitText(found));
  const slices = options.unseeded ? [] : found.seed.slices;
  const drawn = open === null ? { seed: options.seed, range } : null;
  const whole = alphabetFacts(found, drawn, dtypeOf(open, options), aboutOf(given.sources));
  const bare = options.unseeded ? { ...whole, variables: [], heads: [], circuits: [], cleared: [], features: [], says: [] } : whole;
  const expected = withWindows(session, bare, host, slices, options.seed);
  const facts = onText(session, options, open, expected, host, slices);
  const made = { facts, card: compiledCard(facts, host.config) };
  const cost = open === null ? null : tellCost(session, options, open, changesOf(host.config, slices), bos);
  if (options.output !== undefined || options.block !== undefined) write(session, options, { ...given, slices, made });
  const written = options.plan ? null : (options.output ?? options.block ?? null);
  const loss = options.plan && open === null ? measuredLoss(facts, host, slices, options.seed) : undefined;
  const milliseconds = Math.round(session.io.now() - start);
  if (session.format === 'json')
    session.printJson({
      ...compiledJson(found, loss ?? null, written),
      expected: expectedJson(facts),
      text: (facts.text ?? null) as Json,
      overwritten: costJson(cost),
      milliseconds,
    });
  else if (!options.dumpIr) {
    printCompiled(session, found, loss, written);
    printExpected(session, facts, host.config);
    printText(session, facts, host.config);
  }
  return EXIT.done;
}

/** With what is expected of the text that was given, if any. */
function onText(
  session: Session,
  { text, tokenizer }: SeedCommandOptions,
  open: OpenHost | null,
  facts: Made['facts'],
  host: Host,
  slices: readonly RoleSlice[],
): Made['facts'] {
  if (text === undefined) return facts;
  return withText(session, facts, host, slices, { path: text, tokenizer, folders: open === null ? [] : [open.folder.path] });
}

/** Where nothing goes over the model, it loses nothing. */
function tellCost(
  session: Session,
  options: SeedCommandOptions,
  { checkpoint, folder }: OpenHost,
  changes: readonly Change[],
  bos: number | null,
): HostCost | null {
  if (options.output === undefined && !options.plan) return null;
  const { text: path, tokenizer } = options;
  const text = path === undefined ? undefined : { path, tokenizer, folders: [folder.path] };
  const tellOnly = options.plan === true || options.force === true;
  return tellHostCost(session, checkpoint, changes, { text, bos, seed: options.seed, tellOnly });
}

function costJson(cost: HostCost | null): Json {
  return cost === null ? null : { ...cost };
}

function write(session: Session, options: SeedCommandOptions, { slices, made, host, like, open, sources }: Planned): void {
  const where = { directory: session.io.directory, force: options.force === true };
  const { config } = host;
  const changes = changesOf(config, slices);
  const { facts: own, card } = made;
  const facts = relocated(sources, own);
  if (options.block !== undefined) {
    const map = writeSeedMapJson({ ...facts, drawn: null, files: [] });
    writeFile(options.block, writeBlock(config, tensorsOf(config), changes, map), where);
  }
  if (options.output === undefined) return;
  if (open !== null && options.force !== true) assertNoCircuits(open.folder);
  const files =
    open === null
      ? packSeed({
          slices,
          card,
          host,
          facts,
          config: like.text,
          tokenizer: tokenizerFiles(options.tokenizer, session.io.directory),
          newHasher: newNodeSha256,
        })
      : withMap(
          [...changedCheckpoint(open.folder, open, changes, session.io.directory), freezeFile(config, changes)],
          facts,
          newNodeSha256,
        );
  writeFolder(options.output, files, where);
}

/** A seed takes the dimensions that one before it took, and its raspc.json knows of itself alone. Diagnostics: R7756. */
function assertNoCircuits(folder: OpenFolder): void {
  const circuits = folder.open(MAP_FILE) === null ? [] : (readSeedMap(folder)?.circuits ?? []);
  if (circuits.length > 0) fail('R7756', { path: folder.path, names: circuits.map(({ name }) => name) });
}

/** What a checkpoint's embedding is stored as, or a new model's weights are to be. */
function dtypeOf(open: Pick<OpenHost, 'checkpoint'> | null, options: SeedCommandOptions): SeedMap['dtype'] {
  if (open === null) return options.dtype ?? 'f32';
  const dtype = open.checkpoint.tensors[0]?.located.dtype;
  return dtype === 'F16' ? 'f16' : dtype === 'BF16' ? 'bf16' : 'f32';
}

function tensorsOf(config: ModelConfig): Map<string, StoredTensor> {
  return new Map(Array.from(storedTensors(config), (tensor) => [tensor.name, tensor]));
}

/** Places a block's entries; the seed's map comes with it. */
function applyBlock(session: Session, options: SeedCommandOptions, path: string, { folder, ...tied }: OpenHost): string {
  const { checkpoint } = tied;
  const { directory } = session.io;
  const blocks = openFolder(dirname(path), directory);
  try {
    const name = basename(path);
    const source = blocks.open(name) ?? fail('R7010', { file: name, folder: dirname(path) });
    const { metadata } = readSafetensorsHeader(source, name);
    const { changes, map } = readBlock(openTensorFile(source, name), metadata, checkpoint.config, tensorsOf(checkpoint.config));
    const text = new TextEncoder().encode(map);
    const facts =
      readSeedMap({ path: dirname(path), open: () => bytesSource(text) }) ??
      fail('R7712', { file: name, why: 'it carries no circuit map' });
    const host = changedHost(checkpointHost(checkpoint), changes);
    tellCost(session, options, { folder, ...tied }, changes, facts.bos?.id ?? null);
    checkStream(facts, host, name);
    const files = [...changedCheckpoint(folder, tied, changes, directory), freezeFile(checkpoint.config, changes)];
    const output = options.output as string;
    writeFolder(
      output,
      withMap(files, withWindows(session, { ...facts, dtype: dtypeOf({ checkpoint }, options) }, host, [], options.seed), newNodeSha256),
      {
        directory,
        force: options.force === true,
      },
    );
    return output;
  } finally {
    blocks.close();
  }
}

/** That every head of a block gets a stream that it can work in (R7713). */
function checkStream({ heads, bos }: SeedMap, host: Host, file: string): void {
  const last = Math.max(0, ...heads.map(({ layer }) => layer));
  const measured = measureStream(host, [], last, bos?.id ?? null);
  for (const { name, layer, streamAtMost } of heads) {
    const found = measured[layer]?.typical ?? 0;
    if (streamAtMost !== null && found > streamAtMost) fail('R7713', { file, name, layer, found, most: streamAtMost });
  }
}

const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
];

/** The files of a tokenizer's folder, or one tokenizer.json, to be copied. */
function tokenizerFiles(path: string | undefined, directory: string): PackedFile[] {
  if (path === undefined) return [];
  const isWhole = isFolder(path, directory);
  const folder = openFolder(isWhole ? path : dirname(path), directory);
  try {
    const names = isWhole ? TOKENIZER_FILES : [basename(path)];
    const files = names.flatMap((name): PackedFile[] => {
      const source = folder.open(name);
      if (source === null) return [];
      const bytes = source.read(0, source.size);
      return [{ path: isWhole ? name : 'tokenizer.json', content: { size: bytes.length, chunks: () => [bytes] } }];
    });
    if (files.length === 0) fail('R7010', { file: 'tokenizer.json', folder: path });
    return files;
  } finally {
    folder.close();
  }
}

function report(
  session: Session,
  plan: SeedPlan,
  facts: Made['facts'],
  options: SeedCommandOptions,
  start: number,
  cost: HostCost | null,
  loss: SeedLoss | null | undefined,
): void {
  const written = options.plan ? null : (options.output ?? options.block ?? null);
  if (session.format === 'json')
    session.printJson({
      ...planJson(plan, options.seed, written),
      loss: (loss ?? null) as Json,
      expected: expectedJson(facts),
      text: (facts.text ?? null) as Json,
      overwritten: costJson(cost),
      milliseconds: Math.round(session.io.now() - start),
    });
  else {
    printPlan(session, plan, options.into === undefined ? options.seed : null, written);
    if (loss !== undefined) printLoss(session, 'random tokens', loss, plan.config.sizes.vocab);
    printExpected(session, facts, plan.config);
    printText(session, facts, plan.config);
  }
}

/** The plan of a model in which nothing is programmed. */
function withoutCircuits(plan: SeedPlan): SeedPlan {
  return { ...plan, blocks: [], heads: [], outputs: [], slices: [] };
}

function planFor(sources: readonly SeedSource[], host: Host, like: Like, options: SeedCommandOptions): SeedPlan {
  const { config, range } = like;
  const program = recognize(sources);
  const scoring = program.outputs.flatMap(({ name, kind }) => (kind === 'tokens' ? [name] : []));
  const bos = firstToken(like, options, findsFirst(program, config));
  const context = Math.min(options.context ?? positionsOf(config), positionsOf(config));
  checkReach(config, context);
  return planSeed(program, host, {
    mode: options.mode,
    context,
    range,
    amplitude: options.amplitude ?? null,
    margin: options.margin ?? null,
    dims: options.dims ?? null,
    confidence: options.confidence,
    strengths: headStrengths(program, requestsOf(options, scoring)),
    places: options.place ?? new Map(),
    bos,
    ...IN_PLACE,
  });
}
