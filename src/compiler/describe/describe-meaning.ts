/** What raspc.json says of the meaning of a compiled model's variables: the simplified program, and the code of each register. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { MapCode, MapMeaning } from '../../checkpoint/map/map-meaning.ts';
import type { Component, Register } from '../../circuit/circuit.ts';
import { registersWritten } from '../../circuit/dataflow.ts';
import { type GraphNode, reachable } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import { describeNode } from '../../graph/show/list-nodes.ts';
import type { Placement } from '../../placement/placement.ts';

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

function describeCode({ encoding, features }: Register, node: number | null, isListed: boolean): MapCode {
  return {
    node,
    bos: features.map(({ bos }) => bos),
    levels: encoding !== 'features' || !(isListed || node === null) ? [] : features.map(({ levels }) => [...(levels ?? [])]),
    unit: features[0]?.unit ?? 1,
  };
}
