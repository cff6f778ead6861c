/** What the language does with lists and dictionaries as wholes: making, repeating, going through and taking apart. */
import { equalityKey } from '../../evaluate/values/apply-operation.ts';
import type { Value } from '../../value.ts';
import type { Place } from '../place.ts';
import { type DictionaryTerm, describeTerm, isAtom, isDictionary, isList, isNode, type ListTerm, type Term } from './term.ts';

/** Longer lists are a mistake rather than a program. */
const MAX_ELEMENTS = 1_000_000;

export function repeatList(place: Place, { items }: ListTerm, count: bigint): ListTerm {
  if (count <= 0n || items.length === 0) return { kind: 'list', items: [] };
  if (count * BigInt(items.length) > BigInt(MAX_ELEMENTS)) return tooLong(place);
  return { kind: 'list', items: Array.from({ length: Number(count) }, () => items).flat() };
}

export function list(place: Place, items: readonly Term[]): ListTerm {
  return items.length > MAX_ELEMENTS ? tooLong(place) : { kind: 'list', items };
}

function tooLong(place: Place): never {
  return place.fail('R3037', { what: 'this list', limit: `${MAX_ELEMENTS} elements` });
}

export function dictionary(place: Place, entries: Iterable<readonly [Term, Term]>): DictionaryTerm {
  const known = new Map<string | number | bigint, readonly [Value, Term]>();
  for (const [key, value] of entries) {
    if (!isAtom(key)) return place.fail('R3015', { got: describeTerm(key) });
    const identity = equalityKey(key);
    // A repeated key keeps its first spelling and takes the last value, as in Python.
    known.set(identity, [known.get(identity)?.[0] ?? key, value]);
  }
  return { kind: 'dictionary', entries: known };
}

export function range(place: Place, args: readonly Term[]): ListTerm {
  if (args.length > 3) return place.fail('R3020', { got: args.length });
  const ints = args.map((arg, part) => {
    const int = typeof arg === 'boolean' ? BigInt(arg) : arg;
    return typeof int === 'bigint' ? int : place.fail('R3019', { got: describeTerm(arg) }, part);
  });
  const [first = 0n, second, step = 1n] = ints;
  const [start, end] = second === undefined ? [0n, first] : [first, second];
  if (step === 0n) return place.fail('R3021', {}, 2);
  const span = step > 0n ? end - start : start - end;
  const stride = step > 0n ? step : -step;
  const length = span <= 0n ? 0n : (span + stride - 1n) / stride;
  if (length > BigInt(MAX_ELEMENTS)) return tooLong(place);
  return { kind: 'list', items: Array.from({ length: Number(length) }, (_, i) => start + BigInt(i) * step) };
}

export function zip(place: Place, args: readonly Term[]): ListTerm {
  const lists = args.map((arg, i) => (isList(arg) ? arg.items : place.fail('R3023', { nth: i + 1, got: describeTerm(arg) }, i)));
  const first = lists[0] ?? [];
  const other = lists.findIndex((items) => items.length !== first.length);
  if (other > 0) return place.fail('R3022', { first: first.length, nth: other + 1, length: lists[other]?.length ?? 0 }, other);
  return { kind: 'list', items: first.map((_, i) => ({ kind: 'list', items: lists.map((items) => items[i] as Term) })) };
}

export function len(place: Place, arg: Term): bigint {
  return isList(arg) ? BigInt(arg.items.length) : place.fail('R3024', { got: describeTerm(arg) }, 0);
}

/** What a `for` or a comprehension goes through: the elements of a list, or the keys of a dictionary. */
export function elements(place: Place, term: Term, form: string): readonly Term[] {
  if (isList(term)) return term.items;
  if (isDictionary(term)) return [...term.entries.values()].map(([key]) => key);
  return place.fail('R3016', { form, got: describeTerm(term) });
}

/** As many values as there are names: of a list, a dictionary's keys or a string's characters. */
export function unpack(place: Place, term: Term, names: number): readonly Term[] {
  const values =
    typeof term === 'string'
      ? [...term]
      : isNode(term) || isAtom(term)
        ? null
        : isList(term) || isDictionary(term)
          ? elements(place, term, '')
          : null;
  if (values === null) return place.fail('R3018', { names, got: describeTerm(term) });
  return values.length === names ? values : place.fail('R3017', { names, values: values.length });
}
