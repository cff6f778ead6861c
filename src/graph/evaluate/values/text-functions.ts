/** Functions of what a text says: what `matches`, `count_in`, `text_length`, `starts_with` and `ends_with` do to one string. */
import type { TextFunction } from '../../graph.ts';
import type { Value } from '../../value.ts';
import { noResult } from './evaluation-error.ts';
import { describeValue } from './python-arithmetic.ts';

/** The function of one value, made once. The argument of `matches` is a valid pattern. */
export function textFunction(name: TextFunction, argument: string): (value: Value) => Value {
  const compute = COMPUTE[name](argument);
  return (value) => (typeof value === 'string' ? compute(value) : noResult('R3054', { form: name, got: describeValue(value) }));
}

const COMPUTE: Readonly<Record<TextFunction, (argument: string) => (text: string) => Value>> = {
  matches(argument) {
    const pattern = new RegExp(argument, 'u');
    return (text) => pattern.test(text);
  },
  /** Occurrences that do not overlap, from left to right. */
  count_in: (argument) => (text) => BigInt(argument === '' ? [...text].length + 1 : text.split(argument).length - 1),
  text_length: () => (text) => BigInt([...text].length),
  starts_with: (argument) => (text) => text.startsWith(argument),
  ends_with: (argument) => (text) => text.endsWith(argument),
};

/** Why a text is no pattern; null where it is one. */
export function patternFault(pattern: string): string | null {
  try {
    new RegExp(pattern, 'u');
    return null;
  } catch (error) {
    return error instanceof SyntaxError ? error.message : null;
  }
}
