/**
 * Sums of widths that count every key alike, however it compares with the query, are equal; so are selectors that select alike. Whether such
 * a sum is more, less or as much as another is how their difference compares with 0, and whether a count of keys is 0 is whether the mean of
 * 1 over them, else 0, is not 1.
 */
import type { SOp } from '../../../../graph/graph.ts';
import { ACCEPTS, type Compared, type Counted, comparedIn, countAt, countedBy, everyComparison } from '../../key-counts.ts';
import type { CheckedLaw, Proof } from '../law.ts';
import { sumAsWidths } from '../selections/reductions.ts';
import { exactly } from './shares.ts';

export const countedOnce: CheckedLaw = {
  name: 'counted-once',
  sops(proof, original, claimed) {
    if ((original.kind === 'width' && claimed.kind !== 'width') || isSum(original)) {
      const [wanted, said] = [countedIn(original, proof), countedBy(claimed)];
      return wanted !== null && said !== null && countAlike(proof, wanted, said, proof.claimsSeeAll);
    }
    return isComparisonOf(proof, original, claimed);
  },
  // where positions after the query's are seen, whoever attends leaves them out
  selectors: (proof, original, claimed) => countAlike(proof, [{ weight: 1, keys: original }], [{ weight: 1, keys: claimed }], false),
};

function isSum(node: SOp): boolean {
  if (node.kind !== 'elementwise' || (node.operation.kind !== 'binary' && node.operation.kind !== 'unary')) return false;
  return node.operation.operator === '+' || node.operation.operator === '-';
}

/** What an s-op of the program counts, sums that it says by means or outright being widths. */
function countedIn(node: SOp, proof: Proof): readonly Counted[] | null {
  const widths = (term: SOp): SOp => {
    if (term.kind === 'reduction') return sumAsWidths(proof, term) ?? term;
    if (term.kind !== 'elementwise' || term.operation.kind !== 'unary' || term.operation.operator !== 'round') return term;
    const sum = exactly(term.args[0] as SOp, proof);
    return sum === null ? term : sum;
  };
  return countedBy(node, (term) => widths(widths(term)));
}

/** @param seesLater whether claims count keys after the query's position, which a causal program never does */
function countAlike(proof: Proof, wanted: readonly Counted[], said: readonly Counted[], seesLater: boolean): boolean {
  const [own, other] = [comparedIn(wanted), comparedIn(said)];
  // what compares values of two types may fail, in one way of asking and not in the other
  if (own === null || other === null || !own.every((each) => isOfOneType(each, proof))) return false;
  const isSame = (a: Compared, b: Compared) => proof.proves(a.key, b.key) && proof.proves(a.query, b.query);
  const ways = everyComparison(own, other, isSame);
  return (
    ways?.every((sign) => {
      const isLater = sign.own(null) > 0;
      if (isLater && proof.causal && !seesLater) return true;
      return (isLater && proof.causal ? 0 : countAt(wanted, sign.own)) === countAt(said, sign.other);
    }) ?? false
  );
}

function isOfOneType({ key, query }: Compared, { meant }: Proof): boolean {
  const types = [key, query].flatMap((node) => (meant.of(node) ?? [0]).map((value) => typeof value === 'string'));
  return new Set(types).size === 1;
}

/** Whether a claim compares with 0 what a comparison of the program is about: the difference of its sides, or the other way round. */
function isComparisonOf(proof: Proof, original: SOp, claimed: SOp): boolean {
  if (original.kind !== 'elementwise' || original.operation.kind !== 'binary') return false;
  if (claimed.kind !== 'elementwise' || claimed.operation.kind !== 'binary') return false;
  const accepts = COMPARISONS[original.operation.operator];
  const [left, right] = original.args as [SOp, SOp];
  const [asked, limit] = claimed.args as [SOp, SOp];
  const asksOneWidth = [left, right].some(({ kind }) => kind === 'width') && [left, right].some(({ kind }) => kind === 'constant');
  if (accepts === undefined || limit.kind !== 'constant' || asksOneWidth) return false;
  const { graph, context, claimsSeeAll } = proof;
  const isAlike = (difference: SOp, said: readonly Counted[]) => {
    const wanted = countedIn(difference, proof);
    return wanted !== null && countAlike(proof, wanted, said, claimsSeeAll);
  };
  const agrees = (said: readonly Counted[], holds: (count: number) => boolean) => {
    const counts = Array.from({ length: context + 1 }, (_, count) => count);
    const differences = isCount(said) ? counts : [...counts, ...counts.map((count) => -count)];
    if (isAlike(graph.binary('-', left, right), said)) return differences.every((count) => accepts(count) === holds(count));
    return isAlike(graph.binary('-', right, left), said) && differences.every((count) => accepts(-count) === holds(count));
  };
  const { operator } = claimed.operation;
  const said = countedBy(asked);
  if (said !== null && limit.value === 0n) {
    const claims = COMPARISONS[operator];
    return claims !== undefined && agrees(said, claims);
  }
  // the mean of 1 over what is selected, else 0
  const isAny = asked.kind === 'aggregate' && graph.aggregate(asked.selector, graph.constant(1n), 0n) === asked && limit.value === 1n;
  return (
    isAny &&
    (operator === '==' || operator === '!=') &&
    agrees([{ weight: 1, keys: asked.selector }], (count) => count > 0 === (operator === '=='))
  );
}

/** Whether it is one width, which is no less than 0. */
function isCount([only, ...others]: readonly Counted[]): boolean {
  return others.length === 0 && only?.weight === 1;
}

/** By any operator of the program's: others compare nothing. */
const COMPARISONS: Readonly<Partial<Record<string, (difference: number) => boolean>>> = ACCEPTS;
