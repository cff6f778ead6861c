/**
 * One run of a checkpoint on a probe: for each circuit what its heads attend to, and whether what it writes says the right thing, apart from
 * all else that the model says.
 */
import type { SeedMap } from '../checkpoint/map/seed/seed-map.ts';
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { Evaluation } from '../graph/evaluate/evaluate.ts';
import { toFloat } from '../graph/evaluate/values/python-text.ts';
import { type Aggregate, type GraphNode, reachable, type SOp } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import { type Value, valueKey, valuesEqual } from '../graph/value.ts';
import { loadModel } from '../runtime/model.ts';
import { formatSpan } from '../source/source-file.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { isRight, readRecord } from '../verify/seeded/measure-features.ts';
import { sayingMeter } from '../verify/seeded/measure-sayings.ts';
import { correlate, selectorOf } from '../verify/seeded/measure-seeded.ts';
import { attentionInput, attentionRows } from '../verify/seeded/probe-layer.ts';
import { tokenReader } from '../verify/seeded/read-tokens.ts';
import { rightTokens, tokenValues } from '../verify/seeded/right-tokens.ts';
import { layerRoles, logProbability } from '../verify/seeded/run-seeded.ts';
import { changedCheckpoint } from './changed-checkpoint.ts';
import type { ProgrammedEntries } from './programmed-parts.ts';

export interface HeadState {
  readonly layer: number;
  readonly head: number;
  /** Mean attention on the keys that the program selects, and on position 0 where that is not one of them. */
  readonly attention: number;
  readonly sink: number;
}

export interface CircuitState {
  readonly name: string;
  /** Of the programmed heads; null where the program does not say what they select. */
  readonly heads: readonly (HeadState & { readonly name: string })[];
  /** How often what the circuit writes, by itself, says the right token, or how well it goes with the right number. */
  readonly said: number;
  /** How often the whole model says the right token; null for numbers. */
  readonly accuracy: number | null;
  /** The smaller of what the heads attend rightly and what is said rightly: 1 is a circuit that works. */
  readonly works: number;
}

export interface CircuitsRun {
  readonly circuits: readonly CircuitState[];
  /** Root mean square of the stream before each layer and after the last: over all positions, and at the first. */
  readonly rms: readonly number[];
  readonly firstRms: readonly number[];
  /** Loss at each target, [position - 1]. */
  readonly losses: Float64Array;
  /** Heads without a program that attend as one of the programmed ones should, best first. */
  readonly others: readonly (HeadState & { readonly as: string })[];
}

export interface Probe {
  readonly ids: Int32Array;
  /** Whether heads without a program are looked at, too. */
  readonly others: boolean;
}

/** Positions at which answers are compared with the whole vocabulary, by hand. */
const ANSWERS = 24;
const TAKEOVERS = 3;

export function runCircuits(
  map: SeedMap,
  programs: readonly Program[],
  checkpoint: OpenCheckpoint,
  entries: readonly ProgrammedEntries[],
  { ids, others }: Probe,
): CircuitsRun {
  const offset = map.bos === null ? 0 : 1;
  const { layers, heads: headCount, width, outputs } = checkpoint.config.sizes;
  const meanings = programs.map((program) => ({
    program,
    evaluation: new Evaluation(tokenValues(map, program, ids.subarray(offset)), { causal: true }),
  }));
  const nodes = new Map<string, { readonly node: GraphNode; readonly evaluation: Evaluation }>();
  for (const { program, evaluation } of meanings) {
    for (const node of reachable(program.exports.map((each) => each.node)))
      for (const span of node.spans) nodes.set(formatSpan(span), { node, evaluation });
  }
  const states = new Map<string, HeadState>();
  const rms: number[] = [];
  const firstRms: number[] = [];
  const found: { as: string; state: HeadState }[] = [];
  const afters = new Set(map.features.map(({ after }) => after));
  const streams = new Map<number, FloatArray>();
  const enter = (layer: number, residual: FloatArray): void => {
    if (afters.has(layer)) streams.set(layer, residual.slice());
    // the first position may hold a flag that is far louder than all else there, trained or not
    rms.push(rmsOf(ids.length > 1 ? residual.subarray(width) : residual));
    firstRms.push(rmsOf(residual.subarray(0, width)));
    if (layer >= layers) return;
    const roles = layerRoles(checkpoint, layer);
    const input = attentionInput(checkpoint.config, roles, residual, ids.length);
    for (const record of map.heads) {
      const meaning = nodes.get(record.span);
      const selector = selectorOf(meaning?.node);
      if (meaning === undefined || selector === null || (!others && record.layer !== layer)) continue;
      const keys = new Int32Array(ids.length);
      const matrix = meaning.evaluation.matrix(selector);
      const shift = offset + record.after;
      const queries = Array.from({ length: ids.length - offset }, (_, i) => i).filter((query) => {
        const count = matrix.keysOf(query, keys);
        return count > 0 && (keys[count - 1] as number) + shift <= query + offset;
      });
      if (queries.length === 0) continue;
      for (let head = 0; head < headCount; head++) {
        const isOwn = record.layer === layer && record.head === head;
        if (!isOwn && (!others || map.heads.some((each) => each.layer === layer && each.head === head))) continue;
        const rows = attentionRows(
          checkpoint.config,
          roles,
          input,
          head,
          queries.map((query) => query + offset),
          layer,
        );
        let attention = 0;
        let sink = 0;
        queries.forEach((query, i) => {
          const row = rows[i] as Float64Array;
          const selected = keys.subarray(0, matrix.keysOf(query, keys));
          for (const key of selected) attention += row[key + shift] ?? 0;
          if (!selected.includes(-shift)) sink += row[0] as number;
        });
        const state = { layer, head, attention: attention / queries.length, sink: sink / queries.length };
        if (isOwn) states.set(`${layer}.${head}`, state);
        else found.push({ as: record.name, state });
      }
    }
  };
  const { logits, last } = forward(checkpoint, ids, enter);
  const without = forward(withoutCircuits(checkpoint, entries), ids, () => undefined).last;
  const unembedding = roleOf(checkpoint, 'unembedding') ?? (roleOf(checkpoint, 'tokenEmbedding') as FloatArray);
  const gain = roleOf(checkpoint, 'finalNormGain') as FloatArray;
  const circuits = map.circuits.map((circuit): CircuitState => {
    const meaning = meanings.find(({ program }) => program.exports.some(({ name }) => name === circuit.name)) as (typeof meanings)[number];
    const node = meaning.program.exports.find(({ name }) => name === circuit.name)?.node as SOp;
    const own = map.heads
      .filter(({ name }) => circuit.heads.includes(name))
      .flatMap(({ name, layer, head }) => {
        const state = states.get(`${layer}.${head}`);
        return state === undefined ? [] : [{ name, ...state }];
      });
    const saying =
      circuit.kind === 'tokens'
        ? tokensSaid(meaning.evaluation, node as Aggregate, circuit.dims)
        : circuit.kind === 'answer'
          ? { said: answerSaid(circuit.name, meaning.evaluation, node as Aggregate), accuracy: null }
          : circuit.kind === 'feature'
            ? { said: featureSaid(circuit.name, meaning.evaluation, node) ?? valuesSaid(circuit.name, meaning, node), accuracy: null }
            : { said: numberSaid(meaning.evaluation, node, circuit.dims.at(-1) as number), accuracy: null };
    const works = Math.min(saying.said, ...own.map(({ attention }) => attention));
    return { name: circuit.name, heads: own, ...saying, works };
  });
  const losses = Float64Array.from({ length: ids.length - 1 }, (_, i) => -logProbability(logits, outputs, i, ids[i + 1] as number));
  found.sort((a, b) => b.state.attention - a.state.attention);
  return { circuits, rms, firstRms, losses, others: found.slice(0, TAKEOVERS).map(({ as, state }) => ({ as, ...state })) };

  function tokensSaid(evaluation: Evaluation, node: Aggregate, dims: readonly number[]): { said: number; accuracy: number } {
    const keys = new Int32Array(ids.length);
    const asked = Array.from({ length: ids.length - offset }, (_, i) => i + offset).flatMap((position) => {
      const tokens = rightTokens(evaluation, node, position - offset, keys);
      return tokens.length === 0 ? [] : [{ position, tokens }];
    });
    const correct = asked.filter(({ position, tokens }) =>
      tokens.includes(largest(logits.subarray(position * outputs, (position + 1) * outputs))),
    );
    const looked = asked.filter((_, i) => Math.floor((i * ANSWERS) / asked.length) !== Math.floor(((i - 1) * ANSWERS) / asked.length));
    let said = 0;
    for (const { position, tokens } of looked) {
      const written = dims.map((dim) => {
        const at = position * width + dim;
        return ((last[at] as number) - (without[at] as number)) * (gain[dim] as number);
      });
      const scores = new Float64Array(outputs);
      for (let token = 0; token < outputs; token++) {
        let sum = 0;
        for (let i = 0; i < dims.length; i++) sum += (written[i] as number) * (unembedding[token * width + (dims[i] as number)] as number);
        scores[token] = sum;
      }
      const best = largest(scores);
      if ((scores[best] as number) > 0 && tokens.includes(best)) said++;
    }
    return { said: said / Math.max(1, looked.length), accuracy: correct.length / Math.max(1, asked.length) };
  }

  function answerSaid(name: string, evaluation: Evaluation, node: Aggregate): number {
    const keys = new Int32Array(ids.length);
    const record = map.features.find((feature) => feature.name === name) ?? { dims: [] };
    const read = tokenReader(
      { code: map.code, host: null },
      record,
      Int32Array.from({ length: outputs }, (_, token) => token),
    );
    const written = last.map((value, at) => value - (without[at] as number));
    const asked = Array.from({ length: ids.length - offset }, (_, i) => i + offset).flatMap((position) => {
      const tokens = rightTokens(evaluation, node, position - offset, keys);
      return tokens.length === 0 ? [] : [{ position, tokens }];
    });
    const right = asked.filter(({ position, tokens }) => tokens.includes(read(written, position * width)));
    return right.length / Math.max(1, asked.length);
  }

  /** By the contract of its record, where it says that it is read; null where it has none, being said alone. */
  function featureSaid(name: string, evaluation: Evaluation, node: SOp): number | null {
    const record = map.features.find((feature) => feature.name === name);
    if (record === undefined) return null;
    const stream = streams.get(record.after);
    if (stream === undefined) return 0;
    const { values } = evaluation.sequence(node);
    const found = values.map((_, position) => readRecord(record, stream, (position + offset) * width));
    if (record.kind === 'numeric') return Math.max(0, correlate(values.map(Number), found.map(Number)));
    return skillOf(values, found);
  }

  /** How often it is heard in the logits of the tokens that it names, or that nothing is: the worse of the two. */
  function valuesSaid(name: string, { program, evaluation }: (typeof meanings)[number], node: SOp): number {
    const saying = map.says?.find((each) => each.name === name);
    if (saying === undefined) return 0;
    // what any token may be is listed for some tokens; here those of the probe are meant
    const values = saying.code == null ? saying.values : valuesOf(tokenValues(map, program, ids.subarray(offset)));
    const meter = sayingMeter(
      { ...saying, values },
      { config: checkpoint.config, finalGain: gain, unembeds: (id) => unembedding.subarray(id * width, (id + 1) * width) },
    );
    const wanted = evaluation.sequence(node).values;
    const isNamed = (value: Value) => values.some((each) => valuesEqual(each.value, value));
    const shares = [true, false].flatMap((named) => {
      const asked = [...wanted.keys()].filter((position) => isNamed(wanted[position] as Value) === named);
      if (asked.length === 0) return [];
      const stream = asked.flatMap((position) => [...last.subarray((position + offset) * width, (position + offset + 1) * width)]);
      const { right, positions } = meter([{ expected: asked.map((position) => wanted[position] as Value), stream }]);
      return [right / positions];
    });
    return Math.min(...shares);
  }

  function valuesOf(tokens: readonly Value[]): { readonly value: Value; readonly ids: readonly number[] }[] {
    const named = new Map(tokens.map((value, position) => [valueKey(value), { value, ids: [ids[position + offset] ?? 0] }]));
    return [...named.values()];
  }

  function numberSaid(evaluation: Evaluation, node: SOp, dim: number): number {
    const wanted = evaluation.sequence(node).values.map((value) => (typeof value === 'boolean' ? Number(value) : toFloat(value)));
    const read = wanted.map((_, position) => {
      const at = (position + offset) * width + dim;
      return (last[at] as number) - (without[at] as number);
    });
    return Math.max(0, correlate(wanted, read));
  }
}

/** How often each value that occurs is found, as the mean over values, beyond what always the same answer would give: 1 is always, 0 is no better. */
function skillOf(wanted: readonly Value[], found: readonly (boolean | number | string)[]): number {
  const tallies = new Map<string, { right: number; positions: number }>();
  for (const [i, value] of wanted.entries()) {
    const tally = tallies.get(valueKey(value)) ?? { right: 0, positions: 0 };
    tallies.set(valueKey(value), tally);
    tally.positions++;
    if (isRight(found[i] ?? Number.NaN, value)) tally.right++;
  }
  const shares = [...tallies.values()].map(({ right, positions }) => right / positions);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const blind = shares.length === 1 ? 0 : 1 / shares.length;
  return Math.max(0, (mean - blind) / (1 - blind));
}

interface Forward {
  readonly logits: FloatArray;
  /** The stream after the last layer. */
  readonly last: FloatArray;
}

function forward(checkpoint: OpenCheckpoint, ids: Int32Array, enter: (layer: number, residual: FloatArray) => void): Forward {
  const model = loadModel(checkpoint);
  const { layers } = checkpoint.config.sizes;
  let last: FloatArray = new Float32Array(0);
  const [logits = last] = model.logits([ids], ({ layer, sublayer, residual }) => {
    if (sublayer === 'attention') return;
    const next = sublayer === 'embedding' ? 0 : layer + 1;
    enter(next, residual);
    if (next === layers) last = residual.slice();
  });
  return { logits, last };
}

/** The loss at each target without what the circuits write. */
export function lossesWithout(checkpoint: OpenCheckpoint, entries: readonly ProgrammedEntries[], ids: Int32Array): Float64Array {
  return lossesOf(withoutCircuits(checkpoint, entries), ids);
}

export function lossesOf(checkpoint: OpenCheckpoint, ids: Int32Array): Float64Array {
  const { outputs } = checkpoint.config.sizes;
  const { logits } = forward(checkpoint, ids, () => undefined);
  return Float64Array.from({ length: ids.length - 1 }, (_, i) => -logProbability(logits, outputs, i, ids[i + 1] as number));
}

/** The same model with nothing written by the circuits' heads and neurons. */
function withoutCircuits(checkpoint: OpenCheckpoint, entries: readonly ProgrammedEntries[]): OpenCheckpoint {
  const writers = entries.filter(({ roles: [role], part }) => part === 'values' && (role === 'output' || role === 'down'));
  return changedCheckpoint(
    checkpoint,
    new Map(
      writers.map(({ tensor, at }) => [
        tensor,
        [
          (values) => {
            for (const place of at) values[place] = 0;
          },
        ],
      ]),
    ),
  );
}

function roleOf(checkpoint: OpenCheckpoint, wanted: 'unembedding' | 'tokenEmbedding' | 'finalNormGain'): FloatArray | null {
  for (const tensor of checkpoint.tensors) {
    if (!tensor.spec.holds.some((role) => role === wanted)) continue;
    for (const { role, data } of readRoles(checkpoint, tensor)) if (role === wanted) return data;
  }
  return null;
}

function largest(values: FloatArray): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}

function rmsOf(values: FloatArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}
