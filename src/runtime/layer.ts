/**
 * One layer made ready to run: its matrices, without the heads, head dimensions and neurons that cannot contribute because what
 * they write, or what feeds them, is all zero in the stored bytes.
 */
import type { LayerAttention, ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { type LayerRole, nothingLeft } from '../weights/roles.ts';
import type { AttentionHead, Rotation } from './attention.ts';
import { type Arithmetic, allocate, inArithmetic, settler } from './float32/arithmetic.ts';
import { buildMatrix, type Entries, type Matrix, positionsOf, rowMajor } from './float32/matrix.ts';
import type { Norm, RowNorm } from './norm.ts';

export type LayerRoles = Partial<Record<LayerRole, FloatArray>>;

export interface AttentionPart {
  /** From normed features to queries, keys and values. */
  readonly project: Matrix;
  /** Norms of queries and keys, before they turn. */
  readonly norms: readonly RowNorm[];
  readonly rotation: Rotation | null;
  readonly heads: readonly AttentionHead[];
  /** From what the heads read to the stream. */
  readonly write: Matrix;
  /** The head of each of its columns. */
  readonly headOf: Int32Array;
  readonly mixedRows: number;
}

export interface MlpPart {
  readonly up: Matrix;
  readonly gate: Matrix | null;
  readonly down: Matrix;
  /** The neuron of each of its columns. */
  readonly neuronOf: Int32Array;
  /** Features that the first matrices read. */
  readonly reads: Int32Array;
}

export interface Layer {
  /** How queries and keys turn, and how far back queries see. */
  readonly seeing: LayerAttention;
  /** Null where the stream is read as it is. */
  readonly attentionNorm: Norm | null;
  readonly attention: AttentionPart;
  /** Of what attention writes; null in families without. */
  readonly attentionWrite: Norm | null;
  readonly mlpNorm: Norm | null;
  readonly mlp: MlpPart;
  readonly mlpWrite: Norm | null;
}

/** A matrix and what is added to its products. */
interface Affine {
  readonly weights: FloatArray;
  readonly bias: FloatArray | undefined;
}

function present(values: FloatArray | undefined, role: LayerRole): FloatArray {
  if (values === undefined) throw new Error(`the layer has no \`${role}\``);
  return values;
}

/** The norm with this gain and bias. */
export function buildNorm(config: ModelConfig, arithmetic: Arithmetic, gain: FloatArray, bias: FloatArray | undefined): Norm {
  const own = inArithmetic(arithmetic, gain);
  const isLate = settler(arithmetic) !== null && config.traits.lateGain;
  return {
    kind: config.traits.norm,
    gain: isLate ? own.map(() => 1) : own,
    lateGain: isLate ? own : null,
    bias: bias === undefined ? allocate(arithmetic, gain.length) : inArithmetic(arithmetic, bias),
    epsilon: config.epsilon,
  };
}

/** A norm over some rows of the projected block, which stand for `count` numbers: those that are left out are zero. */
function buildRowNorm(config: ModelConfig, arithmetic: Arithmetic, gain: FloatArray, rows: readonly number[], count: number): RowNorm {
  return { rows: Int32Array.from(rows), count, norm: buildNorm(config, arithmetic, gain, undefined) };
}

/** For each row of a `[row, width]` array, with a bias each: 1 where it is not all zero. */
function liveRows(weights: FloatArray, bias: FloatArray | undefined, rows: number): Uint8Array {
  const width = weights.length / rows;
  const live = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    if (bias !== undefined && bias[row] !== 0) live[row] = 1;
    for (let at = row * width; live[row] === 0 && at < (row + 1) * width; at++) if (weights[at] !== 0) live[row] = 1;
  }
  return live;
}

interface ProjectedRow extends Affine {
  readonly index: number;
}

type Projections = Readonly<Record<'query' | 'key' | 'value', Affine>>;
/** Gains of the norms of queries and keys, by dimension: of any head, or of all heads where those are normed together. */
interface HeadNormGains {
  readonly query: FloatArray;
  readonly key: FloatArray;
  readonly together: boolean;
}

/** Rows of the projected block, taken as needed: each is one dimension of one head's query, key or value. */
class ProjectedRows {
  readonly sources: ProjectedRow[] = [];
  readonly #taken = new Map<string, number>();
  readonly #projections: Projections;

  constructor(projections: Projections) {
    this.#projections = projections;
  }

  row(kind: keyof Projections, index: number): number {
    const name = `${kind}${index}`;
    const taken = this.#taken.get(name);
    if (taken !== undefined) return taken;
    const row = this.sources.length;
    this.#taken.set(name, row);
    this.sources.push({ ...this.#projections[kind], index });
    return row;
  }
}

function buildAttention(
  config: ModelConfig,
  arithmetic: Arithmetic,
  projections: Projections,
  headNorms: HeadNormGains | null,
  written: Affine,
  { rotary }: LayerAttention,
): AttentionPart {
  const { heads, kvHeads, dim, width } = config.sizes;
  const turned = rotary?.dims ?? 0;
  const { query, key, value } = projections;
  const { weights: output, bias: outputBias } = written;
  const live = {
    query: liveRows(query.weights, query.bias, heads * dim),
    key: liveRows(key.weights, key.bias, kvHeads * dim),
    value: liveRows(value.weights, value.bias, kvHeads * dim),
    output: liveRows(output, undefined, heads * dim),
  };
  const rows = new ProjectedRows(projections);
  const norms = new Map<string, RowNorm>();
  const turning = new Set<number>();
  const pairs: { first: number; second: number; frequency: number }[] = [];
  const outputRows: number[] = [];
  const built: AttentionHead[] = [];
  for (let head = 0; head < heads; head++) {
    const own = head * dim;
    const shared = Math.floor(head / (heads / kvHeads)) * dim;
    const read = Array.from({ length: dim }, (_, d) => d).filter((d) => live.output[own + d] === 1 && live.value[shared + d] === 1);
    if (read.length === 0) continue;
    const queries: number[] = [];
    const keys: number[] = [];
    const meet = (dims: readonly number[], frequency: number | null): void => {
      if (!dims.some((d) => live.query[own + d] === 1) || !dims.some((d) => live.key[shared + d] === 1)) return;
      for (const [kind, base, list] of [
        ['query', own, queries],
        ['key', shared, keys],
      ] as const) {
        const taken = dims.map((d) => rows.row(kind, base + d));
        list.push(...taken);
        const [first, second] = taken;
        if (frequency === null || first === undefined || second === undefined || turning.has(first)) continue;
        turning.add(first);
        pairs.push({ first, second, frequency });
      }
    };
    // the halves of the rotated dimensions turn with each other
    for (let i = 0; i < turned / 2; i++) meet([i, i + turned / 2], i);
    for (let d = turned; d < dim; d++) meet([d], null);
    // a norm sees all that a query or a key holds, and not what meets alone
    const normed = (kind: 'query' | 'key', head: number, count: number): void => {
      const [base, size] = headNorms?.together ? [0, count * dim] : [head, dim];
      const name = `${kind}${base}`;
      if (headNorms === null || norms.has(name)) return;
      const held = Array.from({ length: size }, (_, d) => d).filter((d) => live[kind][base + d] === 1);
      const gain = Float64Array.from(held, (d) => headNorms[kind][d] as number);
      const places = held.map((d) => rows.row(kind, base + d));
      norms.set(name, buildRowNorm(config, arithmetic, gain, places, size));
    };
    normed('query', own, heads);
    normed('key', shared, kvHeads);
    built.push({
      number: head,
      queries: Int32Array.from(queries),
      keys: Int32Array.from(keys),
      values: Int32Array.from(read, (d) => rows.row('value', shared + d)),
      mixed: Int32Array.from(read, (d) => outputRows.push(own + d) - 1),
    });
  }
  const { sources } = rows;
  const read = Int32Array.from(outputRows);
  return {
    project: buildMatrix(
      arithmetic,
      {
        rows: sources.length,
        offsets: Int32Array.from({ length: width }, (_, column) => column),
        dataOf: (row) => (sources[row] as ProjectedRow).weights,
        startOf: (row) => (sources[row] as ProjectedRow).index * width,
      },
      (row) => sources[row]?.bias?.[sources[row].index] ?? 0,
    ),
    norms: [...norms.values()],
    rotation:
      pairs.length === 0
        ? null
        : {
            firsts: Int32Array.from(pairs, ({ first }) => first),
            seconds: Int32Array.from(pairs, ({ second }) => second),
            frequencies: Int32Array.from(pairs, ({ frequency }) => frequency),
          },
    heads: built,
    write: buildMatrix(arithmetic, transposedRows(output, width, read), (feature) => outputBias?.[feature] ?? 0),
    headOf: read.map((row) => Math.floor(row / dim)),
    mixedRows: read.length,
  };
}

/** Some rows of a `[row, width]` array, as columns. */
function transposedRows(data: FloatArray, width: number, rows: Int32Array): Entries {
  return { rows: width, offsets: rows.map((row) => row * width), dataOf: () => data, startOf: (feature) => feature };
}

interface MlpRoles {
  readonly up: Affine;
  /** What goes through the activation, where something else is multiplied by it. */
  readonly gate: Affine | null;
  readonly down: Affine;
}

function buildMlp({ sizes }: ModelConfig, arithmetic: Arithmetic, { up: first, gate: gated, down: last }: MlpRoles): MlpPart {
  const { hidden, width } = sizes;
  const down = last.weights;
  const neurons = positionsOf(liveRows(down, undefined, hidden));
  const into = ({ weights, bias }: Affine): Matrix => {
    const all = rowMajor(weights, hidden, width);
    return buildMatrix(
      arithmetic,
      { ...all, rows: neurons.length, startOf: (row) => all.startOf(neurons[row] as number) },
      (row) => bias?.[neurons[row] as number] ?? 0,
    );
  };
  const up = into(first);
  const gate = gated === null ? null : into(gated);
  return {
    up,
    gate,
    reads: Int32Array.from(new Set([...up.reads, ...(gate?.reads ?? [])])).sort(),
    neuronOf: neurons,
    down: buildMatrix(arithmetic, transposedRows(down, width, neurons), (feature) => last.bias?.[feature] ?? 0),
  };
}

/** Every role of the layer has its use here. */
export function buildLayer(config: ModelConfig, arithmetic: Arithmetic, roles: LayerRoles, seeing: LayerAttention): Layer {
  const { attentionNormGain, attentionNormBias, mlpNormGain, mlpNormBias, ...sublayers } = roles;
  const { query, queryBias, key, keyBias, value, valueBias, output, outputBias, ...inside } = sublayers;
  const { queryNormGain, keyNormGain, queriesNormGain, keysNormGain, ...rest } = inside;
  const { gate, gateBias, up, upBias, down, downBias, ...written } = rest;
  const { attentionWriteGain, mlpWriteGain, ...others } = written;
  nothingLeft(others);
  const affine = (name: LayerRole, weights: FloatArray | undefined, bias: FloatArray | undefined): Affine => ({
    weights: present(weights, name),
    bias,
  });
  const projections = {
    query: affine('query', query, queryBias),
    key: affine('key', key, keyBias),
    value: affine('value', value, valueBias),
  };
  const together = config.traits.headNorms === 'all';
  const headNorms =
    config.traits.headNorms === 'none'
      ? null
      : {
          query: present(together ? queriesNormGain : queryNormGain, 'queryNormGain'),
          key: present(together ? keysNormGain : keyNormGain, 'keyNormGain'),
          together,
        };
  const neurons = {
    up: affine('up', up, upBias),
    gate: config.traits.mlp === 'gated' ? affine('gate', gate, gateBias) : null,
    down: affine('down', down, downBias),
  };
  const norm = (gain: FloatArray | undefined, bias?: FloatArray) => (gain === undefined ? null : buildNorm(config, arithmetic, gain, bias));
  const attentionNorm = norm(attentionNormGain, attentionNormBias);
  return {
    seeing,
    attentionNorm,
    attention: buildAttention(config, arithmetic, projections, headNorms, affine('output', output, outputBias), seeing),
    attentionWrite: norm(attentionWriteGain),
    mlpNorm: config.traits.sharedNorm ? attentionNorm : norm(mlpNormGain, mlpNormBias),
    mlp: buildMlp(config, arithmetic, neurons),
    mlpWrite: norm(mlpWriteGain),
  };
}
