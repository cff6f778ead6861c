/** Sums and differences of widths that count each key once or not at all, as one width; and selectors as sums of products of comparisons. */
import { isNumeric } from '../../../../graph/domain.ts';
import {
  type BinaryOperator,
  type ComparisonOperator,
  type Elementwise,
  type Graph,
  type GraphNode,
  isSelector,
  type Selector,
  type SOp,
} from '../../../../graph/graph.ts';
import type { Span } from '../../../../source/source-file.ts';
import {
  asksForMore,
  type CountedKeys,
  comparisonsIn,
  countedKeys,
  countsOnce,
  selectorFrom,
  type Term,
  writtenOf,
} from '../../../facts/counted-keys.ts';
import type { Assumptions, Facts } from '../../../facts/facts.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import { isStrictTotalOrder } from '../../../facts/total-order.ts';
import type { Rewrite } from '../../rewrite.ts';
import { widthsOf } from './split-widths.ts';

export const countedOnce: Rewrite = {
  law: {
    name: 'counted-once',
    statement:
      'a sum of widths, positions and constants counts each key by how it compares with the query; where that is once or never, it is one width; a comparison of two such sums is one of their difference with 0',
    requires: 'comparisons of at most three pairs of s-ops besides positions, each of one type, and a count of 0 or 1 in every case',
    ensures: 'no rank and no count is a sum or difference of several that one head gives',
    example: {
      before: 'said = selector_width(select(tokens, tokens, <=)) - selector_width(select(tokens, tokens, <));',
      after: 'said = selector_width(select(tokens, tokens, ==));',
      causal: false,
      sees: 'bidirectional',
    },
  },
  optimization: 'counted-once',
  ruleFor: ({ graph, assumptions, optimizations }) => {
    const counts = new Counts(graph, assumptions, optimizations.has('positions-together'));
    return (node) => (isSelector(node) ? counts.selector(node) : node.kind === 'elementwise' ? counts.sum(node) : null);
  },
};

class Counts {
  readonly #graph: Graph;
  readonly #causal: boolean;
  readonly #positionsTogether: boolean;
  readonly #assumptions: Assumptions;
  #facts: Facts | null = null;

  constructor(graph: Graph, assumptions: Assumptions, positionsTogether: boolean) {
    this.#graph = graph;
    this.#positionsTogether = positionsTogether;
    this.#assumptions = assumptions;
    this.#causal = assumptions.causal;
  }

  selector(selector: Selector): Selector | null {
    const comparisons = selector.kind === 'select' ? 0 : comparisonsIn(selector);
    if (comparisons < 2) return null;
    const keys = countedKeys([{ term: selector, weight: 1 }], this.#graph, this.#causal);
    if (keys === null || !countsOnce(keys)) return null;
    const written = writtenOf(keys);
    const saved = comparisons - comparisonsIn(written);
    const isSimpler = saved > 0 || (saved === 0 && !isSumOfProducts(selector));
    if (!isSimpler) return null;
    const simpler = selectorFrom(written, this.#graph);
    return this.#isShown(simpler) && this.#areOfOneType(keys) ? simpler : null;
  }

  sum(node: Elementwise): SOp | null {
    const { operation, args, spans } = node;
    if (operation.kind !== 'binary') return null;
    const { operator } = operation;
    const [left, right] = args as [SOp, SOp];
    const difference = (more: SOp, less: SOp) => [
      { term: more, weight: 1 },
      { term: less, weight: -1 },
    ];
    if (operator === '+' || operator === '-') return this.#oneWidth([{ term: node, weight: 1 }], spans[0]);
    const flipped = FLIPPED[operator];
    if (flipped === undefined || left.kind === 'constant' || right.kind === 'constant') return null;
    const compared = (how: BinaryOperator, width: SOp) => this.#graph.binary(how, width, this.#graph.constant(0n), spans[0]);
    const more = this.#oneWidth(difference(left, right), spans[0]);
    if (more !== null) return compared(operator, more);
    const less = this.#oneWidth(difference(right, left), spans[0]);
    return less === null ? null : compared(flipped, less);
  }

  #oneWidth(sum: readonly Term[], span: Span | undefined): SOp | null {
    const keys = countedKeys(sum, this.#graph, this.#causal);
    if (keys === null || keys.widths === 0 || !countsOnce(keys)) return null;
    const written = writtenOf(keys);
    const selector = selectorFrom(written, this.#graph);
    // what would be cut into more widths than there are is left as it is, unless that it is a rank is to be known
    const saves = keys.widths > 1 && widthsOf(selector, this.#positionsTogether) <= keys.widths;
    const isWorth = saves || comparisonsIn(written) === 1 || this.#isRank(selector);
    return isWorth && this.#isShown(selector) && this.#areOfOneType(keys) ? this.#graph.width(selector, span) : null;
  }

  /** What turns out to be of positions alone becomes a table in a causal program, of which the proof does not follow what it was. */
  #isShown(selector: Selector): boolean {
    return !this.#causal || asksForMore(selector, this.#graph);
  }

  #isRank(selector: Selector): boolean {
    return !this.#causal && isStrictTotalOrder(selector, this.#known());
  }

  /** What compares values of two types may fail, in one way of asking and not in another. */
  #areOfOneType({ pairs }: CountedKeys): boolean {
    return pairs.every(({ keys, queries }) => {
      const types = new Set([this.#typeOf(keys), this.#typeOf(queries)]);
      return types.size === 1 && !types.has(null);
    });
  }

  #typeOf(node: SOp): 'number' | 'string' | null {
    const { domain } = this.#known().of(node);
    if (isNumeric(domain)) return 'number';
    return domain.kind === 'finite' && domain.values.every((value) => typeof value === 'string') ? 'string' : null;
  }

  #known(): Facts {
    this.#facts ??= inferFacts(this.#graph, this.#assumptions);
    return this.#facts;
  }
}

const FLIPPED: Readonly<Partial<Record<string, ComparisonOperator>>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
};

/** Whether it is an `or` of products, or less. */
function isSumOfProducts(selector: Selector): boolean {
  if (selector.kind === 'or') return isSumOfProducts(selector.left) && isSumOfProducts(selector.right);
  return isProduct(selector);
}

function isProduct(selector: GraphNode): boolean {
  return selector.kind === 'select' || (selector.kind === 'and' && isProduct(selector.left) && isProduct(selector.right));
}
