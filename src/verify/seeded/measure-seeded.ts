/**
 * What the circuits of a seeded model do inside the whole model: sequences of random tokens that repeat, run from the checkpoint's bytes, against
 * the selections that the program's graph makes on the same tokens.
 */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { Evaluation } from '../../graph/evaluate/evaluate.ts';
import { toFloat } from '../../graph/evaluate/values/python-text.ts';
import { type Aggregate, type GraphNode, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import { formatSpan } from '../../source/source-file.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { tokenReader } from './read-tokens.ts';
import { rightTokens, saysRight, tokenValues } from './right-tokens.ts';
import { type Footprint, logProbability, programmedNeurons, runSeeded, type SeededModel, type SeededRun, workOf } from './run-seeded.ts';
import { type SaidByOthers, saidTokens } from './said-tokens.ts';

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

export interface SeededMeasurement {
  readonly tokens: number;
  readonly circuits: readonly MeasuredCircuit[];
  readonly heads: readonly MeasuredHead[];
  /** Root mean square of the stream before each layer and after the last. */
  readonly rms: readonly number[];
  readonly seeded: Footprint;
  /** The same model without circuits; null where there is none. */
  readonly twin: Footprint | null;
}

/** A sequence that is repeated once: BOS where there is one, random tokens, and the same again. */
export interface RepeatedInput {
  readonly ids: Int32Array;
  /** Positions before the first repeated token. */
  readonly fresh: number;
}

/** A model and its twin without circuits, opened only when they are run, so that one is gone before the other comes. */
export interface SeededPair {
  readonly config: ModelConfig;
  readonly seeded: () => SeededModel;
  readonly twin: (() => SeededModel) | null;
}

/**
 * The twin runs the fresh part alone: attention is causal, so that part is the same whatever follows.
 *
 * @param show is told how far it is, in positions passed through a layer
 */
export function measureSeeded(
  map: SeedMap,
  programs: readonly Program[],
  { ids, fresh }: RepeatedInput,
  { config, seeded, twin }: SeededPair,
  show: (done: number, total: number) => void,
): SeededMeasurement {
  const offset = map.bos === null ? 0 : 1;
  const meanings = programs.map((program) => {
    return { program, evaluation: new Evaluation(tokenValues(map, program, ids.subarray(offset)), { causal: true }) };
  });
  const isFresh = (position: number): boolean =>
    position < fresh - 1 &&
    !meanings.some(({ program, evaluation }) => program.exports.some(({ node }) => answers(evaluation, node, position - offset)));
  const quiet = Array.from(ids.keys()).filter((position) => position > offset && isFresh(position));
  let done = 0;
  const run = (open: () => SeededModel, length: number, programmed: SeedMap['heads']): SeededRun => {
    const passed = (): void => {
      done += length;
      show(done, total);
    };
    const model = open();
    // the twin's neurons in the same places are left out too
    const neurons = programmedNeurons(map, model.checkpoint);
    return runSeeded(model, ids.subarray(0, length), { programmed, neurons, fresh, quiet, passed });
  };
  const total = workOf(config, ids.length) + (twin === null ? 0 : workOf(config, fresh));
  const own = run(seeded, ids.length, map.heads);
  done = workOf(config, ids.length);
  const other = twin === null ? null : run(twin, fresh, []);
  const nodes = new Map<string, { readonly node: GraphNode; readonly evaluation: Evaluation }>();
  for (const { program, evaluation } of meanings) {
    for (const node of reachable(program.exports.map((each) => each.node))) {
      for (const span of node.spans) nodes.set(formatSpan(span), { node, evaluation });
    }
  }
  const others = saidTokens(map, programs, ids.subarray(offset));
  return {
    tokens: ids.length,
    circuits: map.circuits.map((circuit) => {
      const meaning = meanings.find(({ program }) =>
        program.exports.some(({ name }) => name === circuit.name),
      ) as (typeof meanings)[number];
      const node = meaning.program.exports.find(({ name }) => name === circuit.name)?.node as SOp;
      if (circuit.kind === 'answer')
        return measureAnswer(map, circuit.name, meaning.evaluation, node as Aggregate, ids, offset, own.last, config);
      return circuit.kind === 'tokens'
        ? measureTokens(circuit, meaning.evaluation, node as Aggregate, { ids, offset, logits: own.logits, others }, config)
        : measureFeature(map, circuit, meaning.evaluation, node, offset, own.last, config);
    }),
    heads: map.heads.map(({ name, layer, head, span, after }) => {
      const found = nodes.get(span);
      const selector = selectorOf(found?.node);
      if (found === undefined || selector === null) return { name, layer, head, attention: null };
      return { name, layer, head, attention: measureHead(own.attention, layer, head, found.evaluation, selector, offset + after, offset) };
    }),
    rms: own.rms,
    seeded: own.footprint,
    twin: other?.footprint ?? null,
  };
}

export function selectorOf(node: GraphNode | undefined): Selector | null {
  if (node === undefined) return null;
  if (node.kind === 'aggregate') return node.selector;
  if (node.kind === 'elementwise') return node.args.flatMap((arg) => (arg.kind === 'width' ? [arg.selector] : []))[0] ?? null;
  return null;
}

/** Whether an export selects tokens at a position. */
function answers(evaluation: Evaluation, node: SOp, position: number): boolean {
  return node.kind === 'aggregate' && evaluation.matrix(node.selector).width(position) > 0;
}

interface SaidRun {
  readonly ids: Int32Array;
  readonly offset: number;
  readonly logits: FloatArray;
  readonly others: SaidByOthers;
}

function measureTokens(
  { name, strength }: SeedMap['circuits'][number],
  evaluation: Evaluation,
  node: Aggregate,
  { ids, offset, logits, others }: SaidRun,
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
    if (saysRight(row, tokens, strength, others(name, position - offset))) right++;
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

/** Answers stay in dimensions that nobody else writes, so the last stream has them. */
function measureAnswer(
  map: SeedMap,
  name: string,
  evaluation: Evaluation,
  node: Aggregate,
  ids: Int32Array,
  offset: number,
  last: FloatArray,
  { sizes: { width, vocab } }: ModelConfig,
): MeasuredCircuit {
  const record = map.features.find((feature) => feature.name === name) ?? { dims: [] };
  const read = tokenReader(
    map,
    record,
    Int32Array.from({ length: vocab }, (_, id) => id),
  );
  const keys = new Int32Array(ids.length);
  let positions = 0;
  let right = 0;
  for (let position = offset; position < ids.length; position++) {
    const tokens = rightTokens(evaluation, node, position - offset, keys);
    if (tokens.length === 0) continue;
    positions++;
    if (tokens.includes(read(last, position * width))) right++;
  }
  return { name, kind: 'answer', positions, accuracy: right / Math.max(1, positions), probability: null, correlation: null };
}

function measureFeature(
  map: SeedMap,
  circuit: SeedMap['circuits'][number],
  evaluation: Evaluation,
  node: SOp,
  offset: number,
  last: FloatArray,
  config: ModelConfig,
): MeasuredCircuit {
  const dim = circuit.dims.at(-1) as number;
  const { values } = evaluation.sequence(node);
  const reference = map.host?.reference ?? null;
  const found = values.map((_, position) => {
    const start = (position + offset) * config.sizes.width;
    return (last[start + dim] as number) - (reference === null ? 0 : (last[start + reference] as number));
  });
  const { accuracy, correlation } = scoreNumbers(circuit.kind, values, found);
  return { name: circuit.name, kind: circuit.kind, positions: values.length, accuracy, probability: null, correlation };
}

/** How well numbers of the stream tell what the program says: a mean by its correlation, presence by the threshold half way. */
export function scoreNumbers(
  kind: MeasuredCircuit['kind'],
  values: readonly Value[],
  found: readonly number[],
): { readonly accuracy: number; readonly correlation: number } {
  const wanted = values.map((value) => (typeof value === 'boolean' ? Number(value) : toFloat(value)));
  const correlation = correlate(wanted, found);
  const isSet = wanted.map((value) => value > 0.5);
  const mean = (set: boolean): number => average(found.filter((_, i) => isSet[i] === set));
  const middle = (mean(true) + mean(false)) / 2;
  const accuracy = found.filter((value, i) => (isSet[i] ? value > middle : value <= middle)).length / found.length;
  return { accuracy: kind === 'mean' ? correlation : accuracy, correlation };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function correlate(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [average(a), average(b)];
  const product = (x: readonly number[], y: readonly number[], mx: number, my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] as number) - my), 0);
  return product(a, b, meanA, meanB) / Math.sqrt(product(a, a, meanA, meanA) * product(b, b, meanB, meanB) || 1);
}

function measureHead(
  attention: SeededRun['attention'],
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
