/** Which programs `npm run bench:bounds` plans, at which contexts and on which families. */
import { basename } from 'node:path';
import type { BoundCell } from '../../scripts/documents/bounds-table.ts';
import { readStdLibrary, type StdFile, stdSource } from '../../scripts/library/std-library.ts';
import { isCausal, measuredExample } from '../../scripts/library/std-table.ts';
import { type SourceFile, sourceFile } from '../../src/source/source-file.ts';
import type { DocumentedFunction } from '../../src/syntax/documented-functions.ts';
import { nastyPrograms } from '../nasty/nasty-programs.ts';
import { examplePrograms } from '../programs.ts';
import { REPORTED } from './reported-programs.ts';

const FAMILIES = ['gpt2', 'llama', 'gpt-neox', 'bert'];
const CONTEXTS = [8, 16, 32, 64, 128];

export interface Asked {
  readonly name: string;
  readonly kind: BoundCell['kind'];
  readonly target: string;
  readonly context: number;
  readonly file: SourceFile;
}

/** @param seed of the short programs that mean a lot */
export function askedPrograms(seed: number): Asked[] {
  const everywhere = [
    ...examplePrograms().map((file) => ({ name: basename(file.path, '.rasp'), kind: 'example', file }) as const),
    ...readStdLibrary().flatMap((file) => file.functions.map((each) => ({ ...libraryProgram(file, each), kind: 'library' }) as const)),
    ...REPORTED.map(({ name, text }) => ({ name, kind: 'reported', file: sourceFile(`${name}.rasp`, text) }) as const),
  ];
  return [
    ...everywhere.flatMap((each) => CONTEXTS.flatMap((context) => FAMILIES.map((target): Asked => ({ ...each, target, context })))),
    ...nastyPrograms(seed).flatMap(({ name, target, text, options, isLong }): Asked[] => {
      const context = Number(name.split('@').at(-1));
      if (isLong || options.length > 0 || context > (CONTEXTS.at(-1) ?? 0)) return [];
      return [{ name, kind: 'nasty', target, context, file: sourceFile(`${name}.rasp`, text) }];
    }),
  ];
}

/** The example that a function's cost is given for, over the vocabulary of its file. */
function libraryProgram(file: StdFile, each: DocumentedFunction): { readonly name: string; readonly file: SourceFile } {
  const example = measuredExample(each);
  const name = `${file.name}/${each.name}`;
  return { name, file: sourceFile(`${name}.rasp`, stdSource(file, [example.subject], isCausal(example))) };
}
