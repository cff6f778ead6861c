/**
 * Whether a model's weights could make anything leave the range of its dtype, or sink below its normal numbers, whatever the input: then
 * leaving out what is multiplied by zero, or summing in float64, would hide what the dtype does.
 */
import type { ModelConfig } from '../../targets/model-config.ts';
import { type FloatArray, largestOf } from '../../tensor/dtype.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { Arithmetic } from './arithmetic.ts';

type LayerRoles = Partial<Record<LayerRole, FloatArray>>;
type ModelRoles = Partial<Record<ModelRole, FloatArray>>;

/** Bounds are sums of absolute terms; up to here no sum of them overflows, however it is rounded. */
const LARGEST = 2 ** 126;
/** What masks a score is the lowest float32: scores below this do not move it. */
const LARGEST_SCORE = 2 ** 100;
/** Rows and columns that hold nothing larger than this may have products below the normal numbers. */
const LEAST = 2 ** -60;

/**
 * Every norm leaves numbers of at most the root of the width, so each sublayer can be judged by itself; where the stream is read without one, so
 * can what is embedded, and norms leave what is written. What the residual stream holds is looked at when a norm sums its squares. In half precision live parts are, too; here only those that the runtime leaves out.
 */
export class FloatHazard {
  /** Whether anything was found. */
  isFound = false;
  readonly #config: ModelConfig;
  readonly #isHalf: boolean;
  readonly #largest: number;
  /** With norms on the stream: what the last one left at most. Without norms that read it: what it holds at most. */
  #left: Float64Array | null = null;

  constructor(config: ModelConfig, arithmetic: Arithmetic) {
    this.#config = config;
    this.#isHalf = arithmetic === 'f16' || arithmetic === 'bf16';
    this.#largest = this.#isHalf ? largestOf(arithmetic === 'f16' ? 'f16' : 'bf16') / 2 : LARGEST;
  }

  model(roles: ModelRoles): void {
    const { width } = this.#config.sizes;
    for (const table of [roles.tokenEmbedding, roles.positionEmbedding, roles.unembedding]) this.#notTiny(table, width);
    if (roles.embeddingNormGain !== undefined) this.#left = this.#afterNorm(roles.embeddingNormGain, roles.embeddingNormBias);
    if (this.#config.traits.normPlace === 'last') this.#left = this.#embedded(roles);
    const last = roles.finalNormGain === undefined ? null : this.#afterNorm(roles.finalNormGain, roles.finalNormBias);
    const unembedding = this.#config.tied ? roles.tokenEmbedding : roles.unembedding;
    if (last !== null && unembedding !== undefined && !this.#isHalf) this.#inRange(this.#rows(unembedding, roles.unembeddingBias, last));
  }

  layer(roles: LayerRoles): void {
    if (this.isFound) return;
    const { width } = this.#config.sizes;
    for (const role of ['query', 'key', 'value', 'output', 'gate', 'up', 'down'] as const) this.#notTiny(roles[role], width);
    const { normPlace, sharedNorm, writeNorms } = this.#config.traits;
    const writes = [roles.attentionWriteGain, roles.mlpWriteGain].flatMap((gain) => (gain === undefined ? [] : [this.#afterNorm(gain)]));
    if (normPlace === 'last') {
      if (!writeNorms) throw new Error('nothing bounds what the stream holds');
      for (const [i, write] of writes.entries()) {
        const read = this.#left as Float64Array;
        if (i === 0) this.#attention(roles, read);
        else this.#mlp(roles, read);
        this.#left = read.map((x, dim) => x + (write[dim] as number));
      }
      return;
    }
    const isPost = normPlace === 'post';
    const attentionNorm = this.#afterNorm(roles.attentionNormGain as FloatArray, roles.attentionNormBias);
    const mlpNorm = sharedNorm ? attentionNorm : this.#afterNorm(roles.mlpNormGain as FloatArray, roles.mlpNormBias);
    this.#attention(roles, isPost ? (this.#left ?? attentionNorm) : attentionNorm);
    this.#mlp(roles, isPost ? attentionNorm : mlpNorm);
    this.#left = mlpNorm;
  }

  /** What is embedded at most, by dimension. */
  #embedded({ tokenEmbedding, positionEmbedding }: ModelRoles): Float64Array {
    const { width } = this.#config.sizes;
    const { embedding } = this.#config.numbers;
    const scale = (this.#config.traits.scaledEmbedding ? Math.sqrt(width) : 1) * Math.abs(embedding);
    const most = (table: FloatArray | undefined, dim: number): number => {
      let largest = 0;
      for (let at = dim; at < (table?.length ?? 0); at += width) largest = Math.max(largest, Math.abs(table?.[at] as number));
      return largest;
    };
    return Float64Array.from({ length: width }, (_, dim) => scale * most(tokenEmbedding, dim) + most(positionEmbedding, dim));
  }

  #attention(roles: LayerRoles, read: Float64Array): void {
    const { heads, kvHeads, dim, width } = this.#config.sizes;
    const project = (role: 'query' | 'key' | 'value') => this.#rows(roles[role] as FloatArray, roles[`${role}Bias`], read);
    const all = { query: roles.queriesNormGain, key: roles.keysNormGain };
    const normed = (role: 'query' | 'key') => this.#normedHeads(project(role), all[role] ?? roles[`${role}NormGain`]);
    const [query, key, value] = [this.#turned(normed('query')), this.#turned(normed('key')), project('value')];
    const output = roles.output as FloatArray;
    const isRead = Uint8Array.from({ length: heads * dim }, (_, row) => (isZero(output, row, width) ? 0 : 1));
    const mixed = new Float64Array(heads * dim);
    for (let head = 0; head < heads; head++) {
      const shared = Math.floor((head * kvHeads) / heads);
      const isDead = !isRead.subarray(head * dim, (head + 1) * dim).includes(1);
      let score = 0;
      for (let d = 0; d < dim; d++) {
        const [q, k, v] = [query[head * dim + d] as number, key[shared * dim + d] as number, value[shared * dim + d] as number];
        score += q * k;
        mixed[head * dim + d] = 2 * v;
        if (!this.#isHalf || isDead || q === 0 || k === 0) this.#inRange([q, k]);
        if (!this.#isHalf || isRead[head * dim + d] === 0) this.#inRange([v]);
      }
      if (!this.#isHalf || isDead) this.#inRange([score], this.#isHalf ? this.#largest : LARGEST_SCORE);
    }
    if (!this.#isHalf) this.#inRange(columns(output, roles.outputBias, mixed, width));
  }

  /** What the norm of each head, or of all of them, leaves of queries or keys, once their own numbers are in range. */
  #normedHeads(bounds: Float64Array, gain: FloatArray | undefined): Float64Array {
    if (gain === undefined) return bounds;
    this.#inRange(bounds);
    const left = this.#afterNorm(gain);
    return bounds.map((x, at) => (x === 0 ? 0 : (left[at % left.length] as number)));
  }

  #turned(bounds: Float64Array): Float64Array {
    const { rotary, sizes } = this.#config;
    if (rotary === null) return bounds;
    const half = rotary.dims / 2;
    return bounds.map((x, at) => {
      const d = at % sizes.dim;
      return d >= rotary.dims ? x : x + (bounds[d < half ? at + half : at - half] as number);
    });
  }

  #mlp(roles: LayerRoles, read: Float64Array): void {
    const { width } = this.#config.sizes;
    const up = this.#rows(roles.up as FloatArray, roles.upBias, read);
    const gate = roles.gate === undefined ? null : this.#rows(roles.gate, roles.gateBias, read);
    const down = roles.down as FloatArray;
    const hidden = up.map((x, n) => {
      const product = gate === null ? Math.max(1, x) : x * Math.max(1, gate[n] as number);
      if (!this.#isHalf || isZero(down, n, width)) this.#inRange([x, gate?.[n] ?? 0, product]);
      return product;
    });
    if (!this.#isHalf) this.#inRange(columns(down, roles.downBias, hidden, width));
  }

  /** What a norm leaves: all of it, since what nothing reads is infinite all the same, and zero times infinity is no number. */
  #afterNorm(gain: FloatArray, bias?: FloatArray): Float64Array {
    const root = Math.sqrt(gain.length);
    const left = Float64Array.from(gain, (g, dim) => root * Math.abs(g) + Math.abs(bias?.[dim] ?? 0));
    this.#inRange(left, this.#isHalf ? 2 * this.#largest : this.#largest);
    return left;
  }

  /** `|rows| · read + |bias|`. */
  #rows(rows: FloatArray, bias: FloatArray | undefined, read: Float64Array): Float64Array {
    const width = read.length;
    const bounds = new Float64Array(rows.length / width);
    for (let row = 0, at = 0; row < bounds.length; row++) {
      let total = Math.abs(bias?.[row] ?? 0);
      for (let dim = 0; dim < width; dim++, at++) total += Math.abs(rows[at] as number) * (read[dim] as number);
      bounds[row] = total;
    }
    return bounds;
  }

  #inRange(bounds: ArrayLike<number>, largest = this.#largest): void {
    for (let i = 0; i < bounds.length; i++) if (!((bounds[i] as number) <= largest)) this.isFound = true;
  }

  /** A row or a column that has numbers, but no normal-sized ones. In half precision products are float32's. */
  #notTiny(table: FloatArray | undefined, width: number): void {
    if (table === undefined) return;
    const columnsMost = new Float64Array(width);
    const count = table.length / width;
    for (let row = 0, at = 0; row < count; row++) {
      let most = 0;
      for (let dim = 0; dim < width; dim++, at++) {
        const size = Math.abs(table[at] as number);
        if (size > most) most = size;
        if (size > (columnsMost[dim] as number)) columnsMost[dim] = size;
      }
      if (most > 0 && most < LEAST) this.isFound = true;
    }
    if (columnsMost.some((most) => most > 0 && most < LEAST)) this.isFound = true;
  }
}

function isZero(data: FloatArray, row: number, width: number): boolean {
  for (let at = row * width; at < (row + 1) * width; at++) if (data[at] !== 0) return false;
  return true;
}

/** What rows add up to by column, each times a number. */
function columns(rows: FloatArray, bias: FloatArray | undefined, by: Float64Array, width: number): Float64Array {
  const total = Float64Array.from({ length: width }, (_, dim) => Math.abs(bias?.[dim] ?? 0));
  for (let row = 0, at = 0; row < by.length; row++) {
    const size = by[row] as number;
    for (let dim = 0; dim < width; dim++, at++) total[dim] = (total[dim] as number) + Math.abs(rows[at] as number) * size;
  }
  return total;
}
