/** From the text of a program to the files of a model folder, in one call: what `raspc compile` does, without files. */

import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import { packCheckpoint } from '../checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../checkpoint/safetensors/write-safetensors.ts';
import { compile } from '../compiler/compile.ts';
import type { ModelSize } from '../compiler/describe/describe-model.ts';
import type { Certificate } from '../predict/certificate.ts';
import { type ModelFolder, memoryFolder } from '../source/byte-source.ts';
import { findTarget, TARGETS } from '../targets/registry.ts';
import type { Dtype } from '../tensor/dtype.ts';
import { VERSION } from '../version.ts';
import { loadText, type ProgramOptions } from './load-text.ts';

export interface CompileToFilesOptions extends ProgramOptions {
  /** The model family, by the name that `--target` has (default: gpt2). */
  readonly target?: string;
  /** What the weights are stored as (default: what the model computes in). */
  readonly dtype?: Dtype;
  /** What stock loaders compute in (default: f32). */
  readonly compute?: Dtype;
  /** Write a model whose certificate does not hold; it is marked as such. */
  readonly unproven?: boolean;
  /** How many times the work to do before a program, or a way to encode its values, is given up (default: 1). */
  readonly effort?: number;
  /** The most bytes of tensors in one file (default: one file). */
  readonly maxShardBytes?: number;
  /** Is told what is about to be done, in words: for whoever waits for it. */
  readonly onStage?: (what: string) => void;
}

export interface CompiledFiles {
  /** The folder's files by name, with the bytes that `raspc compile` writes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The same files as a folder that the runtime and the verifier open. */
  readonly folder: ModelFolder;
  readonly map: CircuitMap;
  readonly size: ModelSize;
  /** What the compiler predicts; `verifyFolder` says what the checker proves. */
  readonly certificate: Certificate;
}

/** Throws a DiagnosticError with all diagnostics of the first stage that has any, and a RangeError for a target that there is not. */
export function compileToFiles(text: string, options: CompileToFilesOptions = {}): CompiledFiles {
  const { target: name = 'gpt2', compute = 'f32', dtype = compute, unproven = false, effort = 1, maxShardBytes = null, onStage } = options;
  const target = findTarget(name);
  if (target === null) throw new RangeError(`no target \`${name}\`: there are ${TARGETS.map((each) => each.name).join(', ')}`);
  const compiled = compile(loadText(text, options), { target, dtype, compute, unproven, effort, ...(onStage && { onStage }) });
  const { config, weights, pad, size, certificate } = compiled;
  const facts = { raspc: VERSION, ...compiled.map };
  const { files, map } = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, maxShardBytes, map: facts });
  const bytes = new Map(files.map(({ path, content }) => [path, fileBytes(content)]));
  return { files: bytes, folder: memoryFolder(bytes), map, size, certificate };
}
