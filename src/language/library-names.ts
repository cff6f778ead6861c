/** What the names that are always there mean: those of the library from its own text, the built-in ones from the table below. */
import { LIBRARY } from '../graph/elaborate/library.ts';
import type * as ast from '../syntax/ast.ts';
import { parseOrThrow } from '../syntax/parse.ts';
import { commentAbove } from './comments.ts';

export interface KnownName {
  readonly name: string;
  /** As it is called: `shift(seq, n, filler)`. */
  readonly signature: string;
  readonly parameters: readonly string[];
  readonly meaning: string;
  readonly kind: 'function' | 'value' | 'form';
}

const built = (signature: string, meaning: string, kind: KnownName['kind'] = 'function'): KnownName => {
  const [name = '', list] = signature.replace(/\)$/, '').split('(');
  return { name, signature, parameters: list === undefined ? [] : list.split(/, ?/), meaning, kind };
};

const BUILT_IN: readonly KnownName[] = [
  built('tokens', 'the input: its tokens, one to a position', 'value'),
  built('tokens_str', 'the tokens as text', 'value'),
  built('tokens_int', 'the tokens read as ints', 'value'),
  built('tokens_float', 'the tokens read as floats', 'value'),
  built('tokens_bool', 'the tokens read as bools', 'value'),
  built('tokens_asis', 'the tokens as they were given', 'value'),
  built('indices', 'the position: 0, 1, 2, …', 'value'),
  built('True', 'holds', 'value'),
  built('False', 'does not hold', 'value'),
  built('select(keys, queries, comparison)', 'each query position selects the key positions at which `key comparison query` holds', 'form'),
  built(
    'aggregate(selector, value, default)',
    'the mean of the selected values, or the one that is selected; the default where none is',
    'form',
  ),
  built('range(start, stop, step)', 'the ints from start up to stop, without it', 'form'),
  built('zip(a, b)', 'the elements of several lists side by side', 'form'),
  built('len(list)', 'how many elements there are', 'form'),
  built('round(x)', 'to the nearest int, of two the even one', 'form'),
  built('indicator(x)', '1 where x holds, else 0', 'form'),
  built('selector_width(sel)', 'how many positions each query selects'),
  built('rightmost(sel)', 'of the positions that each query selects, the last'),
  built('leftmost(sel)', 'of the positions that each query selects, the first'),
  built('sum_over(sel, value)', 'the sum of the selected values'),
  built('max_over(sel, value, default)', 'the largest of the selected values'),
  built('min_over(sel, value, default)', 'the smallest of the selected values'),
  built('matches(seq, pattern)', 'whether the text of the token matches a regular expression'),
  built('count_in(seq, text)', 'how often the text occurs in the token'),
  built('text_length(seq)', 'how many characters the token has'),
  built('starts_with(seq, text)', 'whether the token starts so'),
  built('ends_with(seq, text)', 'whether the token ends so'),
];

export const DIRECTIVES: readonly KnownName[] = [
  built('@vocab', 'the input alphabet: a string, a list, or `any`', 'form'),
  built('@context', 'the longest input, in tokens', 'form'),
  built('@causal', 'every selector sees only the positions so far', 'form'),
  built('@bidirectional', 'selectors see all positions', 'form'),
  built('@export', 'an s-op to compile', 'form'),
  built('@example', 'what an s-op is on an input: checked by `raspc check`', 'form'),
  built('@assume', 'what holds at every position of every input that is meant', 'form'),
  built('@step', 'what is appended when the program runs on its own output', 'form'),
  built('@halt', 'the value that ends such a run', 'form'),
];

let known: ReadonlyMap<string, KnownName> | null = null;

/** By name, the library's and the built-in ones. */
export function knownNames(): ReadonlyMap<string, KnownName> {
  known ??= new Map([...BUILT_IN, ...namesOf(libraryModule())].map((each) => [each.name, each]));
  return known;
}

let parsed: ast.Module | null = null;

export function libraryModule(): ast.Module {
  parsed ??= parseOrThrow(LIBRARY);
  return parsed;
}

/** What a file defines at its top level, with what the comments above say; names that begin with `_` stay in it. */
export function namesOf(module: ast.Module): KnownName[] {
  return module.statements.flatMap((statement): KnownName[] => {
    const targets = statement.kind === 'function' ? [statement.name] : statement.kind === 'assignment' ? statement.targets : [];
    return targets.flatMap(({ name }) => {
      if (name.startsWith('_')) return [];
      const parameters = statement.kind === 'function' ? statement.parameters.map((each) => each.name) : [];
      const isFunction = statement.kind === 'function';
      const signature = isFunction ? `${name}(${parameters.join(', ')})` : name;
      return [
        { name, signature, parameters, meaning: commentAbove(module.file, statement.span.start), kind: isFunction ? 'function' : 'value' },
      ];
    });
  });
}
