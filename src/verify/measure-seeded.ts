/**
 * What the circuits of a seeded model do inside the whole model: sequences of random tokens that repeat, run from the checkpoint's bytes, against
 * the selections that the program's graph makes on the same tokens.
 */
import type { SeedMap } from '../checkpoint/seed-map.ts';
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { Evaluation } from '../graph/evaluate.ts';
import { type Aggregate, type GraphNode, reachable, type Selector, type SOp } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import { toFloat } from '../graph/python-text.ts';
import type { Value } from '../graph/value.ts';
import type { Model } from '../runtime/model.ts';
import { formatSpan } from '../source/source-file.ts';
import { isLayerRole, type ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { attentionRows, entropyOf, type ProbedRoles, preactivation } from './probe-layer.ts';

export interface SeededModel {
  readonly checkpoint: OpenCheckpoint;
  readonly model: Model;
}

export interface MeasuredCircuit {
  readonly name: string;
  readonly kind: SeedMap['circuits'][number]['kind'];
  /** Positions at which the program selects something. */
  readonly positions: number;
  /** Tokens: the part of those where the logit of a right token is largest. Presence: the part of all where a threshold tells right. */
  readonly accuracy: number;
  /** Mean probability of the right tokens; null for features. */
  readonly probability: number | null;
  /** Correlation of a feature with what the program says; null for tokens. */
  readonly correlation: number | null;
}

export interface MeasuredHead {
  readonly name: string;
  readonly layer: number;
  readonly head: number;
  /** Mean attention on the positions that the program selects; null for a head that the program does not name. */
  readonly attention: number | null;
}

/** What the circuits do to the rest: the stream, other heads, neurons and predictions, beside the same model without them. */
export interface Footprint {
  /** Root mean square of the stream before each layer and after the last. */
  readonly rms: readonly number[];
  /** Mean loss where nothing has been repeated yet and no circuit has an answer, in nats. */
  readonly freshLoss: number;
  /** Mean entropy of each head, programmed ones null, by layer; and the inputs of neurons. */
  readonly entropies: readonly (readonly (number | null)[])[];
  readonly preactivations: readonly number[];
}

export interface SeededMeasurement {
  readonly tokens: number;
  readonly circuits: readonly MeasuredCircuit[];
  readonly heads: readonly MeasuredHead[];
  readonly seeded: Footprint;
  readonly twin: Footprint | null;
}

/** A sequence that is repeated once: BOS where there is one, random tokens, and the same again. */
export interface RepeatedInput {
  readonly ids: Int32Array;
  /** Positions before the first repeated token. */
  readonly fresh: number;
}

/** Positions at which other heads and neurons are looked at: few, and early, so that it takes no longer than the model itself. */
const PROBES = [40, 80, 120, 160, 200, 240];
/** Positions at which programmed heads are looked at. */
const HEAD_PROBES = 64;

/** @param show is told how far it is, from 0 to 1 */
export function measureSeeded(
  map: SeedMap,
  programs: readonly Program[],
  { ids, fresh }: RepeatedInput,
  seeded: SeededModel,
  twin: SeededModel | null,
  show: (part: number) => void,
): SeededMeasurement {
  const offset = map.bos === null ? 0 : 1;
  const values = valuesOf(map, ids.subarray(offset));
  const meanings = programs.map((program) => ({ program, evaluation: new Evaluation(values, { causal: true }) }));
  const isFresh = (position: number): boolean =>
    position < fresh - 1 &&
    !meanings.some(({ program, evaluation }) => program.exports.some(({ node }) => answers(evaluation, node, position - offset)));
  const quiet = Array.from(ids.keys()).filter((position) => position > offset && isFresh(position));
  const own = runModel(seeded, ids, map.heads, quiet);
  show(0.5);
  const other = twin === null ? null : runModel(twin, ids, [], quiet);
  show(1);
  const nodes = new Map<string, { readonly node: GraphNode; readonly evaluation: Evaluation }>();
  for (const { program, evaluation } of meanings) {
    for (const node of reachable(program.exports.map((each) => each.node))) {
      for (const span of node.spans) nodes.set(formatSpan(span), { node, evaluation });
    }
  }
  return {
    tokens: ids.length,
    circuits: map.circuits.map((circuit) => {
      const meaning = meanings.find(({ program }) =>
        program.exports.some(({ name }) => name === circuit.name),
      ) as (typeof meanings)[number];
      const node = meaning.program.exports.find(({ name }) => name === circuit.name)?.node as SOp;
      return circuit.kind === 'tokens'
        ? measureTokens(circuit.name, meaning.evaluation, node as Aggregate, ids, offset, own.logits, seeded.model.config)
        : measureFeature(circuit, meaning.evaluation, node, offset, own.last, seeded.model.config);
    }),
    heads: map.heads.map(({ name, layer, head, span, after }) => {
      const found = nodes.get(span);
      const selector = selectorOf(found?.node);
      if (found === undefined || selector === null) return { name, layer, head, attention: null };
      return { name, layer, head, attention: measureHead(own.attention, layer, head, found.evaluation, selector, offset + after, offset) };
    }),
    seeded: own.footprint,
    twin: other?.footprint ?? null,
  };
}

/** Tokens of an open vocabulary are numbers from 1 on, since what no token stands for is 0. */
function valuesOf(map: SeedMap, ids: Int32Array): Value[] {
  if (map.tokens.length === 0) return Array.from(ids, (id) => BigInt(id) + 1n);
  const byId = new Map(map.tokens.flatMap(({ value, id }) => (id === null ? [] : [[id, value] as const])));
  const others = map.tokens.find(({ id }) => id === null)?.value ?? '';
  return Array.from(ids, (id) => byId.get(id) ?? others);
}

function selectorOf(node: GraphNode | undefined): Selector | null {
  if (node === undefined) return null;
  if (node.kind === 'aggregate') return node.selector;
  if (node.kind === 'elementwise') return node.args.flatMap((arg) => (arg.kind === 'width' ? [arg.selector] : []))[0] ?? null;
  return null;
}

/** Whether an export selects tokens at a position. */
function answers(evaluation: Evaluation, node: SOp, position: number): boolean {
  return node.kind === 'aggregate' && evaluation.matrix(node.selector).width(position) > 0;
}

interface Run {
  readonly logits: FloatArray;
  /** The stream after the last layer. */
  readonly last: FloatArray;
  readonly attention: ReadonlyMap<string, { readonly queries: readonly number[]; readonly rows: readonly Float64Array[] }>;
  readonly footprint: Footprint;
}

function layerRoles(checkpoint: OpenCheckpoint, layer: number): ProbedRoles {
  const roles: ProbedRoles = {};
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== layer) continue;
    for (const { role, data } of readRoles(checkpoint, tensor)) if (isLayerRole(role)) roles[role] = data;
  }
  return roles;
}

function runModel({ checkpoint, model }: SeededModel, ids: Int32Array, programmed: SeedMap['heads'], quiet: readonly number[]): Run {
  const { config } = model;
  const { heads } = config.sizes;
  const rms: number[] = [];
  const entropies: (number | null)[][] = [];
  const preactivations: number[] = [];
  const attention = new Map<string, { queries: readonly number[]; rows: readonly Float64Array[] }>();
  const probes = PROBES.filter((position) => position < ids.length);
  if (probes.length === 0) probes.push(ids.length - 1);
  const queries = Array.from({ length: Math.min(HEAD_PROBES, ids.length) }, (_, i) =>
    Math.floor(((i + 0.5) * ids.length) / Math.min(HEAD_PROBES, ids.length)),
  );
  let last: FloatArray = new Float32Array(0);
  let roles: ProbedRoles = {};
  const enter = (layer: number, residual: FloatArray): void => {
    rms.push(rmsOf(residual));
    if (layer >= config.sizes.layers) {
      last = residual.slice();
      return;
    }
    roles = layerRoles(checkpoint, layer);
    const own = programmed.filter((head) => head.layer === layer);
    for (const { head } of own) attention.set(`${layer}.${head}`, { queries, rows: attentionRows(config, roles, residual, head, queries) });
    entropies.push(
      Array.from({ length: heads }, (_, head) => {
        if (own.some((each) => each.head === head)) return null;
        const rows = attentionRows(config, roles, residual, head, probes);
        return rows.reduce((sum, row) => sum + entropyOf(row), 0) / rows.length;
      }),
    );
    if (config.traits.residual === 'parallel') preactivations.push(preactivation(config, roles, residual, probes));
  };
  const [logits] = model.logits([ids], ({ layer, sublayer, residual }) => {
    if (sublayer === 'attention') {
      if (config.traits.residual === 'sequential') preactivations.push(preactivation(config, roles, residual, probes));
    } else enter(sublayer === 'embedding' ? 0 : layer + 1, residual);
  });
  const data = logits as FloatArray;
  const losses = quiet.map((position) => -logProbability(data, config.sizes.outputs, position, ids[position + 1] as number));
  return { logits: data, last, attention, footprint: { rms, freshLoss: average(losses), entropies, preactivations } };
}

function rmsOf(values: FloatArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}

function logProbability(logits: FloatArray, outputs: number, position: number, token: number): number {
  const row = logits.subarray(position * outputs, (position + 1) * outputs);
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of row) top = Math.max(top, logit);
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - top);
  return (row[token] as number) - top - Math.log(sum);
}

/** The tokens that the program selects at a position, those selected most often: they are all right. */
function rightTokens(evaluation: Evaluation, node: Aggregate, position: number, keys: Int32Array): number[] {
  const count = evaluation.matrix(node.selector).keysOf(position, keys);
  const { values } = evaluation.sequence(node.value);
  const times = new Map<number, number>();
  for (const key of keys.subarray(0, count)) {
    const token = Number(values[key]) - 1;
    if (token >= 0) times.set(token, (times.get(token) ?? 0) + 1);
  }
  const most = Math.max(0, ...times.values());
  return [...times].filter(([, n]) => n === most).map(([token]) => token);
}

function measureTokens(
  name: string,
  evaluation: Evaluation,
  node: Aggregate,
  ids: Int32Array,
  offset: number,
  logits: FloatArray,
  config: ModelConfig,
): MeasuredCircuit {
  const { outputs } = config.sizes;
  const keys = new Int32Array(ids.length);
  let positions = 0;
  let right = 0;
  let probability = 0;
  for (let position = offset; position < ids.length; position++) {
    const tokens = rightTokens(evaluation, node, position - offset, keys);
    if (tokens.length === 0) continue;
    positions++;
    const row = logits.subarray(position * outputs, (position + 1) * outputs);
    let best = 0;
    for (let token = 1; token < outputs; token++) if ((row[token] as number) > (row[best] as number)) best = token;
    if (tokens.includes(best)) right++;
    for (const token of tokens) probability += Math.exp(logProbability(logits, outputs, position, token));
  }
  return {
    name,
    kind: 'tokens',
    positions,
    accuracy: right / Math.max(1, positions),
    probability: probability / Math.max(1, positions),
    correlation: null,
  };
}

function measureFeature(
  circuit: SeedMap['circuits'][number],
  evaluation: Evaluation,
  node: SOp,
  offset: number,
  last: FloatArray,
  config: ModelConfig,
): MeasuredCircuit {
  const dim = circuit.dims.at(-1) as number;
  const wanted = evaluation.sequence(node).values.map((value) => (typeof value === 'boolean' ? Number(value) : toFloat(value)));
  const found = wanted.map((_, position) => last[(position + offset) * config.sizes.width + dim] as number);
  const correlation = correlate(wanted, found);
  const isSet = wanted.map((value) => value > 0.5);
  const mean = (set: boolean): number => average(found.filter((_, i) => isSet[i] === set));
  const middle = (mean(true) + mean(false)) / 2;
  const accuracy = found.filter((value, i) => value > middle === isSet[i]).length / found.length;
  return {
    name: circuit.name,
    kind: circuit.kind,
    positions: wanted.length,
    accuracy: circuit.kind === 'mean' ? correlation : accuracy,
    probability: null,
    correlation,
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function correlate(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [average(a), average(b)];
  const product = (x: readonly number[], y: readonly number[], mx: number, my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] as number) - my), 0);
  return product(a, b, meanA, meanB) / Math.sqrt(product(a, a, meanA, meanA) * product(b, b, meanB, meanB) || 1);
}

function measureHead(
  attention: Run['attention'],
  layer: number,
  head: number,
  evaluation: Evaluation,
  selector: Selector,
  shift: number,
  offset: number,
): number | null {
  const probe = attention.get(`${layer}.${head}`);
  if (probe === undefined) return null;
  const keys = new Int32Array(evaluation.input.length);
  const matrix = evaluation.matrix(selector);
  const masses = probe.queries.flatMap((position, i) => {
    if (position < offset) return [];
    const count = matrix.keysOf(position - offset, keys);
    if (count === 0) return [];
    const row = probe.rows[i] as Float64Array;
    return [keys.subarray(0, count).reduce((sum, key) => sum + (row[key + shift] ?? 0), 0)];
  });
  return masses.length === 0 ? null : average(masses);
}
