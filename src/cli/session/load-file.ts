/** Loads a program for a command: reads it, expands it, and lets the command line's options take the place of directives. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { type ElaboratedProgram, readVocabulary } from '../../graph/elaborate/elaborate.ts';
import { loadProgram } from '../../graph/elaborate/load-program.ts';
import type { Vocabulary } from '../../graph/program.ts';
import type { InputLimits } from '../../library/parse-input.ts';
import { type SourceFile, sourceFile } from '../../source/source-file.ts';
import { readSource } from '../files/read-source.ts';
import { sourceLoader } from '../files/source-loader.ts';
import type { Io } from '../terminal/io.ts';

/** Each of these takes the place of the directive in the file. */
export interface Overrides {
  readonly vocabulary?: Vocabulary | undefined;
  readonly context?: number | undefined;
  readonly causal?: boolean | undefined;
  readonly exports?: readonly string[] | undefined;
}

/** `-` is standard input. Diagnostics: those of reading, and every fault of the program's first stage that has any. */
export async function loadFile(path: string, io: Io, overrides: Overrides = {}): Promise<ElaboratedProgram> {
  return loadSource(await readSource(path, io), io, overrides);
}

export function loadSource(file: SourceFile, io: Io, overrides: Overrides = {}): ElaboratedProgram {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  return loadProgram({ file, loader: sourceLoader(file.path, io.directory), ...given });
}

/** A checkpoint was compiled under these, whatever its source's directives say. */
export function overridesOf({ outputs, vocabulary, context, causal }: CircuitMap): Overrides {
  return {
    exports: outputs.map(({ name }) => name),
    vocabulary: { kind: 'tokens', values: vocabulary.map(({ value }) => value), span: null },
    context,
    causal,
  };
}

/** The vocabulary that `--vocab` gives. */
export function vocabularyOption(expression: string | undefined): Vocabulary | undefined {
  return expression === undefined ? undefined : readVocabulary(sourceFile('<--vocab>', expression));
}

/** What the inputs of a program may be, by its directives. */
export function limitsOf(
  { vocabulary, context }: Pick<ElaboratedProgram, 'vocabulary' | 'context'>,
  tokenizer: TextTokenizer | null = null,
): InputLimits {
  return {
    vocabulary: vocabulary?.kind === 'tokens' ? vocabulary.values : null,
    context: context?.length ?? null,
    isTokenized: vocabulary?.kind === 'tokenizer',
    cutText: tokenizer === null ? null : (text) => tokenizer.encode(text).map((id) => tokenizer.texts[id] as string),
  };
}
