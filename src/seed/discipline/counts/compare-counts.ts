/** Two counts are compared by neurons that read their difference: above, at or below zero. */
import type { Form } from '../../../circuit/circuit.ts';
import { bounds } from '../../../graph/domain.ts';
import { applyOperation } from '../../../graph/evaluate/values/apply-operation.ts';
import type { Elementwise, SOp } from '../../../graph/graph.ts';
import { type Value, valuesEqual } from '../../../graph/value.ts';
import type { LoweringSource } from '../lowering-source.ts';
import { decodeRatio } from './decode-ratio.ts';

/** A comparison of two counts is a comparison of their difference with zero. */
export function compareCounts(lowering: LoweringSource, node: Elementwise, values: readonly Value[]): readonly Form[] | null {
  const { operation, args } = node;
  if (operation.kind !== 'binary' || args.length !== 2) return null;
  const [left, right] = args as [SOp, SOp];
  const { operator } = operation;
  if (!['<', '>', '<=', '>=', '==', '!='].includes(operator)) return null;
  const difference = lowering.graph.binary('-', left, right);
  const { affine, domain } = lowering.facts.of(difference);
  if (affine === null || !affine.exact) return null;
  const ratio = lowering.ratioOf(difference);
  if (ratio === null || ratio.cases.length !== 1) return null;
  const { low, high } = bounds(domain);
  const numbers = Array.from({ length: high - low + 1 }, (_, i) => BigInt(low + i));
  const classOf = numbers.map((n) => values.findIndex((v) => valuesEqual(v, applyOperation(operation, [n, 0n]))));
  return decodeRatio(lowering, node, numbers, { of: classOf, count: values.length }, ratio);
}
