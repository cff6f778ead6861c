/** Whether what a circuit writes says the right thing, apart from all else that the model says. */
import type { SeedCircuit, SeedMap } from '../checkpoint/map/seed/seed-map.ts';
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import type { Evaluation } from '../graph/evaluate/evaluate.ts';
import { toFloat } from '../graph/evaluate/values/python-text.ts';
import type { Aggregate, SOp } from '../graph/graph.ts';
import { type Value, valueKey, valuesEqual } from '../graph/value.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { isRight, readRecord } from '../verify/seeded/measure-features.ts';
import { sayingMeter } from '../verify/seeded/measure-sayings.ts';
import { correlate } from '../verify/seeded/measure-seeded.ts';
import { tokenReader } from '../verify/seeded/read-tokens.ts';
import { rightTokens, tokenValues } from '../verify/seeded/right-tokens.ts';
import type { Meaning } from './asked-heads.ts';

/** A run of a model on the probe, as far as a circuit's answers lie in it: streams are `[position, width]`. */
export interface Seen {
  readonly checkpoint: OpenCheckpoint;
  /** Before each layer that a feature is read at, and behind the last. */
  readonly streams: ReadonlyMap<number, FloatArray>;
  /** Behind the last layer. */
  readonly last: () => FloatArray;
  /** The same with nothing written by circuits. */
  readonly without: () => FloatArray;
}

/** How the answers of one circuit are read. */
export interface Saying {
  /** The layer before which all that it needs is there. */
  readonly layer: number;
  /** How often it is right, or how well it goes with the right number: 0 to 1. */
  readonly said: (seen: Seen) => number;
  /** How often the whole model says the right token, `[position, output]` logits given; null where that is not asked of it. */
  readonly accuracy: ((logits: FloatArray, outputs: number) => number) | null;
}

/** Positions at which answers are compared with the whole vocabulary, by hand. */
const ANSWERS = 24;

export class Sayings {
  readonly #map: SeedMap;
  readonly #ids: Int32Array;
  readonly #offset: number;
  readonly #layers: number;

  constructor(map: SeedMap, ids: Int32Array, offset: number, layers: number) {
    this.#map = map;
    this.#ids = ids;
    this.#offset = offset;
    this.#layers = layers;
  }

  of(circuit: SeedCircuit, meaning: Meaning): Saying {
    const { name, kind, dims } = circuit;
    const { program, evaluation } = meaning;
    const node = program.exports.find((each) => each.name === name)?.node as SOp;
    const atEnd = { layer: this.#layers, accuracy: null };
    if (kind === 'tokens') {
      const asked = this.#asked(evaluation, node as Aggregate);
      return { ...atEnd, said: (seen) => tokensSaid(seen, asked, dims), accuracy: (logits, outputs) => accuracyOf(logits, outputs, asked) };
    }
    if (kind === 'answer') return { ...atEnd, said: (seen) => this.#answerSaid(seen, name, this.#asked(evaluation, node as Aggregate)) };
    if (kind !== 'feature') return { ...atEnd, said: (seen) => this.#numberSaid(seen, evaluation, node, dims.at(-1) as number) };
    const record = this.#map.features.find((feature) => feature.name === name);
    if (record === undefined) return { ...atEnd, said: (seen) => this.#valuesSaid(seen, name, meaning, node) };
    return {
      layer: record.after,
      accuracy: null,
      said: ({ streams, checkpoint }) => {
        const stream = streams.get(record.after);
        if (stream === undefined) return 0;
        const { width } = checkpoint.config.sizes;
        const { values } = evaluation.sequence(node);
        const found = values.map((_, position) => readRecord(record, stream, (position + this.#offset) * width));
        if (record.kind === 'numeric') return Math.max(0, correlate(values.map(Number), found.map(Number)));
        return skillOf(values, found);
      },
    };
  }

  /** Positions of the input at which there is an answer, and the right ones. */
  #asked(evaluation: Evaluation, node: Aggregate): Asked[] {
    const keys = new Int32Array(this.#ids.length);
    return Array.from({ length: this.#ids.length - this.#offset }, (_, i) => i + this.#offset).flatMap((position) => {
      const tokens = rightTokens(evaluation, node, position - this.#offset, keys);
      return tokens.length === 0 ? [] : [{ position, tokens }];
    });
  }

  #answerSaid({ checkpoint, last, without }: Seen, name: string, asked: readonly Asked[]): number {
    const { width, outputs } = checkpoint.config.sizes;
    const record = this.#map.features.find((feature) => feature.name === name) ?? { dims: [] };
    const all = Int32Array.from({ length: outputs }, (_, token) => token);
    const read = tokenReader({ code: this.#map.code, host: null }, record, all);
    const [whole, rest] = [last(), without()];
    const written = whole.map((value, at) => value - (rest[at] as number));
    const right = asked.filter(({ position, tokens }) => tokens.includes(read(written, position * width)));
    return right.length / Math.max(1, asked.length);
  }

  /** How often it is heard in the logits of the tokens that it names, or that nothing is: the worse of the two. */
  #valuesSaid({ checkpoint, last }: Seen, name: string, { program, evaluation }: Meaning, node: SOp): number {
    const saying = this.#map.says?.find((each) => each.name === name);
    if (saying === undefined) return 0;
    const offset = this.#offset;
    const { config } = checkpoint;
    const { width } = config.sizes;
    // what any token may be is listed for some tokens; here those of the probe are meant
    const values = saying.code == null ? saying.values : this.#valuesOf(tokenValues(this.#map, program, this.#ids.subarray(offset)));
    const { unembedding, gain } = readoutOf(checkpoint);
    const meter = sayingMeter(
      { ...saying, values },
      { config, finalGain: gain, unembeds: (id) => unembedding.subarray(id * width, (id + 1) * width) },
    );
    const wanted = evaluation.sequence(node).values;
    const isNamed = (value: Value) => values.some((each) => valuesEqual(each.value, value));
    const shares = [true, false].flatMap((named) => {
      const asked = [...wanted.keys()].filter((position) => isNamed(wanted[position] as Value) === named);
      if (asked.length === 0) return [];
      const stream = asked.flatMap((position) => [...last().subarray((position + offset) * width, (position + offset + 1) * width)]);
      const { right, positions } = meter([{ expected: asked.map((position) => wanted[position] as Value), stream }]);
      return [right / positions];
    });
    return Math.min(...shares);
  }

  #valuesOf(tokens: readonly Value[]): { readonly value: Value; readonly ids: readonly number[] }[] {
    const named = new Map(tokens.map((value, position) => [valueKey(value), { value, ids: [this.#ids[position + this.#offset] ?? 0] }]));
    return [...named.values()];
  }

  #numberSaid({ checkpoint, last, without }: Seen, evaluation: Evaluation, node: SOp, dim: number): number {
    const { width } = checkpoint.config.sizes;
    const [whole, rest] = [last(), without()];
    const wanted = evaluation.sequence(node).values.map((value) => (typeof value === 'boolean' ? Number(value) : toFloat(value)));
    const read = wanted.map((_, position) => {
      const at = (position + this.#offset) * width + dim;
      return (whole[at] as number) - (rest[at] as number);
    });
    return Math.max(0, correlate(wanted, read));
  }
}

interface Asked {
  readonly position: number;
  /** Any of them is right. */
  readonly tokens: readonly number[];
}

function accuracyOf(logits: FloatArray, outputs: number, asked: readonly Asked[]): number {
  const right = asked.filter(({ position, tokens }) =>
    tokens.includes(largest(logits.subarray(position * outputs, (position + 1) * outputs))),
  );
  return right.length / Math.max(1, asked.length);
}

function tokensSaid({ checkpoint, last, without }: Seen, asked: readonly Asked[], dims: readonly number[]): number {
  const { width, outputs } = checkpoint.config.sizes;
  const { unembedding, gain } = readoutOf(checkpoint);
  const [whole, rest] = [last(), without()];
  const looked = asked.filter((_, i) => Math.floor((i * ANSWERS) / asked.length) !== Math.floor(((i - 1) * ANSWERS) / asked.length));
  let said = 0;
  for (const { position, tokens } of looked) {
    const written = dims.map((dim) => {
      const at = position * width + dim;
      return ((whole[at] as number) - (rest[at] as number)) * (gain[dim] as number);
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
  return said / Math.max(1, looked.length);
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

/** The matrix `[token, width]` and the gain by which the stream is read out at the end. */
function readoutOf(checkpoint: OpenCheckpoint): { readonly unembedding: FloatArray; readonly gain: FloatArray } {
  const unembedding = roleOf(checkpoint, 'unembedding') ?? (roleOf(checkpoint, 'tokenEmbedding') as FloatArray);
  return { unembedding, gain: roleOf(checkpoint, 'finalNormGain') as FloatArray };
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
