/**
 * The sum of what is selected is its mean times how many are selected, so that is what the product rounds to where the values are integers;
 * and so for sums and differences of such products.
 */
import { evaluate } from '../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../graph/evaluate/sequence.ts';
import { EvaluationError } from '../../../graph/evaluate/values/evaluation-error.ts';
import { reachable, type Selector, type SOp } from '../../../graph/graph.ts';
import { type Value, valueKey } from '../../../graph/value.ts';
import type { CheckedLaw, Proof } from './law.ts';

/** Rounding of float64 moves no sum up to this by half, whatever it is made of. */
const LARGEST = 2 ** 40;
const LONGEST = 128;

export const shares: CheckedLaw = {
  name: 'shares',
  sops(proof, original, claimed) {
    if (original.kind !== 'elementwise' || original.operation.kind !== 'unary' || original.operation.operator !== 'round') return false;
    const exact = exactly(original.args[0] as SOp, proof);
    return exact !== null && proof.proves(exact, claimed);
  },
};

/** What a linear combination of products of counts and means is in exact arithmetic: made of sums; null where that is not shown. */
export function exactly(node: SOp, proof: Proof): SOp | null {
  if (node.kind !== 'elementwise' || node.operation.kind !== 'binary') return areIntegers(node, proof) ? node : null;
  const { operator } = node.operation;
  const [left, right] = node.args as [SOp, SOp];
  if (operator === '*') return product(left, right, proof) ?? product(right, left, proof) ?? (areIntegers(node, proof) ? node : null);
  if (areIntegers(node, proof)) return node;
  if (operator !== '+' && operator !== '-') return null;
  const [a, b] = [exactly(left, proof), exactly(right, proof)];
  return a === null || b === null ? null : proof.graph.binary(operator, a, b);
}

function product(count: SOp, mean: SOp, proof: Proof): SOp | null {
  if (mean.kind === 'aggregate') {
    if (typeof mean.default === 'string' || !areIntegers(mean.value, proof) || !counts(count, mean.selector, proof)) return null;
    return proof.graph.reduction('sum', mean.selector, mean.value, 0n);
  }
  if (mean.kind !== 'elementwise' || mean.operation.kind !== 'binary') return null;
  const { operator } = mean.operation;
  if (operator !== '+' && operator !== '-') return null;
  const [a, b] = mean.args.map((part) => product(count, part, proof)) as [SOp | null, SOp | null];
  return a === null || b === null ? null : proof.graph.binary(operator, a, b);
}

function areIntegers(node: SOp, { meant, context }: Proof): boolean {
  const values = meant.of(node);
  return (
    values?.every((value) => typeof value !== 'string' && typeof value !== 'number' && Math.abs(Number(value)) * context < LARGEST) ?? false
  );
}

/** Whether a number is how many positions are selected, on every input: it says so, or neither asks for a token and each length shows it. */
function counts(count: SOp, selector: Selector, { graph, context, causal }: Proof): boolean {
  const width = graph.width(selector);
  if (count === width) return true;
  const asksForTokens = reachable([count, selector]).some(({ kind }) => kind === 'tokens');
  if (asksForTokens || (!causal && context > LONGEST)) return false;
  const lengths = causal ? [context] : Array.from({ length: context }, (_, i) => i + 1);
  try {
    return lengths.every((length) => {
      const found = evaluate([count, width], new Array<Value>(length).fill(0n), { causal });
      const [said, wanted] = [found.get(count), found.get(width)] as [Sequence, Sequence];
      return said.values.every((value, i) => valueKey(value) === valueKey(wanted.values[i] as Value));
    });
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}
