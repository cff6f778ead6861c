/**
 * Two sums of integers are equal where the same s-ops are added equally often: what is counted among all keys being one of them, and equal where
 * each key adds as much. The position is how many keys there were before, and so one less than 1 for each key so far.
 */
import type { Elementwise, Selector, SOp } from '../../../../graph/graph.ts';
import { ACCEPTS } from '../../key-counts.ts';
import { selectsEverything } from '../../selects-everything.ts';
import type { CheckedLaw, Proof } from '../law.ts';
import { exactly } from './shares.ts';

const MOST_TERMS = 64;

export const shorterSums: CheckedLaw = {
  name: 'shorter-sums',
  sops(proof, original, claimed) {
    if (original.kind !== 'elementwise' || (original.operation.kind === 'unary' && original.operation.operator !== '-')) return false;
    if (isMeanOf(original, claimed, proof)) return true;
    const [own, other] = [addedIn(original, proof, false), addedIn(claimed, proof, true)];
    if (own === null || other === null || own.constant !== other.constant || own.rest.size !== other.rest.size) return false;
    // no sum, and so nothing to be taken apart
    if (own.rest.has(original)) return false;
    const left = [...other.rest];
    for (const [term, weight] of own.rest) {
      const at = left.findIndex(([said, times]) => times === weight && areIntegers(term, proof) && proof.proves(term, said));
      if (at < 0) return false;
      left.splice(at, 1);
    }
    return own.each === other.each || (own.each !== null && other.each !== null && isEachEqual(own.each, other.each, proof));
  },
};

/**
 * Whether a claim compares with 0 the mean of what each key adds to the left side less the right one, of which nothing else is made but perhaps a
 * constant that the comparison takes in: of integers, x + 1 > 0 is x >= 0.
 */
function isMeanOf(original: Elementwise, claimed: SOp, proof: Proof): boolean {
  const { graph } = proof;
  const [own, other] = [acceptedBy(original), acceptedBy(claimed)];
  if (own === null || other === null || claimed.kind !== 'elementwise') return false;
  const [mean, zero] = claimed.args as [SOp, SOp];
  if (mean.kind !== 'aggregate' || mean.default !== 0n || zero !== graph.constant(0n)) return false;
  const difference = addedIn(graph.binary('-', ...(original.args as [SOp, SOp])), proof, false);
  if (difference?.each == null || difference.rest.size > 0) return false;
  const { constant } = difference;
  // beyond these nothing changes sign
  const span = Math.abs(constant) + 1;
  if (span > MOST_TERMS) return false;
  for (let integer = -span; integer <= span; integer++) if (own(integer + constant) !== other(integer)) return false;
  const everything = graph.select(graph.constant(1n), graph.constant(1n), '==');
  return proof.attends(everything, mean.selector) && isEachEqual(difference.each, mean.value, proof);
}

/** Which differences of its sides a comparison accepts; null of anything else. */
function acceptedBy(node: SOp): ((difference: number) => boolean) | null {
  if (node.kind !== 'elementwise' || node.operation.kind !== 'binary') return null;
  return (ACCEPTS as Readonly<Partial<Record<string, (difference: number) => boolean>>>)[node.operation.operator] ?? null;
}

/** A sum as what each key adds to it, a constant, and how often what else there is in it is added. */
interface Added {
  readonly each: SOp | null;
  readonly constant: number;
  readonly rest: ReadonlyMap<SOp, number>;
}

function addedIn(sum: SOp, proof: Proof, isClaimed: boolean): Added | null {
  const { graph, causal } = proof;
  const rest = new Map<SOp, number>();
  let each: SOp | null = null;
  let constant = 0;
  const add = (value: SOp, weight: number) => {
    const scaled = graph.binary('*', graph.constant(BigInt(weight)), value);
    each = each === null ? scaled : graph.binary('+', each, scaled);
  };
  const open: [SOp, number][] = [[sum, 1]];
  for (let seen = 0; open.length > 0; seen++) {
    const [node, weight] = open.pop() as [SOp, number];
    if (seen > MOST_TERMS || !Number.isSafeInteger(weight)) return null;
    const parts = partsOf(node, proof, isClaimed);
    const counted = parts === null ? countedIn(node, proof, isClaimed) : null;
    if (parts !== null) for (const [part, times] of parts) open.push([part, weight * times]);
    else if (node.kind === 'constant') {
      if (typeof node.value !== 'bigint') return null;
      constant += weight * Number(node.value);
    } else if (node.kind === 'indices' && causal) {
      add(graph.constant(1n), weight);
      constant -= weight;
    } else if (counted !== null) add(counted, weight);
    else rest.set(node, (rest.get(node) ?? 0) + weight);
  }
  for (const [node, weight] of rest) if (weight === 0) rest.delete(node);
  return { each, constant, rest };
}

function partsOf(node: SOp, proof: Proof, isClaimed: boolean): readonly (readonly [SOp, number])[] | null {
  if (node.kind !== 'elementwise') return null;
  const [first, second] = node.args as [SOp, SOp];
  const { operation } = node;
  if (operation.kind === 'unary') {
    if (operation.operator === '-') return [[first, -1]];
    const exact = operation.operator === 'round' && !isClaimed ? exactly(first, proof) : null;
    return exact === null ? null : [[exact, 1]];
  }
  if (operation.kind !== 'binary') return null;
  if (operation.operator === '+' || operation.operator === '-')
    return [
      [first, 1],
      [second, operation.operator === '+' ? 1 : -1],
    ];
  if (operation.operator !== '*') return null;
  if (first.kind === 'constant') return typeof first.value === 'bigint' ? [[second, Number(first.value)]] : null;
  return second.kind === 'constant' && typeof second.value === 'bigint' ? [[first, Number(second.value)]] : null;
}

/** What each key adds to a count, or to a sum, in which no query has a say; null of anything else. */
function countedIn(node: SOp, proof: Proof, isClaimed: boolean): SOp | null {
  const { graph } = proof;
  if (node.kind !== 'width' && (node.kind !== 'reduction' || node.operator !== 'sum' || node.default !== 0n)) return null;
  let { selector } = node;
  if (isClaimed && proof.causal && proof.claimsSeeAll) {
    // what sees all keys has to leave the later ones out by itself
    if (selector.kind !== 'and' || !isSoFar(selector.right, proof)) return null;
    selector = selector.left;
  }
  const condition = conditionOn(selector, proof);
  if (condition === null) return null;
  const is = graph.unary('indicator', condition);
  return node.kind === 'width' ? is : graph.binary('*', is, node.value);
}

function conditionOn(selector: Selector, proof: Proof): SOp | null {
  const { graph } = proof;
  if (selectsEverything(selector) || (proof.causal && isSoFar(selector, proof))) return graph.constant(true);
  if (selector.kind === 'select') {
    const [only, ...others] = proof.meant.of(selector.queries) ?? [];
    return only === undefined || others.length > 0 ? null : graph.binary(selector.operator, selector.keys, graph.constant(only));
  }
  if (selector.kind !== 'and') return null;
  const [left, right] = [conditionOn(selector.left, proof), conditionOn(selector.right, proof)];
  return left === null || right === null ? null : graph.binary('and', left, right);
}

function isSoFar(selector: Selector, { graph }: Proof): boolean {
  return selector === graph.select(graph.indices(), graph.indices(), '<=');
}

/** What each key adds in the program and in the claim, which are of the same s-ops. */
function isEachEqual(own: SOp, other: SOp, proof: Proof): boolean {
  return areIntegers(own, proof) && areIntegers(other, proof) && proof.proves(own, other);
}

function areIntegers(node: SOp, { meant }: Proof): boolean {
  return meant.of(node)?.every((value) => typeof value === 'bigint') ?? false;
}
