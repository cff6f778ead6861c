/**
 * One program compiled for one family, and what three judges say of it: the compiler's certificate, the checker, and a search for inputs
 * on which it is as far off as it gets.
 */
import process from 'node:process';
import type { CertificateCell } from '../scripts/documents/certificate-tables.ts';
import { type CheckResult, checkCheckpoint } from '../src/checker/check-checkpoint.ts';
import { marginOf } from '../src/checker/claim/report.ts';
import { packCheckpoint } from '../src/checkpoint/pack-checkpoint.ts';
import { WEIGHTS_FILE } from '../src/checkpoint/safetensors/tensor-store.ts';
import { fileBytes } from '../src/checkpoint/safetensors/write-safetensors.ts';
import { type OpenCheckpoint, openCheckpoint } from '../src/checkpoint/unpack-checkpoint.ts';
import { type CompiledModel, compile } from '../src/compiler/compile.ts';
import { DiagnosticError } from '../src/diagnostics/diagnostic.ts';
import type { SourceLoader } from '../src/graph/elaborate/elaborator.ts';
import { loadProgram } from '../src/graph/elaborate/load-program.ts';
import type { Program } from '../src/graph/program.ts';
import { loadModel } from '../src/runtime/model.ts';
import { bytesSource, type ModelFolder } from '../src/source/byte-source.ts';
import type { SourceFile } from '../src/source/source-file.ts';
import type { Target } from '../src/targets/target.ts';
import type { Dtype } from '../src/tensor/dtype.ts';
import { modelSubject } from '../src/verify/model-subject.ts';
import { hillClimb } from './hill-climb.ts';

/** @param tries runs of the model in the search for an error */
export async function measureCell(
  file: SourceFile,
  target: Target,
  dtype: Dtype,
  context: number,
  tries: number,
): Promise<Omit<CertificateCell, 'program' | 'target' | 'dtype' | 'context'>> {
  const model = build(file, target, dtype, context);
  if (model === null) return { compiler: null, checker: null, isProven: false, found: null, milliseconds: 0, sums: 'not compiled' };
  const start = process.cpuUsage();
  const result = checkCheckpoint(model);
  const milliseconds = Math.round(process.cpuUsage(start).user / 1000);
  const found = await hillClimb(modelSubject(model.map, loadModel(model.checkpoint), model.program), model.map.context, tries, 1);
  return {
    compiler: finite(1 - model.compiled.certificate.worstMargin),
    checker: result.kind === 'checked' ? outputError(result) : null,
    isProven: result.kind === 'checked' && result.holds,
    found: finite(found),
    milliseconds,
    sums: sumsOf(result),
  };
}

/** Of outputs alone, as a part of what is allowed. */
function outputError({ decisions }: CheckResult & { kind: 'checked' }): number | null {
  return finite(Math.max(0, ...decisions.filter(({ kind }) => kind.endsWith('output')).map((decision) => 1 - marginOf(decision))));
}

function sumsOf(result: CheckResult): string {
  if (result.kind === 'unproven') return result.why;
  const [first] = result.failures;
  return first === undefined ? result.semantics : `${first.kind} of ${first.name}`;
}

/** JSON has no infinity: a bound that large is as good as 1e9. */
function finite(x: number): number {
  return Number.isFinite(x) ? x : 1e9;
}

export interface BuiltModel {
  readonly compiled: CompiledModel;
  readonly map: ReturnType<typeof packCheckpoint>['map'];
  readonly checkpoint: OpenCheckpoint;
  readonly program: Program;
  /** The file of weights, and the checkpoint with another one. */
  readonly stored: Uint8Array;
  readonly withWeights: (stored: Uint8Array) => OpenCheckpoint;
}

/**
 * Null where the program does not compile for the target; what computes in half precision is built where its certificate holds, all else in
 * any case.
 */
export function build(
  file: SourceFile,
  target: Target,
  dtype: Dtype,
  context: number,
  computed: Dtype = 'f32',
  loader: SourceLoader = () => null,
): BuiltModel | null {
  try {
    const program = loadProgram({ file, loader, context });
    const compiled = compile(program, { target, dtype, compute: computed, unproven: computed === 'f32', context });
    const { config, weights, compute, pad, map: facts } = compiled;
    const { files, map } = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...facts } });
    const bytes = new Map(files.map(({ path, content }) => [path, fileBytes(content)]));
    const folder = (weights: Uint8Array | undefined): ModelFolder => ({
      path: file.path,
      open(name) {
        const found = name === WEIGHTS_FILE ? weights : bytes.get(name);
        return found === undefined ? null : bytesSource(found);
      },
    });
    const stored = bytes.get(WEIGHTS_FILE) ?? new Uint8Array();
    const withWeights = (changed: Uint8Array) => openCheckpoint(folder(changed));
    const vocabulary = { kind: 'tokens', values: map.vocabulary.map(({ value }) => value), span: null } as const;
    const exports = map.outputs.map(({ name }) => name);
    const fresh = loadProgram({ file, loader, exports, vocabulary, context: map.context, causal: map.causal });
    return { compiled, map, checkpoint: withWeights(stored), program: fresh, stored, withWeights };
  } catch (fault) {
    if (!(fault instanceof DiagnosticError)) throw fault;
    return null;
  }
}
