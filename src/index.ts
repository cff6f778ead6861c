/** raspc as a library: what the commands do, without files and terminals. Everything here is pure; bytes come in and go out. */

export type { CircuitMap } from './checkpoint/map/circuit-map.ts';
export { checkCircuitMap, readCircuitMap } from './checkpoint/map/read-circuit-map.ts';
export { type CheckpointContent, type PackedCheckpoint, type PackedFile, packCheckpoint } from './checkpoint/pack-checkpoint.ts';
export { fileBytes } from './checkpoint/safetensors/write-safetensors.ts';
export { type CompiledModel, compile } from './compiler/compile.ts';
export type { CompileOptions } from './compiler/options.ts';
export { type Diagnostic, DiagnosticError } from './diagnostics/diagnostic.ts';
export { diagnosticToGithub, diagnosticToJson } from './diagnostics/formats.ts';
export { renderDiagnostic, renderDiagnostics } from './diagnostics/render.ts';
export { type ElaboratedProgram, type ElaborateOptions, readVocabulary } from './graph/elaborate/elaborate.ts';
export { loadProgram } from './graph/elaborate/load-program.ts';
export { checkExamples } from './graph/evaluate/check-examples.ts';
export { evaluate } from './graph/evaluate/evaluate.ts';
export type { SelectorMatrix } from './graph/evaluate/selector-matrix.ts';
export type { Sequence } from './graph/evaluate/sequence.ts';
export type { Program, Vocabulary } from './graph/program.ts';
export type { Value } from './graph/value.ts';
export { type Model, openModel } from './runtime/model.ts';
export { type ByteSource, bytesSource, type ModelFolder } from './source/byte-source.ts';
export { type SourceFile, type Span, sourceFile } from './source/source-file.ts';
export { findTarget, TARGETS } from './targets/registry.ts';
export type { Target } from './targets/target.ts';
export { type Decoded, decodeOutput, type Logits } from './verify/decode.ts';
export { adversarialInputs, allInputs, concatenate, type InputSource, randomInputs } from './verify/inputs.ts';
export { type Counterexample, type Subject, type Verification, verifyCheckpoint } from './verify/verify-checkpoint.ts';
