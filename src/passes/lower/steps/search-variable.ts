/** As which numbers a variable can be read, and how far off each can be, for the search of a form whose steps compute a function of it. */
import { numericValue } from '../../../graph/domain.ts';
import type { SOp } from '../../../graph/graph.ts';
import type { Value } from '../../../graph/value.ts';
import type { Facts } from '../../facts/facts.ts';
import type { CodeSource } from '../variable-code.ts';

/** One way to read a variable as a number, by value index. */
export interface Reading {
  readonly levels: Float64Array;
  /** About how far off the number can be when the model reads it. */
  readonly noise: number;
}

export interface SearchVariable {
  readonly size: number;
  /** The ways in which it can be read now, the preferred one first. */
  readonly readings: readonly Reading[];
  /** Whether any numbering of its values can be read besides. */
  readonly free: boolean;
}

/** About how far off numbers are that a component writes, relative to their range. */
const WRITTEN_NOISE = 1e-3;
export const EMBEDDED_NOISE = 4e-6;

export function searchVariable(node: SOp, decoded: boolean, facts: Facts, source: CodeSource): SearchVariable {
  const { domain, shape } = facts.of(node);
  const values = (domain as { values: readonly Value[] }).values;
  const code = shape.kind === 'variable' ? source.variable(node) : null;
  if (code !== null && !code.open && !decoded) {
    if (!code.raw?.levels) return { size: values.length, readings: [], free: false };
    const { levels, noise, unit } = code.raw;
    return { size: values.length, readings: [{ levels: levels.map((x) => x * unit), noise: noise * unit }], free: false };
  }
  const noise = (range: number) => range * (node.kind === 'tokens' || node.kind === 'indices' ? EMBEDDED_NOISE : WRITTEN_NOISE);
  const readings: Reading[] = [{ levels: Float64Array.from(values, (_, i) => i), noise: noise(values.length - 1) }];
  if (!values.some((v) => typeof v === 'string')) {
    const levels = Float64Array.from(values, numericValue);
    readings.push({ levels, noise: noise((levels.at(-1) as number) - (levels[0] as number)) });
  }
  return { size: values.length, readings, free: true };
}
