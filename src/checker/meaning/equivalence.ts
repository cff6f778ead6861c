/**
 * Whether a claimed s-op is, on every input up to the context length, what the program says: by a handful of laws that are checked one
 * by one, structure by structure, whatever rewrote the one into the other.
 */
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import { compareValues } from '../../graph/evaluate/python-arithmetic.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { type ComparisonOperator, type Graph, type GraphNode, isSelector, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import { Unproven } from '../claim/unproven.ts';
import { variablesBelow } from './combinations.ts';
import type { NodeValues } from './node-values.ts';
import { areDisjoint } from './selection-facts.ts';

export interface Setting {
  readonly graph: Graph;
  readonly context: number;
  /** Whether the program's selectors see only the positions so far. */
  readonly causal: boolean;
  /** Whether the claimed ones see all positions, so that those of a causal program must say so themselves. */
  readonly claimsSeeAll: boolean;
}

export class Equivalence {
  /** What each claimed s-op has been shown to be equal to. */
  readonly originals = new Map<SOp, SOp>();
  readonly #setting: Setting;
  readonly #values: NodeValues;
  readonly #known = new Map<GraphNode, Map<GraphNode, boolean>>();

  /** @param values of claimed nodes */
  constructor(setting: Setting, values: NodeValues) {
    this.#setting = setting;
    this.#values = values;
  }

  proves(original: GraphNode, claimed: GraphNode): boolean {
    let own = this.#known.get(original);
    if (own === undefined) {
      own = new Map();
      this.#known.set(original, own);
    }
    let proven = own.get(claimed);
    if (proven === undefined) {
      proven = isSelector(original)
        ? isSelector(claimed) && this.#selectors(original, claimed)
        : !isSelector(claimed) && this.#sops(original, claimed);
      own.set(claimed, proven);
      if (proven && !isSelector(original) && !isSelector(claimed)) this.originals.set(claimed, original);
    }
    return proven;
  }

  #sops(original: SOp, claimed: SOp): boolean {
    if (original === claimed && !this.#needsMask(original)) return true;
    return (
      this.#sameParts(original, claimed) ||
      this.#samePositions(original, claimed) ||
      this.#presence(original, claimed) ||
      this.#extremeWidth(original, claimed) ||
      this.#sumOfWidths(original, claimed) ||
      this.#sameTable(original, claimed)
    );
  }

  /** The same operation on what is equal. */
  #sameParts(original: SOp, claimed: SOp): boolean {
    const { graph } = this.#setting;
    switch (original.kind) {
      case 'elementwise': {
        if (claimed.kind !== 'elementwise' || original.args.length !== claimed.args.length) return false;
        const isSame = graph.elementwise(original.operation, claimed.args) === claimed;
        return isSame && original.args.every((arg, i) => this.proves(arg, claimed.args[i] as SOp));
      }
      case 'aggregate':
        if (claimed.kind !== 'aggregate' || graph.aggregate(claimed.selector, claimed.value, original.default) !== claimed) return false;
        return this.proves(original.value, claimed.value) && this.#attends(original.selector, claimed.selector);
      case 'width':
        return claimed.kind === 'width' && this.#attends(original.selector, claimed.selector);
      default:
        return original === claimed;
    }
  }

  /** A selector that is attended by: where claims see all positions, it must itself keep to those so far. */
  #attends(original: Selector, claimed: Selector): boolean {
    if (!this.#setting.claimsSeeAll || !this.#setting.causal) return this.proves(original, claimed);
    if (original.kind === 'rightmost' || original.kind === 'leftmost') {
      return claimed.kind === original.kind && this.#attends(original.selector, claimed.selector);
    }
    const { graph } = this.#setting;
    const soFar = graph.select(graph.indices(), graph.indices(), '<=');
    return claimed.kind === 'and' && claimed.right === soFar && this.proves(original, claimed.left);
  }

  #needsMask(node: GraphNode): boolean {
    if (!this.#setting.claimsSeeAll || !this.#setting.causal) return false;
    return reachable([node]).some(({ kind }) => kind === 'aggregate' || kind === 'width');
  }

  #selectors(original: Selector, claimed: Selector): boolean {
    if (original === claimed && !this.#needsMask(original)) return true;
    const { graph } = this.#setting;
    switch (original.kind) {
      case 'select':
        return (
          claimed.kind === 'select' &&
          graph.select(claimed.keys, claimed.queries, original.operator) === claimed &&
          this.proves(original.keys, claimed.keys) &&
          this.proves(original.queries, claimed.queries)
        );
      case 'and':
      case 'or':
        return claimed.kind === original.kind && this.proves(original.left, claimed.left) && this.proves(original.right, claimed.right);
      case 'not':
        return claimed.kind === 'not' && this.proves(original.selector, claimed.selector);
      default:
        if (claimed.kind === original.kind && this.proves(original.selector, claimed.selector)) return true;
        // the one position is the one whose index an aggregate finds; no position is -1
        if (claimed.kind !== 'select' || claimed.operator !== '==' || claimed.keys !== graph.indices()) return false;
        return this.proves(graph.aggregate(original, graph.indices(), -1n), claimed.queries);
    }
  }

  /** What depends on positions alone is the same at each position of the longest input; in a causal program, then of every input. */
  #samePositions(original: SOp, claimed: SOp): boolean {
    const { causal, context } = this.#setting;
    if (!causal || reachable([original]).some(({ kind }) => kind === 'tokens')) return false;
    const values = this.#values.byPosition(claimed);
    if (values === null) return false;
    const input = new Array<Value>(context).fill(0n);
    const wanted = (evaluate([original], input, { causal }).get(original) as Sequence).values;
    return wanted.every((value, i) => values[i] !== undefined && valueKey(values[i] as Value) === valueKey(value));
  }

  /** A comparison of a width that only asks whether it is 0 asks whether the mean of 1 over what is selected, else 0, is 1. */
  #presence(original: SOp, claimed: SOp): boolean {
    const { graph, context } = this.#setting;
    if (original.kind !== 'elementwise' || original.operation.kind !== 'binary' || claimed.kind !== 'elementwise') return false;
    const operator = original.operation.operator as ComparisonOperator;
    if (!COMPARISONS.has(operator)) return false;
    const [left, right] = original.args as [SOp, SOp];
    const [width, other, isFlipped] = left.kind === 'width' ? [left, right, false] : [right, left, true];
    if (width.kind !== 'width' || other.kind !== 'constant' || typeof other.value === 'string') return false;
    const holds = (count: number) =>
      isFlipped ? compareValues(operator, other.value, BigInt(count)) : compareValues(operator, BigInt(count), other.value);
    const some = holds(1);
    if (holds(0) === some) return false;
    for (let count = 2; count <= context; count++) if (holds(count) !== some) return false;
    const [presence] = claimed.args as [SOp];
    if (graph.binary(some ? '==' : '!=', presence, graph.constant(1n)) !== claimed) return false;
    return this.proves(graph.aggregate(width.selector, graph.constant(1n), 0n), presence);
  }

  /** A width of one position or none is whether there is any. */
  #extremeWidth(original: SOp, claimed: SOp): boolean {
    if (original.kind !== 'width') return false;
    const { selector } = original;
    if (selector.kind !== 'rightmost' && selector.kind !== 'leftmost') return false;
    const { graph } = this.#setting;
    const any = graph.binary('>', graph.width(selector.selector), graph.constant(0n));
    return this.proves(graph.unary('indicator', any), claimed);
  }

  /** |a or b| = |a| + |b| − |a and b|, of which the last is 0 where they are disjoint. */
  #sumOfWidths(original: SOp, claimed: SOp): boolean {
    if (original.kind !== 'width' || original.selector.kind !== 'or' || claimed.kind !== 'elementwise') return false;
    const { graph } = this.#setting;
    const { left, right } = original.selector;
    const [first, second] = claimed.args as [SOp, SOp | undefined];
    if (second === undefined) return false;
    if (graph.binary('-', first, second) === claimed && first.kind === 'elementwise') {
      const both = graph.width(graph.and(left, right));
      const [a, b] = first.args as [SOp, SOp | undefined];
      if (b === undefined || graph.binary('+', a, b) !== first) return false;
      return this.proves(graph.width(left), a) && this.proves(graph.width(right), b) && this.proves(both, second);
    }
    if (graph.binary('+', first, second) !== claimed || !areDisjoint(left, right)) return false;
    return this.proves(graph.width(left), first) && this.proves(graph.width(right), second);
  }

  /** Two functions of the same s-ops are equal where their tables are. */
  #sameTable(original: SOp, claimed: SOp): boolean {
    if ((original.kind !== 'elementwise' && claimed.kind !== 'elementwise') || this.#needsMask(original)) return false;
    const below = new Set(variablesBelow([original], new Set()));
    const claimedBelow = variablesBelow([claimed], new Set());
    if (!claimedBelow.every((node) => below.has(node)) || below.size > MOST_SHARED) return false;
    try {
      const { count, column } = this.#values.combinations([...below, original, claimed]);
      const [a, b] = [this.#values.valuesOf(original), this.#values.valuesOf(claimed)];
      const [left, right] = [column(original), column(claimed)];
      for (let at = 0; at < count; at++) {
        if (valueKey(a[left[at] as number] as Value) !== valueKey(b[right[at] as number] as Value)) return false;
      }
      return true;
    } catch (error) {
      if (error instanceof Unproven) return false;
      throw error;
    }
  }
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);
const MOST_SHARED = 4;
