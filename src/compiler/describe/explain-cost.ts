/** What each expression of a program costs in the model, and what makes the model as large as it is: for people who want it smaller. */
import type { Component } from '../../circuit/circuit.ts';
import { registersRead, writers } from '../../circuit/dataflow.ts';
import type { Placement } from '../../placement/placement.ts';
import { formatSpan, type Span } from '../../source/source-file.ts';

/** The parts of a model that one expression takes. */
export interface ExpressionCost {
  readonly name: string;
  /** As `programs/hist.rasp:4:8-4:50`, empty where it is of no expression. */
  readonly span: string;
  readonly layers: readonly number[];
  readonly heads: number;
  readonly neurons: number;
  readonly dimensions: number;
  /** Whether it is part of the chain that sets the number of layers. */
  readonly binding: boolean;
}

export interface CostExplanation {
  readonly expressions: readonly ExpressionCost[];
  /** Expressions of which each waits for the one before it. With fewer layers than this chain takes there is no schedule. */
  readonly chain: readonly string[];
  readonly layers: number;
  readonly width: {
    readonly size: number;
    /** `dimensions`: the residual stream is full. `heads`: so many heads of such a size have to fit into it. */
    readonly binds: 'dimensions' | 'heads';
    /** Of the residual stream: what variables take, and what keeps the norm in place. */
    readonly variables: number;
    readonly frame: number;
    /** Of the layer that has most, and the size of each. */
    readonly heads: number;
    readonly dim: number;
  };
  readonly hidden: {
    readonly size: number;
    /** The first layer that needs all of them, and its largest group; null where no neuron is used. */
    readonly layer: number | null;
    readonly largest: string | null;
  };
}

export function explainCost({ layers, dimensions, frame, sizes }: Placement): CostExplanation {
  const costs = new Map<string, { -readonly [Key in keyof ExpressionCost]: ExpressionCost[Key] }>();
  const of = ({ name, spans }: { readonly name: string; readonly spans: readonly Span[] }) => {
    const span = spans[0] ? formatSpan(spans[0]) : '';
    const known = costs.get(`${name} ${span}`) ?? { name, span, layers: [], heads: 0, neurons: 0, dimensions: 0, binding: false };
    costs.set(`${name} ${span}`, known);
    return known;
  };
  const inLayer = (component: Component, layer: number) => {
    const cost = of(component);
    if (!cost.layers.includes(layer)) cost.layers = [...cost.layers, layer];
    return cost;
  };
  let variables = 0;
  for (const [register, own] of dimensions) {
    of(register).dimensions += own.length;
    variables += own.length;
  }
  for (const [layer, { heads, groups }] of layers.entries()) {
    for (const { components } of heads) for (const component of components) inLayer(component, layer).heads++;
    for (const { group, from, to } of groups) inLayer(group, layer).neurons += to - from;
  }
  const chain = longestChain(layers);
  for (const component of chain) of(component).binding = true;
  const frameSize = frame.anchors.length + (frame.balance === null ? 0 : 1) + (frame.reference === null ? 0 : 1);
  const fullest = layers.findIndex((l) => l.neurons === Math.max(...layers.map((each) => each.neurons)));
  const groups = [...(layers[fullest]?.groups ?? [])].sort((a, b) => b.to - b.from - (a.to - a.from));
  return {
    expressions: [...costs.values()],
    chain: chain.map((c) => c.name),
    layers: layers.length,
    width: {
      size: sizes.width,
      binds: variables + frameSize >= sizes.width ? 'dimensions' : 'heads',
      variables,
      frame: frameSize,
      heads: Math.max(...layers.map((l) => l.heads.length)),
      dim: sizes.dim,
    },
    hidden: { size: sizes.hidden, layer: groups.length === 0 ? null : fullest, largest: groups[0]?.group.name ?? null },
  };
}

/** From a component of the last layer back to one that reads embeddings alone, always through the latest of what is read. */
function longestChain(layers: Placement['layers']): Component[] {
  const depth = new Map<Component, number>();
  for (const [layer, { heads, groups }] of layers.entries()) {
    for (const component of heads.flatMap((h) => h.components)) depth.set(component, 2 * layer);
    for (const { group } of groups) depth.set(group, 2 * layer + 1);
  }
  const writer = writers(depth.keys());
  const latest = (components: readonly Component[]) =>
    components.reduce<Component | null>((a, b) => (a !== null && (depth.get(a) ?? 0) >= (depth.get(b) ?? 0) ? a : b), null);
  const chain: Component[] = [];
  for (let at = latest([...depth.keys()]); at !== null; ) {
    chain.unshift(at);
    at = latest([...registersRead(at)].flatMap((register) => writer.get(register) ?? []));
  }
  return chain;
}
