/** The numbers that a mean is taken of: finitely many, and multiples of one of a few grains, so that neighbouring means lie apart. */
import { bounds, numericValue } from '../../../graph/domain.ts';
import type { Aggregate, SelectorWidth, SOp } from '../../../graph/graph.ts';
import type { Value } from '../../../graph/value.ts';
import type { Facts } from '../../../passes/facts/facts.ts';
import { type LoweringSource, refuse, sameValue } from '../lowering-source.ts';
import type { RatioCode } from './ratio-code.ts';

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

/** Between which numbers a mean or a count lies. */
export function rangeOf(
  lowering: LoweringSource,
  node: Aggregate | SelectorWidth,
  numbers: Numbers | null,
): Pick<RatioCode, 'counted' | 'grain' | 'low' | 'high' | 'absent'> {
  const { facts, context } = lowering;
  if (numbers === null || node.kind === 'width') return { counted: 'units', grain: 1, low: 0, high: context, absent: null };
  const { domain } = facts.of(node);
  const { low, high } = bounds(facts.of(node.value).domain);
  const isSure = facts.selectionCount(node.selector).nonempty;
  const absent = isSure || domain.kind !== 'finite' ? null : domain.values.findIndex((value) => sameValue(value, node.default));
  if (!isSure && absent === null) return refuse(node, 'it is a number of too many values, and may have nothing to average');
  return { counted: 'positions', grain: numbers.grain, low, high, absent };
}
