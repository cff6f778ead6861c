/** The simplified program of a circuit map as a graph again, so that the evaluator can say what each variable should hold. */
import type { MapMeaning, MapNode } from '../../checkpoint/map/map-meaning.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { patternFault } from '../../graph/evaluate/values/text-functions.ts';
import {
  Graph,
  type GraphNode,
  isSelector,
  type NodeContent,
  type Operation,
  type Selector,
  type SOp,
  TEXT_FUNCTIONS,
} from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';

/**
 * The nodes in the map's order, as nodes of `graph`: what is equal to a node there is that node. Diagnostics: R7403 for nodes that no
 * program has.
 */
export function rebuildGraph({ nodes }: Pick<MapMeaning, 'nodes'>, graph = new Graph()): GraphNode[] {
  const built: GraphNode[] = [];
  for (const [index, node] of nodes.entries()) {
    const added = graph.add(contentOf(node, built) ?? refuse(index));
    if (node.name !== '') graph.name(added, node.name);
    built.push(added);
  }
  return built;
}

function refuse(index: number): never {
  return fail('R7403', { file: 'raspc.json', why: `node ${index} of its \`meaning\` is none that a program has` });
}

const CASTS = ['str', 'int', 'float', 'bool', 'asis'] as const;
const COMPARISONS = ['==', '!=', '<', '>', '<=', '>='] as const;
const REDUCTIONS = ['sum', 'max', 'min'] as const;
const BINARY = ['+', '-', '*', '/', '%', '^', 'and', 'or', ...COMPARISONS] as const;
const UNARY = ['not', '-', '+', 'round', 'indicator'] as const;

/** Null where the node is not well formed. */
function contentOf(node: MapNode, built: readonly GraphNode[]): NodeContent | null {
  const args = node.args.map((number) => built[number]);
  if (args.includes(undefined)) return null;
  const sops = args.filter((arg): arg is SOp => arg !== undefined && !isSelector(arg));
  const selectors = args.filter((arg): arg is Selector => arg !== undefined && isSelector(arg));
  const [value] = node.values;
  const count = args.length;
  switch (node.kind) {
    case 'tokens': {
      const cast = CASTS.find((known) => known === node.operator);
      return cast === undefined || count !== 0 ? null : { kind: 'tokens', cast };
    }
    case 'indices':
      return count === 0 ? { kind: 'indices' } : null;
    case 'constant':
      return value === undefined || count !== 0 ? null : { kind: 'constant', value };
    case 'elementwise': {
      const operation = operationOf(node.operator, node.values);
      return operation === null || sops.length !== count || count !== arity(operation)
        ? null
        : { kind: 'elementwise', operation, args: sops };
    }
    case 'aggregate': {
      const [selector] = selectors;
      const [averaged] = sops;
      if (selector === undefined || averaged === undefined || value === undefined || count !== 2) return null;
      return { kind: 'aggregate', selector, value: averaged, default: value };
    }
    case 'reduction': {
      const operator = REDUCTIONS.find((known) => known === node.operator);
      const [selector] = selectors;
      const [reduced] = sops;
      if (operator === undefined || selector === undefined || reduced === undefined || value === undefined || count !== 2) return null;
      return { kind: 'reduction', operator, selector, value: reduced, default: value };
    }
    case 'select': {
      const operator = COMPARISONS.find((known) => known === node.operator);
      const [keys, queries] = sops;
      return operator === undefined || keys === undefined || queries === undefined || count !== 2
        ? null
        : { kind: 'select', keys, queries, operator };
    }
    case 'and':
    case 'or': {
      const [left, right] = selectors;
      return left === undefined || right === undefined || count !== 2 ? null : { kind: node.kind, left, right };
    }
    case 'width':
    case 'not':
    case 'rightmost':
    case 'leftmost': {
      const [selector] = selectors;
      return selector === undefined || count !== 1 ? null : { kind: node.kind, selector };
    }
  }
}

function arity(operation: Operation): number {
  if (operation.kind === 'choose') return 3;
  return operation.kind === 'binary' ? 2 : 1;
}

function operationOf(text: string, values: readonly Value[]): Operation | null {
  const [kind = '', symbol = ''] = text.split(' ');
  switch (kind) {
    case 'binary': {
      const operator = BINARY.find((known) => known === symbol);
      return operator === undefined ? null : { kind, operator };
    }
    case 'unary': {
      const operator = UNARY.find((known) => known === symbol);
      return operator === undefined ? null : { kind, operator };
    }
    case 'choose':
      return { kind };
    case 'text': {
      const [argument] = values;
      const name = TEXT_FUNCTIONS.find((known) => known === symbol);
      const isPattern = typeof argument === 'string' && (name !== 'matches' || patternFault(argument) === null);
      return name === undefined || !isPattern ? null : { kind, name, argument };
    }
    case 'member':
      return { kind, values };
    case 'list':
      return { kind: 'lookup', table: { kind, items: values } };
    case 'string':
      return typeof values[0] === 'string' ? { kind: 'lookup', table: { kind, text: values[0] } } : null;
    case 'dictionary': {
      const entries = Array.from({ length: values.length >> 1 }, (_, i): readonly [Value, Value] => [
        values[2 * i] as Value,
        values[2 * i + 1] as Value,
      ]);
      return { kind: 'lookup', table: { kind, entries } };
    }
    default:
      return null;
  }
}
