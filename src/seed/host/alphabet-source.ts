/** A program over a small alphabet, or over classes of tokens, with the tokens that its values are. */
import type { Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';

/** A program, and the id of each value of its vocabulary; null for the one that stands for all other tokens. */
export interface AlphabetSource {
  readonly program: Program;
  readonly ids: readonly (number | null)[];
  /** Ids of the tokens that say a value; absent: the one that the value has in the vocabulary. */
  readonly named?: (value: Value) => readonly number[];
}

/** Of a program over classes of tokens: by id, the value that a token counts as. */
export function classesOf({ program: { vocabulary } }: AlphabetSource): ArrayLike<number> | null {
  return vocabulary?.kind === 'tokens' ? (vocabulary.classOf ?? null) : null;
}

/** Of a program that asks which token it is beside what tokens say: the id of each value of its vocabulary; null of any other. */
export function wholeIds({ program: { vocabulary } }: Pick<AlphabetSource, 'program'>): readonly number[] | null {
  return vocabulary?.kind === 'tokens' ? (vocabulary.ids ?? null) : null;
}

/** The vocabulary of a program. */
export function vocabularyOf({ vocabulary }: Program): readonly Value[] {
  return vocabulary?.kind === 'tokens' ? vocabulary.values : [];
}
