/** In which layers each component can stand where there are as few layers as there can be, and what it takes of a layer. */
import type { Circuit, Component, Head } from '../../circuit/circuit.ts';
import { registersRead, writers } from '../../circuit/dataflow.ts';
import { formKey } from '../../circuit/form.ts';
import { NEURONS_PER_STEP } from '../../placement/step-neurons.ts';
import type { Traits } from '../../targets/target.ts';
import { grouped } from '../grouped.ts';
import type { Optimization } from '../optimizations.ts';

/** What a target's block is to a schedule. */
export interface Block {
  readonly residual: Traits['residual'];
  /** How many neurons of the target's MLP make one step. */
  readonly neuronsPerStep: number;
  /** How many more a layer needs that writes something always. */
  readonly biasNeurons: number;
  /** Heads with the same key are one where they stand in one layer. */
  readonly keyOf: (head: Head) => unknown;
}

export function blockOf({ residual, biases }: Traits, optimizations: ReadonlySet<Optimization>): Block {
  return {
    residual,
    neuronsPerStep: NEURONS_PER_STEP,
    biasNeurons: biases.mlp ? 0 : 1,
    keyOf: optimizations.has('shared-heads') ? attentionKey : (head) => head,
  };
}

/** The layer of each component. */
export type Layers = ReadonlyMap<Component, number>;

/** The first and the last layer where each component can stand, and who waits for whom. */
export interface Windows {
  readonly earliest: Layers;
  readonly latest: Layers;
  readonly waits: readonly Wait[];
}

/** The reader stands at least `delay` layers behind the writer. */
export interface Wait {
  readonly writer: Component;
  readonly reader: Component;
  readonly delay: number;
}

/** Between what a component reads and who reads it, where there are as many layers as the longest chain takes. */
export function layerWindows({ components }: Circuit, { residual }: Block): Windows {
  const writer = writers(components);
  const waits = components.flatMap((reader): Wait[] => {
    const sources = new Set([...registersRead(reader)].flatMap((register) => writer.get(register) ?? []));
    return [...sources].map((source) => ({ writer: source, reader, delay: delayBetween(source, reader, residual) }));
  });
  const toRead = grouped(waits, (w) => w.reader);
  const readers = grouped(waits, (w) => w.writer);
  const earliest = eachOf(components, (component, at) => Math.max(0, ...(toRead.get(component) ?? []).map((w) => at(w.writer) + w.delay)));
  const last = Math.max(0, ...earliest.values());
  const latest = eachOf(components, (component, at) =>
    Math.min(last, ...(readers.get(component) ?? []).map((w) => at(w.reader) - w.delay)),
  );
  return { earliest, latest, waits };
}

/** A number for each component, given those of others. */
function eachOf(components: readonly Component[], numberOf: (component: Component, at: (other: Component) => number) => number): Layers {
  const known = new Map<Component, number>();
  const at = (component: Component): number => {
    const number = known.get(component) ?? numberOf(component, at);
    known.set(component, number);
    return number;
  };
  for (const component of components) at(component);
  return known;
}

/** Only an MLP can stand in the layer of what it reads, behind that layer's attention. */
function delayBetween(writer: Component, reader: Component, residual: Traits['residual']): number {
  return residual === 'sequential' && writer.kind === 'head' && reader.kind === 'neurons' ? 0 : 1;
}

/** Schedules ask for the key of one head again and again, and it is as long as all that its dimensions read. */
const attentionKeys = new WeakMap<Head, string>();

/** Heads with the same key attend alike. */
function attentionKey(head: Head): string {
  const known = attentionKeys.get(head) ?? writtenKey(head);
  attentionKeys.set(head, known);
  return known;
}

function writtenKey({ scores, relative, recency = 0, order, bos }: Head): string {
  const content = scores.map(({ query, key }) => `${formKey(query)}*${formKey(key)}`);
  return [...content, JSON.stringify(relative), String(recency), JSON.stringify(order), JSON.stringify(bos)].join(' ');
}

export function neuronsOf(component: Component, { neuronsPerStep }: Block): number {
  return component.kind === 'neurons' ? neuronsPerStep * component.steps.length : 0;
}
