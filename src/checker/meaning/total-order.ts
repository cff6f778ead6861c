/** Whether counts of keys are how many stand before each position in some order of all: then they are 0, 1, …, n − 1 on every input. */
import type { SOp } from '../../graph/graph.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { type Counted, comparedIn, countAt } from './key-counts.ts';

/** More s-ops than this, besides positions, take too many cases. */
const MOST_COMPARED = 2;
const THREE = [0, 1, 2];
const TRIPLES = THREE.flatMap((a) => THREE.flatMap((b) => THREE.map((c) => [a, b, c])));
const ORDERS = TRIPLES.filter((triple) => new Set(triple).size === 3);

/**
 * Shown on three positions, whatever their values: only how they rank in each s-op that is compared with itself counts, and that is finitely
 * many cases.
 * @param differs whether no two positions of an input have the same value of an s-op
 */
export function countsAnOrder(counts: readonly Counted[], differs: (node: SOp) => boolean): boolean {
  const compared = comparedIn(counts);
  if (compared === null || compared.length > MOST_COMPARED || compared.some(({ key, query }) => key !== query)) return false;
  let cases: (readonly (readonly number[])[])[] = ORDERS.map((positions) => [positions]);
  for (const { key } of compared) {
    const own = differs(key) ? ORDERS : TRIPLES;
    cases = cases.flatMap((head) => own.map((ranks) => [...head, ranks]));
  }
  return cases.every((ranks) => {
    const count = (query: number, key: number) =>
      countAt(counts, (asked) => {
        const own = ranks[1 + compared.findIndex(({ key: node }) => node === asked?.key)] ?? [];
        return Math.sign(numberAt(own, key) - numberAt(own, query));
      });
    const [there, back] = [count(0, 1), count(1, 0)];
    const isTotal = there + back === 1 && there * back === 0 && count(0, 0) === 0;
    return isTotal && !(back === 1 && count(2, 1) === 1 && count(2, 0) !== 1);
  });
}
