/** The text of a program to its graph: parse, then elaborate. */
import type { SourceFile } from '../../source/source-file.ts';
import { parseOrThrow } from '../../syntax/parse.ts';
import { type ElaboratedProgram, type ElaborateOptions, elaborate } from './elaborate.ts';

export interface LoadRequest extends ElaborateOptions {
  readonly file: SourceFile;
}

/** Throws a DiagnosticError with every fault of the first stage that has any. */
export function loadProgram({ file, ...options }: LoadRequest): ElaboratedProgram {
  return elaborate(parseOrThrow(file), options);
}
