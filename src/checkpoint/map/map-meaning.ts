/**
 * The part of the circuit map that says what each variable means: the simplified program as a list of nodes, and for each variable the
 * node whose value it holds and the numbers that stand for each value. It is a claim: whoever relies on it checks it against the bytes.
 */

import {
  countShape,
  listShape,
  nullableShape,
  numberShape,
  objectShape,
  optionalShape,
  type Shape,
  textShape,
  wordShape,
} from '../json/json-shape.ts';
import type { JsonData } from '../json/json-text.ts';
import type { MapValue } from './map-value.ts';
import { valueData, valueShape } from './map-value.ts';

export const NODE_KINDS = [
  'tokens',
  'indices',
  'constant',
  'elementwise',
  'aggregate',
  'width',
  'reduction',
  'select',
  'and',
  'or',
  'not',
  'rightmost',
  'leftmost',
] as const;

/** One node of the simplified program; `args` are numbers of nodes before it in the list. */
export interface MapNode {
  readonly kind: (typeof NODE_KINDS)[number];
  /** `tokens`: the cast. `select`: the comparison. `reduction`: `sum`, `max` or `min`. `elementwise`: `binary +`, `unary not`, `choose`, `member`, `list`, `string` or `dictionary`. */
  readonly operator: string;
  /** `aggregate`, `reduction`: the selector and the value. `select`: keys and queries. */
  readonly args: readonly number[];
  /** `constant`: the value. `aggregate`, `reduction`: the default. `member`: the values. `list`, `string`: the items. `dictionary`: keys and values by turns. */
  readonly values: readonly MapValue[];
  readonly name: string;
  readonly span: string;
}

/** How a variable is encoded; dimensions in the order of its `dims`. */
export interface MapCode {
  /** The node whose value it holds; null for the one that marks BOS. */
  readonly node: number | null;
  /** The number of each dimension at BOS. */
  readonly bos: readonly number[];
  /** `levels[d][v]`: the number of dimension d for value v; of one-hot variables, and where values are not listed, there are none. */
  readonly levels: readonly (readonly number[])[];
  /** The value that the number 1 stands for, where values are not enumerated. */
  readonly unit: number;
}

export interface MapMeaning {
  readonly nodes: readonly MapNode[];
  /** The node of each output, in the order of the map's `outputs`. */
  readonly outputs: readonly number[];
  /** In the order of the map's `variables`. */
  readonly variables: readonly MapCode[];
  /** Which variables each of the map's `heads` writes, by number. */
  readonly heads: readonly (readonly number[])[];
  /** Likewise for `neurons`. */
  readonly neurons: readonly (readonly number[])[];
}

const counts = listShape(countShape);
const nullableCount = nullableShape(countShape);

/** The nodes of a program, as the map lists them. */
export const nodesShape: Shape<readonly MapNode[]> = listShape(
  objectShape<MapNode>({
    kind: wordShape(NODE_KINDS),
    operator: optionalShape(textShape, ''),
    args: optionalShape(counts, []),
    values: optionalShape(listShape(valueShape), []),
    name: optionalShape(textShape, ''),
    span: optionalShape(textShape, ''),
  }),
);

export const meaningShape: Shape<MapMeaning> = objectShape<MapMeaning>({
  nodes: nodesShape,
  outputs: counts,
  variables: listShape(
    objectShape<MapCode>({
      node: nullableCount,
      bos: listShape(numberShape),
      levels: listShape(listShape(numberShape)),
      unit: numberShape,
    }),
  ),
  heads: listShape(counts),
  neurons: listShape(counts),
});

/** Nodes as the map writes them; what is empty is left out. */
export function nodesData(nodes: readonly MapNode[]): JsonData {
  return nodes.map(({ kind, operator, args, values, name, span }) => ({
    kind,
    ...(operator === '' ? {} : { operator }),
    ...(args.length === 0 ? {} : { args }),
    ...(values.length === 0 ? {} : { values: values.map(valueData) }),
    ...(name === '' ? {} : { name }),
    ...(span === '' ? {} : { span }),
  }));
}

export function meaningData({ nodes, outputs, variables, heads, neurons }: MapMeaning): JsonData {
  return {
    nodes: nodesData(nodes),
    outputs,
    variables: variables.map(({ node, bos, levels, unit }) => ({ node, bos, levels, unit })),
    heads,
    neurons,
  };
}
