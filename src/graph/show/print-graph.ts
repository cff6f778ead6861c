/** A graph as text, one line a node, arguments before users: what `--dump-ir` shows and golden files hold. */

import { sourceText } from '../evaluate/values/python-text.ts';
import { assertNever, type GraphNode, type Operation, reachable, type Table } from '../graph.ts';

export function printGraph(roots: Iterable<GraphNode>): string {
  return reachable(roots)
    .map((node) => `${printNode(node)}\n`)
    .join('');
}

function printNode(node: GraphNode): string {
  const name = node.name === null ? '' : `  # ${node.name}`;
  return `%${node.id} = ${content(node)}${name}`;
}

function content(node: GraphNode): string {
  const ref = (argument: GraphNode): string => `%${argument.id}`;
  switch (node.kind) {
    case 'tokens':
      return `tokens ${node.cast}`;
    case 'indices':
      return 'indices';
    case 'constant':
      return `constant ${sourceText(node.value)}`;
    case 'elementwise':
      return `${operation(node.operation)} ${node.args.map(ref).join(' ')}`;
    case 'aggregate':
      return `aggregate ${ref(node.selector)} ${ref(node.value)} default ${sourceText(node.default)}`;
    case 'reduction':
      return `${node.operator}_over ${ref(node.selector)} ${ref(node.value)} default ${sourceText(node.default)}`;
    case 'width':
      return `width ${ref(node.selector)}`;
    case 'select':
      return `select keys ${ref(node.keys)} ${node.operator} queries ${ref(node.queries)}`;
    case 'and':
    case 'or':
      return `selector ${ref(node.left)} ${node.kind} ${ref(node.right)}`;
    case 'not':
    case 'rightmost':
    case 'leftmost':
      return `selector ${node.kind} ${ref(node.selector)}`;
    default:
      return assertNever(node);
  }
}

function operation(op: Operation): string {
  switch (op.kind) {
    case 'binary':
    case 'unary':
      return op.operator;
    case 'choose':
      return 'choose';
    case 'member':
      return `in [${op.values.map(sourceText).join(', ')}] of`;
    case 'text':
      return op.name === 'text_length' ? op.name : `${op.name} ${sourceText(op.argument)} of`;
    case 'lookup':
      return `lookup ${table(op.table)} at`;
    default:
      return assertNever(op);
  }
}

function table(of: Table): string {
  switch (of.kind) {
    case 'list':
      return `[${of.items.map(sourceText).join(', ')}]`;
    case 'string':
      return sourceText(of.text);
    case 'dictionary':
      return `{${of.entries.map(([key, value]) => `${sourceText(key)}: ${sourceText(value)}`).join(', ')}}`;
    default:
      return assertNever(of);
  }
}
