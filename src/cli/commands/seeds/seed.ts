/** `raspc seed FILE... --like CONFIG -o DIR`: a randomly initialised model of a real architecture, with circuits in place. */

import { basename, dirname } from 'node:path';
import { MAP_FILE } from '../../../checkpoint/map/circuit-map.ts';
import { readSeedMap } from '../../../checkpoint/map/seed/seed-map-schema.ts';
import { writeSeedMapJson } from '../../../checkpoint/map/seed/write-seed-map.ts';
import type { PackedFile } from '../../../checkpoint/pack-checkpoint.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { roundedHost } from '../../../seed/draw/rounded.ts';
import { drawnHost, type Host } from '../../../seed/draw/seed-tensors.ts';
import type { RoleSlice } from '../../../seed/draw/slices.ts';
import { compiledCard } from '../../../seed/host/compiled-card.ts';
import { writeBlock } from '../../../seed/write/block.ts';
import { changesOf } from '../../../seed/write/changes.ts';
import { checkpointHost } from '../../../seed/write/checkpoint-host.ts';
import { freezeFile, packSeed, withMap } from '../../../seed/write/pack-seed.ts';
import { seedCard } from '../../../seed/write/seed-card.ts';
import { type OpenFolder, openFolder } from '../../files/model-folder.ts';
import { newNodeSha256 } from '../../files/node-sha256.ts';
import { writeFile } from '../../files/write-file.ts';
import { writeFolder } from '../../files/write-folder.ts';
import type { HostCost } from '../../match/host-cost.ts';
import { applyBlock } from '../../overwrite/apply-block.ts';
import { tellCost } from '../../overwrite/tell-cost.ts';
import { compiledJson, printCompiled } from '../../report/compiled-seed-report.ts';
import { planJson, printPlan } from '../../report/seed-report.ts';
import { type Given, planSources, type SeededCircuits } from '../../seed/plan-sources.ts';
import { quieterOn } from '../../seed/quieter.ts';
import { readSeeded } from '../../seed/read-seeded.ts';
import { circuitText } from '../../seed/seed-alphabet.ts';
import { dtypeOf, type OpenHost, openHost, readHost, tensorsOf } from '../../seed/seed-host.ts';
import { lossBudget, measuredLoss, printLoss, type SeedLoss } from '../../seed/seed-loss.ts';
import { checkOptions, configureSeed, type SeedCommandOptions } from '../../seed/seed-options.ts';
import { relocated } from '../../seed/seed-sources.ts';
import type { CommandDefinition } from '../../session/command.ts';
import { isFolder, lazyTokenizer } from '../../session/read-tokenizer.ts';
import { assertTokenizer, isClassified } from '../../session/seed-classes.ts';
import { changedCheckpoint } from '../../session/seed-into.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';
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
      const dtype = dtypeOf(open, options);
      const host =
        open === null
          ? roundedHost(drawnHost({ config: like.config, rules: like.rules, range: like.range, seed: options.seed }), dtype)
          : checkpointHost(open.checkpoint);
      const read = { ...options, command: 'seed', tokenizer };
      const sources = (await Promise.all(files.map((file) => readSeeded(session, file, host.config, read)))).flat();
      if (sources.some(({ program }) => isClassified(program))) assertTokenizer(tokenizer(), host.config);
      const given = { host, like, sources, dtype, isNew: open === null };
      const made = (asked: SeedCommandOptions): SeededCircuits => {
        const planned = planSources(asked, given);
        const expected = withWindows(session, planned.facts, host, planned.slices, options.seed);
        return { ...planned, facts: onText(session, options, open, expected, host, planned.slices) };
      };
      const first = made(options);
      const quieter = quieterOn(first.facts.text, first.plan, options);
      if (quieter !== null) session.remark(quieter.why);
      const circuits = quieter === null ? first : made(quieter.options);
      const { compiled, slices, facts } = circuits;
      if (options.dumpIr && compiled !== null) session.io.stdout.write(circuitText(compiled));
      const cost = open === null ? null : tellCost(session, options, open, changesOf(host.config, slices), facts.bos?.id ?? null);
      if (!options.plan) write(session, options, { ...given, circuits, open });
      const budget = compiled === null ? lossBudget(options.text !== undefined) : undefined;
      const loss = options.plan && open === null ? measuredLoss(facts, host, slices, options.seed, budget) : undefined;
      report(session, circuits, options, { cost, loss, milliseconds: Math.round(session.io.now() - start) });
      return EXIT.done;
    } finally {
      open?.folder.close();
    }
  },
};

interface Planned extends Given {
  readonly circuits: SeededCircuits;
  readonly open: OpenHost | null;
}

/** With what is expected of the text that was given, if any. */
function onText(
  session: Session,
  { text, tokenizer }: SeedCommandOptions,
  open: OpenHost | null,
  facts: SeededCircuits['facts'],
  host: Host,
  slices: readonly RoleSlice[],
): SeededCircuits['facts'] {
  if (text === undefined) return facts;
  return withText(session, facts, host, slices, { path: text, tokenizer, folders: open === null ? [] : [open.folder.path] });
}

function costJson(cost: HostCost | null): Json {
  return cost === null ? null : { ...cost };
}

/** What a folder says of itself. */
function cardOf({ plan, facts }: SeededCircuits, { config }: Host): string {
  return plan === null ? compiledCard(facts, config) : seedCard(facts, plan);
}

function write(session: Session, options: SeedCommandOptions, { circuits, host, like, open, sources }: Planned): void {
  const where = { directory: session.io.directory, force: options.force === true };
  const { config } = host;
  const { slices } = circuits;
  const changes = changesOf(config, slices);
  const facts = relocated(sources, circuits.facts);
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
          card: cardOf(circuits, host),
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

interface Measured {
  readonly cost: HostCost | null;
  /** Undefined where it was not asked for. */
  readonly loss: SeedLoss | null | undefined;
  readonly milliseconds: number;
}

function report(session: Session, circuits: SeededCircuits, options: SeedCommandOptions, { cost, loss, milliseconds }: Measured): void {
  const { plan, compiled, facts } = circuits;
  const written = options.plan ? null : (options.output ?? options.block ?? null);
  const config = plan?.config ?? compiled?.seed.placed.host.config;
  if (config === undefined) return;
  if (session.format === 'json') {
    const { dir: _, ...made } = compiled === null ? EMPTY : compiledJson(compiled, loss ?? null, written);
    session.printJson({
      ...(plan === null ? { dir: written, ...made } : planJson(plan, options.seed, written)),
      ...(plan === null || compiled === null ? {} : { compiled: made }),
      loss: (loss ?? null) as Json,
      expected: expectedJson(facts),
      text: (facts.text ?? null) as Json,
      overwritten: costJson(cost),
      milliseconds,
    });
    return;
  }
  if (options.dumpIr && compiled !== null) return;
  if (plan !== null) printPlan(session, plan, options.into === undefined ? options.seed : null, written);
  if (plan !== null && compiled !== null) session.print('');
  if (compiled !== null) printCompiled(session, compiled, plan === null ? loss : undefined, written);
  if (plan !== null && loss !== undefined) printLoss(session, 'random tokens', loss, config.sizes.vocab, facts.says);
  printExpected(session, facts, config);
  printText(session, facts, config);
}

const EMPTY: { readonly [key: string]: Json } = {};
