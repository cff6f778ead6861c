/**
 * What a program costs by the reference's own count, before any target: elementwise steps are free, an aggregate comes after
 * its selector and its values, and every distinct selector that a layer's aggregates use is a head.
 */
import { argumentsOf, type GraphNode, reachable, type Selector } from './graph.ts';

export interface GraphCost {
  /** The selectors of each layer, first layer first. */
  readonly layers: readonly (readonly Selector[])[];
}

export function graphCost(roots: Iterable<GraphNode>): GraphCost {
  const depth = new Map<GraphNode, number>();
  const layers: Set<Selector>[] = [];
  for (const node of reachable(roots)) {
    const below = Math.max(0, ...argumentsOf(node).map((argument) => depth.get(argument) ?? 0));
    if (node.kind === 'select') depth.set(node, below + 1);
    else if (node.kind === 'aggregate' || node.kind === 'width' || node.kind === 'reduction') {
      const values = node.kind !== 'width' ? (depth.get(node.value) ?? 0) : 0;
      const layer = Math.max(1 + values, depth.get(node.selector) ?? 1);
      depth.set(node, layer);
      while (layers.length < layer) layers.push(new Set());
      layers[layer - 1]?.add(node.selector);
    } else depth.set(node, below);
  }
  return { layers: layers.map((heads) => [...heads]) };
}
