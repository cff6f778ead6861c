/** Sums said by means: what the number of the selected times a mean of integers rounds to is their sum, and is counted. */
import { isNumeric } from '../../../../graph/domain.ts';
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { type Aggregate, type Graph, type GraphNode, reachable, type SOp } from '../../../../graph/graph.ts';
import { distinctNumbers, sumOfWidths, sumPieces } from '../../../../graph/reductions.ts';
import type { Value } from '../../../../graph/value.ts';
import { LONGEST_TRIED } from '../../../facts/by-length.ts';
import type { Assumptions, Facts } from '../../../facts/facts.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import { succeed } from '../../../facts/tabulate.ts';
import type { Rewrite } from '../../rewrite.ts';

/** More heads than this for one sum are no gain. */
const MOST_PIECES = 8;
/** Sums up to this are so far from rounding to another integer that no order of operations matters, and no error below the next. */
const LARGEST_SUM = 2 ** 36;
/** How far off, in parts of itself, what a mean is multiplied with may be from a multiple of the number of the selected: rounding alone. */
const EXACT = 1e-12;
/** The largest denominator of such a multiple. */
const MOST_PARTS = 64;
const MOST_TERMS = 16;

export const shares: Rewrite = {
  law: {
    name: 'shares',
    statement:
      'round(c * |s| * mean of v over s) is the sum of c * v over s, and so it is for sums, differences and quotients that come to such products',
    requires:
      'c * v are integers, and what the mean is multiplied with is c * |s| on every input: it is that width, or both depend on positions alone',
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

/** A term of a sum: a product of s-ops, over others; a mean among them, or none. */
interface Term {
  readonly sign: 1 | -1;
  readonly node: SOp;
  readonly times: readonly SOp[];
  readonly over: readonly SOp[];
  /** Whether the node is the mean, or whatever integer. */
  readonly isMean: boolean;
}

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
    const terms: Term[] = [];
    if (!this.#addTerms({ sign: 1, node, times: [], over: [], isMean: false }, terms)) return null;
    const means = terms.map((term) => term.node);
    if (!terms.some(({ isMean }) => isMean)) return null;
    let sum: SOp | null = null;
    for (const [i, term] of terms.entries()) {
      // terms with one mean are one term
      const mean = term.isMean && term.node.kind === 'aggregate' ? term.node : null;
      if (mean !== null && means.indexOf(mean) < i) continue;
      const own = mean === null ? term.node : this.#sum(mean, terms);
      if (own === null) return null;
      const sign = mean === null ? term.sign : 1;
      if (sum === null) sum = sign === 1 ? own : this.#graph.unary('-', own);
      else sum = this.#graph.binary(sign === 1 ? '+' : '-', sum, own, node.spans[0]);
    }
    return sum;
  }

  #addTerms(term: Term, terms: Term[]): boolean {
    const { sign, node, times, over } = term;
    if (terms.length >= MOST_TERMS) return false;
    const isPlain = times.length === 0 && over.length === 0;
    // values of means are many, and are not looked at
    if (isPlain && !this.#isOfMeans(node) && this.#integers(node) !== null) return terms.push(term) > 0;
    const product = over.length === 0 && times.length > 0 ? this.#product([...times, node]) : null;
    if (product !== null) return terms.push({ sign, node: product, times: [], over: [], isMean: false }) > 0;
    if (node.kind === 'aggregate') return typeof node.default !== 'string' && terms.push({ ...term, isMean: true }) > 0;
    if (node.kind !== 'elementwise') return false;
    const { operation, args } = node;
    const [left, right] = args as [SOp, SOp];
    const opposite = -sign as 1 | -1;
    if (operation.kind === 'unary') return operation.operator === '-' && this.#addTerms({ ...term, sign: opposite, node: left }, terms);
    if (operation.kind !== 'binary') return false;
    switch (operation.operator) {
      case '+':
        return this.#addTerms({ ...term, node: left }, terms) && this.#addTerms({ ...term, node: right }, terms);
      case '-':
        return this.#addTerms({ ...term, node: left }, terms) && this.#addTerms({ ...term, sign: opposite, node: right }, terms);
      case '*': {
        const known = terms.length;
        const isProduct = (mean: SOp, factor: SOp) => {
          terms.length = known;
          return isFactor(factor) && this.#addTerms({ ...term, node: mean, times: [...times, factor] }, terms);
        };
        return isProduct(right, left) || isProduct(left, right);
      }
      case '/':
        return isFactor(right) && this.#addTerms({ ...term, node: left, over: [...over, right] }, terms);
      default:
        return false;
    }
  }

  /** A product of integers, of which none is made of means; null of anything else. */
  #product(factors: readonly SOp[]): SOp | null {
    if (factors.some((factor) => this.#isOfMeans(factor) || this.#integers(factor) === null)) return null;
    return this.#integers(factors.reduce((product, factor) => this.#graph.binary('*', product, factor)));
  }

  #isOfMeans(node: SOp): boolean {
    if (node.kind === 'aggregate') return !this.#facts.selectionCount(node.selector).single;
    return node.kind === 'elementwise' && node.args.some((arg) => this.#isOfMeans(arg));
  }

  /** The sum that all terms with one mean come to. */
  #sum(mean: Aggregate, terms: readonly Term[]): SOp | null {
    const { selector, value, spans } = mean;
    const multiple = this.#multiple(
      mean,
      terms.filter(({ node }) => node === mean),
    );
    if (multiple === null || this.#integers(value) === null) return null;
    const { parts, whole } = multiple;
    const { domain } = this.#facts.of(value);
    const numbers = domain.kind === 'finite' ? distinctNumbers(domain.values).map(BigInt) : [];
    if (numbers.some((number) => (number * whole) % parts !== 0n)) return null;
    const factor = this.#graph.constant(parts === 1n ? whole : Number(whole) / Number(parts));
    const isOnce = parts === 1n && whole === 1n;
    const product = this.#graph.binary('*', value, factor, spans[0]);
    const scaled = isOnce ? value : parts === 1n ? product : this.#graph.unary('round', product, spans[0]);
    const values = distinctNumbers(numbers.map((number) => (number * whole) / parts));
    const pieces = sumPieces(values);
    if (pieces.length === 0 || pieces.length > MOST_PIECES) return null;
    return sumOfWidths(this.#graph, this.#graph.reduction('sum', selector, scaled, 0n, spans[0]), pieces, values.length);
  }

  #integers(node: SOp): SOp | null {
    const { domain } = this.#facts.of(node);
    if (domain.kind !== 'finite' || !isNumeric(domain)) return null;
    const { context } = this.#assumptions;
    const isSmall = (value: Value) => typeof value !== 'number' && Math.abs(Number(value)) * context < LARGEST_SUM;
    return domain.values.every(isSmall) ? node : null;
  }

  /** Which multiple of the number of the selected a mean is multiplied with, the same on every input; null where that is not shown. */
  #multiple(mean: Aggregate, terms: readonly Term[]): { readonly whole: bigint; readonly parts: bigint } | null {
    const width = this.#graph.width(mean.selector);
    const factors = terms.flatMap(({ times, over }) => [...times, ...over]);
    if (reachable([mean.selector, ...factors]).some(({ kind }) => kind === 'tokens')) {
      // it names the width, and constants beside it
      const isNamed = ({ times, over }: Term) =>
        times.filter((each) => each === width).length === 1 &&
        [...times, ...over].every((each) => each === width || each.kind === 'constant');
      if (!terms.every(isNamed)) return null;
      const known = new Map<SOp, number>([...factors].map((each) => [each, each.kind === 'constant' ? Number(each.value) : 1]));
      return this.#fraction(productsOf(terms, (factor) => known.get(factor) ?? Number.NaN));
    }
    const { context, causal } = this.#assumptions;
    if (!causal && context > LONGEST_TRIED) return null;
    let ratio: number | null = null;
    // What depends on positions alone is known of the longest input where that has all shorter ones in it.
    for (let length = causal ? context : 1; length <= context; length++) {
      const results = succeed(() => evaluate([width, ...factors], new Array<Value>(length).fill(0n), { causal }));
      if (results === undefined) return null;
      for (let i = 0; i < length; i++) {
        const at = (node: SOp) => Number((results.get(node) as Sequence).values[i]);
        const [found, selected] = [productsOf(terms, at), at(width)];
        if (selected === 0 ? found !== 0 : !(Math.abs(found - (ratio ?? found / selected) * selected) <= EXACT * Math.abs(found)))
          return null;
        if (selected !== 0) ratio ??= found / selected;
      }
    }
    return ratio === null ? null : this.#fraction(ratio);
  }

  #fraction(ratio: number): { readonly whole: bigint; readonly parts: bigint } | null {
    for (let parts = 1; parts <= MOST_PARTS; parts++) {
      const whole = Math.round(ratio * parts);
      if (whole !== 0 && Math.abs(ratio * parts - whole) <= EXACT * Math.abs(whole)) return { whole: BigInt(whole), parts: BigInt(parts) };
    }
    return null;
  }
}

/** Whether it can be what a mean is multiplied with: a width, or what depends on positions alone. */
function isFactor(node: SOp): boolean {
  return node.kind === 'width' || !reachable([node]).some(({ kind }) => kind === 'tokens');
}

function productsOf(terms: readonly Term[], numberOf: (factor: SOp) => number): number {
  return terms.reduce((sum, { sign, times, over }) => {
    const product = times.reduce((all, each) => all * numberOf(each), sign as number);
    return sum + over.reduce((all, each) => all / numberOf(each), product);
  }, 0);
}
