/**
 * Which values the s-ops of a program can have, and which of them together at one position: found anew from the graph's own operations.
 * A set may hold values that never occur, but never lacks one that does.
 */

import { finiteDomain, numericValue } from '../../graph/domain.ts';
import { castToken } from '../../graph/evaluate/evaluate.ts';
import { applyOperation } from '../../graph/evaluate/values/apply-operation.ts';
import { type Elementwise, type Graph, type Reduction, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import type { Range } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';
import { type Assumed, NOTHING_ASSUMED } from './assumed.ts';
import { combinationsByCases } from './cases.ts';
import { attempt, type Combinations, enumerate, imageOf, inBoth, type ValueSource, variablesBelow } from './combinations.ts';
import { meansOf } from './means-of.ts';
import { isPermutation, selectsAtMostOne, selectsSomething } from './selection-facts.ts';
import { selectsEverything } from './selects-everything.ts';

/** The most combinations of values that are looked at together. */
const MOST_COMBINATIONS = 2 ** 20;
/** Up to this many, what is enumerated is taken apart to what components compute, which loses nothing. */
const FEW_COMBINATIONS = 2 ** 14;

/** Up to this many, what has been looked at case by case is enumerated besides. */
const MANY_COMBINATIONS = 2 ** 18;

/** What is enumerated, and whether nothing that s-ops have in common is lost by it. */
interface Chosen {
  readonly variables: readonly SOp[];
  readonly isWhole: boolean;
}

export interface Assumptions {
  readonly graph: Graph;
  readonly vocabulary: readonly Value[];
  /** The longest input in tokens. */
  readonly context: number;
  /** Whether queries see only the positions so far. */
  readonly causal: boolean;
  /** What a claimed node has been shown to be equal to in the program itself. */
  readonly originals: ReadonlyMap<SOp, SOp>;
  readonly assumed?: Assumed;
}

export class NodeValues implements ValueSource {
  readonly assumptions: Assumptions;
  readonly causal: boolean;
  readonly #values = new Map<SOp, readonly Value[] | null>();
  readonly #indices = new Map<SOp, ReadonlyMap<string, number>>();
  readonly #combinations = new Map<string, Combinations>();
  readonly #leaves = new Map<SOp, readonly SOp[]>();

  constructor(assumptions: Assumptions) {
    this.assumptions = assumptions;
    this.causal = assumptions.causal;
  }

  /** Every value that an s-op can have, in order; null for numbers that are too many to enumerate. */
  of(node: SOp): readonly Value[] | null {
    if (this.#values.has(node)) return this.#values.get(node) ?? null;
    // arguments first: expressions can be deeper than the host's stack
    const below = reachable([node]).filter((each): each is Elementwise => each.kind === 'elementwise' && !this.#values.has(each));
    for (const each of [...below, node]) if (!this.#values.has(each)) this.#values.set(each, this.#allowed(each, this.#infer(each)));
    return this.#values.get(node) ?? null;
  }

  get assumed(): Assumed {
    return this.assumptions.assumed ?? NOTHING_ASSUMED;
  }

  /** Without the values that no input of the program gives. */
  #allowed(node: SOp, values: readonly Value[] | null): readonly Value[] | null {
    const allowed = this.assumed.allowed.get(node);
    return allowed === undefined || values === null ? values : values.filter((value) => allowed.has(valueKey(value)));
  }

  valuesOf(node: SOp): readonly Value[] {
    const values = this.of(node);
    if (values === null) throw new Unproven(`the values of ${nameOf(node)} are too many to enumerate`);
    return values;
  }

  /** The smallest and the largest number that an s-op can have. */
  rangeOf(node: SOp): Range {
    const values = this.of(node);
    if (values !== null) return numericRange(values);
    if (node.kind === 'aggregate') {
      const own = this.rangeOf(node.value);
      const extra = this.isNonempty(node.selector) ? own.low : numericValue(node.default);
      return { low: Math.min(own.low, extra), high: Math.max(own.high, extra) };
    }
    throw new Unproven(`the values of ${nameOf(node)} are too many to enumerate`);
  }

  indexOf(node: SOp, value: Value): number | undefined {
    let indices = this.#indices.get(node);
    if (indices === undefined) {
      indices = new Map(this.valuesOf(node).map((each, index) => [valueKey(each), index]));
      this.#indices.set(node, indices);
    }
    return indices.get(valueKey(value));
  }

  selectsEverything(selector: Selector): boolean {
    return selectsEverything(selector);
  }

  /** Whether every query is sure to select something. */
  isNonempty(selector: Selector): boolean {
    return selectsSomething(selector, this);
  }

  /** Whether no query selects two positions. */
  isSingle(selector: Selector): boolean {
    return this.assumptions.context === 1 || selectsAtMostOne(selector, this);
  }

  /** Whether a condition on one position holds at every position of every input. */
  alwaysHolds(condition: SOp): boolean {
    return this.of(condition)?.every(Boolean) ?? false;
  }

  /** The value at each position of an s-op made of positions and constants, undefined where it has none; null for any other. */
  byPosition(node: SOp): readonly (Value | undefined)[] | null {
    const nodes = reachable([node]);
    if (nodes.some(({ kind }) => kind !== 'indices' && kind !== 'constant' && kind !== 'elementwise')) return null;
    return Array.from({ length: this.assumptions.context }, (_, position) => {
      const values = new Map<SOp, Value | undefined>();
      for (const each of nodes as SOp[]) {
        if (each.kind === 'elementwise') {
          const args = each.args.map((arg) => values.get(arg));
          values.set(each, args.includes(undefined) ? undefined : attempt(() => applyOperation(each.operation, args as Value[])));
        } else values.set(each, each.kind === 'constant' ? each.value : BigInt(position));
      }
      return values.get(node);
    });
  }

  /** The combinations of values that some s-ops can have at one position of an input on which the program has a value. */
  combinations(nodes: readonly SOp[]): Combinations {
    const wanted = [...new Set(nodes)].sort((a, b) => a.id - b.id);
    const key = wanted.map(({ id }) => id).join(' ');
    let known = this.#combinations.get(key);
    if (known === undefined) {
      for (const node of wanted) this.of(node);
      known = this.#together(wanted);
      this.#combinations.set(key, known);
    }
    return known;
  }

  /** Whether some s-ops have too many values together for each combination to be looked at. */
  areMany(nodes: readonly SOp[]): boolean {
    return this.#chosen([...new Set(nodes)].sort((a, b) => a.id - b.id)) === null;
  }

  #enumerated(wanted: readonly SOp[]): Combinations {
    return enumerate(wanted, this.#choose(wanted).variables, this);
  }

  /**
   * What can be enumerated whole is; of anything else cases are looked at too. Each of both lists whatever occurs, so that what only one of
   * them has does not occur.
   */
  #together(wanted: readonly SOp[]): Combinations {
    const chosen = this.#chosen(wanted);
    if (chosen?.isWhole) return enumerate(wanted, chosen.variables, this);
    const byCases = this.#byCases(wanted);
    if (byCases === null) return this.#enumerated(wanted);
    if (chosen === null || this.#product(chosen.variables) > MANY_COMBINATIONS) return byCases;
    return inBoth(byCases, enumerate(wanted, chosen.variables, this), wanted);
  }

  /** Null where there is too much to enumerate. */
  #chosen(wanted: readonly SOp[]): Chosen | null {
    try {
      return this.#choose(wanted);
    } catch (error) {
      if (error instanceof Unproven) return null;
      throw error;
    }
  }

  /** What branches of a choice hold has nothing to do with each other, however many values they have together. */
  #byCases(wanted: readonly SOp[]): Combinations | null {
    const isLittle = (nodes: readonly SOp[]) => this.#product(variablesBelow(nodes, new Set())) <= FEW_COMBINATIONS;
    if (isLittle(wanted)) return null;
    const own = { graph: this.assumptions.graph, isLittle, enumerated: (nodes: readonly SOp[]) => this.#enumerated(nodes) };
    return combinationsByCases(wanted, {
      ...own,
      of: (node) => this.of(node),
      valuesOf: (node) => this.valuesOf(node),
      indexOf: (node, value) => this.indexOf(node, value),
    });
  }

  /**
   * What to enumerate so that some s-ops follow from it: what components compute, where that is little; else s-ops are taken apart as long
   * as they have something in common with others, since only then does it matter what they are made of.
   */
  #choose(wanted: readonly SOp[]): Chosen {
    const leaves = variablesBelow(wanted, new Set());
    if (this.#product(leaves) <= FEW_COMBINATIONS) return { variables: leaves, isWhole: true };
    const variables = new Set(wanted.filter(({ kind }) => kind !== 'constant'));
    const whole = new Set<SOp>();
    for (;;) {
      const next = [...variables]
        .filter((node): node is Elementwise => node.kind === 'elementwise' && !whole.has(node))
        .sort((a, b) => b.id - a.id)
        .find((node) => this.#isRelated(node, variables));
      if (next === undefined) break;
      const apart = new Set([...variables].filter((node) => node !== next));
      for (const arg of next.args) if (arg.kind !== 'constant') apart.add(arg);
      if (this.#product([...apart]) > MOST_COMBINATIONS) whole.add(next);
      else {
        variables.delete(next);
        for (const arg of apart) variables.add(arg);
      }
    }
    // what could not be taken apart has lost what it has in common with others
    if (whole.size > 0 && this.#product(leaves) <= MOST_COMBINATIONS) return { variables: leaves, isWhole: true };
    const chosen = [...variables].sort((a, b) => a.id - b.id);
    if (this.#product(chosen) <= MOST_COMBINATIONS) return { variables: chosen, isWhole: whole.size === 0 };
    if (this.#product(leaves) <= MOST_COMBINATIONS) return { variables: leaves, isWhole: true };
    throw new Unproven(`${wanted.slice(0, 3).map(nameOf).join(', ')} have too many values together`);
  }

  /** Whether an s-op is made of something that others are made of too. */
  #isRelated(node: SOp, others: ReadonlySet<SOp>): boolean {
    const own = new Set(this.#leavesOf(node));
    return [...others].some((other) => other !== node && this.#leavesOf(other).some((leaf) => own.has(leaf)));
  }

  #leavesOf(node: SOp): readonly SOp[] {
    const known = this.#leaves.get(node) ?? variablesBelow([node], new Set());
    this.#leaves.set(node, known);
    return known;
  }

  #product(nodes: readonly SOp[]): number {
    return nodes.reduce((product, node) => product * (this.of(node)?.length ?? Number.POSITIVE_INFINITY), 1);
  }

  #infer(node: SOp): readonly Value[] | null {
    const { vocabulary, context } = this.assumptions;
    switch (node.kind) {
      case 'tokens':
        return distinct(vocabulary.flatMap((token) => attempt(() => castToken(token, node.cast)) ?? []));
      case 'indices':
        return integers(0, context - 1);
      case 'constant':
        return [node.value];
      case 'width':
        return integers(
          this.isNonempty(node.selector) ? 1 : 0,
          this.isSingle(node.selector) ? 1 : context - (isPermutation(node, this) ? 1 : 0),
        );
      case 'aggregate': {
        const values = this.of(node.value);
        const extra = this.isNonempty(node.selector) ? [] : [node.default];
        if (values === null) return null;
        const isCopy = this.isSingle(node.selector) || values.some((v) => typeof v === 'string' || typeof v === 'boolean');
        return isCopy ? distinct([...values, ...extra]) : meansOf(values, extra, context, MOST_COMBINATIONS);
      }
      case 'reduction':
        return this.#reduced(node);
      case 'elementwise':
        return this.#image(node);
    }
  }

  /** An extreme is one of the values; a sum of integers lies between what the smallest and the largest give. */
  #reduced({ operator, selector, value, default: otherwise }: Reduction): readonly Value[] | null {
    const values = this.of(value);
    if (values === null) return null;
    if (operator !== 'sum') return distinct(this.isNonempty(selector) ? values : [...values, otherwise]);
    if (!values.every((each) => isInteger(each) || typeof each === 'boolean')) return null;
    const { low, high } = numericRange(values);
    const { context } = this.assumptions;
    const sums = few(Math.min(0, low * context), Math.max(0, high * context));
    return sums === null ? null : distinct([...sums, otherwise]);
  }

  #image(node: Elementwise): readonly Value[] | null {
    const leaves = variablesBelow([node], new Set());
    const args = variablesBelow(node.args, new Set(node.args));
    const variables = this.#product(leaves) <= MOST_COMBINATIONS ? leaves : args;
    if (!(this.#product(variables) <= MOST_COMBINATIONS)) return this.#sum(node);
    const image = imageOf(node, variables, this);
    return distinct(
      isPermutation(node, this) ? image.filter((value) => Number(value) >= 0 && Number(value) < this.assumptions.context) : image,
    );
  }

  /** All integers between the ends of a sum or a difference of integers. */
  #sum(node: Elementwise): readonly Value[] | null {
    const [left, right] = node.args.map((arg) => this.of(arg));
    const { operation } = node;
    if (!left?.every(isInteger) || !right?.every(isInteger) || operation.kind !== 'binary') return null;
    const [a, b] = [numericRange(left), numericRange(right)];
    if (operation.operator === '+') return few(a.low + b.low, a.high + b.high);
    return operation.operator === '-' ? few(a.low - b.high, a.high - b.low) : null;
  }
}

function few(low: number, high: number): readonly Value[] | null {
  return high - low <= MOST_COMBINATIONS ? integers(low, high) : null;
}

function isInteger(value: Value): boolean {
  return typeof value === 'bigint';
}

function integers(low: number, high: number): readonly Value[] {
  return Array.from({ length: high - low + 1 }, (_, i) => BigInt(low + i));
}

function distinct(values: readonly Value[]): readonly Value[] {
  return finiteDomain(values).values;
}

/** A node as messages name it. */
export function nameOf(node: SOp): string {
  return `\`${node.name ?? node.kind}\``;
}

/** The smallest and the largest number among values. */
export function numericRange(values: readonly Value[]): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, numericValue(value));
    high = Math.max(high, numericValue(value));
  }
  return { low, high };
}
