/** The numbers that a mean is taken of: finitely many, and multiples of one of a few grains, so that neighbouring means lie apart. */
import { numericValue } from '../../graph/domain.ts';
import type { Aggregate, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import { refuse } from './lowering-source.ts';

/** What a mean is taken of. */
export interface Numbers {
  readonly node: SOp;
  readonly values: readonly Value[];
  /** All are multiples of it. */
  readonly grain: number;
}

const GRAINS = [1, 0.5, 0.25, 0.2, 0.1, 0.01];

export function numbersOf(node: Aggregate, facts: Facts): Numbers {
  const { domain } = facts.of(node.value);
  if (domain.kind !== 'finite' || domain.values.some((value) => typeof value === 'string'))
    return refuse(node.value, 'a mean is taken of numbers of finitely many values');
  const grain = GRAINS.find((each) => domain.values.every((value) => Number.isInteger(numericValue(value) / each)));
  if (grain === undefined) return refuse(node.value, 'a mean is taken of numbers that are multiples of a hundredth');
  return { node: node.value, values: domain.values, grain };
}
