/** The id that ends a run in any library: that of the halt value of a program that is run on its own output. */
import { valuesEqual } from '../../graph/value.ts';
import type { CircuitMap } from './circuit-map.ts';

export function haltId({ generation, outputs }: Pick<CircuitMap, 'generation' | 'outputs'>): number | null {
  const output = outputs.find(({ name }) => name === generation?.output);
  const halt = generation?.halt ?? null;
  if (output?.kind !== 'categorical' || halt === null) return null;
  return output.logits.find(({ value }) => valuesEqual(value, halt))?.id ?? null;
}
