/**
 * How tight the certificate is: for each program the bounds of the compiler and of the checker beside the largest error that a search for
 * bad inputs finds, and up to which contexts each of the three finds no fault.
 */
import { type CheckResult, checkCheckpoint } from '../src/checker/check-checkpoint.ts';
import { type CheckedDecision, marginOf } from '../src/checker/report.ts';
import { bytesSource, type ModelFolder } from '../src/checkpoint/byte-source.ts';
import { packCheckpoint } from '../src/checkpoint/pack-checkpoint.ts';
import { type OpenCheckpoint, openCheckpoint } from '../src/checkpoint/unpack-checkpoint.ts';
import { type CompiledModel, compile } from '../src/compiler/compile.ts';
import { DiagnosticError } from '../src/diagnostics/diagnostic.ts';
import { evaluator } from '../src/graph/evaluate.ts';
import type { SOp } from '../src/graph/graph.ts';
import { loadProgram } from '../src/graph/load-program.ts';
import type { Program } from '../src/graph/program.ts';
import type { Sequence } from '../src/graph/sequence.ts';
import { loadModel } from '../src/runtime/model.ts';
import type { SourceFile } from '../src/source/source-file.ts';
import { bert } from '../src/targets/bert.ts';
import { gpt2 } from '../src/targets/gpt2.ts';
import type { Target } from '../src/targets/target.ts';
import type { Subject } from '../src/verify/verify-checkpoint.ts';
import { hillClimb } from './hill-climb.ts';
import type { BenchTable } from './main.ts';
import { rounded } from './median.ts';
import { examplePrograms } from './programs.ts';

const CONTEXTS = [8, 16, 32, 64] as const;
/** Runs of the model for each search. */
const TRIES = 100;

export async function measureCertificates(): Promise<BenchTable[]> {
  const bounds: (string | number)[][] = [];
  const reach: (string | number)[][] = [];
  for (const file of examplePrograms()) {
    for (const target of [gpt2, bert]) {
      const own = await measureProgram(file, target);
      if (own === null) continue;
      bounds.push([file.path, target.name, ...own.bound]);
      reach.push([file.path, target.name, ...own.reach]);
    }
  }
  return [
    {
      name: 'Error of outputs, as a part of what is allowed, each program at its own context: bounds, and the largest that was found',
      columns: ['program', 'target', 'compiler', 'checker', 'found', 'checker / found', 'ms', 'sums'],
      rows: bounds,
    },
    {
      name: `Contexts (of ${CONTEXTS.join(', ')}) at which nothing is wrong: by search, by the compiler's certificate, by the checker`,
      columns: ['program', 'target', 'search', 'compiler', 'checker'],
      rows: reach,
    },
  ];
}

interface Measured {
  readonly bound: readonly (string | number)[];
  readonly reach: readonly (string | number)[];
}

async function measureProgram(file: SourceFile, target: Target): Promise<Measured | null> {
  const reach = { search: 0, compiler: 0, checker: 0 };
  let bound: (string | number)[] = [];
  for (const context of [undefined, ...CONTEXTS]) {
    const model = build(file, target, context);
    if (model === null) {
      if (context === undefined) return null;
      continue;
    }
    const start = performance.now();
    const result = checkCheckpoint(model);
    const ms = performance.now() - start;
    const found = await hillClimb(subjectOf(model), model.map.context, TRIES, 1);
    if (context === undefined) {
      const checker = result.kind === 'checked' ? outputError(result.decisions) : Number.NaN;
      const { worst, worstMargin } = model.compiled.certificate;
      const compiler = worst === null ? 0 : 1 - worstMargin;
      bound = [
        rounded(compiler),
        rounded(checker),
        rounded(found),
        found === 0 ? '' : rounded(checker / found),
        Math.round(ms),
        semanticsOf(result),
      ];
      continue;
    }
    if (found < 1) reach.search++;
    if (found < 1 && model.compiled.certificate.holds) reach.compiler++;
    if (found < 1 && result.kind === 'checked' && result.holds) reach.checker++;
  }
  return { bound, reach: [reach.search, reach.compiler, reach.checker] };
}

/** Of outputs alone, as a part of what is allowed. */
function outputError(decisions: readonly CheckedDecision[]): number {
  return Math.max(0, ...decisions.filter(({ kind }) => kind.endsWith('output')).map((decision) => 1 - marginOf(decision)));
}

function semanticsOf(result: CheckResult): string {
  if (result.kind === 'unproven') return result.why;
  return result.holds ? result.semantics : 'not re-established';
}

interface BuiltModel {
  readonly compiled: CompiledModel;
  readonly map: ReturnType<typeof packCheckpoint>['map'];
  readonly checkpoint: OpenCheckpoint;
  readonly program: Program;
}

/** Null where the program does not compile for the target. */
function build(file: SourceFile, target: Target, context: number | undefined): BuiltModel | null {
  const overrides = context === undefined ? {} : { context };
  try {
    const program = loadProgram({ file, loader: () => null, ...overrides });
    const compiled = compile(program, { target, dtype: 'f32', compute: 'f32', unproven: true, ...overrides });
    const { config, weights, dtype, compute, pad, map: facts } = compiled;
    const { files, map } = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...facts } });
    const bytes = new Map(files.map(({ path, content }) => [path, Buffer.concat([...content.chunks()])]));
    const folder: ModelFolder = {
      path: file.path,
      open(name) {
        const found = bytes.get(name);
        return found === undefined ? null : bytesSource(new Uint8Array(found));
      },
    };
    const vocabulary = { kind: 'tokens', values: map.vocabulary.map(({ value }) => value), span: null } as const;
    const exports = map.outputs.map(({ name }) => name);
    const fresh = loadProgram({ file, loader: () => null, exports, vocabulary, context: map.context, causal: map.causal });
    return { compiled, map, checkpoint: openCheckpoint(folder), program: fresh };
  } catch (fault) {
    if (!(fault instanceof DiagnosticError)) throw fault;
    return null;
  }
}

function subjectOf({ map, checkpoint, program }: BuiltModel): Subject {
  const model = loadModel(checkpoint);
  const nodes = map.outputs.map(({ name }) => program.exports.find((e) => e.name === name)?.node as SOp);
  const evaluate = evaluator(nodes, { causal: map.causal });
  return {
    vocabulary: map.vocabulary.map(({ value }) => value),
    bos: map.bos.id,
    ids: map.vocabulary.map(({ id }) => id),
    outputs: map.outputs,
    model: (batch) => model.logits(batch).map((data) => ({ data, outputs: model.config.sizes.outputs })),
    program(input) {
      const values = evaluate(input);
      return nodes.map((node) => (values.get(node) as Sequence).values);
    },
    tolerance: Number.POSITIVE_INFINITY,
  };
}
