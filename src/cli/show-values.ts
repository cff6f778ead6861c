/** Values, sequences and selectors as people read them, in the reference's notation. */
import { sourceText, valueText } from '../graph/python-text.ts';
import type { Value, ValueType } from '../graph/value.ts';

/** `"hello"` where every token is one character, else a list. */
export function showInput(input: readonly Value[]): string {
  const plain = input.every((value) => typeof value === 'string' && [...value].length === 1 && value !== '"');
  return plain ? `"${input.join('')}"` : `[${input.map(sourceText).join(', ')}]`;
}

/** `[1, 2, 2] (ints)`. */
export function showSequence(values: readonly Value[], type: ValueType): string {
  return `[${values.map(shortText).join(', ')}] (${type}s)`;
}

/** Bools as T and F; floats with three decimals at most. */
function shortText(value: Value): string {
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  if (typeof value === 'number' && Math.abs(value) < 1e15) return valueText(Number(value.toFixed(3)));
  return valueText(value);
}
