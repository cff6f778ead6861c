/** An s-op as a constant and a sum of multiples of others, and such a sum written with as few operations as it takes. */
import type { Graph, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';

export interface LinearForm {
  readonly constant: number;
  /** The factor of each s-op, in the order in which they were found; none is 0. */
  readonly terms: ReadonlyMap<SOp, number>;
  /** How many operations were taken apart. */
  readonly operations: number;
}

/** What is added, so many times. */
export interface Addend {
  readonly node: SOp;
  readonly factor: number;
}

/** Longer sums are no one's to look at. */
const MOST_OPERATIONS = 32;

/** @param divides whether quotients by a constant are factors; null where the sum is too long, or no number comes of it */
export function linearForm(sum: SOp | readonly Addend[], divides = false): LinearForm | null {
  const terms = new Map<SOp, number>();
  let constant = 0;
  let operations = 0;
  const open: Addend[] = 'kind' in sum ? [{ node: sum, factor: 1 }] : [...sum];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, factor } = next;
    const parts = partsOf(node, divides);
    if (node.kind === 'constant') {
      const value = numberIn(node.value);
      if (value === null) return null;
      constant += factor * value;
    } else if (parts === null) terms.set(node, (terms.get(node) ?? 0) + factor);
    else {
      if (++operations > MOST_OPERATIONS) return null;
      for (const part of [...parts].reverse()) open.push({ node: part.node, factor: factor * part.factor });
    }
  }
  for (const [node, factor] of terms) if (factor === 0) terms.delete(node);
  return { constant, terms, operations };
}

function partsOf(node: SOp, divides: boolean): readonly Addend[] | null {
  if (node.kind !== 'elementwise') return null;
  const { operation, args } = node;
  const [left, right] = args as [SOp, SOp];
  if (operation.kind === 'unary') return operation.operator === '-' ? [{ node: left, factor: -1 }] : null;
  if (operation.kind !== 'binary') return null;
  const [before, after] = [left, right].map((each) => (each?.kind === 'constant' ? numberIn(each.value) : null));
  switch (operation.operator) {
    case '+':
    case '-':
      return [
        { node: left, factor: 1 },
        { node: right, factor: operation.operator === '+' ? 1 : -1 },
      ];
    case '*':
      if (typeof before === 'number') return [{ node: right, factor: before }];
      return typeof after === 'number' ? [{ node: left, factor: after }] : null;
    case '/':
      return divides && typeof after === 'number' && after !== 0 ? [{ node: left, factor: 1 / after }] : null;
    default:
      return null;
  }
}

function numberIn(value: Value): number | null {
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : null;
}

/** How many operations the sum takes where it is written anew, of integers. */
export function operationsOf({ constant, terms }: Pick<LinearForm, 'constant' | 'terms'>): number {
  const factors = [...terms.values()];
  const written = factors.length + (constant === 0 ? 0 : 1);
  const scaled = factors.filter((factor) => Math.abs(factor) !== 1).length;
  const isTaken = written > 0 && constant <= 0 && factors.every((factor) => factor < 0);
  return Math.max(0, written - 1) + scaled + (isTaken && factors.length > 0 && constant === 0 ? 1 : 0);
}

/** The sum of integers, what is added before what is taken away. */
export function sumOf({ constant, terms }: Pick<LinearForm, 'constant' | 'terms'>, graph: Graph): SOp {
  const all = [...terms, ...(constant === 0 ? [] : ([[null, constant]] as const))].sort(([, a], [, b]) => Number(b > 0) - Number(a > 0));
  const [first, ...others] = all.map(([node, factor]): { readonly isTaken: boolean; readonly term: SOp } => {
    const size = BigInt(Math.abs(factor));
    const isTaken = factor < 0;
    if (node === null) return { isTaken, term: graph.constant(size) };
    return { isTaken, term: size === 1n ? node : graph.binary('*', graph.constant(size), node) };
  });
  if (first === undefined) return graph.constant(0n);
  const start = first.isTaken ? graph.unary('-', first.term) : first.term;
  return others.reduce((sum, { isTaken, term }) => graph.binary(isTaken ? '-' : '+', sum, term), start);
}
