/** A program's nodes as a list, each after those that it takes: how raspc.json has them. */

import { formatSpan } from '../../source/source-file.ts';
import { argumentsOf, assertNever, type GraphNode, type Operation, reachable } from '../graph.ts';
import type { Export } from '../program.ts';
import type { Value } from '../value.ts';

/** One node of a program; `args` are numbers of nodes before it in the list. raspc.json says what its fields are of each kind. */
export interface ListedNode {
  readonly kind: GraphNode['kind'];
  readonly operator: string;
  readonly args: readonly number[];
  readonly values: readonly Value[];
  readonly name: string;
  readonly span: string;
}

/** A program's exports as nodes, for those who evaluate it elsewhere; null where a constant is no number that JSON has. */
export function describeExports(exports: readonly Pick<Export, 'name' | 'node'>[]): {
  readonly nodes: readonly ListedNode[];
  readonly outputs: readonly { readonly name: string; readonly node: number }[];
} | null {
  const order = reachable(exports.map(({ node }) => node));
  const place = new Map<GraphNode, number>(order.map((node, index) => [node, index]));
  const numbered = (node: GraphNode) => place.get(node) as number;
  const nodes = order.map((node) => describeNode(node, numbered));
  if (nodes.some(({ values }) => values.some((value) => typeof value === 'number' && !Number.isFinite(value)))) return null;
  return { nodes, outputs: exports.map(({ name, node }) => ({ name, node: numbered(node) })) };
}

/** @param numbered the place of each node in the list */
export function describeNode(node: GraphNode, numbered: (node: GraphNode) => number): ListedNode {
  const { operator, values } = contentOf(node);
  const [span] = node.spans;
  return {
    kind: node.kind,
    operator,
    args: argumentsOf(node).map(numbered),
    values,
    name: node.name ?? '',
    span: span === undefined ? '' : formatSpan(span),
  };
}

function contentOf(node: GraphNode): { readonly operator: string; readonly values: readonly Value[] } {
  switch (node.kind) {
    case 'tokens':
      return { operator: node.cast, values: [] };
    case 'constant':
      return { operator: '', values: [node.value] };
    case 'aggregate':
      return { operator: '', values: [node.default] };
    case 'reduction':
      return { operator: node.operator, values: [node.default] };
    case 'select':
      return { operator: node.operator, values: [] };
    case 'elementwise':
      return operationContent(node.operation);
    case 'indices':
    case 'width':
    case 'and':
    case 'or':
    case 'not':
    case 'rightmost':
    case 'leftmost':
      return { operator: '', values: [] };
    default:
      return assertNever(node);
  }
}

function operationContent(operation: Operation): { readonly operator: string; readonly values: readonly Value[] } {
  switch (operation.kind) {
    case 'binary':
    case 'unary':
      return { operator: `${operation.kind} ${operation.operator}`, values: [] };
    case 'choose':
      return { operator: 'choose', values: [] };
    case 'member':
      return { operator: 'member', values: operation.values };
    case 'text':
      return { operator: `text ${operation.name}`, values: [operation.argument] };
    case 'lookup':
      switch (operation.table.kind) {
        case 'list':
          return { operator: 'list', values: operation.table.items };
        case 'string':
          return { operator: 'string', values: [operation.table.text] };
        case 'dictionary':
          return { operator: 'dictionary', values: operation.table.entries.flat() };
        default:
          return assertNever(operation.table);
      }
    default:
      return assertNever(operation);
  }
}
