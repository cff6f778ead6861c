/** Sums said by means: what the number of the selected times a mean of integers rounds to is their sum, and is counted. */
import { isNumeric } from '../../../graph/domain.ts';
import { evaluate } from '../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../graph/evaluate/sequence.ts';
import { type Aggregate, type Elementwise, type Graph, type GraphNode, reachable, type Selector, type SOp } from '../../../graph/graph.ts';
import { distinctNumbers, sumOfWidths, sumPieces } from '../../../graph/reductions.ts';
import { type Value, valueKey } from '../../../graph/value.ts';
import type { Assumptions, Facts } from '../../facts/facts.ts';
import { inferFacts } from '../../facts/infer-facts.ts';
import { succeed } from '../../facts/tabulate.ts';
import type { Rewrite } from '../rewrite.ts';

/** More heads than this for one sum are no gain. */
const MOST_PIECES = 8;
/** Beyond, inputs of every length are too many to be looked at. */
const LONGEST_TRIED = 128;
/** Sums up to this are so far from rounding to another integer that no order of operations matters. */
const LARGEST_SUM = 2 ** 40;

export const shares: Rewrite = {
  law: {
    name: 'shares',
    statement:
      'round(|s| * mean of v over s) is the sum of v over s, and so it is for sums, differences and integer multiples of such products',
    requires:
      'v are integers, and what the mean is multiplied with is |s| on every input: it is that width, or both depend on positions alone',
    ensures: 'no sum of few different integers is computed as a mean',
    example: {
      before: 'm = indicator(tokens == "b"); said = round((indices + 1) * aggregate(full_s, m));',
      after: 'm = indicator(tokens == "b"); said = selector_width(full_s and select(m, 1, ==));',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'sums-of-shares',
  ruleFor: ({ graph, roots, assumptions }) => {
    const isRound = (node: GraphNode) =>
      node.kind === 'elementwise' && node.operation.kind === 'unary' && node.operation.operator === 'round';
    if (!reachable(roots).some(isRound)) return null;
    const sums = new SumsOfShares(graph, assumptions);
    return (node) => (node.kind === 'elementwise' && isRound(node) ? sums.of(node.args[0] as SOp) : null);
  },
};

class SumsOfShares {
  readonly #graph: Graph;
  readonly #assumptions: Assumptions;
  readonly #facts: Facts;

  constructor(graph: Graph, assumptions: Assumptions) {
    this.#graph = graph;
    this.#assumptions = assumptions;
    this.#facts = inferFacts(graph, assumptions);
  }

  /** The integer that a sum of products of widths and means is but for rounding; null where it is none. */
  of(node: SOp): SOp | null {
    if (node.kind !== 'elementwise' || node.operation.kind !== 'binary') return null;
    const { operator } = node.operation;
    const [left, right] = node.args as [SOp, SOp];
    if (operator === '*') return this.#scaled(left, right) ?? this.#scaled(right, left);
    if (operator !== '+' && operator !== '-') return null;
    const [a, b] = [this.of(left), this.of(right)];
    if (a === null && b === null) return null;
    const [p, q] = [a ?? this.#integers(left), b ?? this.#integers(right)];
    return p === null || q === null ? null : this.#graph.binary(operator, p, q, node.spans[0]);
  }

  /** `count` times an average, or a sum or difference of averages. */
  #scaled(count: SOp, mean: SOp): SOp | null {
    if (mean.kind === 'aggregate') return this.#sum(count, mean);
    if (mean.kind !== 'elementwise' || mean.operation.kind !== 'binary') return null;
    const { operator } = mean.operation;
    if (operator !== '+' && operator !== '-') return null;
    const parts = (mean as Elementwise).args.map((part) => this.#scaled(count, part));
    const [a, b] = parts as [SOp | null, SOp | null];
    return a === null || b === null ? null : this.#graph.binary(operator, a, b, mean.spans[0]);
  }

  #sum(count: SOp, mean: Aggregate): SOp | null {
    const { selector, value, spans } = mean;
    if (typeof mean.default === 'string' || this.#integers(value) === null || !this.#isWidth(count, selector)) return null;
    const { domain } = this.#facts.of(value);
    const values = domain.kind === 'finite' ? distinctNumbers(domain.values) : [];
    const pieces = sumPieces(values);
    if (pieces.length === 0 || pieces.length > MOST_PIECES) return null;
    return sumOfWidths(this.#graph, this.#graph.reduction('sum', selector, value, 0n, spans[0]), pieces, values.length);
  }

  #integers(node: SOp): SOp | null {
    const { domain } = this.#facts.of(node);
    if (domain.kind !== 'finite' || !isNumeric(domain)) return null;
    const { context } = this.#assumptions;
    const isSmall = (value: Value) => typeof value !== 'number' && Math.abs(Number(value)) * context < LARGEST_SUM;
    return domain.values.every(isSmall) ? node : null;
  }

  /** Whether a count is how many the selector selects. */
  #isWidth(count: SOp, selector: Selector): boolean {
    const width = this.#graph.width(selector);
    if (count === width) return true;
    if (reachable([count, selector]).some(({ kind }) => kind === 'tokens')) return false;
    const { context, causal } = this.#assumptions;
    if (!causal && context > LONGEST_TRIED) return false;
    // What depends on positions alone is known of the longest input where that has all shorter ones in it.
    for (let length = causal ? context : 1; length <= context; length++) {
      const results = succeed(() => evaluate([count, width], new Array<Value>(length).fill(0n), { causal }));
      if (results === undefined) return false;
      const [counts, widths] = [count, width].map((each) => results.get(each) as Sequence);
      if (!counts?.values.every((each, i) => valueKey(each) === valueKey(widths?.values[i] as Value))) return false;
    }
    return true;
  }
}
