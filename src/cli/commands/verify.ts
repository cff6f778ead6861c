/** `raspc verify DIR`: the checkpoint, run from its bytes, against its program, evaluated. */
import { type Command, Option } from 'commander';
import type { CircuitMap } from '../../checkpoint/circuit-map.ts';
import { diagnose, fail } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { evaluator } from '../../graph/evaluate.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import type { Sequence } from '../../graph/sequence.ts';
import type { Value } from '../../graph/value.ts';
import { type SourceFile, sourceFile } from '../../source/source-file.ts';
import {
  adversarialInputs,
  allInputs,
  concatenate,
  countInputs,
  type InputSource,
  listedInputs,
  randomInputs,
  shard,
} from '../../verify/inputs.ts';
import { type Counterexample, type Subject, type Verification, verifyCheckpoint } from '../../verify/verify-checkpoint.ts';
import { type CommandDefinition, choiceOption, countOption } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSource, type Overrides } from '../load-file.ts';
import { type Compiled, openCompiled } from '../open-compiled.ts';
import { readSource } from '../read-source.ts';
import { showInput } from '../show-values.ts';
import { printReport, REPORTERS, type Reporter } from '../verify-report.ts';

/** Up to so many inputs, all of them are tried. */
const FEW_INPUTS = 50_000;
/** More than this nobody can wait for. */
const MOST_INPUTS = 1e9;
const DEFAULT_SAMPLES = 10_000;

interface Options {
  readonly program?: string;
  readonly exhaustive?: true;
  readonly samples?: number;
  readonly seed: number;
  readonly shard?: Shard;
  readonly reporter?: Reporter;
}

interface Shard {
  readonly index: number;
  readonly of: number;
}

export const verify: CommandDefinition<Options> = {
  example: 'raspc verify out/hist --samples 2000',
  configure,
  async run(session, [path = ''], options) {
    if (options.exhaustive && options.samples !== undefined) {
      fail('R8005', { first: '--exhaustive', second: '--samples', why: 'all inputs are tried, or a sample of them' });
    }
    const compiled = openCompiled(path, session.io.directory);
    const source = options.program === undefined ? ownSource(compiled.map) : await readSource(options.program, session.io);
    const program = loadSource(source, session.io, overridesOf(compiled.map));
    const subject = subjectOf(compiled, program);
    const plan = planInputs(compiled.map, program, options);
    const progress = session.progress('verifying');
    const start = session.io.now();
    const result = verifyCheckpoint(subject, plan.inputs, (done) => progress.update(done, plan.inputs.count));
    progress.finish();
    const seconds = (session.io.now() - start) / 1000;
    const fault = result.counterexample === null ? null : faultOf(path, program, result, result.counterexample);
    const reporter = options.reporter ?? (session.format === 'json' ? 'json' : 'text');
    printReport(session, reporter, { path, map: compiled.map, result, exhaustive: plan.exhaustive, inputs: plan.words, seconds, fault });
    if (fault === null) return EXIT.done;
    if (reporter !== 'github') session.report([fault]);
    return EXIT.failed;
  },
};

function configure(command: Command): Command {
  return command
    .argument('<dir>', 'a folder that `raspc compile` wrote')
    .option('--program <file>', 'the program to compare with, in place of the one the folder was compiled from')
    .option('--exhaustive', 'try every input there is')
    .addOption(countOption('--samples', `random inputs to try (default: all inputs up to ${FEW_INPUTS}, else ${DEFAULT_SAMPLES})`, 0))
    .addOption(countOption('--seed', 'where the random inputs start', 0).default(1))
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

/** Points at the source of the output that is wrong. */
function faultOf(path: string, program: Program, { failed, checked }: Verification, { output, input }: Counterexample): Diagnostic {
  const node = program.exports.find(({ name }) => name === output)?.node;
  return diagnose(
    'R7601',
    { path, failed, checked, input: showInput(input) },
    { span: node?.spans[0], label: 'the checkpoint differs from this' },
  );
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

interface Plan {
  readonly inputs: InputSource;
  readonly exhaustive: boolean;
  /** What is tried, in words. */
  readonly words: string;
}

function planInputs(map: CircuitMap, program: Program, options: Options): Plan {
  const vocabulary = map.vocabulary.length;
  const all = countInputs(vocabulary, map.context);
  const exhaustive = options.exhaustive ?? (options.samples === undefined && all <= FEW_INPUTS);
  if (exhaustive && all > MOST_INPUTS) fail('R8010', { count: all, limit: MOST_INPUTS });
  const part = ({ index, of }: Shard) => (of === 1 ? '' : `, part ${index} of ${of}`);
  const chosen = options.shard ?? { index: 1, of: 1 };
  if (exhaustive) {
    return {
      inputs: shard(allInputs(vocabulary, map.context), chosen.index, chosen.of),
      exhaustive,
      words: `every input there is${part(chosen)}`,
    };
  }
  const samples = options.samples ?? DEFAULT_SAMPLES;
  const inputs = concatenate(
    listedInputs(exampleInputs(map, program)),
    adversarialInputs(vocabulary, map.context),
    randomInputs(vocabulary, map.context, samples, options.seed),
  );
  const words = `${samples.toLocaleString('en-US')} random inputs of every length (seed ${options.seed}), and those at the edges${part(chosen)}`;
  return { inputs: shard(inputs, chosen.index, chosen.of), exhaustive, words };
}

/** The inputs of the program's own examples, where the checkpoint can take them. */
function exampleInputs(map: CircuitMap, program: Program): Uint32Array[] {
  const indexOf = new Map<Value, number>(map.vocabulary.map(({ value }, index) => [value, index]));
  return program.examples
    .map(({ input }) => input.map((token) => indexOf.get(token)))
    .filter((input): input is number[] => input.length <= map.context && input.every((index) => index !== undefined))
    .map((input) => Uint32Array.from(input));
}
