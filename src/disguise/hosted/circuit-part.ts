/** The circuit's part of a hosted model: its codes in dimensions that nobody else writes, and its heads and neurons in place of some of the host's. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import type { NormName } from '../stream-roles.ts';
import { dot } from '../turn/draw-numbers.ts';
import type { Places } from './places.ts';

/** What a norm divides by: of a layer of the circuit, or the last one. */
export type Spreads = (name: NormName, layer: number | null) => number;

export interface Setting {
  readonly circuit: Weights;
  readonly config: Pick<ModelConfig, 'sizes'>;
  readonly map: Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs' | 'context'>;
  readonly places: Places;
  /** Rows of the table of positions in front of the first one's. */
  readonly skipped: number;
  /** By dimension of the circuit, what a number of 1 is in the host's stream. */
  readonly scales: Float64Array;
  /** By dimension of the circuit, what is the same at every position, in the host's stream: what biases are read from. All 0 where there is none. */
  readonly constant: Float64Array;
  /** What the scores of its heads are multiplied by, beside what they were. */
  readonly strength: number;
  /** What norms divided by in the compiled model. */
  readonly before: Spreads;
}

type Mutable = Partial<Record<string, Tensor>>;

/** Writes the circuit over a host that keeps out of its dimensions; `after`: what norms divide by there. */
export function withCircuit(host: Weights, setting: Setting, after: Spreads): Weights {
  const { circuit, map, places, config, skipped } = setting;
  const copy = (roles: Readonly<Mutable>): Mutable =>
    Object.fromEntries(
      Object.entries(roles).map(([role, tensor]) => [role, { shape: tensor?.shape ?? [], data: (tensor as Tensor).data.slice() }]),
    );
  const result = { sizes: host.sizes, model: copy(host.model), layers: host.layers.map(copy) };
  const [from, to] = [circuit.sizes.width, host.sizes.width];
  const { scales } = setting;
  const row = (tensor: Tensor | undefined, index: number, width: number) =>
    (tensor as Tensor).data.subarray(index * width, (index + 1) * width);
  const write = (into: Float64Array, own: ArrayLike<number>) => writeRow(into, own, setting);
  for (const id of [map.bos.id, ...map.vocabulary.map((each) => each.id)])
    write(row(result.model.tokenEmbedding, id, to), row(circuit.model.tokenEmbedding, id, from));
  for (let i = skipped; i <= skipped + map.context; i++)
    write(row(result.model.positionEmbedding, i, to), row(circuit.model.positionEmbedding, i, from));
  const steady = dot(setting.constant, setting.constant);
  const reading: Reading = (own, bias, roles, name, layer) => {
    const gain = (roles[`${name}Gain`] as Tensor).data;
    const spread = after(name, layer) / setting.before(name, layer);
    const read = new Float64Array(to);
    for (const [dim, place] of places.dims.entries())
      read[place] = (numberAt(own, dim) * numberAt(gain, dim) * spread) / numberAt(scales, dim);
    // a constant on the stream says what a bias would, and no bias is large
    if (steady > 0)
      for (const [dim, place] of places.dims.entries())
        read[place] = numberAt(read, place) + (bias * after(name, layer) * numberAt(setting.constant, dim)) / steady;
    return read;
  };
  const outputs = map.outputs.flatMap((output) => (output.kind === 'categorical' ? output.logits.map(({ id }) => id) : [output.logit]));
  const read = outputs.map((id) => reading(row(circuit.model.unembedding, id, from), 0, circuit.model, 'finalNorm', null));
  // argmax of an output stays where all of its rows are as much louder
  const loudness = meanLength(host.model.unembedding as Tensor, to) / meanOf(read);
  for (const [i, id] of outputs.entries()) row(result.model.unembedding, id, to).set((read[i] as Float64Array).map((x) => x * loudness));
  for (const [layer, own] of circuit.layers.entries()) {
    const roles = result.layers[places.layers[layer] as number] as Mutable;
    for (const bias of ['outputBias', 'downBias'] as const) {
      const into = roles[bias]?.data;
      if (into !== undefined) write(into, own[bias]?.data ?? new Float64Array(from));
    }
    for (const [head, index] of (places.heads[layer] ?? []).entries()) {
      const strength = Math.sqrt(host.sizes.dim / config.sizes.dim) * setting.strength;
      writeHead({ own, roles, index, head, layer, setting, strength, reading, leftBias: steady > 0 ? 0 : 1 });
    }
    for (const [neuron, index] of (places.neurons[layer] ?? []).entries()) {
      const bias = numberAt((own.upBias as Tensor).data, index);
      row(roles.up, neuron, to).set(reading(row(own.up, index, from), bias, own, 'mlpNorm', layer));
      (roles.upBias as Tensor).data[neuron] = steady > 0 ? 0 : bias;
      write(row(roles.down, neuron, to).fill(0), row(own.down, index, from));
    }
  }
  return result as unknown as Weights;
}

/** A row that reads the stream behind a norm, and what is added to it. */
type Reading = (own: Float64Array, bias: number, roles: Readonly<Mutable>, name: NormName, layer: number | null) => Float64Array;

interface HeadAt {
  readonly own: Readonly<Partial<Record<LayerRole, Tensor>>>;
  readonly roles: Mutable;
  /** Its number in the circuit, and in the host. */
  readonly index: number;
  readonly head: number;
  readonly layer: number;
  readonly setting: Setting;
  readonly strength: number;
  readonly reading: Reading;
  /** What of a bias is left beside what is read from the constant. */
  readonly leftBias: number;
}

/**
 * Queries and keys are made equally long, and so are values and outputs beside those of the host's heads: each pair can be scaled against the other.
 * Of the host's head those dimensions that the circuit's does not need keep their values, and every other query and key.
 */
function writeHead({ own, roles, index, head, layer, setting, strength, reading, leftBias }: HeadAt): void {
  const from = setting.circuit.sizes.width;
  const { dim } = setting.config.sizes;
  const output = roles.output as Tensor;
  const [, size = 0, to = 0] = output.shape;
  const at = (role: string, i: number) => (roles[role] as Tensor).data.subarray((head * size + i) * to, (head * size + i + 1) * to);
  const ownRow = (role: LayerRole, i: number) =>
    (own[role] as Tensor).data.subarray((index * dim + i) * from, (index * dim + i + 1) * from);
  const bias = (role: LayerRole, i: number) => numberAt((own[role] as Tensor).data, index * dim + i);
  const setBias = (role: string, i: number, x: number) => {
    (roles[role] as Tensor).data[head * size + i] = x;
  };
  const rows = (role: 'query' | 'key' | 'value', factor: number) =>
    Array.from({ length: dim }, (_, i) =>
      reading(ownRow(role, i), bias(`${role}Bias`, i), own, 'attentionNorm', layer).map((x) => x * factor),
    );
  const [queries, keys, values] = [rows('query', strength), rows('key', 1), rows('value', 1)];
  const written = Array.from({ length: dim }, (_, i) => {
    const row = new Float64Array(to);
    writeRow(row, ownRow('output', i), setting);
    return row;
  });
  const balance = ratio(queries, keys);
  const hostBalance = meanLength(roles.value as Tensor, to) / meanLength(output, to);
  const moved = ratio(values, written) * Math.sqrt(hostBalance);
  for (let i = 0; i < size; i++) {
    if (i >= dim) {
      const silent = i % 2 === 0 ? 'key' : 'query';
      at(silent, i).fill(0);
      setBias(`${silent}Bias`, i, 0);
      continue;
    }
    at('query', i).set((queries[i] as Float64Array).map((x) => x * balance));
    at('key', i).set((keys[i] as Float64Array).map((x) => x / balance));
    at('value', i).set((values[i] as Float64Array).map((x) => x * moved));
    at('output', i).set((written[i] as Float64Array).map((x) => x / moved));
    setBias('queryBias', i, bias('queryBias', i) * strength * balance * leftBias);
    setBias('keyBias', i, (bias('keyBias', i) / balance) * leftBias);
    setBias('valueBias', i, bias('valueBias', i) * moved * leftBias);
  }
}

/** What makes the first as long as the second, where the second is divided by it. */
function ratio(first: readonly Float64Array[], second: readonly Float64Array[]): number {
  const length = (rows: readonly Float64Array[]) => Math.sqrt(rows.reduce((sum, row) => sum + dot(row, row), 0));
  const [a, b] = [length(first), length(second)];
  return a === 0 || b === 0 ? 1 : Math.sqrt(b / a);
}

/** Adds what the circuit writes; the host's dimensions take up what it has of a mean, so that a norm that takes the mean off sees none. */
function writeRow(into: Float64Array, own: ArrayLike<number>, { places, scales }: Setting): void {
  let sum = 0;
  for (const [dim, place] of places.dims.entries()) {
    const x = numberAt(own, dim) * numberAt(scales, dim);
    into[place] = x;
    sum += x;
  }
  for (const dim of places.others) into[dim] = numberAt(into, dim) - sum / places.others.length;
}

function meanLength({ data }: Tensor, width: number): number {
  return meanOf(Array.from({ length: data.length / width }, (_, i) => data.subarray(i * width, (i + 1) * width)));
}

function meanOf(rows: readonly Float64Array[]): number {
  return Math.sqrt(rows.reduce((sum, row) => sum + dot(row, row), 0) / rows.length) || 1;
}

/** The squared length of the circuit's codes in a table's rows, as they stand in the host. */
export function codeEnergy({ circuit, scales }: Pick<Setting, 'circuit' | 'scales'>, role: ModelRole, row: number): number {
  const { width } = circuit.sizes;
  const own = circuit.model[role]?.data.subarray(row * width, (row + 1) * width) ?? new Float64Array(0);
  return own.reduce((sum, x, dim) => sum + (x * numberAt(scales, dim)) ** 2, 0);
}
