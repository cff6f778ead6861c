/** A selector of positions alone that finds one of them at most, however it says so, as one that names it. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { type Graph, type GraphNode, isSelector, reachable, type Selector, type SOp } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import { LONGEST_TRIED } from '../../../facts/by-length.ts';
import { succeed } from '../../../facts/tabulate.ts';
import { type PositionRows, positionForm } from '../../position-forms.ts';
import type { Rewrite } from '../../rewrite.ts';

/** Nothing is said with less. */
const LEAST_COST = 4;
/** A head that compares computed keys, and neurons that multiply, are worth so many operations. */
const OF_KEYS = 4;
const OF_PRODUCTS = 8;

export const onePosition: Rewrite = {
  law: {
    name: 'one-position',
    statement:
      'a selector of positions alone selects what select(indices, p, ==) does, where p is the one position that it finds, or is in no input where it finds none',
    requires:
      'every length up to the context is looked at, and p is a table of the position, linear in position and length, two such lines before and after a bound or for even and odd positions, or a line modulo the length; it takes less to compute',
    ensures: 'no head matches several conditions on positions that come to one position',
    example: {
      before:
        'last = select(indices, 0, ==) and select(True, indices == length - 1, ==); said = aggregate(select(indices, indices + 1, ==) or last, tokens, "-");',
      after: 'said = aggregate(select(indices, indices + 1 if indices < length - 1 else 0, ==), tokens, "-");',
      causal: false,
      sees: 'bidirectional',
    },
  },
  optimization: 'one-position',
  ruleFor: ({ graph, assumptions: { causal, context } }) => {
    if (causal || context > LONGEST_TRIED) return null;
    const length = graph.width(graph.select(graph.constant(1n), graph.constant(1n), '=='));
    return (node) => (isSelector(node) ? named(node, { graph, length, context }) : null);
  },
};

interface Setting {
  readonly graph: Graph;
  readonly length: SOp;
  readonly context: number;
}

function named(selector: Selector, { graph, length, context }: Setting): Selector | null {
  const cost = costOf(selector, length);
  if (cost < LEAST_COST || reachable([selector]).some(({ kind }) => kind === 'tokens')) return null;
  const rows = rowsOf(selector, graph, context);
  const position = rows && positionForm(rows, graph, length);
  if (!position) return null;
  const simpler = graph.select(graph.indices(), position, '==', selector.spans[0]);
  return costOf(simpler, length) < cost && areSame(rows, rowsOf(simpler, graph, context)) ? simpler : null;
}

/** What a selector is made of, positions, constants and the length being nothing; keys that are computed, and products, being more. */
function costOf(selector: Selector, length: SOp): number {
  const free = new Set(reachable([length]));
  return reachable([selector])
    .filter((node) => node.kind !== 'indices' && node.kind !== 'constant' && !free.has(node))
    .reduce(
      (cost, node) => cost + 1 + (node.kind === 'select' && node.keys.kind === 'elementwise' ? OF_KEYS : isProduct(node) ? OF_PRODUCTS : 0),
      0,
    );
}

function isProduct(node: GraphNode): boolean {
  if (node.kind !== 'elementwise' || node.operation.kind !== 'binary' || node.operation.operator !== '*') return false;
  return node.args.every(({ kind }) => kind !== 'constant');
}

/** The position that each finds, in an input of each length; null where one finds two, or the program fails. */
function rowsOf(selector: Selector, graph: Graph, context: number): PositionRows | null {
  const width = graph.width(selector);
  const position = graph.aggregate(selector, graph.indices(), -1n);
  const rows: (number | null)[][] = [];
  // the longest first: what finds two does so there
  for (let length = context; length >= 1; length--) {
    const found = succeed(() => evaluate([width, position], new Array<Value>(length).fill(0n), { causal: false }));
    if (found === undefined || !(found.get(width) as Sequence).values.every((count) => Number(count) <= 1)) return null;
    rows.push((found.get(position) as Sequence).values.map((at) => (Number(at) < 0 ? null : Number(at))));
  }
  return rows.reverse();
}

function areSame(rows: PositionRows, others: PositionRows | null): boolean {
  return others?.every((row, n) => row.every((position, i) => position === rows[n]?.[i])) ?? false;
}
