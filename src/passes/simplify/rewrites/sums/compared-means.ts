/** Means of one selector that are compared with each other, as one mean that is compared with 0: a head averages their difference. */
import { applyOperation } from '../../../../graph/evaluate/values/apply-operation.ts';
import { type Aggregate, type ComparisonOperator, type Elementwise, type Graph, reachable, type SOp } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import type { Facts } from '../../../facts/facts.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import { signHolds } from '../../../facts/total-order.ts';
import { type LinearForm, linearForm, sumOf } from '../../linear-form.ts';
import type { Rewrite } from '../../rewrite.ts';

/** The largest denominator of a factor or a constant. */
const MOST_PARTS = 64;
const MOST_MEANS = 3;
/** More sums than this are not looked at one by one. */
const MOST_LOOKED_AT = 2 ** 20;
/** A sum up to this is off by far less than two different ones are apart. */
const LARGEST = 2 ** 30;
const EXACT = 1e-12;

export const comparedMeans: Rewrite = {
  law: {
    name: 'compared-means',
    statement:
      'a sum of multiples of means over s, compared with another or a constant, is how the mean of the difference of what they are of compares with 0',
    requires:
      'means of integers over one selector, and a comparison whose rounding decides nothing: of two means nothing is rounded that could, else whatever is equal is looked at',
    ensures: 'no comparison asks for more than one mean over a selector',
    example: {
      before: 'a = indicator(tokens == "a"); b = indicator(tokens == "b"); said = aggregate(full_s, a) > aggregate(full_s, b);',
      after: 'a = indicator(tokens == "a"); b = indicator(tokens == "b"); said = aggregate(full_s, a - b) > 0;',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'sums-of-shares',
  ruleFor: ({ graph, roots, assumptions }) => {
    if (!reachable(roots).some(({ kind }) => kind === 'aggregate')) return null;
    let facts: Facts | null = null;
    const known = () => {
      facts ??= inferFacts(graph, assumptions);
      return facts;
    };
    return (node) => (node.kind === 'elementwise' ? asOne(node, graph, known) : null);
  },
};

function asOne(node: Elementwise, graph: Graph, known: () => Facts): SOp | null {
  const { operation, args } = node;
  if (operation.kind !== 'binary' || !COMPARISONS.has(operation.operator)) return null;
  const operator = operation.operator as ComparisonOperator;
  const [left, right] = args as [SOp, SOp];
  const isOne = left.kind === 'aggregate' && right.kind === 'constant';
  const form = isOne
    ? null
    : linearForm(
        [
          { node: right, factor: -1 },
          { node: left, factor: 1 },
        ],
        true,
      );
  if (form === null) return null;
  const means = [...form.terms.keys()].filter((each): each is Aggregate => each.kind === 'aggregate' && typeof each.default === 'bigint');
  const selector = means[0]?.selector;
  if (selector === undefined || means.length > MOST_MEANS || means.length < form.terms.size) return null;
  if (means.some((mean) => mean.selector !== selector)) return null;
  const parts = partsOf(form);
  const facts = known();
  const ranges = means.map(({ value }) => rangeOf(value, facts));
  if (parts === null || facts.selectionCount(selector).single || !ranges.every((range) => range !== null)) return null;
  const scaled = (factor: number) => Math.round(factor * parts);
  const constant = scaled(form.constant);
  const whole = means.map((mean) => scaled(form.terms.get(mean) ?? 0));
  const otherwise = means.reduce((sum, mean, i) => sum + (whole[i] ?? 0) * Number(mean.default), constant);
  const addends = means.map((mean, i) => ({ mean, factor: whole[i] ?? 0, ...(ranges[i] as Range) }));
  if (!isExact({ node, operator, addends, constant, context: facts.assumptions.context })) return null;
  if (
    signHolds(operator, Math.sign(otherwise) as -1 | 0 | 1) !==
    compared(
      node,
      means,
      means.map((mean) => mean.default),
    )
  )
    return null;
  const value = sumOf({ constant, terms: new Map(addends.map(({ mean, factor }) => [mean.value, factor])) }, graph);
  return graph.binary(operator, graph.aggregate(selector, value, BigInt(otherwise), node.spans[0]), graph.constant(0n), node.spans[0]);
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);

/** By what all factors are integers. */
function partsOf({ constant, terms }: LinearForm): number | null {
  const factors = [constant, ...terms.values()];
  for (let parts = 1; parts <= MOST_PARTS; parts++)
    if (factors.every((factor) => Math.abs(factor * parts - Math.round(factor * parts)) <= EXACT * Math.abs(factor * parts))) return parts;
  return null;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

function rangeOf(value: SOp, facts: Facts): Range | null {
  const { domain } = facts.of(value);
  if (domain.kind !== 'finite' || !domain.values.every((each) => typeof each === 'bigint')) return null;
  const numbers = domain.values.map(Number);
  return { low: Math.min(...numbers), high: Math.max(...numbers) };
}

interface Comparison {
  readonly node: Elementwise;
  readonly operator: ComparisonOperator;
  readonly addends: readonly (Range & { readonly mean: Aggregate; readonly factor: number })[];
  readonly constant: number;
  readonly context: number;
}

/** Whether the program's own arithmetic decides as exact arithmetic would: where what is compared differs it does, so equal sums are looked at. */
function isExact({ node, operator, addends, constant, context }: Comparison): boolean {
  const size = addends.reduce((sum, { factor, low, high }) => sum + Math.abs(factor) * Math.max(Math.abs(low), Math.abs(high)), 0);
  if ((size + Math.abs(constant)) * context > LARGEST) return false;
  // quotients of integers by one number are equal where those are, and ordered as they are
  if (areTwo(node.args) || (isDifference(node.args[0]) && isZero(node.args[1]))) return true;
  const means = addends.map(({ mean }) => mean);
  const [last, ...others] = [...addends].reverse();
  if (last === undefined) return false;
  const looked = others.reduce((all, { low, high }) => all * ((high - low) * context + 1), context);
  if (looked > MOST_LOOKED_AT) return false;
  for (let count = 1; count <= context; count++) {
    let sums: number[][] = [[]];
    for (const { low, high } of [...others].reverse())
      sums = sums.flatMap((head) => Array.from({ length: (high - low) * count + 1 }, (_, i) => [...head, low * count + i]));
    for (const head of sums) {
      const rest = head.reduce((sum, each, i) => sum + each * (addends[i]?.factor ?? 0), constant * count);
      const sum = -rest / last.factor;
      if (!Number.isInteger(sum) || sum < last.low * count || sum > last.high * count) continue;
      const values = [...head, sum].map((each): Value => (count === 1 ? BigInt(each) : each / count));
      if (compared(node, means, values) !== signHolds(operator, 0)) return false;
    }
  }
  return true;
}

function areTwo([left, right]: readonly SOp[]): boolean {
  return left?.kind === 'aggregate' && right?.kind === 'aggregate';
}

function isDifference(node: SOp | undefined): boolean {
  return node?.kind === 'elementwise' && node.operation.kind === 'binary' && node.operation.operator === '-' && areTwo(node.args);
}

function isZero(node: SOp | undefined): boolean {
  return node?.kind === 'constant' && node.value === 0n;
}

/** What the comparison says where means have some values. */
function compared(node: Elementwise, means: readonly Aggregate[], values: readonly Value[]): boolean {
  const known = new Map<SOp, Value>(means.map((mean, i) => [mean, values[i] as Value]));
  const computed = (each: SOp): Value => {
    const own = known.get(each);
    if (own !== undefined) return own;
    if (each.kind === 'constant') return each.value;
    if (each.kind !== 'elementwise') throw new Error('a mean that was not found');
    return applyOperation(each.operation, each.args.map(computed));
  };
  return computed(node) === true;
}
