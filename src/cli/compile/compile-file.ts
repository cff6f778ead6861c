/** A program in, a model folder out: what `raspc compile` does, and what `lock` has done again. */
import { basename, isAbsolute } from 'node:path';
import type { Command } from 'commander';
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { haltId } from '../../checkpoint/map/halt-id.ts';
import { packCheckpoint } from '../../checkpoint/pack-checkpoint.ts';
import { type CompiledModel, compile as compileProgram } from '../../compiler/compile.ts';
import { explainCost } from '../../compiler/describe/explain-cost.ts';
import { type CompileOptions, STAGES, type StageName } from '../../compiler/options.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Program } from '../../graph/program.ts';
import type { SourceFile } from '../../source/source-file.ts';
import { withCommas } from '../../source/with-commas.ts';
import { targetLike } from '../../targets/model-config.ts';
import { findTarget, TARGETS } from '../../targets/registry.ts';
import type { Target } from '../../targets/target.ts';
import { DTYPES, type Dtype } from '../../tensor/dtype.ts';
import { VERSION } from '../../version.ts';
import { newNodeSha256 } from '../files/node-sha256.ts';
import { readSource } from '../files/read-source.ts';
import { writeFolder } from '../files/write-folder.ts';
import { costData, costTable } from '../report/cost-table.ts';
import { choiceOption, countOption } from '../session/command.ts';
import { loadSource, vocabularyOption } from '../session/load-file.ts';
import { loadSolver } from '../session/load-solver.ts';
import { readLike } from '../session/read-like.ts';
import type { Session } from '../session/session.ts';
import { sizeOption } from '../session/size-option.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import type { Json } from '../terminal/json.ts';
import { effortOption } from './effort-option.ts';

export interface CompileFileOptions {
  readonly output?: string;
  readonly target?: string;
  readonly like?: string;
  readonly export?: readonly string[];
  readonly vocab?: string;
  readonly context?: number;
  readonly causal?: true;
  readonly bidirectional?: true;
  readonly dtype?: Dtype;
  readonly compute: Dtype;
  readonly optimize: '2' | '3';
  readonly effort?: number;
  readonly maxShardSize?: number;
  readonly dumpIr?: StageName;
  readonly explainCost?: true;
  readonly unproven?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

export async function compileFile(session: Session, file: string, options: CompileFileOptions): Promise<ExitCode> {
  checkOptions(options);
  const source = await readSource(file, session.io);
  compileSource(session, source, options, options.optimize === '3' ? await loadSolver() : null);
  return EXIT.done;
}

/** Options that contradict each other, or that leave nothing to do. */
function checkOptions(options: CompileFileOptions): void {
  if (options.causal && options.bidirectional) {
    fail('R8005', { first: '--causal', second: '--bidirectional', why: 'a selector either sees what follows or does not' });
  }
  const { dtype, compute } = options;
  if (compute !== 'f32' && dtype !== undefined && dtype !== 'f32' && dtype !== compute) {
    fail('R8005', {
      first: `--dtype ${dtype}`,
      second: `--compute ${compute}`,
      why: 'weights would be rounded twice, to different numbers',
    });
  }
  if (options.output === undefined && options.dumpIr === undefined && !options.explainCost && !options.dryRun) {
    fail('R8003', { what: '`--output`', command: 'raspc compile' });
  }
}

/** @param solve for `-O 3` */
export function compileSource(
  session: Session,
  source: SourceFile,
  options: CompileFileOptions,
  solve: CompileOptions['solve'] | null,
): void {
  const start = session.io.now();
  const causal = options.causal ?? (options.bidirectional ? false : undefined);
  const vocabulary = vocabularyOption(options.vocab);
  const program = loadSource(source, session.io, { exports: options.export, vocabulary, context: options.context, causal });
  sayOverridden(session, source, options);
  const compiled = compileShown(session, program, { ...compileOptions(session, options), ...(solve ? { solve } : {}) });
  const checkpoint = pack(compiled, program.source.path, options.maxShardSize ?? null);
  if (options.output !== undefined && !options.dryRun) {
    writeFolder(options.output, checkpoint.files, { directory: session.io.directory, force: options.force === true });
  }
  report(session, compiled, checkpoint.map, options, session.io.now() - start);
}

/** Says what it is at, on a terminal, where it takes long. */
function compileShown(session: Session, program: Program, options: CompileOptions): CompiledModel {
  const progress = session.progress('compiling');
  try {
    return compileProgram(program, { ...options, onStage: progress.at });
  } finally {
    progress.finish();
  }
}

export function configureCompile(command: Command): Command {
  return command
    .argument('<file>', 'a RASP program, `-` for standard input')
    .option('-o, --output <dir>', 'the folder to write')
    .addOption(
      choiceOption(
        '--target',
        'the model family (default: gpt2, or that of `--like`)',
        TARGETS.map(({ name }) => name),
      ),
    )
    .option('--like <config>', 'a config.json (or its folder) whose sizes the model must have')
    .option('--export <name...>', 'what to compile, in place of @export')
    .option('--vocab <expr>', 'the input alphabet, in place of @vocab')
    .addOption(countOption('--context', 'the longest input in tokens, in place of @context', 1))
    .option('--causal', 'every selector sees only what comes before, in place of @bidirectional')
    .option('--bidirectional', 'selectors see everything, in place of @causal')
    .addOption(choiceOption('--dtype', 'what weights are stored as (default: what the model computes in)', DTYPES))
    .addOption(choiceOption('--compute', 'what the model computes in', DTYPES).default('f32'))
    .addOption(choiceOption('-O, --optimize', '3: look for the best schedule, and prove it', ['2', '3']).default('2'))
    .addOption(effortOption())
    .addOption(sizeOption('--max-shard-size', 'split the weights into files of at most this size, such as 5GB (default: one file)'))
    .addOption(choiceOption('--dump-ir', 'print the program as this stage of the compiler leaves it', STAGES))
    .option('--explain-cost', 'print what each part of the program costs')
    .option('--unproven', 'write the model even if its certificate does not hold')
    .option('--force', 'replace the folder if it exists')
    .option('--dry-run', 'compile and tell, and write nothing');
}

/** Says which directives of the file the options took the place of. */
function sayOverridden(session: Session, { text }: SourceFile, options: CompileFileOptions): void {
  const pairs: readonly (readonly [given: unknown, option: string, directive: RegExp])[] = [
    [options.vocab, '--vocab', /(?<=^|;)\s*@vocab\b/m],
    [options.context, '--context', /(?<=^|;)\s*@context\b/m],
    [options.causal, '--causal', /(?<=^|;)\s*@bidirectional\b/m],
    [options.bidirectional, '--bidirectional', /(?<=^|;)\s*@causal\b/m],
    [options.export, '--export', /(?<=^|;)\s*@export\b/m],
  ];
  for (const [given, option, directive] of pairs) {
    const found = directive.exec(text)?.[0].trim();
    if (given !== undefined && found !== undefined) session.remark(`note: \`${option}\` takes the place of \`${found}\``);
  }
}

function compileOptions(session: Session, options: CompileFileOptions): CompileOptions {
  return {
    ...modelOf(session, options),
    dtype: options.dtype ?? options.compute,
    compute: options.compute,
    ...(options.effort === undefined ? {} : { effort: options.effort }),
    ...(options.unproven ? { unproven: true } : {}),
    observe(stage, print) {
      if (stage === options.dumpIr) session.io.stdout.write(print());
    },
  };
}

/** The family to compile for, and with `--like` the sizes. */
function modelOf(session: Session, { target, like }: CompileFileOptions): Pick<CompileOptions, 'target' | 'sizes'> {
  if (like === undefined) return { target: findTarget(target ?? 'gpt2') as Target };
  const { config } = readLike(like, session.io.directory);
  if (target !== undefined && target !== config.target.name) {
    fail('R8005', {
      first: `--target ${target}`,
      second: `--like ${like}`,
      why: `the config describes a model of the family \`${config.target.name}\``,
    });
  }
  if (config.rotary !== null && config.rotary.dims === config.sizes.dim) {
    session.remark('note: content needs pairs that do not turn, so the rotary base is that of a compiled model, not of the config');
  }
  if (config.tied) session.remark('note: the output head has rows of its own, so `tie_word_embeddings` is false');
  return { target: targetLike(config), sizes: config.sizes };
}

/** The folder's files. The same program gives the same bytes wherever it lies, so an absolute path is not written down. */
function pack(compiled: CompiledModel, path: string, maxShardBytes: number | null): ReturnType<typeof packCheckpoint> {
  const { config, weights, dtype, compute, pad } = compiled;
  const map = isAbsolute(path) || path.startsWith('..') ? relocate(compiled.map, path, basename(path)) : compiled.map;
  return packCheckpoint({
    config,
    weights,
    dtype,
    compute,
    eos: haltId(map),
    pad,
    maxShardBytes,
    map: { raspc: VERSION, ...map },
    newHasher: newNodeSha256,
  });
}

type MapFacts = CompiledModel['map'];

function relocate(map: MapFacts, from: string, to: string): MapFacts {
  const moved = mapSpans(map, (span) => (span.startsWith(`${from}:`) ? to + span.slice(from.length) : span)) as MapFacts;
  return { ...moved, program: { ...map.program, file: to } };
}

/** The same data with every member called `span` mapped. */
function mapSpans(data: unknown, move: (span: string) => string): unknown {
  if (Array.isArray(data)) return data.map((item) => mapSpans(item, move));
  if (typeof data !== 'object' || data === null) return data;
  const members = Object.entries(data).map(([key, value]) => [
    key,
    key === 'span' && typeof value === 'string' ? move(value) : mapSpans(value, move),
  ]);
  return Object.fromEntries(members);
}

function report(session: Session, compiled: CompiledModel, map: CircuitMap, options: CompileFileOptions, milliseconds: number): void {
  const { size, certificate } = compiled;
  const { layers, heads, width, dim, hidden, parameters, nonzero, headsPerLayer } = size;
  const { holds, worstMargin, errorBound, sums } = certificate;
  if (session.format === 'json') {
    const document: Json = {
      dir: options.output ?? null,
      target: map.target,
      layers,
      heads,
      width,
      dim,
      hidden,
      parameters,
      nonzero,
      context: map.context,
      vocabulary: map.vocabulary.length,
      headsPerLayer,
      ...(options.optimize === '3' ? { schedule: compiled.placement.goals?.map((goal) => ({ ...goal })) ?? null } : {}),
      milliseconds: Math.round(milliseconds),
      certificate: { holds, worstMargin, errorBound, sums },
      files: options.output === undefined && !options.dryRun ? [] : map.files.map((file) => ({ ...file })),
      ...(options.explainCost ? { cost: costData(explainCost(compiled.placement)) } : {}),
    };
    session.printJson(document);
    return;
  }
  if (options.explainCost) for (const line of costTable(explainCost(compiled.placement))) session.print(line);
  if (options.output === undefined && !options.dryRun) return;
  const { theme } = session;
  session.print(
    `${options.dryRun ? theme.success('would write') : theme.success('wrote')} ${options.output ?? 'a folder'}: ${map.outputs.map(({ name }) => name).join(', ')} as a ${compiled.config.target.architecture}`,
  );
  session.print(`  ${layers} layer${layers === 1 ? '' : 's'}, heads ${headsPerLayer.join(' ')}, width ${width}, hidden ${hidden}`);
  session.print(`  ${withCommas(parameters)} parameters, ${withCommas(nonzero)} not zero`);
  if (options.optimize === '3') session.print(`  ${scheduleLine(compiled.placement)}`);
  session.print(`  context ${map.context}, vocabulary ${map.vocabulary.length}, ${map.causal ? 'causal' : 'bidirectional'}`);
  const order = sums === 'in-order' ? ', where neurons are summed in order' : '';
  const bound = `margin ${worstMargin.toPrecision(3)}, error at most ${errorBound.toPrecision(2)}${order}`;
  session.print(`  certificate ${holds ? theme.success('holds') : theme.failure('does not hold')}: ${bound}`);
}

/** Whether there is a better schedule of as few layers: no; or what it might save. */
function scheduleLine({ goals }: CompiledModel['placement']): string {
  if (goals === null) return 'schedule as early as can be: too large to look for the best one';
  const open = goals.filter(({ value, bound }) => bound < value);
  if (open.length === 0) return 'schedule optimal: none of as few layers has fewer heads in its largest layer, then fewer neurons';
  return `schedule not proven optimal: ${open.map(({ name, value, bound }) => `${name} ${value}, at least ${bound}`).join('; ')}`;
}
