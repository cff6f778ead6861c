/**
 * Programs that ask which token it is know a few tokens of each class by themselves. A folder is measured on others than those that it was made with, by the
 * number of a run, so that many runs come by all tokens of its tokenizer.
 */
import type { SeedMap } from '../../../checkpoint/map/seed/seed-map.ts';
import { readTextTokenizer } from '../../../checkpoint/texts/text-tokenizer.ts';
import { TOKENIZER_FILE } from '../../../checkpoint/tokenizer/tokenizer-files.ts';
import type { Program } from '../../../graph/program.ts';
import { NO_TOKEN } from '../../../graph/whole-token.ts';
import { tokenClasses, withClasses } from '../../../seed/program/token-classes.ts';
import type { ModelFolder } from '../../../source/byte-source.ts';

interface Measurable {
  readonly map: SeedMap;
  readonly programs: readonly Program[];
}

/** As they were where the folder has no tokenizer, or another one than the one that it was made with. Diagnostics: those of reading it. */
export function withOtherTokens({ map, programs }: Measurable, folder: ModelFolder, seed: number): Measurable {
  if (!programs.some(isWhole) || folder.open(TOKENIZER_FILE) === null) return { map, programs };
  const { texts } = readTextTokenizer(folder);
  const others = programs.map((program) => (isWhole(program) ? redrawn(program, texts, seed) : program));
  const says = map.says?.map((saying) => {
    const program = others.find(({ exports }) => exports.some(({ name }) => name === saying.name));
    return program !== undefined && saying.code != null && isWhole(program) ? { ...saying, values: valuesOf(program) } : saying;
  });
  return { map: says === undefined ? map : { ...map, says }, programs: others };
}

function isWhole({ vocabulary }: Program): boolean {
  return vocabulary?.kind === 'tokens' && vocabulary.ids !== undefined;
}

function redrawn(program: Program, texts: readonly string[], seed: number): Program {
  const { vocabulary } = program;
  if (vocabulary?.kind !== 'tokens') return program;
  const made = tokenClasses(program, texts);
  if (made.values.join('\u0000') !== vocabulary.values.join('\u0000')) return program;
  return withClasses(program, tokenClasses(program, texts, seed));
}

/** What may be said: each value with the id that it is of. */
function valuesOf({ vocabulary }: Program): NonNullable<SeedMap['says']>[number]['values'] {
  if (vocabulary?.kind !== 'tokens') return [];
  const { values, ids } = vocabulary;
  return values.flatMap((value, v) => (value === NO_TOKEN ? [] : [{ value: String(value), ids: [ids?.[v] ?? 0] }]));
}
