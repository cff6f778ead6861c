/** `raspc verify DIR`: the checkpoint, run from its bytes, against its program, evaluated. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { checkCheckpoint } from '../../../checker/check-checkpoint.ts';
import type { CircuitMap } from '../../../checkpoint/map/circuit-map.ts';
import { diagnose, fail } from '../../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { diagnosticToGithub } from '../../../diagnostics/formats.ts';
import type { Program } from '../../../graph/program.ts';
import type { Value } from '../../../graph/value.ts';
import { type SourceFile, sourceFile } from '../../../source/source-file.ts';
import { type CircuitResult, checkCircuits } from '../../../verify/circuits/check-circuits.ts';
import { type Trace, traceInput } from '../../../verify/circuits/trace.ts';
import type { StreamView } from '../../../verify/circuits/watched-variables.ts';
import { modelSubject } from '../../../verify/model-subject.ts';
import { type Counterexample, type Subject, type Verification, verifyCheckpoint } from '../../../verify/verify-checkpoint.ts';
import { withDisguised } from '../../disguise/verify-disguised.ts';
import { courseOf } from '../../drift/drift-words.ts';
import { measureCheckpoints } from '../../drift/measure-checkpoints.ts';
import { changedFilesOf } from '../../files/compare-folders.ts';
import { readSource } from '../../files/read-source.ts';
import { checkLocked, lockedEntry } from '../../lock/check-locked.ts';
import { LOCK_FILE, readLock } from '../../lock/lock-file.ts';
import { circuitsFault } from '../../report/circuits-report.ts';
import { proofFault } from '../../report/proof-report.ts';
import { type CommandDefinition, choiceOption, countOption } from '../../session/command.ts';
import { loadSource, overridesOf, vocabularyOption } from '../../session/load-file.ts';
import { type Compiled, idsOfInput, withCompiled, withTrained } from '../../session/open-compiled.ts';
import type { Session } from '../../session/session.ts';
import { EXIT, type ExitCode } from '../../terminal/exit-codes.ts';
import { durationOption } from '../../terminal/text/duration.ts';
import { showInput } from '../../terminal/text/show-values.ts';
import { isProven, missingProof } from '../../verify/claims.ts';
import { chooseEngine, ENGINES, type EngineChoice, type NativeEngine, OWN_ENGINE } from '../../verify/native-engine.ts';
import { scopeOf } from '../../verify/scope.ts';
import type { CircuitStanding } from '../../verify/seeded/seeded-states.ts';
import { findSeedMap, verifySeeded } from '../../verify/seeded/verify-seeded.ts';
import { boundFault, contradiction, isClaimedBoundMissed, verificationFault } from '../../verify/verify-fault.ts';
import { verifyGenerated } from '../../verify/verify-generated.ts';
import {
  checkPlanOptions,
  DEFAULT_SAMPLES,
  FEW_INPUTS,
  type Plan,
  type PlanOptions,
  planInputs,
  type Shard,
} from '../../verify/verify-plan.ts';
import { printReports, REPORTERS, type Reporter } from '../../verify/verify-report.ts';
import { faultsOf, type Report } from '../../verify/verify-result.ts';

interface Options extends PlanOptions {
  readonly locked?: true;
  readonly program?: string;
  readonly requireProof?: true;
  readonly reportOnly?: true;
  readonly context?: number;
  readonly generate?: true;
  readonly vocab?: string;
  readonly export?: readonly string[];
  readonly map?: string;
  readonly key?: string;
  readonly host?: string;
  readonly text?: string;
  readonly tokenizer?: string;
  readonly reporter?: Reporter;
  readonly engine?: EngineChoice;
}

export const verify: CommandDefinition<Options> = {
  example: 'raspc verify out/hist --samples 2000',
  configure,
  async run(session, [dir], options) {
    checkPlanOptions(options);
    if (dir !== undefined && !options.locked) {
      const seedMap = findSeedMap(dir, options.map, session.io.directory);
      if (seedMap !== null) {
        const { map } = options;
        const own = asReported(session, dir, options.reporter);
        const code = verifySeeded(own, dir, seedMap, {
          ...options,
          ...(map === undefined ? {} : { compare: () => compareWith(session, map, dir, options.seed) }),
        });
        return withoutProof(own, dir, options, code, 'what seeded circuits do in a model is measured, on some windows');
      }
    }
    if (options.host !== undefined && options.key === undefined)
      fail('R7773', { path: options.host, why: 'nothing was grafted, by what raspc.json says' });
    if (dir === undefined && !options.locked) fail('R8003', { what: 'a DIR', command: 'raspc verify' });
    if (options.text !== undefined && options.host === undefined)
      fail('R8005', { first: '--text', second: dir ?? '--locked', why: 'only circuits of a seeded folder are measured on a text' });
    if (options.generate && dir !== undefined) {
      const own = asReported(session, dir, options.reporter);
      return withoutProof(own, dir, options, await verifyGenerated(own, dir, options), 'what it goes on with is tried, step by step');
    }
    const { directory } = session.io;
    const entries = options.locked ? (dir === undefined ? readLock(directory) : [lockedEntry(dir, directory)]) : [];
    if (options.locked && entries.length === 0) {
      if (!existsSync(resolve(directory, LOCK_FILE)))
        fail('R8501', { path: LOCK_FILE, reason: 'no such file: `raspc lock DIR` writes one' });
      fail('R7605', { path: LOCK_FILE, why: 'it lists nothing' });
    }
    const paths = dir === undefined ? entries.map((entry) => entry.dir) : [dir];
    const reports: Report[] = [];
    for (const [index, path] of paths.entries()) {
      const entry = entries[index];
      const lockFaults = entry === undefined ? null : await checkLocked(session, entry);
      const { key } = options;
      const report = key === undefined ? verifyFolder(session, path, options) : verifyHidden(session, path, key, options);
      reports.push({ ...(await report), lockFaults });
    }
    const reporter = options.reporter ?? (session.format === 'json' ? 'json' : 'text');
    printReports(session, reporter, reports);
    const faults = reports.flatMap(faultsOf);
    if (reporter !== 'github') session.report(faults);
    // that raspc contradicts itself weighs more than anything it says of a model
    return faults.some(({ code }) => code.startsWith('R9')) ? EXIT.internal : faults.length === 0 ? EXIT.done : EXIT.failed;
  },
};

/** What is measured rather than held against inputs, in the form that a reporter asks for. */
function asReported(session: Session, path: string, reporter: Reporter | undefined): Session {
  if (reporter === 'junit') {
    const why = 'what is measured here are no test cases: `--reporter text`, `json` or `github` tell of it';
    fail('R8005', { first: '--reporter junit', second: path, why });
  }
  if (reporter === 'json' || reporter === 'text') return { ...session, format: reporter };
  if (reporter !== 'github') return session;
  const report = (faults: readonly Diagnostic[]): void => {
    for (const fault of faults) session.print(diagnosticToGithub(fault));
  };
  return { ...session, report };
}

/** Where a proof is demanded and there is none to be had, that is a fault. */
function withoutProof(session: Session, path: string, { requireProof }: Options, code: ExitCode, why: string): ExitCode {
  if (!requireProof) return code;
  session.report([diagnose('R7610', { path, why })]);
  return code === EXIT.done ? EXIT.failed : code;
}

/** Positions that a trained checkpoint and the one it started from are run on, to find what a circuit was lost by. */
const COMPARED = 128;

/** What became of each circuit, beside the seeded model; null where the weights are not beside the map. */
function compareWith(session: Session, map: string, path: string, seed: number): readonly CircuitStanding[] | null {
  try {
    const history = measureCheckpoints(session, map, [{ path, step: null }], { seed, positions: COMPARED });
    return (history.points.at(-1)?.drift.circuits ?? []).map(({ name, verdict }) => ({
      name,
      state: verdict === 'never seeded' ? 'not there' : verdict,
      why: verdict === 'works' ? '' : courseOf(history, name),
    }));
  } catch (fault) {
    if (fault instanceof DiagnosticError && fault.diagnostics.some(({ code }) => code === 'R7010')) return null;
    throw fault;
  }
}

function verifyFolder(session: Session, path: string, options: Options): Promise<Omit<Report, 'lockFaults'>> {
  const { directory } = session.io;
  const use = (compiled: Compiled) => verifyCompiled(session, path, compiled, options);
  return options.map === undefined ? withCompiled(path, directory, use) : withTrained(path, options.map, directory, use);
}

/** A disguised folder: its outputs are tried on the folder itself, and what is proven is proven through the key. */
function verifyHidden(session: Session, path: string, key: string, options: Options): Promise<Omit<Report, 'lockFaults'>> {
  return withDisguised(path, { key, host: options.host }, session.io, async ({ map, model, changed, proof: prove }) => {
    const source = options.program === undefined ? ownSource(map) : await readSource(options.program, session.io);
    const program = loadSource(source, session.io, overridesOf(map));
    const plan = planInputs(map, program, options);
    const start = session.io.now();
    const result = await tryInputs(session, modelSubject(map, model, program), plan, options.budget);
    const seconds = (session.io.now() - start) / 1000;
    const proof = prove();
    const wanted = { vocabulary: vocabularyOption(options.vocab), context: options.context, exports: options.export };
    const known = {
      ...{ path, map, result, trace: null, plan, seconds, engine: OWN_ENGINE, changed, circuits: null, proof },
      scope: scopeOf(map, program.declared, wanted, program.assumes.length > 0),
      ...{ isOwnProgram: source.text === map.program.source, isBoundMissed: false },
    };
    const fault = faultOf(known, program, options.program !== undefined);
    const missing = options.requireProof ? missingProof({ ...known }) : null;
    return { ...known, fault, proofFault: missing === null || fault !== null ? null : diagnose('R7610', { path, why: missing }) };
  });
}

async function verifyCompiled(session: Session, path: string, compiled: Compiled, options: Options): Promise<Omit<Report, 'lockFaults'>> {
  const { directory } = session.io;
  const { map, checkpoint } = compiled;
  const changed = changedFilesOf(path, directory, map.files);
  const source = options.program === undefined ? ownSource(map) : await readSource(options.program, session.io);
  const program = loadSource(source, session.io, overridesOf(map));
  const subject = modelSubject(map, compiled.model, program);
  const plan = planInputs(map, program, options);
  const start = session.io.now();
  const engine = await chooseEngine(options.engine ?? 'auto', compiled, directory);
  const result = await tryInputs(session, engine === null ? subject : runBy(engine, subject, compiled), plan, options.budget);
  const seconds = (session.io.now() - start) / 1000;
  const trace = result.counterexample === null ? null : traceFailure(compiled, subject, result.counterexample);
  const circuits = changed.length === 0 ? null : tryCircuits(session, compiled, program, options);
  // elaborated once more, since what the map claims is added to its graph
  const proof = checkCheckpoint({ map, checkpoint, program: loadSource(source, session.io, overridesOf(map)) });
  const wanted = { vocabulary: vocabularyOption(options.vocab), context: options.context, exports: options.export };
  const scope = scopeOf(map, program.declared, wanted, program.assumes.length > 0);
  const isOwnProgram = source.text === map.program.source;
  const known = {
    path,
    map,
    result,
    trace,
    plan,
    seconds,
    engine: engine?.name ?? OWN_ENGINE,
    changed,
    circuits,
    proof,
    scope,
    isOwnProgram,
  };
  const isBoundMissed = isClaimedBoundMissed(known);
  const isMeantToDiffer = options.map !== undefined || options.program !== undefined;
  const fault = faultOf({ ...known, isBoundMissed }, program, isMeantToDiffer);
  const report = { ...known, isBoundMissed, fault, proofFault: null };
  const missing = options.requireProof ? missingProof(report) : null;
  // that an input is wrong says more
  return { ...report, proofFault: missing === null || fault !== null ? null : diagnose('R7610', { path, why: missing }) };
}

/** The first thing that is wrong. A model that was trained on purpose is judged by what it does, any other whose weights changed by what they prove. */
function faultOf(
  known: Omit<Report, 'lockFaults' | 'fault' | 'proofFault'>,
  program: Program,
  isMeantToDiffer: boolean,
): Diagnostic | null {
  const { path, result, trace, circuits, proof, changed } = known;
  const { counterexample } = result;
  if (counterexample !== null && isProven(known)) return contradiction(path, known, showInput(counterexample.input));
  return (
    verificationFault(path, program, result, trace) ??
    (known.isBoundMissed ? boundFault(known) : null) ??
    (circuits === null ? null : circuitsFault(path, program.source, circuits)) ??
    (changed.length > 0 && !isMeantToDiffer ? proofFault(path, program.source, proof) : null)
  );
}

/** Inputs on which each circuit is tried: fewer than for the outputs, since the whole stream is looked at. */
const CIRCUIT_SAMPLES = 500;

/** Null where the map does not say what its variables mean. */
function tryCircuits(session: Session, { map, model }: Compiled, program: Program, options: Options): readonly CircuitResult[] | null {
  const { meaning } = map;
  if (meaning === undefined) return null;
  const { inputs } = planInputs(map, program, {
    seed: options.seed,
    samples: Math.min(options.samples ?? CIRCUIT_SAMPLES, CIRCUIT_SAMPLES),
  });
  const start = session.io.now();
  const isOver = () => options.budget !== undefined && (session.io.now() - start) / 1000 > options.budget;
  const show = (input: readonly Value[], observe: (view: StreamView) => void) => {
    model.logits([idsOfInput(map, input)], observe);
  };
  return checkCircuits({ map: { ...map, meaning }, show }, inputs, isOver);
}

function configure(command: Command): Command {
  return command
    .argument('[dir]', 'a folder that `raspc compile` wrote; with --locked, by default every one that is locked')
    .option('--locked', 'check first that sources, files and what the sources compile to are as `raspc lock` wrote them down')
    .option('--program <file>', 'the program to compare with, in place of the one the folder was compiled from')
    .option('--map <file>', 'the raspc.json of the checkpoint that this one was trained from: says what became of each circuit')
    .option('--key <file>', 'of a disguised folder: the key that `raspc disguise` wrote, through which it is judged')
    .option('--require-proof', 'fail where the checker does not prove it right on every input that its program asks for')
    .option('--host <dir>', 'the model that a folder was grafted onto, which it is compared with; with --key, the host of a disguise')
    .option(
      '--text <file>',
      'of a seeded folder: a text, or token ids, a window a line, on which its circuits are measured (with --host, both models)',
    )
    .option('--tokenizer <path>', 'what cuts the text: tokenizer.json, or its folder; by default the one beside the weights')
    .option('--report-only', 'of a seeded or trained folder: tell what its circuits do, and do not fail')
    .addOption(countOption('--context', 'the longest input that is asked for, in place of @context', 1))
    .option('--vocab <expr>', 'the alphabet that is asked for, in place of @vocab')
    .option('--export <name...>', 'the outputs that are asked for, in place of @export')
    .option('--exhaustive', 'try every input there is')
    .option('--generate', 'compare whole runs of a program with `@step`, in place of single inputs')
    .addOption(countOption('--samples', `random inputs to try (default: all inputs up to ${FEW_INPUTS}, else ${DEFAULT_SAMPLES})`, 0))
    .addOption(countOption('--seed', 'where the random inputs start', 0).default(1))
    .addOption(durationOption('--budget', 'stop after this time, such as 60s; without --samples, try as many inputs as it allows'))
    .addOption(shardOption())
    .addOption(choiceOption('--engine', 'what runs the model (default: onnxruntime-node where it is installed and faster)', ENGINES))
    .addOption(choiceOption('--reporter', 'the form of the report (default: as --format says)', REPORTERS));
}

function shardOption() {
  return new Option('--shard <i/n>', 'do only the i-th of n parts of the work').argParser((value: string): Shard => {
    const [, index = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(value) ?? []).map(Number);
    if (index < 1 || index > of) fail('R8004', { option: '--shard', value, expected: '`i/n` with i from 1 to n' });
    return { index, of };
  });
}

/** The source as the folder has it. */
function ownSource(map: CircuitMap): SourceFile {
  return sourceFile(map.program.file, map.program.source);
}

/** The same model, run by another engine. */
function runBy(engine: NativeEngine, subject: Subject, { model }: Compiled): Subject {
  const { outputs } = model.config.sizes;
  return { ...subject, model: async (batch) => (await engine.logits(batch)).map((data) => ({ data, outputs })) };
}

async function tryInputs(session: Session, subject: Subject, plan: Plan, budget: number | undefined): Promise<Verification> {
  const progress = session.progress('verifying');
  const start = session.io.now();
  const left = () => (budget === undefined ? Number.POSITIVE_INFINITY : budget - (session.io.now() - start) / 1000);
  const result = await verifyCheckpoint(
    subject,
    plan.inputs,
    (done) => (plan.endless ? progress.update(done, null, left()) : progress.update(done, plan.inputs.count)),
    () => left() <= 0,
  );
  progress.finish();
  return result;
}

/** Null where the map does not say what its variables mean. */
function traceFailure({ map, model }: Compiled, subject: Subject, { input }: Counterexample): Trace | null {
  const { meaning } = map;
  if (meaning === undefined) return null;
  return traceInput({
    map: { ...map, meaning },
    input,
    program: subject.program(input),
    show: (observe) => {
      model.logits([idsOfInput(map, input)], observe);
    },
  });
}
