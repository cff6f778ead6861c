/**
 * Layers by mobility: components that have no choice stand first, then each other one, in the order in which they are due, in the first layer of
 * its window that it does not make the largest.
 */
import type { Component } from '../../circuit/circuit.ts';
import { type Block, type Layers, neuronsOf, type Windows } from './layers.ts';

export function balancedLayers({ earliest, latest, waits }: Windows, block: Block): Layers {
  const at = (layers: Layers, component: Component) => layers.get(component) as number;
  const movable = [...earliest.keys()].filter((c) => at(earliest, c) < at(latest, c));
  if (movable.length === 0) return earliest;
  const count = Math.max(...earliest.values()) + 1;
  const loads = new LayerLoads([...earliest.keys()], count, block);
  const layerOf = new Map<Component, number>();
  const place = (component: Component, layer: number) => {
    layerOf.set(component, layer);
    loads.add(component, layer);
  };
  for (const [component, layer] of earliest) if (layer === at(latest, component)) place(component, layer);
  // Whoever is read is due before its reader, or as an attention of the same layer with it.
  const due = (component: Component) => 2 * at(latest, component) + (component.kind === 'neurons' ? 1 : 0);
  for (const component of movable.sort((a, b) => due(a) - due(b))) {
    const read = waits.filter((w) => w.reader === component);
    const from = Math.max(at(earliest, component), ...read.map((w) => at(layerOf, w.writer) + w.delay));
    const layers = Array.from({ length: at(latest, component) - from + 1 }, (_, i) => from + i);
    const sizes = layers.map((layer) => loads.sizeWith(component, layer));
    const fitting = sizes.findIndex((size) => size <= loads.unavoidable(component));
    place(component, layers[fitting >= 0 ? fitting : sizes.indexOf(Math.min(...sizes))] as number);
  }
  return layerOf;
}

/** How many heads and neurons stand in each layer so far. */
class LayerLoads {
  readonly #block: Block;
  readonly #keys = new Map<Component, unknown>();
  readonly #heads: readonly Set<unknown>[];
  readonly #neurons: number[];
  /** What an even spread over all layers comes to. */
  readonly #even: { readonly heads: number; readonly neurons: number };

  constructor(components: readonly Component[], count: number, block: Block) {
    this.#block = block;
    for (const component of components) if (component.kind === 'head') this.#keys.set(component, block.keyOf(component));
    this.#heads = Array.from({ length: count }, () => new Set<unknown>());
    this.#neurons = new Array<number>(count).fill(0);
    const neurons = components.reduce((sum, c) => sum + neuronsOf(c, block), 0);
    this.#even = { heads: Math.ceil(new Set(this.#keys.values()).size / count), neurons: Math.ceil(neurons / count) };
  }

  add(component: Component, layer: number): void {
    const key = this.#keys.get(component);
    if (key !== undefined) this.#heads[layer]?.add(key);
    else this.#neurons[layer] = this.sizeWith(component, layer);
  }

  /** What the layer would have of the component's kind, with it. */
  sizeWith(component: Component, layer: number): number {
    const key = this.#keys.get(component);
    if (key === undefined) return (this.#neurons[layer] as number) + neuronsOf(component, this.#block);
    const heads = this.#heads[layer] as Set<unknown>;
    return heads.size + (heads.has(key) ? 0 : 1);
  }

  /** What some layer has, or must come to have. */
  unavoidable(component: Component): number {
    return this.#keys.has(component)
      ? Math.max(this.#even.heads, ...this.#heads.map((h) => h.size))
      : Math.max(this.#even.neurons, neuronsOf(component, this.#block), ...this.#neurons);
  }
}
