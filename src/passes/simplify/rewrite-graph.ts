/** Rebuilds a graph bottom-up through a rule for each node: how passes that keep the graph form change it. */
import {
  argumentsOf,
  assertNever,
  type Graph,
  type GraphNode,
  type NodeContent,
  reachable,
  type Selector,
  type SOp,
} from '../../graph/graph.ts';

/**
 * What a node becomes once its arguments have been rebuilt: another node, or null to keep it as it is with its new arguments.
 */
export type Rule = (rebuilt: GraphNode, original: GraphNode) => GraphNode | null;

/** The nodes that the roots become; names and spans are kept. */
export function rewriteGraph(graph: Graph, roots: readonly GraphNode[], rule: Rule): Map<GraphNode, GraphNode> {
  const result = new Map<GraphNode, GraphNode>();
  const image = <Node extends GraphNode>(node: Node): Node => result.get(node) as Node;
  for (const node of reachable(roots)) {
    const same = argumentsOf(node).every((a) => result.get(a) === a);
    const rebuilt = same ? node : graph.add(withArguments(node, image), node.spans[0]);
    const changed = rule(rebuilt, node) ?? rebuilt;
    for (const span of node.spans) graph.noteSpan(changed, span);
    if (node.name !== null) graph.name(changed, node.name);
    result.set(node, changed);
  }
  return result;
}

/** The same nodes in another graph, where equal ones are there once: what several programs have in common is then one. */
export function copyGraph(graph: Graph, roots: readonly GraphNode[]): Map<GraphNode, GraphNode> {
  const result = new Map<GraphNode, GraphNode>();
  const image = <Node extends GraphNode>(node: Node): Node => result.get(node) as Node;
  for (const node of reachable(roots)) {
    const copy = graph.add(withArguments(node, image));
    for (const span of node.spans) graph.noteSpan(copy, span);
    if (node.name !== null) graph.name(copy, node.name);
    result.set(node, copy);
  }
  return result;
}

function withArguments(node: GraphNode, image: <Node extends GraphNode>(node: Node) => Node): NodeContent {
  switch (node.kind) {
    case 'tokens':
    case 'indices':
    case 'constant':
      return node;
    case 'elementwise':
      return { kind: node.kind, operation: node.operation, args: node.args.map((a: SOp) => image(a)) };
    case 'aggregate':
      return { kind: node.kind, selector: image<Selector>(node.selector), value: image<SOp>(node.value), default: node.default };
    case 'reduction':
      return {
        kind: node.kind,
        operator: node.operator,
        selector: image<Selector>(node.selector),
        value: image<SOp>(node.value),
        default: node.default,
      };
    case 'width':
      return { kind: node.kind, selector: image<Selector>(node.selector) };
    case 'select':
      return { kind: node.kind, keys: image<SOp>(node.keys), queries: image<SOp>(node.queries), operator: node.operator };
    case 'and':
    case 'or':
      return { kind: node.kind, left: image<Selector>(node.left), right: image<Selector>(node.right) };
    case 'not':
    case 'rightmost':
    case 'leftmost':
      return { kind: node.kind, selector: image<Selector>(node.selector) };
    default:
      return assertNever(node);
  }
}
