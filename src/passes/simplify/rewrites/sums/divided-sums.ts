/** A product with a width that is compared with a sum, as what it is a product of, compared with the mean: a head averages as easily as it counts. */
import { isNumeric } from '../../../../graph/domain.ts';
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { type Elementwise, type Graph, reachable, type Selector, type SOp } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import { LONGEST_TRIED } from '../../../facts/by-length.ts';
import type { Assumptions, Facts } from '../../../facts/facts.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import { succeed } from '../../../facts/tabulate.ts';
import type { Rewrite } from '../../rewrite.ts';

/** Up to this, times the number of positions, a quotient of integers is below the next integer wherever the exact one is. */
const LARGEST = 2 ** 36;

export const dividedSums: Rewrite = {
  law: {
    name: 'divided-sums',
    statement: 'how x * |s| compares with the sum of v over s is how x compares with the mean of v over s',
    requires:
      's selects something on every input, x and v are integers, and what x is multiplied with is |s|: it is that width, or both depend on positions alone',
    ensures: 'no product of a value with a width is told apart for a comparison',
    example: {
      before: 'v = indicator(tokens == "a"); said = v * (indices + 1) > sum_over(full_s, v);',
      after: 'v = indicator(tokens == "a"); said = v > aggregate(full_s, v);',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'sums-of-shares',
  ruleFor: ({ graph, roots, assumptions }) => {
    const isSum = (node: { readonly kind: string }) => node.kind === 'reduction' || node.kind === 'aggregate';
    if (!reachable(roots).some(isSum)) return null;
    let facts: Facts | null = null;
    const known = () => {
      facts ??= inferFacts(graph, assumptions);
      return facts;
    };
    return (node) => (node.kind === 'elementwise' ? divided(node, { graph, assumptions, known }) : null);
  },
};

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);

interface Setting {
  readonly graph: Graph;
  readonly assumptions: Assumptions;
  readonly known: () => Facts;
}

function divided(node: Elementwise, setting: Setting): SOp | null {
  const { operation, args, spans } = node;
  if (operation.kind !== 'binary' || !COMPARISONS.has(operation.operator)) return null;
  const [left, right] = args as [SOp, SOp];
  const { graph } = setting;
  const ofRight = quotients(left, right, setting);
  if (ofRight !== null) return graph.binary(operation.operator, ofRight.factor, ofRight.mean, spans[0]);
  const ofLeft = quotients(right, left, setting);
  return ofLeft && graph.binary(operation.operator, ofLeft.mean, ofLeft.factor, spans[0]);
}

/** Both divided by the width; null where the one is no product with it, or the other no sum. */
function quotients(product: SOp, sum: SOp, setting: Setting): { readonly factor: SOp; readonly mean: SOp } | null {
  const factors = factorsOf(product);
  const summed = factors && sumIn(sum, setting);
  if (!factors || !summed) return null;
  const { selector, value } = summed;
  for (const [factor, width] of [factors, [factors[1], factors[0]]] as const) {
    if (factor.kind === 'constant' || !isWidthOf(width, selector, setting)) continue;
    const facts = setting.known();
    if (!facts.selectionCount(selector).nonempty || !areIntegers(factor, setting) || !areIntegers(value, setting)) continue;
    return { factor, mean: setting.graph.aggregate(selector, value, 0n, sum.spans[0]) };
  }
  return null;
}

function factorsOf(node: SOp): readonly [SOp, SOp] | null {
  const isProduct = node.kind === 'elementwise' && node.operation.kind === 'binary' && node.operation.operator === '*';
  return isProduct ? (node.args as [SOp, SOp]) : null;
}

/** What is summed over which selector: said so, or as what the width times the mean rounds to. */
function sumIn(node: SOp, setting: Setting): { readonly selector: Selector; readonly value: SOp } | null {
  if (node.kind === 'reduction') return node.operator === 'sum' ? node : null;
  const isRounded = node.kind === 'elementwise' && node.operation.kind === 'unary' && node.operation.operator === 'round';
  const factors = isRounded ? factorsOf(node.args[0] as SOp) : null;
  if (factors === null) return null;
  for (const [mean, width] of [factors, [factors[1], factors[0]]] as const)
    if (mean.kind === 'aggregate' && isWidthOf(width, mean.selector, setting)) return mean;
  return null;
}

/** Whether the s-op says how many the selector selects, and it selects some. */
function isWidthOf(node: SOp, selector: Selector, { graph, assumptions: { context, causal } }: Setting): boolean {
  const width = graph.width(selector);
  if (node === width) return true;
  if (reachable([node, width]).some(({ kind }) => kind === 'tokens') || (!causal && context > LONGEST_TRIED)) return false;
  // what depends on positions alone is known of the longest input where that has all shorter ones in it
  for (let length = causal ? context : 1; length <= context; length++) {
    const found = succeed(() => evaluate([node, width], new Array<Value>(length).fill(0n), { causal }));
    if (found === undefined) return false;
    const counts = (found.get(width) as Sequence).values;
    if (!(found.get(node) as Sequence).values.every((value, i) => value === counts[i] && value !== 0n)) return false;
  }
  return true;
}

function areIntegers(node: SOp, { known, assumptions: { context } }: Setting): boolean {
  const { domain } = known().of(node);
  if (domain.kind !== 'finite' || !isNumeric(domain)) return false;
  return domain.values.every((value) => typeof value === 'bigint' && Math.abs(Number(value)) * context < LARGEST);
}
