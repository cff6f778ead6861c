/** A placed circuit as slices of a host: embeddings, heads, neurons, norms, and which writers of others stay away from it. */

import type { Circuit, Register } from '../../../circuit/circuit.ts';
import { positionsOf, type StoredTensor, storedTensors } from '../../../targets/model-config.ts';
import type { Host } from '../../draw/seed-tensors.ts';
import { every, type RoleSlice } from '../../draw/slices.ts';
import { tidy } from '../../draw/tidy.ts';
import type { SeedRoom } from '../../program/circuit-room.ts';
import type { HostLayer } from '../place-circuit.ts';
import { embeddedSayings, type Saying } from '../sayings.ts';
import type { SeedFrame, StreamScales } from '../seed-frame.ts';
import { writeHead } from './write-heads.ts';
import { writeNeurons } from './write-neurons.ts';

/** Which value of an alphabet each token is. */
export interface TokenIds {
  /** By value; null for the one that stands for all other tokens. */
  readonly ids: readonly (number | null)[];
  /** By id, of all tokens; null where the ids say all. */
  readonly classOf: ArrayLike<number> | null;
  /** Of a code of tokens what each feature has at an id; absent: what the token's value has. */
  readonly entryOf?: (id: number, feature: number) => number;
}

/** Everything that the slices of a circuit follow from, but for the stream's scale. */
export interface HostCircuit {
  readonly host: Host;
  readonly circuit: Circuit;
  readonly layers: readonly HostLayer[];
  readonly frame: SeedFrame;
  readonly context: number;
  /** The token that stands first; null where the first position is known by itself. */
  readonly bos: number | null;
  /** For each register of tokens the program that says which ids its values are. */
  readonly ids: ReadonlyMap<Register, TokenIds>;
  /** What the slices are called by. */
  readonly names: readonly string[];
  /** The layer from which on nobody reads, by dimension. */
  readonly lastRead: ReadonlyMap<number, number>;
  readonly sayings: readonly Saying[];
  /** Where it lies in a model that was made larger for it; null: over what was there. */
  readonly room: SeedRoom | null;
}

export function writeCircuit(placed: HostCircuit, scales: StreamScales): RoleSlice[] {
  const { host, circuit, layers, frame, context } = placed;
  const { config } = host;
  const slices: RoleSlice[] = [...clearedSlices(placed), ...embeddingSlices(placed), ...normSlices(placed)];
  for (const [layer, { heads, groups }] of layers.entries()) {
    const bos = { constant: 0, terms: [{ register: circuit.bos, feature: 0, weight: 1 }] };
    const atHeads = scales.attention[layer] ?? UNKNOWN;
    const atNeurons = scales.mlp[layer] ?? UNKNOWN;
    const place = { scale: atHeads, context, bos, oldDim: placed.room?.oldDim ?? null };
    for (const head of heads) slices.push(...writeHead(config, frame, head, place));
    slices.push(...writeNeurons(config, frame, layer, groups, atNeurons, placed.room?.neuron ?? 0));
  }
  return slices;
}

const UNKNOWN = { first: 1, typical: 1 };

function embeddingSlices(placed: HostCircuit): RoleSlice[] {
  const { host, circuit, frame, bos, ids, context, names, sayings, room } = placed;
  const { config } = host;
  const embedded = embeddedSayings(config, frame, sayings);
  const { vocab } = config.sizes;
  const positions = positionsOf(config);
  const skipped = config.sizes.positions - positions;
  const isLearned = config.traits.positions.kind === 'learned';
  const ofToken = new Map<number, (id: number) => number>();
  const ofIndex = new Map<number, Float64Array>();
  const alphabet = new Set<number>();
  for (const { register, source } of circuit.embeddings) {
    const { ids: own, classOf, entryOf } = ids.get(register) ?? { ids: [], classOf: null };
    const indexOf = new Map(own.flatMap((id, v) => (id === null ? [] : [[id, v] as const])));
    const other = own.indexOf(null);
    if (classOf === null && entryOf === undefined) for (const id of indexOf.keys()) alphabet.add(id);
    for (const [f, dim] of (frame.dims.get(register) ?? []).entries()) {
      const levels = register.features[f]?.levels;
      if (dim === null || !levels) continue;
      if (source === 'token' && entryOf !== undefined) ofToken.set(dim, (id) => entryOf(id, f));
      else if (source === 'token')
        ofToken.set(dim, (id) => levels[classOf === null ? (indexOf.get(id) ?? other) : (classOf[id] ?? -1)] ?? 0);
      if (source === 'index') ofIndex.set(dim, levels);
    }
  }
  const balances = frame.balance === null ? null : balancesOf(host, frame, [...alphabet]);
  const token = (id: number, dim: number): number => {
    const isFirst = (!isLearned || room !== null) && id === bos;
    if (dim === frame.constant.dim) return isLearned || isFirst ? 0 : frame.constant.amplitude;
    if (dim === frame.even?.dim) return isFirst ? 0 : frame.even.amplitude * levelOf(id);
    if (dim === frame.flag.dim) return isFirst && !isLearned ? frame.flag.amplitude : 0;
    if (dim === frame.balance) return balances?.get(id) ?? 0;
    const said = embedded.get(dim)?.(id);
    return said ?? (isFirst ? 0 : frame.amplitude * levelOf(id) * (ofToken.get(dim)?.(id) ?? 0));
  };
  const levelOf = (id: number): number => room?.levels?.(id) ?? 1;
  // where norms take a mean off, a row adds up to nothing
  const rowOf = (value: (index: number, dim: number) => number): ((index: number, dim: number) => number) => {
    const { counter, reserved } = frame;
    if (counter === null) return value;
    return (index, dim) =>
      dim === counter ? -reserved.reduce((sum, d) => sum + (d === counter ? 0 : value(index, d)), 0) : value(index, dim);
  };
  const [ofId, ofPosition] = [rowOf(token), rowOf((p, dim) => position(p, dim))];
  const position = (p: number, dim: number): number => {
    if (dim === frame.constant.dim) return p === 0 ? 0 : frame.constant.amplitude;
    if (dim === frame.flag.dim) return p === 0 ? frame.flag.amplitude : 0;
    const levels = ofIndex.get(dim);
    return p === 0 || p > context || levels === undefined ? 0 : tidy(frame.amplitude * (levels[p - 1] ?? 0));
  };
  const common = { layer: null, purpose: 'programmed', circuits: names } as const;
  const tokens: RoleSlice = {
    ...common,
    role: 'tokenEmbedding',
    indices: [every(vocab), frame.reserved],
    value: (id, dim) => ofId(id as number, dim as number),
  };
  if (!isLearned) return [tokens];
  const rows: RoleSlice = {
    ...common,
    role: 'positionEmbedding',
    indices: [every(positions).map((p) => p + skipped), frame.reserved],
    value: (row, dim) => ofPosition((row as number) - skipped, dim as number),
  };
  return [tokens, rows];
}

/** What makes the row of every token of the alphabet as long as the longest of them. */
function balancesOf(host: Host, frame: SeedFrame, ids: readonly number[]): Map<number, number> {
  const { width } = host.config.sizes;
  const table = [...storedTensors(host.config)].find(({ spec }) => spec.holds.includes('tokenEmbedding')) as StoredTensor;
  const reserved = new Set(frame.reserved);
  const energies = ids.map((id) => {
    const row = host.values(table, id * width, width);
    return row.reduce((sum, value, d) => sum + (reserved.has(d) ? 0 : value * value), 0);
  });
  const most = Math.max(0, ...energies);
  return new Map(ids.map((id, i) => [id, tidy(Math.sqrt(Math.max(0, most - (energies[i] as number))))]));
}

/** What the norms before programmed heads and neurons do to the reserved dimensions: nothing. */
function normSlices({ host, layers, frame, names }: HostCircuit): RoleSlice[] {
  const { biases } = host.config.traits;
  return layers.flatMap((_, layer) =>
    (['attentionNorm', 'mlpNorm'] as const).flatMap((norm): RoleSlice[] => {
      const common = { layer, indices: [frame.reserved], purpose: 'programmed', circuits: names } as const;
      const gain: RoleSlice = { ...common, role: `${norm}Gain`, value: () => 1 };
      return biases.norm ? [gain, { ...common, role: `${norm}Bias`, value: () => 0 }] : [gain];
    }),
  );
}

/** Columns of random heads and neurons that would write over a dimension before its last reader. */
function clearedSlices({ host, layers, frame, names, lastRead, room }: HostCircuit): RoleSlice[] {
  const { layers: depth, heads, kvHeads, dim, hidden } = host.config.sizes;
  const { biases } = host.config.traits;
  return every(depth).flatMap((layer): RoleSlice[] => {
    const dims = frame.reserved.filter((d) => layer < (lastRead.get(d) ?? layers.length));
    if (dims.length === 0) return [];
    const common = { layer, purpose: 'cleared', circuits: names, value: () => 0 } as const;
    const own = new Set(layers[layer]?.heads.flatMap(({ queryHeads }) => queryHeads) ?? []);
    const others = every(heads).filter((head) => !own.has(head));
    const firstFree = room?.neuron ?? 0;
    const end = firstFree + (layers[layer]?.neurons ?? 0);
    const free = every(hidden).filter((neuron) => neuron < firstFree || neuron >= end);
    const slices: RoleSlice[] = [];
    if (others.length > 0) slices.push({ ...common, role: 'output', indices: [others, every(dim), dims] });
    if (free.length > 0) slices.push({ ...common, role: 'down', indices: [free, dims] });
    // The constant is the same at all positions but the first: heads of others would add what no average takes away, and the first few differ.
    const ownKeys = new Set(layers[layer]?.heads.map(({ kvHead }) => kvHead) ?? []);
    const keys = every(kvHeads).filter((head) => !ownKeys.has(head));
    const loud = [frame.constant.dim, frame.flag.dim].sort((a, b) => a - b);
    if (keys.length > 0 && layer < layers.length) slices.push({ ...common, role: 'value', indices: [keys, every(dim), loud] });
    // new models have no biases to clear, trained ones have
    if (biases.attentionOutput) slices.push({ ...common, role: 'outputBias', indices: [dims] });
    if (biases.mlp) slices.push({ ...common, role: 'downBias', indices: [dims] });
    return slices;
  });
}
