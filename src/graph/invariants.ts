/** What holds for every graph; a violation is a fault of raspc. */
import { argumentsOf, type GraphNode, isSelector, reachable } from './graph.ts';

/** Checks the graph below the roots: ids are unique and topological, and arguments are of the right kind and number. */
export function assertGraph(roots: Iterable<GraphNode>): void {
  const nodes = reachable(roots);
  const ids = new Set<number>();
  for (const node of nodes) {
    if (ids.has(node.id)) throw new Error(`two nodes of the graph are %${node.id}`);
    ids.add(node.id);
    for (const argument of argumentsOf(node)) {
      if (argument.id >= node.id) throw new Error(`%${node.id} reads %${argument.id}, which does not come before it`);
    }
    assertKinds(node);
  }
}

function assertKinds(node: GraphNode): void {
  const wrong = (what: string): never => {
    throw new Error(`%${node.id}, ${node.kind}: ${what}`);
  };
  switch (node.kind) {
    case 'elementwise': {
      const { kind } = node.operation;
      const wanted = kind === 'binary' ? 2 : kind === 'choose' ? 3 : 1;
      if (node.args.length !== wanted) wrong(`has ${node.args.length} arguments instead of ${wanted}`);
      if (node.args.some(isSelector)) wrong('reads a selector as a value');
      return;
    }
    case 'aggregate':
    case 'reduction':
      if (!isSelector(node.selector) || isSelector(node.value)) wrong('needs a selector and an s-op');
      return;
    case 'select':
      if (isSelector(node.keys) || isSelector(node.queries)) wrong('compares a selector');
      return;
    case 'and':
    case 'or':
      if (!isSelector(node.left) || !isSelector(node.right)) wrong('joins something else than selectors');
      return;
    case 'width':
    case 'not':
    case 'rightmost':
    case 'leftmost':
      if (!isSelector(node.selector)) wrong('needs a selector');
      return;
    case 'tokens':
    case 'indices':
    case 'constant':
  }
}
