/**
 * The sum of what is selected is its mean times how many are selected, so that is what the product rounds to where the values are integers; and
 * so for sums, differences and quotients that come to a multiple of that number times the mean, where the values times it are integers.
 */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { EvaluationError } from '../../../../graph/evaluate/values/evaluation-error.ts';
import { type Aggregate, type Elementwise, reachable, type SOp } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import { numberAt } from '../../../../tensor/number-at.ts';
import { LONGEST } from '../../selection-facts.ts';
import type { CheckedLaw, Proof } from '../law.ts';

/** Rounding of float64 and what a multiple may be off move no sum up to this by half, whatever it is made of. */
const LARGEST = 2 ** 36;
const OFF = 1e-12;
const MOST_PARTS = 64;
const MOST_ADDENDS = 16;

export const shares: CheckedLaw = {
  name: 'shares',
  sops(proof, original, claimed) {
    if (original.kind !== 'elementwise' || original.operation.kind !== 'unary' || original.operation.operator !== 'round') return false;
    const exact = exactly(original.args[0] as SOp, proof);
    return exact !== null && proof.proves(exact, claimed);
  },
};

/** What is added up or taken away: an integer, or a mean times some s-ops, each to the power of 1 or -1. */
interface Addend {
  readonly isTaken: boolean;
  readonly integer: SOp | null;
  readonly mean: Aggregate | null;
  readonly by: readonly Power[];
}

interface Power {
  readonly base: SOp;
  readonly isUnder: boolean;
}

/** What a linear combination of products of counts and means is in exact arithmetic: made of sums; null where that is not shown. */
export function exactly(node: SOp, proof: Proof): SOp | null {
  const addends = addendsOf(node, false, [], proof);
  if (addends === null || addends.length > MOST_ADDENDS || addends.every(({ mean }) => mean === null)) return null;
  const { graph } = proof;
  const seen = new Set<Aggregate>();
  let sum: SOp | null = null;
  for (const { isTaken, integer, mean } of addends) {
    if (mean !== null && seen.has(mean)) continue;
    if (mean !== null) seen.add(mean);
    const own = mean === null ? integer : total(mean, addends, proof);
    if (own === null) return null;
    const isLess = mean === null && isTaken;
    if (sum === null) sum = isLess ? graph.unary('-', own) : own;
    else sum = graph.binary(isLess ? '-' : '+', sum, own);
  }
  return sum;
}

function addendsOf(node: SOp, isTaken: boolean, by: readonly Power[], proof: Proof): readonly Addend[] | null {
  // means have many values
  if (by.length === 0 && !isOfMeans(node, proof) && areIntegers(node, proof)) return [{ isTaken, integer: node, mean: null, by }];
  const product = by.length > 0 && by.every(({ isUnder }) => !isUnder) ? productOf([node, ...by.map(({ base }) => base)], proof) : null;
  if (product !== null) return [{ isTaken, integer: product, mean: null, by: [] }];
  if (node.kind === 'aggregate') return typeof node.default === 'string' ? null : [{ isTaken, integer: null, mean: node, by }];
  if (node.kind !== 'elementwise') return null;
  const [first, second] = node.args as [SOp, SOp];
  const negated = node.operation.kind === 'unary' && node.operation.operator === '-';
  if (negated) return addendsOf(first, !isTaken, by, proof);
  return node.operation.kind === 'binary' ? ofBoth(node, first, second, { isTaken, by, proof }) : null;
}

/** What integers that no mean is in come to, where it is small. */
function productOf(factors: readonly SOp[], proof: Proof): SOp | null {
  if (!factors.every((factor) => !isOfMeans(factor, proof) && areIntegers(factor, proof))) return null;
  const product = factors.reduceRight((all, factor) => proof.graph.binary('*', factor, all));
  return areIntegers(product, proof) ? product : null;
}

function isOfMeans(node: SOp, proof: Proof): boolean {
  if (node.kind === 'aggregate') return !proof.meant.isSingle(node.selector);
  return node.kind === 'elementwise' && node.args.some((arg) => isOfMeans(arg, proof));
}

interface Within {
  readonly isTaken: boolean;
  readonly by: readonly Power[];
  readonly proof: Proof;
}

function ofBoth({ operation }: Elementwise, first: SOp, second: SOp, { isTaken, by, proof }: Within): readonly Addend[] | null {
  const operator = operation.kind === 'binary' ? operation.operator : '';
  if (operator === '+' || operator === '-') {
    const [a, b] = [addendsOf(first, isTaken, by, proof), addendsOf(second, operator === '-' ? !isTaken : isTaken, by, proof)];
    return a === null || b === null ? null : [...a, ...b];
  }
  const scaled = (mean: SOp, base: SOp, isUnder: boolean) =>
    base.kind === 'width' || !asksForTokens([base]) ? addendsOf(mean, isTaken, [...by, { base, isUnder }], proof) : null;
  if (operator === '*') return scaled(second, first, false) ?? scaled(first, second, false);
  return operator === '/' ? scaled(first, second, true) : null;
}

/** All that a mean is multiplied with is a multiple of how many it is of, and their product the sum of the values times that multiple. */
function total(mean: Aggregate, addends: readonly Addend[], proof: Proof): SOp | null {
  const { graph, meant } = proof;
  const { selector, value } = mean;
  const multiple = multipleOf(
    mean,
    addends.filter((each) => each.mean === mean),
    proof,
  );
  const values = areIntegers(value, proof) ? meant.of(value) : null;
  if (multiple === null || values === null) return null;
  const { whole, parts } = multiple;
  if (values.some((each) => (BigInt(each) * BigInt(whole)) % BigInt(parts) !== 0n)) return null;
  const times = (factor: Value) => graph.binary('*', value, graph.constant(factor));
  const scaled = parts !== 1 ? graph.unary('round', times(whole / parts)) : whole === 1 ? value : times(BigInt(whole));
  return areIntegers(scaled, proof) ? graph.reduction('sum', selector, scaled, 0n) : null;
}

function areIntegers(node: SOp, { meant, context }: Proof): boolean {
  const values = meant.of(node);
  return (
    values?.every((value) => typeof value !== 'string' && typeof value !== 'number' && Math.abs(Number(value)) * context < LARGEST) ?? false
  );
}

interface Multiple {
  readonly whole: number;
  readonly parts: number;
}

/** The multiple of how many are selected, on every input: the width is named, or no token is asked for and each length shows it. */
function multipleOf({ selector }: Aggregate, addends: readonly Addend[], { graph, context, causal }: Proof): Multiple | null {
  const width = graph.width(selector);
  const bases = addends.flatMap(({ by }) => by.map(({ base }) => base));
  const factorOf = (numberOf: (base: SOp) => number) =>
    addends.reduce((sum, { isTaken, by }) => {
      const product = by.reduce((all, { base, isUnder }) => (isUnder ? all / numberOf(base) : all * numberOf(base)), 1);
      return isTaken ? sum - product : sum + product;
    }, 0);
  if (asksForTokens(bases) || asksForTokens([width])) {
    const isOfWidth = ({ by }: Addend) => {
      const own = by.filter(({ base }) => base === width);
      return own.length === 1 && !own[0]?.isUnder && by.every(({ base }) => base === width || base.kind === 'constant');
    };
    return addends.every(isOfWidth) ? fractionOf(factorOf((base) => (base.kind === 'constant' ? Number(base.value) : 1))) : null;
  }
  if (!causal && context > LONGEST) return null;
  const found: (readonly [selected: number, factor: number])[] = [];
  try {
    for (const length of causal ? [context] : Array.from({ length: context }, (_, i) => i + 1)) {
      const results = evaluate([width, ...bases], new Array<Value>(length).fill(0n), { causal });
      const numbers = new Map([width, ...bases].map((base) => [base, (results.get(base) as Sequence).values.map(Number)]));
      for (let i = 0; i < length; i++)
        found.push([numberAt(numbers.get(width) ?? [], i), factorOf((base) => numberAt(numbers.get(base) ?? [], i))]);
    }
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
  const some = found.find(([selected]) => selected > 0);
  const multiple = some === undefined ? null : fractionOf(some[1] / some[0]);
  if (multiple === null) return null;
  const { whole, parts } = multiple;
  return found.every(([selected, factor]) => Math.abs(factor * parts - whole * selected) <= OFF * Math.abs(whole) * selected)
    ? multiple
    : null;
}

function fractionOf(ratio: number): Multiple | null {
  for (let parts = 1; parts <= MOST_PARTS; parts++) {
    const whole = Math.round(ratio * parts);
    if (whole !== 0 && Math.abs(ratio * parts - whole) <= OFF * Math.abs(whole)) return { whole, parts };
  }
  return null;
}

function asksForTokens(nodes: readonly SOp[]): boolean {
  return reachable(nodes).some(({ kind }) => kind === 'tokens');
}
