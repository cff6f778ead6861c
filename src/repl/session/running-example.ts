/** The input on which the REPL shows everything: `hello`, what `set example` says, or an input of the program's own. */

import { isAtom, type Term } from '../../graph/elaborate/terms/term.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import type { Program } from '../../graph/program.ts';
import { pythonText } from '../../graph/show/display-text.ts';
import type { Value } from '../../graph/value.ts';

/** An example as it was set, and its tokens. */
export interface RunningExample {
  readonly term: Term;
  readonly tokens: readonly Value[];
}

export const HELLO: RunningExample = { term: 'hello', tokens: [...'hello'] };

/** An input that a program itself gives: of its first example, or the first tokens of its vocabulary. */
export function ownExample({ examples, vocabulary }: Program): RunningExample | null {
  const tokens = examples[0]?.input ?? (vocabulary?.kind === 'tokens' ? vocabulary.values.slice(0, 5) : null);
  if (tokens === null) return null;
  const characters = tokens.every((token) => typeof token === 'string' && [...token].length === 1);
  return { term: characters ? tokens.join('') : { kind: 'list', items: tokens }, tokens };
}

/** As the banner shows it: a string without quotes. */
export function exampleTitle({ term }: RunningExample): string {
  return typeof term === 'string' ? term : exampleText(term);
}

/** Strings in double quotes, everything else as Python's `str`. */
export function exampleText(term: Term): string {
  return isAtom(term) ? sourceText(term) : pythonText(term);
}
