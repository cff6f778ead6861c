/** `--tokenizer PATH`: the tokenizer of a real model, from its tokenizer.json or the folder that has one. */
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { readTextTokenizer, type TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { TOKENIZER_FILE } from '../../checkpoint/tokenizer/tokenizer-files.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Program } from '../../graph/program.ts';
import { asksWhole, classFaults, tokenClasses, withClasses } from '../../seed/program/token-classes.ts';
import { findFailures } from '../../verify/find-failures.ts';
import { openFolder } from '../files/model-folder.ts';

export const TOKENIZER_OPTION = [
  '--tokenizer <path>',
  'the tokenizer that `@vocab tokenizer` means: tokenizer.json, or its folder',
] as const;

export function isFolder(path: string, directory: string): boolean {
  return statSync(resolve(directory, path), { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Where the file of a tokenizer lies that was named by itself, or by its folder. */
export function tokenizerPlace(path: string, directory: string): { readonly folder: string; readonly name: string } {
  return isFolder(path, directory) ? { folder: path, name: TOKENIZER_FILE } : { folder: dirname(path), name: basename(path) };
}

/** Diagnostics: R7010, R7101, R7104, R7404 and R8501. */
export function openTextTokenizer(path: string, directory: string): TextTokenizer {
  const place = tokenizerPlace(path, directory);
  const folder = openFolder(place.folder, directory);
  try {
    return readTextTokenizer(folder, place.name);
  } finally {
    folder.close();
  }
}

/** The tokenizer of an option that may not be given. */
export function tokenizerOption(path: string | undefined, directory: string): TextTokenizer | null {
  return path === undefined ? null : openTextTokenizer(path, directory);
}

/** As {@link tokenizerOption}, read once, and only where a program asks for it: any kind may be copied. */
export function lazyTokenizer(path: string | undefined, directory: string): () => TextTokenizer | null {
  let known: TextTokenizer | null | undefined;
  return () => {
    known ??= tokenizerOption(path, directory);
    return known;
  };
}

/** The program over the tokenizer's tokens: one of each class, or all that they say where it asks which token it is. */
export function overTokenizer(program: Program, { texts }: TextTokenizer): Program {
  if (asksWhole(program)) {
    return { ...program, vocabulary: { kind: 'tokens', values: [...new Set(texts)], span: program.vocabulary?.span ?? null } };
  }
  return withClasses(program, tokenClasses(program, texts));
}

/** What is wrong with a program once its tokens are those of a tokenizer. */
export function tokenizerFaults(program: Program, tokenizer: TextTokenizer): readonly Diagnostic[] {
  if (program.vocabulary?.kind !== 'tokenizer') return [];
  const faults = classFaults(program, tokenizer.texts);
  if (faults.some(({ severity }) => severity === 'error')) return faults;
  const failures = findFailures(
    overTokenizer(program, tokenizer),
    program.exports.map(({ node }) => node),
  );
  return [...failures, ...faults];
}
