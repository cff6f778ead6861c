/** What raspc.json says of the meaning of a compiled model's variables: the simplified program, and the code of each register. */
import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import type { MapCode, MapMeaning, MapNode } from '../checkpoint/map/map-meaning.ts';
import type { Component, Register } from '../circuit/circuit.ts';
import { registersWritten } from '../circuit/dataflow.ts';
import { argumentsOf, assertNever, type GraphNode, type Operation, reachable } from '../graph/graph.ts';
import type { Export } from '../graph/program.ts';
import type { Value } from '../graph/value.ts';
import type { Placement } from '../placement/placement.ts';
import { formatSpan } from '../source/source-file.ts';

/** @param exports of the simplified program; `map` is what else is said of the model */
export function describeMeaning(
  exports: readonly Export[],
  placement: Placement,
  map: Pick<CircuitMap, 'variables'>,
): MapMeaning | undefined {
  const registers = [...placement.lifetimes.keys()];
  const numberOf = new Map(registers.map((register, index) => [register, index]));
  const held = registers.flatMap(({ node }) => (node === null ? [] : [node]));
  const order = reachable([...exports.map(({ node }) => node), ...held]);
  const place = new Map<GraphNode, number>(order.map((node, index) => [node, index]));
  const numbered = (node: GraphNode) => place.get(node) as number;
  const writes = (component: Component) => [...registersWritten(component)].map((register) => numberOf.get(register) as number);
  const nodes = order.map((node) => describeNode(node, numbered));
  // JSON cannot say what is not a number
  if (nodes.some(({ values }) => values.some(Number.isNaN))) return undefined;
  return {
    nodes,
    outputs: exports.map(({ node }) => numbered(node)),
    variables: registers.map((register, index) =>
      describeCode(register, register.node === null ? null : numbered(register.node), (map.variables[index]?.values.length ?? 0) > 0),
    ),
    heads: placement.layers.flatMap(({ heads }) => heads.flatMap(({ components }) => components.map(writes))),
    neurons: placement.layers.flatMap(({ groups }) => groups.map(({ group }) => writes(group))),
  };
}

/** A program's exports as nodes, for those who evaluate it elsewhere; null where nodes are of a kind that maps do not list. */
export function describeExports(exports: readonly Export[]): {
  readonly nodes: readonly MapNode[];
  readonly outputs: readonly { readonly name: string; readonly node: number }[];
} | null {
  const order = reachable(exports.map(({ node }) => node));
  const place = new Map<GraphNode, number>(order.map((node, index) => [node, index]));
  const numbered = (node: GraphNode) => place.get(node) as number;
  if (order.some(({ kind }) => kind === 'reduction')) return null;
  const nodes = order.map((node) => describeNode(node, numbered));
  if (nodes.some(({ values }) => values.some((value) => typeof value === 'number' && !Number.isFinite(value)))) return null;
  return { nodes, outputs: exports.map(({ name, node }) => ({ name, node: numbered(node) })) };
}

function describeCode({ encoding, features }: Register, node: number | null, isListed: boolean): MapCode {
  return {
    node,
    bos: features.map(({ bos }) => bos),
    levels: encoding !== 'features' || !(isListed || node === null) ? [] : features.map(({ levels }) => [...(levels ?? [])]),
    unit: features[0]?.unit ?? 1,
  };
}

function describeNode(node: GraphNode, numbered: (node: GraphNode) => number): MapNode {
  const { operator, values } = contentOf(node);
  const [span] = node.spans;
  if (node.kind === 'reduction') throw new Error('a reduction is left in a simplified program');
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
      throw new Error('a reduction is left in a simplified program');
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
