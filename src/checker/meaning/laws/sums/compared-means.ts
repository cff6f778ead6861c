/**
 * Means over one selector have one denominator, so that a sum of multiples of them is to a constant as one mean is to 0: of the same multiples of
 * what they are means of, less the constant. What float64 makes of the sum decides alike: integers over one number are ordered as they are, and of
 * longer sums each that should be 0 is computed as the program does.
 */
import { operationFunction } from '../../../../graph/evaluate/values/apply-operation.ts';
import type { Aggregate, Elementwise, SOp } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import { ACCEPTS } from '../../key-counts.ts';
import type { CheckedLaw, Proof } from '../law.ts';

/** Rounding of float64 is far below the reciprocal of this, times the number of positions. */
const LARGEST = 2 ** 30;
const OFF = 1e-12;
const MOST_PARTS = 64;
const MOST_SUMS = 2 ** 20;

export const comparedMeans: CheckedLaw = {
  name: 'compared-means',
  sops(proof, original, claimed) {
    const [own, other] = [comparisonIn(original), comparisonIn(claimed)];
    if (own === null || own.operator !== other?.operator || other.right.kind !== 'constant' || other.right.value !== 0n) return false;
    const weights = weightsOf(own, proof);
    if (weights === null) return false;
    const { graph } = proof;
    const { constant, means } = weights;
    const [
      {
        mean: { selector },
      },
    ] = means as [Weighted];
    const added = means.map(({ mean, weight }) => graph.binary('*', graph.constant(BigInt(weight)), mean.value));
    const value = added.reduce((sum: SOp, next) => graph.binary('+', sum, next), graph.constant(BigInt(constant)));
    const otherwise = means.reduce((sum, { mean, weight }) => sum + weight * Number(mean.default), constant);
    const isSaid = proof.proves(graph.aggregate(selector, value, BigInt(otherwise)), other.left);
    return (
      isSaid &&
      decidesAlike(own, weights, proof) &&
      said(own.node, new Map(means.map(({ mean }) => [mean, mean.default]))) === own.accepts(otherwise)
    );
  },
};

interface Comparison {
  readonly node: Elementwise;
  readonly operator: string;
  readonly accepts: (difference: number) => boolean;
  readonly left: SOp;
  readonly right: SOp;
}

function comparisonIn(node: SOp): Comparison | null {
  if (node.kind !== 'elementwise' || node.operation.kind !== 'binary') return null;
  const { operator } = node.operation;
  const accepts = (ACCEPTS as Readonly<Partial<Record<string, Comparison['accepts']>>>)[operator];
  const [left, right] = node.args as [SOp, SOp];
  return accepts === undefined ? null : { node, operator, accepts, left, right };
}

/** A mean of integers from `least` to `most`, and how often it is added. */
interface Weighted {
  readonly mean: Aggregate;
  readonly weight: number;
  readonly least: number;
  readonly most: number;
}

interface Weights {
  readonly constant: number;
  readonly means: readonly Weighted[];
}

/** The left side less the right, times the least number that makes all weights integers; null where it is not of means over one selector. */
function weightsOf({ left, right }: Comparison, { meant }: Proof): Weights | null {
  const found = new Map<SOp, number>();
  let constant = 0;
  const gather = (node: SOp, weight: number): boolean => {
    if (node.kind === 'constant') {
      constant += weight * Number(node.value);
      return typeof node.value === 'bigint' || typeof node.value === 'number';
    }
    if (node.kind === 'aggregate') {
      found.set(node, (found.get(node) ?? 0) + weight);
      return typeof node.default === 'bigint';
    }
    if (node.kind !== 'elementwise') return false;
    const { operation } = node;
    const [first, second] = node.args as [SOp, SOp];
    if (operation.kind === 'unary') return operation.operator === '-' && gather(first, -weight);
    if (operation.kind !== 'binary') return false;
    const number = ({ kind, ...rest }: SOp) => (kind === 'constant' && 'value' in rest ? Number(rest.value) : Number.NaN);
    if (operation.operator === '+') return gather(first, weight) && gather(second, weight);
    if (operation.operator === '-') return gather(first, weight) && gather(second, -weight);
    if (operation.operator === '/') return number(second) !== 0 && second.kind === 'constant' && gather(first, weight / number(second));
    if (operation.operator !== '*') return false;
    if (first.kind === 'constant') return gather(second, weight * number(first));
    return second.kind === 'constant' && gather(first, weight * number(second));
  };
  if (!gather(left, 1) || !gather(right, -1)) return null;
  const added = [...found].filter(([, weight]) => weight !== 0) as [Aggregate, number][];
  const numbers = [constant, ...added.map(([, weight]) => weight)];
  const isWhole = (number: number) => Math.abs(number - Math.round(number)) <= OFF * Math.abs(number);
  let parts = 1;
  while (!numbers.every((number) => isWhole(number * parts))) if (++parts > MOST_PARTS) return null;
  const means = added.map(([mean, weight]): Weighted | null => {
    const values = meant.of(mean.value);
    if (values === null || !values.every((value) => typeof value === 'bigint')) return null;
    const own = values.map(Number);
    return { mean, weight: Math.round(weight * parts), least: Math.min(...own), most: Math.max(...own) };
  });
  const [first] = means;
  if (!first || !means.every((each) => each?.mean.selector === first.mean.selector)) return null;
  return { constant: Math.round(constant * parts), means: means as readonly Weighted[] };
}

/** Whether the program's arithmetic says of every sum that is 0 that it is, which it cannot mistake for any other. */
function decidesAlike(own: Comparison, { constant, means }: Weights, { context }: Proof): boolean {
  const most = means.reduce((sum, { weight, least, most }) => sum + Math.abs(weight) * Math.max(-least, most), Math.abs(constant));
  if (most * context > LARGEST) return false;
  const isMean = (node: SOp) => node.kind === 'aggregate';
  if (isMean(own.left) && isMean(own.right)) return true;
  const { left, right } = own;
  const isTaken = left.kind === 'elementwise' && left.operation.kind === 'binary' && left.operation.operator === '-';
  if (isTaken && left.args.every(isMean) && right.kind === 'constant' && right.value === 0n) return true;
  const last = means.at(-1) as Weighted;
  const others = means.slice(0, -1);
  if (others.reduce((all, { least, most }) => all * ((most - least) * context + 1), context) > MOST_SUMS) return false;
  const areZeroes = (count: number, place: number, sums: ReadonlyMap<SOp, number>, total: number): boolean => {
    const next = others[place];
    if (next === undefined) {
      const sum = -total / last.weight;
      if (!Number.isInteger(sum) || sum < last.least * count || sum > last.most * count) return true;
      const values = [...sums, [last.mean, sum] as const].map(([mean, each]): [SOp, Value] => [
        mean,
        count === 1 ? BigInt(each) : each / count,
      ]);
      return said(own.node, new Map(values)) === own.accepts(0);
    }
    for (let sum = next.least * count; sum <= next.most * count; sum++)
      if (!areZeroes(count, place + 1, new Map([...sums, [next.mean, sum]]), total + sum * next.weight)) return false;
    return true;
  };
  return Array.from({ length: context }, (_, i) => i + 1).every((count) => areZeroes(count, 0, new Map(), constant * count));
}

/** What the program computes where its means are known. */
function said(node: SOp, known: ReadonlyMap<SOp, Value>): Value {
  const value = known.get(node);
  if (value !== undefined) return value;
  if (node.kind === 'constant') return node.value;
  if (node.kind !== 'elementwise') throw new Error('a mean without a value');
  const [a = false, b = false, c = false] = node.args.map((arg) => said(arg, known));
  return operationFunction(node.operation)(a, b, c);
}
