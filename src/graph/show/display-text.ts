/** Sequences and compound values as the reference's REPL writes them. */

import { functionName, isAtom, isDictionary, isList, isNode, type Term, termKind } from '../elaborate/terms/term.ts';
import type { Sequence } from '../evaluate/sequence.ts';
import { floatText, pythonRepr, valueText } from '../evaluate/values/python-text.ts';
import { type Value, valuesEqual } from '../value.ts';

/** Python's `round(x, 3)`: exact, and to the even digit where two are equally near. */
export function roundToThousandths(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e15 || value === 0) return value;
  const sixteenths = value * 16;
  // Of the multiples of 0.0005 only those of 1/16 are floats, so these are all the ties there are.
  if (Number.isInteger(sixteenths) && sixteenths % 2 !== 0) {
    const below = Math.floor(value * 1000);
    return (below % 2 === 0 ? below : below + 1) / 1000;
  }
  return Number(value.toFixed(3));
}

/** An element of a sequence: floats to three digits, bools as T and F. */
export function elementText(value: Value): string {
  if (typeof value === 'number') return floatText(roundToThousandths(value));
  return typeof value === 'boolean' ? (value ? 'T' : 'F') : valueText(value);
}

/** Whether there is only one value, in Python's sense of equality. */
export function isConstant({ values }: Sequence): boolean {
  const [first = ''] = values;
  return values.every((value) => valuesEqual(value, first));
}

/** `[h, e, l, l, o] (strings)`, or `[5]*5 (ints)` where all are equal. */
export function sequenceText(sequence: Sequence): string {
  const { values, type } = sequence;
  const repeated = values.length > 1 && isConstant(sequence);
  const text = repeated ? `[${elementText(values[0] ?? '')}]*${values.length}` : `[${values.map(elementText).join(', ')}]`;
  return `${text} (${type}s)`;
}

/** Python's `str` of a list or a dictionary. */
export function pythonText(term: Term): string {
  if (isAtom(term)) return pythonRepr(term);
  if (isList(term)) return `[${term.items.map(pythonText).join(', ')}]`;
  if (isDictionary(term)) {
    return `{${[...term.entries.values()].map(([key, value]) => `${pythonRepr(key)}: ${pythonText(value)}`).join(', ')}}`;
  }
  return isNode(term) ? (term.name ?? termKind(term)) : functionName(term);
}
