/** `raspc verify DIR --generate`: whole runs of a checkpoint on its own output, against those of the interpreter. */
import { diagnose, fail } from '../../diagnostics/catalog.ts';
import { inputText } from '../../graph/evaluate/evaluate.ts';
import type { GeneratedRun } from '../../graph/evaluate/generate.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import type { Example } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import { sourceFile } from '../../source/source-file.ts';
import { repairedInputs } from '../../verify/assumed-inputs.ts';
import { verifyRuns } from '../../verify/generated/verify-runs.ts';
import { concatenate, listedInputs, randomInputs } from '../../verify/inputs.ts';
import { loadSource, overridesOf } from '../session/load-file.ts';
import { withCompiled } from '../session/open-compiled.ts';
import type { Session } from '../session/session.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';

/** A run takes as many steps as the context has positions. */
const DEFAULT_RUNS = 100;

export interface RunsOptions {
  readonly samples?: number;
  readonly seed: number;
  readonly budget?: number;
}

/** The exit code. Diagnostics: R8011 for a program without a step, R7651 for a run that is wrong. */
export async function verifyGenerated(session: Session, path: string, { samples, seed, budget }: RunsOptions): Promise<ExitCode> {
  const { map, model } = await withCompiled(path, session.io.directory, (compiled) => compiled);
  const program = loadSource(sourceFile(map.program.file, map.program.source), session.io, overridesOf(map));
  const { generation } = program;
  if (generation === null || map.generation === undefined) return fail('R8011', { file: map.program.file });
  const vocabulary = map.vocabulary.map(({ value }) => value);
  // what is given takes at most half of the context, so that there is room to run
  const given = Math.max(1, map.context >> 1);
  const made = repairedInputs(randomInputs(vocabulary.length, given, samples ?? DEFAULT_RUNS, seed), program, vocabulary);
  const inputs = concatenate(listedInputs(prefixesOfExamples(program.examples, vocabulary, map.context)), made);
  const start = session.io.now();
  const limits = { context: map.context, most: map.context };
  const isOver = () => budget !== undefined && (session.io.now() - start) / 1000 > budget;
  const { runs, tokens, without, failed, first } = verifyRuns({ map, model, program, generation, limits }, inputs, isOver);
  if (session.format === 'json') session.printJson({ name: generation.name, runs, tokens, without, failed });
  else {
    const left = without === 0 ? '' : `; ${without} inputs have no run by the program itself`;
    const verdict = failed === 0 ? session.theme.success('verified') : session.theme.failure('wrong');
    session.print(`${verdict} ${path}: ${runs} runs, ${tokens} tokens appended${failed === 0 ? ', no mismatch' : ''}${left}`);
  }
  if (first === null) return EXIT.done;
  const facts = {
    name: generation.name,
    failed,
    runs,
    input: inputText(first.input),
    expected: runText(first.expected),
    actual: runText(first.actual),
  };
  session.report([diagnose('R7651', facts, { span: generation.span })]);
  return EXIT.failed;
}

/** Every beginning of the program's examples is a run that its author had in mind. */
function prefixesOfExamples(examples: readonly Example[], vocabulary: readonly Value[], context: number): Uint32Array[] {
  return examples.flatMap(({ input }) => {
    const tokens = input.map((token) => vocabulary.findIndex((known) => valuesEqual(known, token)));
    if (tokens.includes(-1) || tokens.length > context) return [];
    return tokens.map((_, i) => Uint32Array.from(tokens.slice(0, i + 1)));
  });
}

function runText(run: GeneratedRun | null): string {
  return run === null ? 'what is no token' : `[${run.output.map(sourceText).join(', ')}]${run.end === 'halt' ? ' and halts' : ''}`;
}
