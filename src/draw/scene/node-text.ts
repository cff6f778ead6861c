/** Nodes of a graph as short expressions: what has a name is called by it, everything else is written out, and cut where it gets long. */
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import { assertNever, type GraphNode, isSelector, type Operation, type Table } from '../../graph/graph.ts';

const LONGEST = 64;
const DEEPEST = 6;

/** The node's name, or else its expression. */
export function nodeLabel(node: GraphNode, names: ReadonlyMap<GraphNode, string> = NONE): string {
  return nameOf(node, names) ?? nodeText(node, names);
}

/** The node's own expression, with its arguments by name where they have one. */
export function nodeText(node: GraphNode, names: ReadonlyMap<GraphNode, string> = NONE): string {
  return shortened(write(node, names, 0));
}

const NONE: ReadonlyMap<GraphNode, string> = new Map();

export function shortened(text: string, longest = LONGEST): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}

function nameOf(node: GraphNode, names: ReadonlyMap<GraphNode, string>): string | null {
  const given = names.get(node) ?? node.name;
  if (given !== null) return given.startsWith('tokens_') ? 'tokens' : given;
  return node.kind === 'tokens' ? 'tokens' : node.kind === 'indices' ? 'indices' : null;
}

function write(node: GraphNode, names: ReadonlyMap<GraphNode, string>, depth: number): string {
  if (depth > DEEPEST) return '…';
  const part = (argument: GraphNode): string => nameOf(argument, names) ?? write(argument, names, depth + 1);
  /** With brackets where it is made of several parts. */
  const inner = (argument: GraphNode): string => {
    const text = part(argument);
    return nameOf(argument, names) !== null || argument.kind === 'constant' || !isInfix(argument) ? text : `(${text})`;
  };
  switch (node.kind) {
    case 'tokens':
      return 'tokens';
    case 'indices':
      return 'indices';
    case 'constant':
      return sourceText(node.value);
    case 'elementwise':
      return operationText(node.operation, node.args.map(inner));
    case 'aggregate':
      return `aggregate(${part(node.selector)}, ${part(node.value)})`;
    case 'reduction':
      return `${node.operator}_over(${part(node.selector)}, ${part(node.value)})`;
    case 'width':
      return `selector_width(${part(node.selector)})`;
    case 'select':
      return isConstantTrue(node) ? 'everything' : `${inner(node.keys)} ${node.operator} ${inner(node.queries)}`;
    case 'and':
    case 'or':
      return `${inner(node.left)} ${node.kind} ${inner(node.right)}`;
    case 'not':
      return `not ${inner(node.selector)}`;
    case 'rightmost':
    case 'leftmost':
      return `${node.kind}(${part(node.selector)})`;
    default:
      return assertNever(node);
  }
}

function isConstantTrue(node: GraphNode): boolean {
  return node.kind === 'select' && node.keys === node.queries && node.keys.kind === 'constant' && node.operator === '==';
}

function isInfix(node: GraphNode): boolean {
  if (isSelector(node)) return node.kind !== 'rightmost' && node.kind !== 'leftmost';
  return node.kind === 'elementwise' && (node.operation.kind === 'binary' || node.operation.kind === 'choose');
}

function operationText(operation: Operation, args: readonly string[]): string {
  const [a = '', b = '', c = ''] = args;
  switch (operation.kind) {
    case 'binary':
      return `${a} ${operation.operator} ${b}`;
    case 'unary':
      return operation.operator === 'round' || operation.operator === 'indicator'
        ? `${operation.operator}(${a})`
        : `${operation.operator}${operation.operator === 'not' ? ' ' : ''}${a}`;
    case 'choose':
      return `${b} if ${a} else ${c}`;
    case 'member':
      return `${a} in [${operation.values.map(sourceText).join(', ')}]`;
    case 'lookup':
      return `${tableText(operation.table)}[${a}]`;
    case 'text':
      return operation.name === 'text_length' ? `text_length(${a})` : `${operation.name}(${a}, ${sourceText(operation.argument)})`;
    default:
      return assertNever(operation);
  }
}

function tableText(table: Table): string {
  switch (table.kind) {
    case 'string':
      return shortened(sourceText(table.text), 24);
    case 'list':
      return shortened(`[${table.items.map(sourceText).join(', ')}`, 24).concat(']');
    case 'dictionary':
      return shortened(`{${table.entries.map(([key, value]) => `${sourceText(key)}: ${sourceText(value)}`).join(', ')}`, 24).concat('}');
    default:
      return assertNever(table);
  }
}
