/**
 * A trained model changed by as little as makes it compute a circuit as well. Where the circuit reads, a head's or neuron's rows are changed so
 * that on inputs of the program they say what the compiled model's say; what they read of all else stays. Where it writes, a few directions of
 * the stream, drawn at random, hold the circuit's codes, and everything that writes is changed so that on these inputs it writes there what the
 * compiled model writes, and nothing else.
 */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Random } from '../../verify/random.ts';
import type { Weights } from '../../weights/weights.ts';
import { dot } from '../turn/draw-numbers.ts';
import { addCodes, codeRow, setCodes, withCodes } from './embed-codes.ts';
import { leastChange } from './least-change.ts';
import type { Places } from './places.ts';
import { activated, attended, emptyRows, type Rows, read, rowOf, written } from './rows.ts';
import { type Batch, type CircuitRun, embedded, through } from './run-circuit.ts';
import { temperedScores } from './tempered-scores.ts';
import { turnHead } from './turn-head.ts';

export interface Edit {
  readonly circuit: Weights;
  readonly circuitConfig: ModelConfig;
  readonly map: Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs' | 'context'>;
  readonly places: Places;
  readonly batch: Batch;
  readonly run: CircuitRun;
  /** Rows of the table of positions in front of the first one's. */
  readonly skipped: number;
  /** What a number of 1 in each of the circuit's dimensions is along its direction. */
  readonly scales: Float64Array;
  /** What scores of the circuit's heads are multiplied by where they are not cut off, and where they are, in nats below the best; 0: nowhere. */
  readonly strength: number;
  readonly contrast: number;
  readonly random: Random;
}

type Mutable = Record<string, Tensor>;

export function editedHost(host: Weights, config: ModelConfig, edit: Edit): Weights {
  const { places, batch, run, circuitConfig, random } = edit;
  const lengths = batch.map((ids) => ids.length);
  const copy = (roles: Readonly<Partial<Record<string, Tensor>>>): Mutable =>
    Object.fromEntries(
      Object.entries(roles).map(([role, tensor]) => [role, { shape: tensor?.shape ?? [], data: (tensor as Tensor).data.slice() }]),
    );
  const own = { sizes: host.sizes, model: copy(withCodes(host, edit).model), layers: host.layers.map(copy) };
  const whole = own as unknown as Weights;
  let stream = embedded(whole, batch, edit.skipped);
  let codes = codesOf(run.embedded, edit);
  for (const [layer, roles] of own.layers.entries()) {
    const at = places.layers.indexOf(layer);
    const its = at < 0 ? null : run.layers[at];
    const read1 = through(stream, config, roles, 'attentionNorm');
    const heads = places.heads[at] ?? [];
    if (its != null && heads.length > 0) {
      const change = new Reading(read1, roles.queryBias !== undefined);
      for (const [head, index] of heads.entries()) writeHead({ edit, roles, change, its, index, head, config, at, random });
    }
    const [queries, keys, values] = (['query', 'key', 'value'] as const).map((role) =>
      read(read1, roles[role] as Tensor, roles[`${role}Bias`]),
    ) as [Rows, Rows, Rows];
    const mixed = attended(queries, keys, values, lengths, config.sizes.dim, config.numbers.scores);
    codes = its == null ? codes : codesOf(its.afterAttention, edit);
    holdCodes(stream, mixed, roles, 'output', codes, places);
    stream = written(stream, mixed, roles.output as Tensor, roles.outputBias);
    const read2 = through(stream, config, roles, 'mlpNorm');
    const neurons = places.neurons[at] ?? [];
    if (its != null && neurons.length > 0) {
      const change = new Reading(read2, roles.upBias !== undefined);
      const { circuit } = edit;
      for (const [neuron, index] of neurons.entries()) {
        const told = change.saying(column(its.up, [index]));
        const before = squared(roles.up as Tensor, [neuron], host.sizes.width);
        change.silence(roles, 'up', [neuron]);
        makeRoom(roles, 'up', [neuron], host.sizes.width, before, dot(told.data, told.data));
        change.add(roles, 'up', [neuron], told, 1);
        const row = lineOf(roles.down as Tensor, neuron, host.sizes.width);
        setCodes(row, codeRow(lineOf(circuit.layers[at]?.down as Tensor, index, circuitConfig.sizes.width), edit, 1), places);
      }
    }
    const active = activated(read(read2, roles.up as Tensor, roles.upBias), config);
    codes = its == null ? codes : codesOf(its.afterMlp, edit);
    holdCodes(stream, active, roles, 'down', codes, places);
    stream = written(stream, active, roles.down as Tensor, roles.downBias);
  }
  sayOutputs(own.model, through(stream, config, own.model, 'finalNorm'), edit, host.sizes.width);
  return whole;
}

/** Changes of lines that read the same rows. */
class Reading {
  readonly #rows: Rows;
  readonly #change: (residual: Rows) => Rows;
  constructor(rows: Rows, hasBias: boolean) {
    this.#rows = rows;
    this.#change = leastChange(hasBias ? withBias(rows) : rows);
  }

  /** Makes lines say nothing on these rows. */
  silence(roles: Mutable, role: string, lines: readonly number[]): void {
    const bias = roles[`${role}Bias`];
    const said = read(
      this.#rows,
      {
        shape: [lines.length, this.#rows.width],
        data: Float64Array.from(lines.flatMap((line) => [...lineOf(roles[role] as Tensor, line, this.#rows.width)])),
      },
      bias === undefined ? undefined : { shape: [lines.length], data: Float64Array.from(lines, (line) => numberAt(bias.data, line)) },
    );
    this.add(roles, role, lines, this.#change(said), -1);
  }

  /** What lines that say nothing have to be changed by to say this. */
  saying(wanted: Rows): Rows {
    return this.#change(wanted);
  }

  add(roles: Mutable, role: string, lines: readonly number[], { data, width: columns }: Rows, factor: number): void {
    const { width } = this.#rows;
    const bias = roles[`${role}Bias`];
    for (const [i, line] of lines.entries()) {
      const into = lineOf(roles[role] as Tensor, line, width);
      for (let d = 0; d < width; d++) into[d] = numberAt(into, d) + factor * numberAt(data, d * columns + i);
      if (bias !== undefined) bias.data[line] = numberAt(bias.data, line) + factor * BIAS * numberAt(data, width * columns + i);
    }
  }
}

/** Lines that say nothing, such that with what is added to them they are as long together as they were. */
function makeRoom(roles: Mutable, role: string, lines: readonly number[], width: number, before: number, added: number): void {
  const factor = Math.sqrt(Math.max(before - added, before / 16) / (squared(roles[role] as Tensor, lines, width) || 1));
  for (const [name, length] of [
    [role, width],
    [`${role}Bias`, 1],
  ] as const) {
    const tensor = roles[name];
    if (tensor === undefined) continue;
    for (const line of lines) {
      const into = lineOf(tensor, line, length);
      for (let d = 0; d < length; d++) into[d] = numberAt(into, d) * factor;
    }
  }
}

function squared(tensor: Tensor, lines: readonly number[], width: number): number {
  return lines.reduce((sum, line) => sum + dot(lineOf(tensor, line, width), lineOf(tensor, line, width)), 0);
}

interface HeadAt {
  readonly edit: Edit;
  readonly roles: Mutable;
  readonly change: Reading;
  readonly its: CircuitRun['layers'][number];
  readonly index: number;
  readonly head: number;
  readonly config: ModelConfig;
  readonly at: number;
  readonly random: Random;
}

/** Of the host's head those dimensions that the circuit's does not need keep their values, and every other query and key. */
function writeHead({ edit, roles, change, its, index, head, config, at, random }: HeadAt): void {
  const { circuit, circuitConfig, places } = edit;
  const { dim, width: from } = circuitConfig.sizes;
  const { dim: size, width } = config.sizes;
  const lines = Array.from({ length: size }, (_, i) => head * size + i);
  const own = Array.from({ length: dim }, (_, i) => index * dim + i);
  const compiled = { queries: column(its.queries, own), keys: column(its.keys, own) };
  const cut = { factor: circuitConfig.numbers.scores, contrast: edit.contrast, most: size };
  const lengths = edit.batch.map((ids) => ids.length);
  const tempered = edit.contrast > 0 ? temperedScores(compiled, lengths, cut) : null;
  const loud = (tempered === null ? edit.strength * circuitConfig.numbers.scores : 1) / config.numbers.scores;
  const used = lines.slice(0, tempered?.queries.width ?? dim);
  const silent = lines.slice(used.length);
  const length = (rows: Rows) => Math.sqrt(dot(rows.data, rows.data)) || 1;
  // what all keys have in common, a query does not notice
  const [q, k, v] = [tempered?.queries ?? compiled.queries, tempered?.keys ?? centred(compiled.keys), column(its.values, own)].map(
    (wanted) => change.saying(wanted),
  ) as [Rows, Rows, Rows];
  const lengthsOf = (role: string) => lines.map((line) => Math.sqrt(squared(roles[role] as Tensor, [line], width)));
  const before = { query: lengthsOf('query'), key: lengthsOf('key'), value: lengthsOf('value'), output: lengthsOf('output') };
  const balance = Math.sqrt(length(k) / length(q));
  const outputs = own.map((line) => codeRow(lineOf(circuit.layers[at]?.output as Tensor, line, from), edit, 1));
  const ratio = Math.sqrt(dot(roles.value?.data ?? [], roles.value?.data ?? []) / dot(roles.output?.data ?? [], roles.output?.data ?? []));
  const moved = Math.sqrt((Math.sqrt(outputs.reduce((sum, row) => sum + dot(row, row), 0)) / length(v)) * ratio) || 1;
  for (const [role, told, factor] of [
    ['query', q, Math.sqrt(loud) * balance],
    ['key', k, Math.sqrt(loud) / balance],
    ['value', v, moved],
  ] as const) {
    const whole = squared(roles[role] as Tensor, lines, width);
    const saying = role === 'value' ? lines.slice(0, dim) : used;
    const isSilent = (i: number) => role !== 'value' && (i % 2 === 0) === (role === 'key');
    change.silence(roles, role, [...saying, ...silent.filter((_, i) => isSilent(i))]);
    // other values go on being read
    const free = role === 'value' ? saying : lines;
    const kept = whole - squared(roles[role] as Tensor, lines, width) + squared(roles[role] as Tensor, free, width);
    makeRoom(roles, role, free, width, Math.max(kept, 0), factor ** 2 * dot(told.data, told.data));
    change.add(roles, role, saying, told, factor);
  }
  for (const [i, line] of lines.slice(0, dim).entries())
    setCodes(
      lineOf(roles.output as Tensor, line, width),
      (outputs[i] as Float64Array).map((x) => x / moved),
      places,
    );
  for (const pair of [
    ['query', 'key'],
    ['value', 'output'],
  ] as const)
    turnHead(
      pair.flatMap((role) => {
        const bias = role === 'output' ? undefined : roles[`${role}Bias`];
        return [
          { tensor: roles[role] as Tensor, lines, width, lengths: before[role] },
          ...(bias === undefined ? [] : [{ tensor: bias, lines, width: 1, lengths: null }]),
        ];
      }),
      random,
    );
}

/** Changes what a sublayer writes so that the stream holds these codes behind it. */
function holdCodes(stream: Rows, numbers: Rows, roles: Mutable, role: 'output' | 'down', codes: Rows, places: Places): void {
  const bias = roles[`${role}Bias`];
  const after = written(stream, numbers, roles[role] as Tensor, bias);
  const residual = emptyRows(codes.count, codes.width);
  for (let row = 0; row < codes.count; row++)
    for (const [i, direction] of places.basis.entries())
      rowOf(residual, row)[i] = numberAt(codes.data, row * codes.width + i) - dot(direction, rowOf(after, row));
  const change = leastChange(bias === undefined ? numbers : withBias(numbers))(residual);
  for (let line = 0; line < numbers.width + (bias === undefined ? 0 : 1); line++) {
    const into = line === numbers.width ? (bias as Tensor).data : lineOf(roles[role] as Tensor, line, stream.width);
    addCodes(
      into,
      rowOf(change, line).map((x) => (line === numbers.width ? BIAS * x : x)),
      places,
    );
  }
}

/** Rows of the unembedding, as long as they were, that say on these inputs what the circuit's say, beside what is the same for all outputs. */
function sayOutputs(model: Mutable, rows: Rows, { map, run, batch }: Edit, width: number): void {
  // BOS says nothing
  const firsts = new Set<number>();
  let first = 0;
  for (const ids of batch) {
    firsts.add(first);
    first += ids.length;
  }
  const kept = Array.from({ length: rows.count }, (_, row) => row).filter((row) => !firsts.has(row));
  const pick = (all: Rows): Rows => ({
    count: kept.length,
    width: all.width,
    data: Float64Array.from(kept.flatMap((row) => [...rowOf(all, row)])),
  });
  const change = new Reading(pick(rows), false);
  const logits = pick(run.logits);
  for (const output of map.outputs) {
    if (output.kind !== 'categorical') continue;
    const ids = output.logits.map(({ id }) => id);
    const wanted = column(logits, ids);
    for (let row = 0; row < wanted.count; row++) {
      const own = rowOf(wanted, row);
      const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
      for (let i = 0; i < own.length; i++) own[i] = numberAt(own, i) - mean;
    }
    const before = ids.map((id) => squared(model.unembedding as Tensor, [id], width));
    const told = change.saying(wanted);
    change.silence(model, 'unembedding', ids);
    // the largest stays the largest where all are as loud
    const own = ids.map((_, i) => dot(column(told, [i]).data, column(told, [i]).data));
    const factor = Math.sqrt(Math.min(...own.map((x, i) => (x > 0 ? (TOLD * numberAt(before, i)) / x : Number.POSITIVE_INFINITY))));
    for (const [i, id] of ids.entries()) makeRoom(model, 'unembedding', [id], width, numberAt(before, i), factor ** 2 * numberAt(own, i));
    change.add(model, 'unembedding', ids, told, factor);
  }
}

/** Of the square of a row of the unembedding, what the circuit may have. */
const TOLD = 0.6;

/** What the compiled stream holds in its dimensions, as it stands in the host. */
function codesOf(stream: Rows, edit: Pick<Edit, 'places' | 'scales'>): Rows {
  const result = emptyRows(stream.count, edit.places.dims.length);
  for (let row = 0; row < stream.count; row++) rowOf(result, row).set(codeRow(rowOf(stream, row), edit, 1));
  return result;
}

function lineOf({ data }: Tensor, line: number, width: number): Float64Array {
  return data.subarray(line * width, (line + 1) * width);
}

function column({ count, width, data }: Rows, columns: readonly number[]): Rows {
  const result = emptyRows(count, columns.length);
  for (let row = 0; row < count; row++)
    for (const [i, at] of columns.entries()) result.data[row * columns.length + i] = numberAt(data, row * width + at);
  return result;
}

function centred(rows: Rows): Rows {
  const result = { ...rows, data: rows.data.slice() };
  for (let i = 0; i < rows.width; i++) {
    let sum = 0;
    for (let row = 0; row < rows.count; row++) sum += numberAt(rows.data, row * rows.width + i);
    for (let row = 0; row < rows.count; row++) {
      const at = row * rows.width + i;
      result.data[at] = numberAt(rows.data, at) - sum / rows.count;
    }
  }
  return result;
}

/** A last column, whose share is the bias: small, so that most of what is always the same is said by lines. */
const BIAS = 0.25;

function withBias(rows: Rows): Rows {
  const result = emptyRows(rows.count, rows.width + 1);
  for (let row = 0; row < rows.count; row++) {
    rowOf(result, row).set(rowOf(rows, row));
    rowOf(result, row)[rows.width] = BIAS;
  }
  return result;
}
