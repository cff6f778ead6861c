/** Sums and differences of integers, with as few operations as they come to; what is counted among all keys, as one sum where that has fewer parts. */
import { numericValue } from '../../../../graph/domain.ts';
import type { ComparisonOperator, Elementwise, Graph, Selector, SOp } from '../../../../graph/graph.ts';
import { sumPieces } from '../../../../graph/reductions.ts';
import type { Assumptions, Facts } from '../../../facts/facts.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import { selectsAll } from '../../../facts/total-order.ts';
import { type LinearForm, linearForm, operationsOf, sumOf } from '../../linear-form.ts';
import type { Rewrite } from '../../rewrite.ts';

const FIVE_BEFORE = [...'abcde']
  .map((name, i) => `${name} = aggregate(select(indices, indices - ${1 + (i % 4)}, ==), indicator(tokens ${i < 4 ? '==' : '!='} "a"), 0);`)
  .join(' ');

export const shorterSums: Rewrite = {
  law: {
    name: 'shorter-sums',
    statement:
      'a sum of multiples of integers is what is left of it once equal terms are added up; and of counts and sums over all keys it is the sum, over all keys, of how often each is counted, which compares with 0 as the mean of that does',
    requires: 'integers, and fewer operations or fewer counts than there were',
    ensures: 'no sum of integers is the opposite of a difference, and nothing is counted that is taken away',
    example: {
      before: `${FIVE_BEFORE} said = -(a - b - c - d - e) > 2;`,
      after: `${FIVE_BEFORE} said = b + c + d + e - a > 2;`,
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'sums-of-shares',
  ruleFor: ({ graph, assumptions }) => {
    const sums = new Sums(graph, assumptions);
    return (node) => (node.kind === 'elementwise' ? (sums.compared(node) ?? sums.shorter(node)) : null);
  },
};

/** How an integer compares with 0 where it does so with this added: x + 1 > 0 is x >= 0. */
const SHIFTED: Readonly<Record<number, Readonly<Partial<Record<string, ComparisonOperator>>>>> = {
  1: { '>': '>=', '<=': '<' },
  [-1]: { '>=': '>', '<': '<=' },
};

type Sum = Pick<LinearForm, 'constant' | 'terms'>;

/** Counts among all keys: what each key adds, in how many parts, and how much at most. */
interface Counts {
  readonly parts: number;
  readonly most: number;
}

interface Counted {
  /** What each key adds. */
  readonly value: SOp;
  readonly rest: number;
  readonly others: ReadonlyMap<SOp, number>;
  readonly counts: readonly Counts[];
}

class Sums {
  readonly #graph: Graph;
  readonly #assumptions: Assumptions;
  #facts: Facts | null = null;

  constructor(graph: Graph, assumptions: Assumptions) {
    this.#graph = graph;
    this.#assumptions = assumptions;
  }

  /** Whether what all keys add is more than 0, as whether they add more than 0 in the mean: of several counts a head less. */
  compared({ operation, args, spans }: Elementwise): SOp | null {
    if (operation.kind !== 'binary' || !isComparison(operation.operator)) return null;
    const [left, right] = args as [SOp, SOp];
    const form = linearForm([
      { node: right, factor: -1 },
      { node: left, factor: 1 },
    ]);
    if (form === null || form.terms.size === 0 || !areIntegers(form)) return null;
    const counted = this.#counted(form);
    if (counted === null || counted.others.size > 0 || leavesOf([counted.value]) !== 1) return null;
    const operator = counted.rest === 0 ? operation.operator : SHIFTED[counted.rest]?.[operation.operator];
    if (operator === undefined) return null;
    const after = this.#countsOf(counted.value, 1);
    if (after.parts < 2 || (after.parts === 2 && after.most === 1)) return null;
    const graph = this.#graph;
    return graph.binary(operator, graph.aggregate(this.#all(), counted.value, 0n, spans[0]), graph.constant(0n), spans[0]);
  }

  shorter(node: SOp): SOp | null {
    const form = linearForm(node);
    if (form === null || form.operations === 0 || !areIntegers(form)) return null;
    const joined = form.terms.size > 0 ? this.#joined(form) : null;
    if (joined === null && operationsOf(form) >= form.operations) return null;
    return [...form.terms.keys()].every((term) => this.#integers(term) !== null) ? sumOf(joined ?? form, this.#graph) : null;
  }

  /** Whatever is counted among all keys in one sum; null where that has as many parts. */
  #joined(sum: Sum): Sum | null {
    const counted = this.#counted(sum);
    if (counted === null || counted.counts.length + Number(counted.rest !== sum.constant) < 2) return null;
    const { value, rest, others, counts } = counted;
    if (leavesOf([value]) !== 1) return null;
    const after = this.#countsOf(value, 1);
    const parts = counts.reduce((sum, own) => sum + own.parts, 0);
    const most = Math.max(...counts.map((own) => own.most));
    if (after.parts === 0 || after.parts > parts || (after.parts === parts && after.most >= most)) return null;
    return { constant: rest, terms: new Map([...others, [this.#graph.reduction('sum', this.#all(), value, 0n), 1]]) };
  }

  #all(): Selector {
    return this.#graph.select(this.#graph.constant(1n), this.#graph.constant(1n), '==');
  }

  /** A sum as what each key adds to it, and the rest; null where no key adds anything. */
  #counted({ constant, terms }: Sum): Counted | null {
    const others = new Map<SOp, number>();
    const added = new Map<SOp, number>();
    let [each, rest] = [0, constant];
    const counts: Counts[] = [];
    for (const [term, factor] of terms) {
      const counted = this.#countedIn(term);
      if (counted === null) others.set(term, factor);
      else {
        const isAll = counted.kind === 'constant';
        if (isAll) each += factor * Number(counted.value);
        else added.set(counted, (added.get(counted) ?? 0) + factor);
        if (term.kind === 'indices') rest -= factor;
        counts.push(isAll ? { parts: 1, most: Math.abs(factor) } : this.#countsOf(counted, factor));
      }
    }
    if (counts.length === 0) return null;
    return { value: sumOf({ constant: each, terms: added }, this.#graph), rest, others, counts };
  }

  /** What each key adds to a count or sum over all keys; of a position 1 each, the query's own among them. Null of anything else. */
  #countedIn(term: SOp): SOp | null {
    const graph = this.#graph;
    if (term.kind === 'indices') return this.#assumptions.causal ? graph.constant(1n) : null;
    if (term.kind !== 'width' && (term.kind !== 'reduction' || term.operator !== 'sum' || term.default !== 0n)) return null;
    const condition = this.#conditionOf(term.selector);
    if (condition === null) return null;
    const value = term.kind === 'width' ? graph.constant(1n) : term.value;
    if (condition === true) return value;
    const is = graph.unary('indicator', condition);
    return term.kind === 'width' ? is : graph.binary('*', is, value);
  }

  /** The condition on a key by which a selector selects it, whatever the query; `true` where it selects all. */
  #conditionOf(selector: Selector): SOp | true | null {
    const graph = this.#graph;
    switch (selector.kind) {
      case 'select': {
        const { keys, queries, operator } = selector;
        const isSoFar = keys.kind === 'indices' && queries.kind === 'indices' && operator === '<=';
        if (selectsAll(selector) || (isSoFar && this.#assumptions.causal)) return true;
        return queries.kind === 'constant' && keys.kind !== 'constant' ? graph.binary(operator, keys, queries) : null;
      }
      case 'and': {
        const [left, right] = [this.#conditionOf(selector.left), this.#conditionOf(selector.right)];
        if (left === null || right === null) return null;
        return left === true ? right : right === true ? left : graph.binary('and', left, right);
      }
      default:
        return null;
    }
  }

  #countsOf(value: SOp, factor: number): Counts {
    const values = this.#integers(value) ?? [];
    const pieces = sumPieces(values);
    return { parts: pieces.length, most: Math.abs(factor) * Math.max(0, ...pieces.map(({ weight }) => Math.abs(numericValue(weight)))) };
  }

  #integers(node: SOp): readonly bigint[] | null {
    this.#facts ??= inferFacts(this.#graph, this.#assumptions);
    const { domain } = this.#facts.of(node);
    if (domain.kind !== 'finite') return null;
    const values = domain.values.filter((value) => typeof value === 'bigint');
    return values.length === domain.values.length ? values : null;
  }
}

function isComparison(operator: string): boolean {
  return ['==', '!=', '<', '>', '<=', '>='].includes(operator);
}

function areIntegers({ constant, terms }: Sum): boolean {
  return [constant, ...terms.values()].every(Number.isSafeInteger);
}

/** Of how many s-ops that are computed of no other at their position. */
function leavesOf(nodes: readonly SOp[]): number {
  const pending = [...nodes];
  const leaves = new Set<SOp>();
  const seen = new Set<SOp>();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === 'elementwise') pending.push(...node.args);
    else if (node.kind !== 'constant') leaves.add(node);
  }
  return leaves.size;
}
