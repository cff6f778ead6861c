/**
 * Domains by exact propagation under a vocabulary and a context length: enters a graph, leaves a {@link Fact} for every s-op asked
 * for. Elementwise expressions are tabulated over the variables they share, so that correlated operands (`x and (x or y)`) give
 * only the values that can occur.
 */

import { workOn } from '../../circuit/effort.ts';
import { bounds, type Domain, domainSize, finiteDomain, isNumeric, numericValue } from '../../graph/domain.ts';
import { castToken } from '../../graph/evaluate/evaluate.ts';
import { applyOperation } from '../../graph/evaluate/values/apply-operation.ts';
import {
  type Aggregate,
  assertNever,
  type Elementwise,
  type Graph,
  type Reduction,
  reachable,
  type Selector,
  type SelectorWidth,
  type SOp,
  type Tokens,
} from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import { affineDomain, affineOf, linearOf, ownTerm, ZERO } from './affine.ts';
import { tableByLength } from './by-length.ts';
import { type Branch, branchesOf, isLogical, isWorthTakingApart, noneOf } from './choices.ts';
import type { Assumptions, Fact, Facts, SelectionCount } from './facts.ts';
import { meansDomain } from './means.ts';
import { occurrence } from './occurrence.ts';
import { type Restrictions, restrictedFact, restrictionsOf, UNRESTRICTED } from './restrictions.ts';
import { selectionCount } from './selection-count.ts';
import {
  argumentReader,
  constantReader,
  FAILS,
  product,
  restrict,
  succeed,
  type Table,
  tabulate,
  tabulateOperation,
  variableReader,
} from './tabulate.ts';
import { countedBy, isStrictTotalOrder, selectsAll } from './total-order.ts';

/** The most values that one sum, mean or difference has where they are enumerated. */
const ENUMERATION_LIMIT = 2 ** 20;
/** The most combinations of variables that are enumerated for one expression: of two counts in contexts up to 1,447 positions. */
export const TABLE_LIMIT = 2 ** 21;
/** Above this many, arguments of several variables are computed by themselves first, if their own values are fewer. */
export const INLINE_LIMIT = 2 ** 11;
/** The same where numbers have few bits: each variable of a function is a digit of one number. */
export const ROUNDED_INLINE_LIMIT = 2 ** 7;
/** Above this many that may be the smaller, which is known when both have been tried. */
export const FEW_INLINED = 2 ** 8;
/** Up to this many a branch of a choice is looked at together with all that its guard asks for. */
const EXACT_LIMIT = 2 ** 16;
/** Up to this many there is nothing to gain by splitting a table. */
const FEW_COMBINATIONS = 64;

export interface InferenceOptions {
  /** The selectors of widths that were rewritten as sums. */
  readonly splits?: ReadonlyMap<SOp, Selector>;
  readonly inlineLimit?: number;
  /** Whether a choice over many combinations is taken apart into its branches. */
  readonly choices?: boolean;
}

export function inferFacts(graph: Graph, assumptions: Assumptions, options: InferenceOptions = {}): Facts {
  const { assumes = [], ...rest } = assumptions;
  if (assumes.length === 0) return new Inference(graph, assumptions, options);
  return new Inference(graph, assumptions, options, restrictionsOf(assumes, new Inference(graph, rest, options)));
}

/** What one branch of a choice gives. */
interface Part {
  readonly node: Elementwise;
  readonly fact: Table & { readonly affine: null };
}

class Inference implements Facts {
  readonly assumptions: Assumptions;
  readonly #graph: Graph;
  readonly #splits: ReadonlyMap<SOp, Selector>;
  readonly #inlineLimit: number;
  readonly #choices: boolean;
  readonly #known = new Map<SOp, Fact>();
  readonly #selections = new Map<Selector, SelectionCount>();

  readonly #restrictions: Restrictions;
  #hasLargeTables = false;

  constructor(
    graph: Graph,
    assumptions: Assumptions,
    { splits = new Map(), inlineLimit = INLINE_LIMIT, choices = false }: InferenceOptions,
    restrictions = UNRESTRICTED,
  ) {
    this.#restrictions = restrictions;
    this.#graph = graph;
    this.#splits = splits;
    this.#inlineLimit = inlineLimit;
    this.#choices = choices;
    this.assumptions = assumptions;
  }

  get hasLargeTables(): boolean {
    return this.#hasLargeTables;
  }

  of(node: SOp): Fact {
    // Arguments first, on a stack of our own: expressions can be deeper than the host's stack.
    const pending: SOp[] = [node];
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const missing = this.#known.has(top) || top.kind !== 'elementwise' ? [] : top.args.filter((a) => !this.#known.has(a));
      if (missing.length > 0) pending.push(...missing);
      else {
        pending.pop();
        if (!this.#known.has(top)) this.#known.set(top, restrictedFact(this.#infer(top), this.#restrictions.allowed.get(top)));
      }
    }
    return this.#known.get(node) as Fact;
  }

  #infer(node: SOp): Fact {
    switch (node.kind) {
      case 'tokens':
        return this.#inferTokens(node);
      case 'indices':
        return variable(finiteDomain(Array.from({ length: this.assumptions.context }, (_, i) => BigInt(i))), node);
      case 'constant':
        return {
          domain: finiteDomain([node.value]),
          shape: { kind: 'table', variables: [], values: [node.value], entries: Int32Array.of(0) },
          affine: typeof node.value === 'string' ? null : { ...ZERO, constant: Number(node.value), exact: typeof node.value !== 'number' },
        };
      case 'width': {
        const { nonempty, single } = this.selectionCount(node.selector);
        const low = nonempty ? 1 : 0;
        const high = single ? 1 : this.assumptions.context - (this.isPermutation(node) ? 1 : 0);
        return variable(finiteDomain(Array.from({ length: high - low + 1 }, (_, i) => BigInt(low + i))), node);
      }
      case 'aggregate':
        return this.#inferAggregate(node);
      case 'reduction':
        return this.#inferReduction(node);
      case 'elementwise':
        return this.#inferElementwise(node);
      default:
        return assertNever(node);
    }
  }

  selectionCount(selector: Selector): SelectionCount {
    const known = this.#selections.get(selector);
    if (known !== undefined) return known;
    const found = selectionCount(selector, {
      graph: this.#graph,
      assumptions: this.assumptions,
      counts: this.#restrictions.counts,
      of: (node) => this.of(node),
      isPermutation: (node) => this.isPermutation(node),
      countedBy: (node) => this.#splits.get(node) ?? (node.kind === 'width' ? node.selector : null),
    });
    this.#selections.set(selector, found);
    return found;
  }

  isPermutation(node: SOp): boolean {
    if (node.kind === 'indices') return true;
    if (this.assumptions.causal) return false;
    const counted = countedBy(node, this.#splits, (a, b) => this.#graph.or(a, b));
    return counted === 'positions' || (counted !== null && isStrictTotalOrder(counted, this));
  }

  #inferTokens(node: Tokens): Fact {
    const base = this.#graph.tokens('asis');
    if (node === base) return variable({ kind: 'finite', values: this.assumptions.vocabulary }, node);
    const { vocabulary } = this.assumptions;
    const table = tabulate([base], [vocabulary.length], (i) => succeed(() => castToken(vocabulary[i] as Value, node.cast)));
    return { ...table, affine: isNumeric(table.domain) ? ownTerm(node, table.domain) : null };
  }

  #inferAggregate(node: Aggregate): Fact {
    const { nonempty, single } = this.selectionCount(node.selector);
    const { domain } = this.of(node.value);
    const extra = nonempty ? [] : [node.default];
    if (domain.kind === 'finite') {
      const copies = single || !isNumeric(domain) || domain.values.some((v) => typeof v === 'boolean');
      if (copies) return variable(finiteDomain([...domain.values, ...extra]), node);
      return variable(meansDomain(domain.values, extra, this.assumptions.context, ENUMERATION_LIMIT), node);
    }
    const numbers = extra.map(numericValue);
    return variable({ kind: 'interval', low: Math.min(domain.low, ...numbers), high: Math.max(domain.high, ...numbers) }, node);
  }

  /** An extreme is one of the values, a sum lies between what the largest and the smallest give. */
  #inferReduction(node: Reduction): Fact {
    const { nonempty } = this.selectionCount(node.selector);
    const { domain } = this.of(node.value);
    const extra = nonempty ? [] : [node.default];
    const isWhole = domain.kind === 'finite' && domain.values.every((v) => typeof v === 'bigint' || typeof v === 'boolean');
    if (node.operator !== 'sum' && domain.kind === 'finite') return variable(finiteDomain([...domain.values, ...extra]), node);
    const { low, high } = bounds(domain);
    const least = Math.min(0, low * this.assumptions.context);
    const most = Math.max(0, high * this.assumptions.context);
    if (node.operator !== 'sum' || !isWhole || most - least > ENUMERATION_LIMIT)
      return variable({ kind: 'interval', low: least, high: most }, node);
    const sums = Array.from({ length: most - least + 1 }, (_, i) => BigInt(least + i));
    return variable(finiteDomain([...sums, ...extra]), node);
  }

  #inferElementwise(node: Elementwise): Fact {
    const facts = node.args.map((a) => this.of(a));
    const table = this.#tabulate(node, facts);
    const choice = this.#choices ? this.#inferChoice(node, table) : null;
    if (choice !== null) return choice;
    const affine = affineOf(node, facts, table?.domain ?? null);
    if (table !== null) return { ...table, affine };
    if (affine !== null)
      return { domain: affineDomain(affine, (term) => this.of(term).domain, ENUMERATION_LIMIT), shape: { kind: 'affine' }, affine };
    const combinations = product(facts.map((f) => domainSize(f.domain)));
    return { domain: EVERY_NUMBER, shape: { kind: 'unknown', combinations }, affine: null };
  }

  /**
   * A choice among s-ops whose values together are many, a branch a time: what a branch gives where its guard holds is a table over the two,
   * and the choice is whichever of those there is.
   */
  #inferChoice(node: Elementwise, table: Table | null): Fact | null {
    const isPositional = table?.shape.variables.every((each) => this.#isPositional(each)) ?? false;
    if (table !== null && !isWorthTakingApart(table, isPositional)) return null;
    const branches = branchesOf(node, this.#graph, (condition) => this.of(condition).domain);
    if (branches === null) return null;
    // numbers that are counted add up in few steps, whole
    if (table !== null && !branches.every(({ value }) => this.#isMoved(value))) return null;
    const domains = branches.map(({ value }) => this.of(value).domain);
    if (domains.some(({ kind }) => kind !== 'finite')) return null;
    const none = noneOf(domains.flatMap((domain) => (domain.kind === 'finite' ? domain.values : [])));
    const nodes = branches.map(({ guard, value }) =>
      this.#graph.elementwise({ kind: 'choose' }, [guard, value, this.#graph.constant(none)], value.spans[0]),
    );
    const exact = nodes.map((part) => this.#exactTable(part));
    for (const { guard } of branches) this.#inferGuard(guard);
    const parts = branches.map((branch, i) => this.#inferPart(branch, nodes[i] as Elementwise, exact[i] ?? null));
    const found = parts.flatMap((part) => part ?? []);
    if (found.length < parts.length) return null;
    // of a choice that is taken apart already, every branch is
    const isNested = node.args.some((arg) => this.of(arg).shape.kind === 'choice');
    if (!isNested && !isWorthTakingApart(table, isPositional, found)) return null;
    for (const { node: part, fact } of found) this.#known.set(part, fact);
    const domain = finiteDomain(found.flatMap(({ fact }) => fact.shape.values.filter((value) => value !== none)));
    const shape = { kind: 'choice', variables: found.map(({ node: part }) => part), none } as const;
    return { domain, shape, affine: isNumeric(domain) ? ownTerm(node, domain) : null };
  }

  /** Whether what a branch gives was embedded, or moved from there, or is computed from the position and the length. */
  #isMoved(value: SOp): boolean {
    const { shape } = this.of(value);
    if (shape.kind === 'choice') return true;
    const variables = shape.kind === 'table' ? shape.variables : [value];
    if (variables.every((each) => this.#isPositional(each))) return true;
    const [only, ...others] = variables;
    if (only === undefined || others.length > 0) return false;
    return only.kind === 'tokens' || this.#isBrought(only);
  }

  #isPositional(node: SOp): boolean {
    if (node.kind === 'indices' || (node.kind === 'width' && selectsAll(node.selector))) return true;
    const { shape } = this.of(node);
    const { variables } = { variables: [node], ...shape };
    return variables.every((each) => each !== node && this.#isPositional(each));
  }

  /** Conditions of a guard that ask for several variables are its variables: together no one number would tell them. */
  #inferGuard(guard: SOp): void {
    if (guard.kind !== 'elementwise' || !isLogical(guard)) return;
    for (const arg of guard.args) this.#inferGuard(arg);
    const isNarrow = (arg: SOp) => this.#variablesOf(guard, new Set([arg])).length < 2;
    const inlined = new Set(guard.args.filter((arg) => this.of(arg).shape.kind === 'table' && (isNarrow(arg) || isLogical(arg))));
    // what it was before those it joins became variables may be larger
    const { shape } = this.of(guard);
    const isSmall = shape.kind !== 'table' || shape.entries.length <= FEW_COMBINATIONS;
    if (isSmall && this.#combinations(guard, new Set(guard.args)) <= FEW_COMBINATIONS) return;
    const facts = guard.args.map((arg) => this.of(arg));
    const table = this.#tabulateOver(guard, facts, inlined);
    if (table !== null && this.of(guard).domain.kind === 'finite') this.#known.set(guard, { ...table, affine: null });
  }

  /** What a branch gives, by all that its guard and its value ask for together, which says more than the two do; null where that is much. */
  #exactTable(part: Elementwise): Table | null {
    const { context, causal } = this.assumptions;
    const length = causal || !part.args.every((arg) => this.#isPositional(arg)) ? undefined : this.#lengthIn(part);
    const byLength = length && tableByLength(part, { indices: this.#graph.indices(), length }, context);
    if (byLength) return byLength;
    const whole = new Set(part.args.filter((arg) => this.of(arg).shape.kind === 'table'));
    if (this.#combinations(part, whole) > EXACT_LIMIT) return null;
    const facts = part.args.map((arg) => this.of(arg));
    return this.#tabulateOver(part, facts, whole);
  }

  #lengthIn(node: SOp): SOp | undefined {
    return reachable([node]).find((each): each is SelectorWidth => each.kind === 'width' && selectsAll(each.selector));
  }

  /**
   * A guard counts as a variable of its own, unless the branch says all that it asks for; so does a branch of several variables. Where a branch
   * gives one value, or none, what it would be elsewhere is not computed.
   */
  #inferPart({ guard, value }: Branch, node: Elementwise, exact: Table | null): Part | null {
    const { shape } = this.of(value);
    const isSimple = shape.kind === 'table' && shape.variables.length <= 1;
    if (!isSimple && exact !== null && exact.shape.values.length <= 2 && !exact.shape.entries.includes(FAILS)) return partOf(node, exact);
    const facts = node.args.map((arg) => this.of(arg));
    const inlined = new Set(isSimple ? [value] : []);
    const own = new Set(this.#variablesOf(node, inlined).filter((variable) => variable !== guard));
    const asked = this.of(guard).shape;
    if (asked.kind === 'table' && asked.variables.every((variable) => own.has(variable))) inlined.add(guard);
    const table = this.#tabulateOver(node, facts, inlined);
    if (table === null || table.shape.entries.includes(FAILS)) return null;
    const occurring = exact && new Set(exact.shape.values.map(valueKey));
    return partOf(node, occurring === null ? table : restrict(table, (each) => occurring.has(valueKey(each))));
  }

  /**
   * The node as a table: over the variables of its arguments where those are few, since then correlated arguments give only what can
   * occur; else with some arguments as variables of their own, or of the difference of two numbers.
   */
  #tabulate(node: Elementwise, facts: readonly Fact[]): Table | null {
    workOn(node);
    const whole = new Set(node.args.filter((_, i) => facts[i]?.shape.kind === 'table'));
    const inlined = new Set(whole);
    if (this.#combinations(node, inlined) > FEW_COMBINATIONS) {
      for (const arg of whole) {
        if (!this.#isFree(arg)) continue;
        // What shares its variable with another argument is known of it: taken apart, the table would only be larger.
        const without = new Set([...inlined].filter((a) => a !== arg));
        if (this.#combinations(node, without) <= this.#combinations(node, inlined)) inlined.delete(arg);
      }
    }
    const isRead = this.#isSumOfTwo(node, facts, inlined);
    for (let cut = this.#largestArgument(node, inlined); cut !== null && !isRead; cut = this.#largestArgument(node, inlined))
      inlined.delete(cut);
    this.#hasLargeTables ||= this.#largestArgument(node, inlined, FEW_INLINED) !== null;
    const table = this.#tabulateOver(node, facts, inlined);
    // Correlations that the cut has lost may have kept the program from failing.
    const safe = table !== null && (inlined.size === whole.size || !table.shape.entries.includes(FAILS));
    return (
      (safe ? table : this.#tabulateOver(node, facts, whole)) ??
      this.#tabulateDifference(node) ??
      this.#tabulateOver(node, facts, new Set())
    );
  }

  /** Whether it is a sum of multiples of two variables, which is read as it is: a part of it that is computed by itself gains nothing. */
  #isSumOfTwo(node: Elementwise, facts: readonly Fact[], inlined: ReadonlySet<SOp>): boolean {
    const sum = linearOf(node.operation, facts);
    if (!sum?.exact || sum.terms.size !== 2 || this.#combinations(node, inlined) > EXACT_LIMIT) return false;
    const variables = this.#variablesOf(node, inlined);
    return variables.length === 2 && variables.every((variable) => sum.terms.has(variable));
  }

  #combinations(node: Elementwise, inlined: ReadonlySet<SOp>): number {
    return product(this.#variablesOf(node, inlined).map((v) => domainSize(this.of(v).domain)));
  }

  /** Whether an argument is a coarse function of one variable that can be read as any function: a variable of its own then costs nothing. */
  #isFree(arg: SOp): boolean {
    const { shape, domain } = this.of(arg);
    if (shape.kind !== 'table' || shape.variables.length !== 1 || 2 * domainSize(domain) > shape.entries.length) return false;
    const [variable] = shape.variables as [SOp];
    return variable.kind === 'tokens' || variable.kind === 'indices' || this.#isBrought(variable);
  }

  /** Whether a head brings it as it was, from one position or from those that have it. */
  #isBrought(node: SOp): boolean {
    return node.kind === 'reduction' || (node.kind === 'aggregate' && this.selectionCount(node.selector).single);
  }

  /** Of the inlined arguments of several variables the one that makes the table largest; null where the table is small enough. */
  #largestArgument(node: Elementwise, inlined: ReadonlySet<SOp>, limit = this.#inlineLimit): SOp | null {
    const combinations = this.#combinations(node, inlined);
    if (combinations <= limit) return null;
    let largest: SOp | null = null;
    let size = 0;
    for (const arg of inlined) {
      const { shape } = this.of(arg);
      if (shape.kind !== 'table' || shape.variables.length < 2 || shape.entries.length <= size) continue;
      // Arguments that share variables can make the table larger when they are taken apart.
      const without = new Set([...inlined].filter((a) => a !== arg));
      if (4 * this.#combinations(node, without) <= combinations) [largest, size] = [arg, shape.entries.length];
    }
    return largest;
  }

  /** The variables of a table that inlines some of the arguments, and has the others as variables. */
  #variablesOf(node: Elementwise, inlined: ReadonlySet<SOp>): SOp[] {
    const variables = new Set<SOp>();
    for (const arg of node.args) {
      if (arg.kind === 'constant') continue;
      const { shape } = this.of(arg);
      for (const v of inlined.has(arg) && shape.kind === 'table' ? shape.variables : [arg]) variables.add(v);
    }
    return [...variables].sort((a, b) => a.id - b.id);
  }

  #tabulateOver(node: Elementwise, facts: readonly Fact[], inlined: ReadonlySet<SOp>): Table | null {
    const order = this.#variablesOf(node, inlined);
    const sizes = order.map((v) => domainSize(this.of(v).domain));
    if (!(product(sizes) <= TABLE_LIMIT)) return null;
    const args = facts.map((fact, i) => {
      const arg = node.args[i] as SOp;
      if (arg.kind === 'constant') return constantReader(arg.value);
      if (inlined.has(arg)) return argumentReader(arg, fact, order, sizes);
      return variableReader((fact.domain as { values: readonly Value[] }).values, order.indexOf(arg));
    });
    const table = tabulateOperation(node, order, sizes, args, occurrence(order, this, this.#restrictions));
    return this.isPermutation(node) ? restrict(table, (v) => Number(v) >= 0 && Number(v) < this.assumptions.context) : table;
  }

  /** `a < b` of integer-linear forms too large to enumerate together, as a table over the one number `a - b`. */
  #tabulateDifference(node: Elementwise): Table | null {
    const { operation } = node;
    if (operation.kind !== 'binary' || !COMPARISONS.has(operation.operator)) return null;
    const [left, right] = node.args as [SOp, SOp];
    if (!this.of(left).affine?.exact || !this.of(right).affine?.exact || right.kind === 'constant') return null;
    const difference = this.#graph.binary('-', left, right, node.spans[0]);
    const { domain } = this.of(difference);
    if (domain.kind !== 'finite' || domain.values.length > ENUMERATION_LIMIT) return null;
    return tabulate([difference], [domain.values.length], (i) => succeed(() => applyOperation(operation, [domain.values[i] as Value, 0n])));
  }
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);

function partOf(node: Elementwise, table: Table): Part {
  return { node, fact: { ...table, affine: null } };
}

const EVERY_NUMBER: Domain = { kind: 'interval', low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

function variable(domain: Domain, node: SOp): Fact {
  return { domain, shape: { kind: 'variable' }, affine: isNumeric(domain) ? ownTerm(node, domain) : null };
}
