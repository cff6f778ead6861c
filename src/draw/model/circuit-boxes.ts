/** A model's circuit as boxes: what writes the residual stream, in order, with the variables that each reads and writes. */
import type { Place } from '../../checkpoint/map/circuit-map.ts';
import { argumentsOf, type GraphNode } from '../../graph/graph.ts';
import type { ModelReading } from './model-reading.ts';

export interface CircuitBox {
  readonly kind: 'embedding' | 'head' | 'neurons' | 'output';
  readonly place: Place;
  /** `head 0.1`, `neurons 0 to 61`. */
  readonly title: string;
  /** Of a head: its number. */
  readonly head: number | null;
  /** Numbers of variables. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

export function circuitBoxes(reading: ModelReading): CircuitBox[] {
  const { map, nodes } = reading;
  const meaning = map.meaning;
  const holders = new Map<GraphNode, number[]>();
  for (const [variable] of map.variables.entries()) {
    const node = reading.nodeOf(variable);
    // tokens are one variable, however the program reads them
    const held = node?.kind === 'tokens' ? nodes.filter(({ kind }) => kind === 'tokens') : [node];
    for (const each of held) if (each !== null) holders.set(each, [...(holders.get(each) ?? []), variable]);
  }
  /** The variable that holds a node before a place; of several the one that was written last. */
  const heldBefore = (node: GraphNode, place: Place): number | null =>
    (holders.get(node) ?? []).filter((variable) => order(map.variables[variable]?.written) < order(place)).at(-1) ?? null;
  const readsOf = (roots: readonly GraphNode[], place: Place): number[] => {
    const found = new Set<number>();
    const seen = new Set<GraphNode>();
    const visit = (node: GraphNode): void => {
      if (seen.has(node)) return;
      seen.add(node);
      const held = heldBefore(node, place);
      if (held === null) argumentsOf(node).forEach(visit);
      else found.add(held);
    };
    roots.forEach(visit);
    return [...found].sort((a, b) => a - b);
  };
  const below = (variables: readonly number[]): GraphNode[] =>
    variables.flatMap((variable) => argumentsOf(reading.nodeOf(variable) ?? NOTHING));
  const embedded = map.variables.flatMap(({ written }, variable) => (written.sublayer === 'embedding' ? [variable] : []));
  const boxes: CircuitBox[] = [
    { kind: 'embedding', place: { layer: 0, sublayer: 'embedding' }, title: 'embedding', head: null, reads: [], writes: embedded },
  ];
  for (const { layer, head, writes } of reading.heads) {
    const place: Place = { layer, sublayer: 'attention' };
    boxes.push({ kind: 'head', place, title: `head ${layer}.${head}`, head, reads: readsOf(below(writes), place), writes });
  }
  for (const [index, { layer, from, to }] of map.neurons.entries()) {
    const place: Place = { layer, sublayer: 'mlp' };
    const writes = meaning?.neurons[index] ?? [];
    boxes.push({ kind: 'neurons', place, title: neuronsText(from, to), head: null, reads: readsOf(below(writes), place), writes });
  }
  const end: Place = { layer: 1 + Math.max(-1, ...boxes.map(({ place }) => place.layer)), sublayer: 'output' };
  for (const [index, { name }] of map.outputs.entries()) {
    const node = nodes[meaning?.outputs[index] ?? -1];
    boxes.push({ kind: 'output', place: end, title: name, head: null, reads: node === undefined ? [] : readsOf([node], end), writes: [] });
  }
  return boxes.sort((a, b) => order(a.place) - order(b.place));
}

const NOTHING: GraphNode = { kind: 'constant', value: 0n, id: -1, spans: [], name: null };

export function neuronsText(from: number, to: number): string {
  return to - from === 1 ? `neuron ${from}` : `neurons ${from} to ${to - 1}`;
}

const WITHIN = { embedding: -1, attention: 0, mlp: 1, output: 2 } as const;

function order(place: Place | undefined): number {
  if (place === undefined) return Number.POSITIVE_INFINITY;
  return place.sublayer === 'embedding' ? -1 : 3 * place.layer + WITHIN[place.sublayer];
}
