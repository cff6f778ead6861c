/** `raspc verify DIR`: the checkpoint, run from its bytes, against its program, evaluated. */
import { type Command, Option } from 'commander';
import type { CircuitMap } from '../../checkpoint/circuit-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { evaluator } from '../../graph/evaluate.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import type { Sequence } from '../../graph/sequence.ts';
import { type SourceFile, sourceFile } from '../../source/source-file.ts';
import { type Trace, traceInput } from '../../verify/trace.ts';
import { type Counterexample, type Subject, type Verification, verifyCheckpoint } from '../../verify/verify-checkpoint.ts';
import { checkLocked, lockedEntry } from '../check-locked.ts';
import { type CommandDefinition, choiceOption, countOption } from '../command.ts';
import { changedFilesOf } from '../compare-folders.ts';
import { durationOption } from '../duration.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSource, type Overrides } from '../load-file.ts';
import { LOCK_FILE, readLock } from '../lock-file.ts';
import { type Compiled, idsOfInput, openCompiled } from '../open-compiled.ts';
import { readSource } from '../read-source.ts';
import type { Session } from '../session.ts';
import { verificationFault } from '../verify-fault.ts';
import { checkPlanOptions, DEFAULT_SAMPLES, FEW_INPUTS, type Plan, type PlanOptions, planInputs, type Shard } from '../verify-plan.ts';
import { printReports, REPORTERS, type Reporter } from '../verify-report.ts';
import type { Report } from '../verify-result.ts';

interface Options extends PlanOptions {
  readonly locked?: true;
  readonly program?: string;
  readonly reporter?: Reporter;
}

export const verify: CommandDefinition<Options> = {
  example: 'raspc verify out/hist --samples 2000',
  configure,
  async run(session, [dir], options) {
    checkPlanOptions(options);
    if (dir === undefined && !options.locked) fail('R8003', { what: 'a DIR', command: 'raspc verify' });
    const { directory } = session.io;
    const entries = options.locked ? (dir === undefined ? readLock(directory) : [lockedEntry(dir, directory)]) : [];
    if (options.locked && entries.length === 0) fail('R7605', { path: LOCK_FILE, why: 'it does not exist, or lists nothing' });
    const paths = dir === undefined ? entries.map((entry) => entry.dir) : [dir];
    const reports: Report[] = [];
    for (const [index, path] of paths.entries()) {
      const entry = entries[index];
      const lockFaults = entry === undefined ? null : await checkLocked(session, entry);
      reports.push({ ...(await verifyFolder(session, path, options)), lockFaults });
    }
    const reporter = options.reporter ?? (session.format === 'json' ? 'json' : 'text');
    printReports(session, reporter, reports);
    const faults = reports.flatMap(({ fault, lockFaults }) => [...(lockFaults ?? []), ...(fault === null ? [] : [fault])]);
    if (reporter !== 'github') session.report(faults);
    return faults.length === 0 ? EXIT.done : EXIT.failed;
  },
};

async function verifyFolder(session: Session, path: string, options: Options): Promise<Omit<Report, 'lockFaults'>> {
  const compiled = openCompiled(path, session.io.directory);
  const { map } = compiled;
  const changed = changedFilesOf(path, session.io.directory, map.files);
  const source = options.program === undefined ? ownSource(map) : await readSource(options.program, session.io);
  const program = loadSource(source, session.io, overridesOf(map));
  const subject = subjectOf(compiled, program);
  const plan = planInputs(map, program, options);
  const start = session.io.now();
  const result = tryInputs(session, subject, plan, options.budget);
  const seconds = (session.io.now() - start) / 1000;
  const trace = result.counterexample === null ? null : traceFailure(compiled, subject, result.counterexample);
  return { path, map, result, trace, plan, seconds, changed, fault: verificationFault(path, program, result, trace) };
}

function configure(command: Command): Command {
  return command
    .argument('[dir]', 'a folder that `raspc compile` wrote; with --locked, by default every one that is locked')
    .option('--locked', 'check first that sources, files and what the sources compile to are as `raspc lock` wrote them down')
    .option('--program <file>', 'the program to compare with, in place of the one the folder was compiled from')
    .option('--exhaustive', 'try every input there is')
    .addOption(countOption('--samples', `random inputs to try (default: all inputs up to ${FEW_INPUTS}, else ${DEFAULT_SAMPLES})`, 0))
    .addOption(countOption('--seed', 'where the random inputs start', 0).default(1))
    .addOption(durationOption('--budget', 'stop after this time, such as 60s; without --samples, try as many inputs as it allows'))
    .addOption(shardOption())
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

/** The checkpoint was compiled under these, whatever the source's directives say. */
function overridesOf({ outputs, vocabulary, context, causal }: CircuitMap): Overrides {
  return {
    exports: outputs.map(({ name }) => name),
    vocabulary: { kind: 'tokens', values: vocabulary.map(({ value }) => value), span: null },
    context,
    causal,
  };
}

function subjectOf({ map, model }: Compiled, program: Program): Subject {
  const nodes = map.outputs.map(({ name }) => program.exports.find((e) => e.name === name)?.node as SOp);
  const evaluate = evaluator(nodes, { causal: map.causal });
  const bound = map.certificate.holds === true ? Number(map.certificate.errorBound) : Number.NaN;
  const { outputs } = model.config.sizes;
  return {
    vocabulary: map.vocabulary.map(({ value }) => value),
    bos: map.bos.id,
    ids: map.vocabulary.map(({ id }) => id),
    outputs: map.outputs,
    model: (batch) => model.logits(batch).map((data) => ({ data, outputs })),
    program(input) {
      const values = evaluate(input);
      return nodes.map((node) => (values.get(node) as Sequence).values);
    },
    tolerance: Number.isFinite(bound) ? bound : Number.POSITIVE_INFINITY,
  };
}

function tryInputs(session: Session, subject: Subject, plan: Plan, budget: number | undefined): Verification {
  const progress = session.progress('verifying');
  const start = session.io.now();
  const left = () => (budget === undefined ? Number.POSITIVE_INFINITY : budget - (session.io.now() - start) / 1000);
  const result = verifyCheckpoint(
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
