/**
 * Both sides of a comparison may be divided by how many are selected, where some are: x times that number is to the sum of the values as x is to
 * their mean. Of integers float64 decides alike: a quotient that is no integer is further from the next than its rounding.
 */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { type Elementwise, reachable, type Selector, type SOp } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import { attempt } from '../../combinations.ts';
import { ACCEPTS } from '../../key-counts.ts';
import { LONGEST } from '../../selection-facts.ts';
import type { CheckedLaw, Proof } from '../law.ts';

const LARGEST = 2 ** 36;

export const dividedSums: CheckedLaw = {
  name: 'divided-sums',
  sops(proof, original, claimed) {
    if (!isComparison(original) || !isComparison(claimed) || original.operation.operator !== claimed.operation.operator) return false;
    const [a, b] = original.args as [SOp, SOp];
    const [c, d] = claimed.args as [SOp, SOp];
    return isDivided(a, b, c, d, proof) || isDivided(b, a, d, c, proof);
  },
};

type Binary = Elementwise & { readonly operation: { readonly kind: 'binary'; readonly operator: string } };

function isComparison(node: SOp): node is Binary {
  return node.kind === 'elementwise' && node.operation.kind === 'binary' && Object.hasOwn(ACCEPTS, node.operation.operator);
}

function isDivided(product: SOp, sum: SOp, factor: SOp, mean: SOp, proof: Proof): boolean {
  const { graph, meant } = proof;
  const summed = summedIn(sum, proof);
  if (summed === null || !meant.isNonempty(summed.selector) || !areIntegers(summed.value, proof)) return false;
  const isSaid = pairsOf(product).some(
    ([own, width]) => isCount(width, summed.selector, proof) && areIntegers(own, proof) && proof.proves(own, factor),
  );
  return isSaid && proof.proves(graph.aggregate(summed.selector, summed.value, 0n), mean);
}

/** The factors of a product, in both orders. */
function pairsOf(node: SOp): readonly (readonly [SOp, SOp])[] {
  if (node.kind !== 'elementwise' || node.operation.kind !== 'binary' || node.operation.operator !== '*') return [];
  const [first, second] = node.args as [SOp, SOp];
  return [
    [first, second],
    [second, first],
  ];
}

interface Summed {
  readonly selector: Selector;
  readonly value: SOp;
}

function summedIn(node: SOp, proof: Proof): Summed | null {
  if (node.kind === 'reduction') return node.operator === 'sum' ? node : null;
  if (node.kind !== 'elementwise' || node.operation.kind !== 'unary' || node.operation.operator !== 'round') return null;
  const found = pairsOf(node.args[0] as SOp).find(([mean, width]) => mean.kind === 'aggregate' && isCount(width, mean.selector, proof));
  return found?.[0].kind === 'aggregate' ? found[0] : null;
}

/** Whether it is how many are selected, on every input: it is named so, or no token is asked for and each length shows it. */
function isCount(node: SOp, selector: Selector, { graph, context, causal }: Proof): boolean {
  const width = graph.width(selector);
  if (node === width) return true;
  if ((!causal && context > LONGEST) || reachable([node, width]).some(({ kind }) => kind === 'tokens')) return false;
  const lengths = causal ? [context] : Array.from({ length: context }, (_, i) => i + 1);
  return lengths.every((length) => {
    const found = attempt(() => evaluate([node, width], new Array<Value>(length).fill(0n), { causal }));
    const [own, counts] = [node, width].map((each) => (found?.get(each) as Sequence | undefined)?.values);
    return own?.every((value, i) => typeof value === 'bigint' && value === counts?.[i]) ?? false;
  });
}

function areIntegers(node: SOp, { meant, context }: Proof): boolean {
  return meant.of(node)?.every((value) => typeof value === 'bigint' && Math.abs(Number(value)) * context < LARGEST) ?? false;
}
