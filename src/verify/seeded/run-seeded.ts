/** One run of a whole seeded model, or of its twin, from the bytes: logits, the attention of programmed heads, and how the rest fares. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { type OpenCheckpoint, readRoles } from '../../checkpoint/unpack-checkpoint.ts';
import type { Model } from '../../runtime/model.ts';
import { isLayerRole, type ModelConfig } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { attentionInput, attentionRows, entropyOf, isProbed, type ProbedRoles, preactivation } from './probe-layer.ts';

export interface SeededModel {
  readonly checkpoint: OpenCheckpoint;
  readonly model: Model;
}

/** How the rest of the model fares where circuits have no answer: the stream, other heads, neurons and predictions. */
export interface Footprint {
  /** Root mean square of the stream before each layer and after the last. */
  readonly rms: readonly number[];
  /** Mean loss where no circuit has an answer, in nats; null where one always has. */
  readonly freshLoss: number | null;
  /** Mean entropy of each head, programmed ones null, by layer; and the inputs of neurons. */
  readonly entropies: readonly (readonly (number | null)[])[];
  readonly preactivations: readonly number[];
}

export interface SeededRun {
  readonly logits: FloatArray;
  /** The stream after the last layer. */
  readonly last: FloatArray;
  /** Root mean square of the stream before each layer and after the last, over all positions but the first. */
  readonly rms: readonly number[];
  /** Rows of programmed heads by `layer.head`. */
  readonly attention: ReadonlyMap<string, { readonly queries: readonly number[]; readonly rows: readonly Float64Array[] }>;
  readonly footprint: Footprint;
}

interface RunOptions {
  /** Heads whose attention is kept. */
  readonly programmed: SeedMap['heads'];
  /** Neurons that belong to circuits, by layer: the others are looked at. */
  readonly neurons: readonly ReadonlySet<number>[];
  /** Positions before the first repeated token: the footprint is measured on these. */
  readonly fresh: number;
  /** Those of them at which no circuit has an answer. */
  readonly quiet: readonly number[];
  /** Called as each layer is done. */
  readonly passed: () => void;
}

/** How many positions other heads and neurons are looked at, and before which: early ones, so that it takes no longer than the model itself. */
const REST_PROBES = 32;
const REST_BEFORE = 256;
const NONE: ReadonlySet<number> = new Set();
/** Positions at which programmed heads are looked at. */
const HEAD_PROBES = 64;

export function runSeeded(
  { checkpoint, model }: SeededModel,
  ids: Int32Array,
  { programmed, neurons, fresh, quiet, passed }: RunOptions,
): SeededRun {
  const { config } = model;
  const { heads, layers, outputs, width } = config.sizes;
  // in some layers the first position may hold a flag that is far louder than all else
  const from = fresh > 1 ? width : 0;
  const rms: number[] = [];
  const freshRms: number[] = [];
  const entropies: (number | null)[][] = [];
  const preactivations: number[] = [];
  const attention = new Map<string, { queries: readonly number[]; rows: readonly Float64Array[] }>();
  const probes = spread(REST_PROBES, Math.min(REST_BEFORE, fresh));
  const queries = spread(HEAD_PROBES, ids.length);
  let last: FloatArray = new Float32Array(0);
  let roles: ProbedRoles = {};
  const enter = (layer: number, residual: FloatArray): void => {
    if (layer > 0) passed();
    rms.push(rmsOf(residual.subarray(from)));
    freshRms.push(rmsOf(residual.subarray(from, fresh * width)));
    if (layer >= layers) {
      last = residual.slice();
      return;
    }
    roles = layerRoles(checkpoint, layer);
    const own = programmed.filter((head) => head.layer === layer);
    const input = attentionInput(config, roles, residual, Math.max(...probes, ...(own.length === 0 ? [] : queries)) + 1);
    for (const { head } of own)
      attention.set(`${layer}.${head}`, { queries, rows: attentionRows(config, roles, input, head, queries, layer) });
    entropies.push(
      Array.from({ length: heads }, (_, head) => {
        if (own.some((each) => each.head === head)) return null;
        const rows = attentionRows(config, roles, input, head, probes, layer);
        return rows.reduce((sum, row) => sum + entropyOf(row), 0) / rows.length;
      }),
    );
    if (config.traits.residual === 'parallel') preactivations.push(preactivation(config, roles, residual, probes, neurons[layer] ?? NONE));
  };
  const [logits = last] = model.logits([ids], ({ layer, sublayer, residual }) => {
    if (sublayer === 'attention') {
      if (config.traits.residual === 'sequential')
        preactivations.push(preactivation(config, roles, residual, probes, neurons[layer] ?? NONE));
    } else enter(sublayer === 'embedding' ? 0 : layer + 1, residual);
  });
  const losses = quiet.map((position) => -logProbability(logits, outputs, position, ids[position + 1] as number));
  const freshLoss = losses.length === 0 ? null : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return { logits, last, rms, attention, footprint: { rms: freshRms, freshLoss, entropies, preactivations } };
}

/** The neurons of each layer whose inputs are programmed. */
export function programmedNeurons({ circuits }: SeedMap, { config, tensors }: OpenCheckpoint): ReadonlySet<number>[] {
  const { layers, hidden } = config.sizes;
  const found = Array.from({ length: layers }, () => new Set<number>());
  for (const { tensor, rows, cols } of circuits.flatMap(({ slices }) => slices)) {
    const stored = tensors.find(({ name }) => name === tensor);
    const layer = stored?.layer ?? null;
    if (stored === undefined || layer === null || stored.shape.length !== 2) continue;
    if (!stored.spec.holds.some((role) => role === 'gate' || role === 'up')) continue;
    // a matrix is stored either way round; gates stand before what they gate where both are one
    for (const [from = 0, to = 0] of stored.shape[0] === config.sizes.width ? cols : rows)
      for (let neuron = from; neuron < Math.min(to, hidden); neuron++) found[layer]?.add(neuron);
  }
  return found;
}

/** Positions before `end`, evenly spread. */
export function spread(count: number, end: number): number[] {
  const live = Math.min(count, end);
  return Array.from({ length: live }, (_, i) => Math.floor(((i + 0.5) * end) / live));
}

export function layerRoles(checkpoint: OpenCheckpoint, layer: number): ProbedRoles {
  const roles: ProbedRoles = {};
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== layer) continue;
    for (const { role, data } of readRoles(checkpoint, tensor)) if (isLayerRole(role) && isProbed(role)) roles[role] = data;
  }
  return roles;
}

function rmsOf(values: FloatArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}

/** The log of a token's probability at a position of `[position, output]` logits. */
export function logProbability(logits: FloatArray, outputs: number, position: number, token: number): number {
  const row = logits.subarray(position * outputs, (position + 1) * outputs);
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of row) top = Math.max(top, logit);
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - top);
  return (row[token] as number) - top - Math.log(sum);
}

/** How many positions are passed through how many layers, the unembedding counted as the layers that take as long: what a run's time goes with. */
export function workOf({ sizes: { layers, outputs, width } }: ModelConfig, positions: number): number {
  return positions * (layers + Math.round(outputs / (12 * width)));
}
