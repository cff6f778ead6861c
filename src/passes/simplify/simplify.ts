/**
 * Graph to graph, same meaning: what a causal program computes from positions alone becomes a table of the position; extreme
 * selections inside other selectors become comparisons of positions; the width of an `or` becomes a sum of widths.
 */
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import { compareValues } from '../../graph/evaluate/python-arithmetic.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import {
  argumentsOf,
  type BinaryOperator,
  type ComparisonOperator,
  type Graph,
  type GraphNode,
  isSelector,
  reachable,
  type Selector,
  type SOp,
} from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import type { Traits } from '../../targets/target.ts';
import type { Assumptions } from '../facts/facts.ts';
import { areDisjoint } from '../facts/total-order.ts';
import { ALL_OPTIMIZATIONS, type Optimization } from '../optimizations.ts';
import { rewriteGraph } from './rewrite-graph.ts';

/** @param sees which keys the target's queries see: where they see all, a causal program gets a condition of its own */
export function simplify(
  graph: Graph,
  exports: readonly Export[],
  assumptions: Assumptions,
  sees: Traits['attention'] = 'causal',
  optimizations: ReadonlySet<Optimization> = ALL_OPTIMIZATIONS,
): Simplified {
  const { causal } = assumptions;
  const passes = [
    expandExtremes,
    ...(causal && optimizations.has('constant-positions') ? [foldPositions] : []),
    ...(causal && sees !== 'causal' ? [maskLaterPositions] : []),
    ...(optimizations.has('presence') ? [askForPresence] : []),
  ];
  const whole = passes.reduce((current, pass) => pass(graph, current, assumptions), exports);
  return optimizations.has('split-widths')
    ? splitWidths(graph, whole, optimizations.has('positions-together'))
    : { exports: whole, splits: new Map() };
}

export interface Simplified {
  readonly exports: readonly Export[];
  /** The selectors of widths that became sums. */
  readonly splits: ReadonlyMap<SOp, Selector>;
}

type Pass = (graph: Graph, exports: readonly Export[], assumptions: Assumptions) => readonly Export[];

function mapExports(exports: readonly Export[], images: ReadonlyMap<GraphNode, GraphNode>): Export[] {
  return exports.map((e) => ({ ...e, node: images.get(e.node) as SOp }));
}

/**
 * `rightmost(s)` directly under an aggregate is one head. Anywhere else it is the selection of one position, which such a head
 * computes: `select(indices, aggregate(rightmost(s), indices, -1), ==)`.
 */
const expandExtremes: Pass = (graph, exports) => {
  const located = (selector: Selector): Selector => {
    if (selector.kind !== 'rightmost' && selector.kind !== 'leftmost') return selector;
    const position = graph.aggregate(selector, graph.indices(), -1n, selector.spans[0]);
    return graph.select(graph.indices(), position, '==', selector.spans[0]);
  };
  const images = rewriteGraph(
    graph,
    exports.map((e) => e.node),
    (node) => {
      switch (node.kind) {
        case 'and':
        case 'or':
          return graph.add({ kind: node.kind, left: located(node.left), right: located(node.right) }, node.spans[0]);
        case 'not':
          return graph.not(located(node.selector), node.spans[0]);
        case 'rightmost':
        case 'leftmost':
          return graph.extreme(node.kind, located(node.selector), node.spans[0]);
        case 'width':
          // One position or none: the width is whether there is any.
          return isExtreme(node.selector)
            ? graph.unary('indicator', graph.binary('>', graph.width(located(node.selector.selector), node.spans[0]), graph.constant(0n)))
            : null;
        default:
          return null;
      }
    },
  );
  return mapExports(exports, images);
};

function isExtreme(selector: Selector): selector is Selector & { kind: 'rightmost' | 'leftmost' } {
  return selector.kind === 'rightmost' || selector.kind === 'leftmost';
}

/**
 * Where every selector is causal, an s-op made of nothing but indices and constants depends on its position alone: the evaluator says
 * what it is at each.
 */
const foldPositions: Pass = (graph, exports, { context, causal }) => {
  const nodes = reachable(exports.map((e) => e.node));
  const positional = new Set<GraphNode>();
  for (const node of nodes) if (node.kind !== 'tokens' && argumentsOf(node).every((a) => positional.has(a))) positional.add(node);
  const folded = nodes.filter((n): n is SOp => positional.has(n) && (n.kind === 'aggregate' || n.kind === 'width'));
  if (folded.length === 0) return exports;
  const tables = new Map<SOp, readonly Value[]>();
  const results = evaluate(folded, new Array<Value>(context).fill(0n), { causal });
  for (const node of folded) tables.set(node, (results.get(node) as Sequence).values);
  const images = rewriteGraph(
    graph,
    exports.map((e) => e.node),
    (rebuilt, node) => {
      const items = isSelector(node) ? undefined : tables.get(node);
      return items === undefined
        ? null
        : graph.elementwise({ kind: 'lookup', table: { kind: 'list', items } }, [graph.indices()], rebuilt.spans[0]);
    },
  );
  return mapExports(exports, images);
};

/** Every selector also requires key position <= query position, which the target's attention does not. */
const maskLaterPositions: Pass = (graph, exports) => {
  const soFar = graph.select(graph.indices(), graph.indices(), '<=');
  const masked = (selector: Selector): Selector =>
    isExtreme(selector)
      ? graph.extreme(selector.kind, graph.and(selector.selector, soFar, selector.spans[0]), selector.spans[0])
      : graph.and(selector, soFar, selector.spans[0]);
  const images = rewriteGraph(
    graph,
    exports.map((e) => e.node),
    (node) => {
      if (node.kind === 'width') return graph.width(masked(node.selector), node.spans[0]);
      return node.kind === 'aggregate' ? graph.aggregate(masked(node.selector), node.value, node.default, node.spans[0]) : null;
    },
  );
  return mapExports(exports, images);
};

/**
 * A comparison of a width that only asks whether it is zero becomes the mean of 1 over the selected, else 0: a head answers that with a
 * gap of 1, whatever the context.
 */
const askForPresence: Pass = (graph, exports, { context }) => {
  const presence = (node: SOp, operator: ComparisonOperator, other: SOp, flipped: boolean): SOp | null => {
    if (node.kind !== 'width' || other.kind !== 'constant' || typeof other.value === 'string') return null;
    const holds = (count: number) =>
      flipped ? compareValues(operator, other.value, BigInt(count)) : compareValues(operator, BigInt(count), other.value);
    const some = holds(1);
    if (holds(0) === some) return null;
    for (let count = 1; count <= context; count++) if (holds(count) !== some) return null;
    const any = graph.aggregate(node.selector, graph.constant(1n), 0n, node.spans[0]);
    return graph.binary(some ? '==' : '!=', any, graph.constant(1n));
  };
  const images = rewriteGraph(
    graph,
    exports.map((e) => e.node),
    (node) => {
      if (node.kind !== 'elementwise' || node.operation.kind !== 'binary' || !isComparison(node.operation.operator)) return null;
      const { operator } = node.operation;
      const [left, right] = node.args as [SOp, SOp];
      return presence(left, operator, right, false) ?? presence(right, operator, left, true);
    },
  );
  return mapExports(exports, images);
};

function isComparison(operator: BinaryOperator): operator is ComparisonOperator {
  return ['==', '!=', '<', '>', '<=', '>='].includes(operator);
}

/**
 * |a or b| = |a| + |b| - |a and b| (nothing, where they are disjoint), where `or` joins comparisons of different s-ops: no head then has
 * to match their product.
 */
function splitWidths(graph: Graph, exports: readonly Export[], positionsTogether: boolean): Simplified {
  const splits = new Map<SOp, Selector>();
  const split = (selector: Selector): SOp => {
    if (selector.kind !== 'or' || operands(selector, positionsTogether).size <= 2) return graph.width(selector, selector.spans[0]);
    const sum = graph.binary('+', split(selector.left), split(selector.right), selector.spans[0]);
    if (areDisjoint(selector.left, selector.right)) return sum;
    return graph.binary('-', sum, graph.width(graph.and(selector.left, selector.right), selector.spans[0]), selector.spans[0]);
  };
  const images = rewriteGraph(
    graph,
    exports.map((e) => e.node),
    (node) => {
      if (node.kind !== 'width') return null;
      const sum = split(node.selector);
      if (sum.kind !== 'width') splits.set(sum, node.selector);
      return sum;
    },
  );
  return { exports: mapExports(exports, images), splits };
}

/** What an s-op of nothing but positions is a function of, else itself. */
function base(node: SOp): string {
  return reachable([node]).every((n) => n.kind === 'indices' || n.kind === 'constant' || n.kind === 'elementwise') ? 'index' : `${node.id}`;
}

/** The s-ops that a selector compares, by side. */
function operands(selector: Selector, positionsTogether: boolean): Set<string> {
  const nameOf = (node: SOp) => (positionsTogether ? base(node) : `${node.id}`);
  const sides = new Set<string>();
  for (const node of reachable([selector])) {
    if (node.kind === 'select') sides.add(`k${nameOf(node.keys)}`).add(`q${nameOf(node.queries)}`);
  }
  return sides;
}
