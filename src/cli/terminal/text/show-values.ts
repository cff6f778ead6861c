/** Values, sequences and selectors as people read them, in the reference's notation. */
import { tokenTexts } from '../../../graph/evaluate/open-tokens.ts';
import type { SelectorMatrix } from '../../../graph/evaluate/selector-matrix.ts';
import type { Mixtures } from '../../../graph/evaluate/sequence.ts';
import { sourceText, valueText } from '../../../graph/evaluate/values/python-text.ts';
import type { Value, ValueType } from '../../../graph/value.ts';

/** `"hello"` where every token is one character, else a list, in which line breaks are written as JSON has them. */
export function showInput(input: readonly Value[]): string {
  const plain = input.every((value) => typeof value === 'string' && [...value].length === 1 && !/["\r\n]/.test(value));
  return plain ? `"${input.join('')}"` : onOneLine(`[${input.map(sourceText).join(', ')}]`);
}

function onOneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/** `[1, 2, 2] (ints)`; of tokens of an open vocabulary also `[no token, 0.5 a + 0.5 b] (strings)`. */
export function showSequence(values: readonly Value[], type: ValueType, mixtures: Mixtures | null = null): string {
  return `[${tokenTexts({ values, mixtures }, shortText).join(', ')}] (${type}s)`;
}

/** Bools as T and F; floats with three decimals at most. */
function shortText(value: Value): string {
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  if (typeof value === 'number' && Math.abs(value) < 1e15) return valueText(Number(value.toFixed(3)));
  return valueText(value);
}

/** The grid of a selector: queries down, keys across, 1 where selected. */
export function showMatrix(matrix: SelectorMatrix, input: readonly Value[]): string[] {
  const tokens = input.map(valueText);
  const widths = tokens.map((token) => Math.max(1, [...token].length));
  const side = Math.max(...widths);
  const row = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i] as number)).join(' ');
  return [
    `  ${' '.repeat(side)}   ${row(tokens)}`,
    ...tokens.map((token, query) =>
      `  ${token.padStart(side)} | ${row(tokens.map((_, key) => (matrix.selects(query, key) ? '1' : '')))}`.trimEnd(),
    ),
  ];
}
