/**
 * A forward pass that leaves nothing out and rounds every product and every sum: what stock models do in float32 or half precision, where
 * numbers overflow, vanish, or are none. It is slow, and is used for what the fast one cannot be trusted with.
 */
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { attentionOf, isLayerRole, type LayerAttention, type ModelConfig, type Rotary } from '../targets/model-config.ts';
import { type FloatArray, largestOf } from '../tensor/dtype.ts';
import type { LayerRole, ModelRole } from '../weights/roles.ts';
import { activate } from './activation.ts';
import { type RotaryTable, rotaryTable } from './attention.ts';
import { type Arithmetic, inArithmetic, rounded, settler } from './float32/arithmetic.ts';
import { buildNorm } from './layer.ts';
import type { Norm } from './norm.ts';

type LayerRoles = Partial<Record<LayerRole, FloatArray>>;
type ModelRoles = Partial<Record<ModelRole, FloatArray>>;
/** Numbers of each position. */
type Rows = Float32Array[];

const single = Math.fround;

export class PlainForward {
  readonly #config: ModelConfig;
  readonly #arithmetic: Arithmetic;
  readonly #model: ModelRoles = {};
  readonly #layers: LayerRoles[];
  /** Rounds what an operation results in, which float32 has computed. */
  readonly #round: (value: number) => number;
  readonly #mask: number;

  constructor(checkpoint: OpenCheckpoint, arithmetic: Arithmetic) {
    const { config, tensors } = checkpoint;
    this.#config = config;
    this.#arithmetic = arithmetic;
    this.#round = settler(arithmetic) ?? single;
    this.#mask = -largestOf(arithmetic === 'f64' ? 'f32' : arithmetic);
    this.#layers = Array.from({ length: config.sizes.layers }, () => ({}));
    for (const tensor of tensors) {
      for (const { role, data } of readRoles(checkpoint, tensor)) {
        const values = inArithmetic(arithmetic, data);
        if (!isLayerRole(role)) this.#model[role] = values;
        else (this.#layers[tensor.layer ?? 0] as LayerRoles)[role] = values;
      }
    }
  }

  /** `[position, output]` */
  logits(ids: Int32Array): Float32Array {
    const { traits, sizes, tied } = this.#config;
    const model = this.#model;
    let stream = this.#embed(ids);
    if (model.embeddingNormGain !== undefined) stream = this.#normed(stream, model.embeddingNormGain, model.embeddingNormBias);
    for (const [layer, roles] of this.#layers.entries()) {
      const seeing = attentionOf(this.#config, layer);
      const norm = (rows: Rows, own: 'attentionNorm' | 'mlpNorm') => {
        const name = traits.sharedNorm ? 'attentionNorm' : own;
        const gain = roles[`${name}Gain`];
        return gain === undefined ? rows : this.#normed(rows, gain, roles[`${name}Bias`]);
      };
      if (traits.normPlace === 'post') {
        stream = norm(this.#added(stream, this.#attention(stream, roles, seeing)), 'attentionNorm');
        stream = norm(this.#added(stream, this.#mlp(stream, roles)), 'mlpNorm');
      } else {
        const written = (rows: Rows, gain: FloatArray | undefined) => this.#scaled(gain === undefined ? rows : this.#normed(rows, gain));
        const attended = this.#attention(norm(stream, 'attentionNorm'), roles, seeing);
        const between = this.#added(stream, written(attended, roles.attentionWriteGain));
        const read = traits.residual === 'parallel' ? stream : between;
        stream = this.#added(between, written(this.#mlp(norm(read, 'mlpNorm'), roles), roles.mlpWriteGain));
      }
    }
    if (model.finalNormGain !== undefined) stream = this.#normed(stream, model.finalNormGain, model.finalNormBias);
    const unembedding = (tied ? model.tokenEmbedding : model.unembedding) as FloatArray;
    const rows = stream.map((row) => this.#said(this.#project(unembedding, model.unembeddingBias, row)));
    const logits = new Float32Array(ids.length * sizes.outputs);
    for (const [at, row] of rows.entries()) logits.set(row, at * sizes.outputs);
    return logits;
  }

  /** What a sublayer writes, times the model's own number for it. */
  #scaled(rows: Rows): Rows {
    const { writes } = this.#config.numbers;
    return writes === 1 ? rows : rows.map((row) => row.map((x) => this.#round(x * writes)));
  }

  #said(logits: Float32Array): Float32Array {
    const { logits: factor, logitCap } = this.#config.numbers;
    const scaled = factor === 1 ? logits : logits.map((x) => this.#round(x * factor));
    return logitCap === null ? scaled : scaled.map((x) => this.#capped(x, logitCap));
  }

  #capped(x: number, cap: number): number {
    return this.#round(this.#round(Math.tanh(this.#round(x / cap))) * cap);
  }

  #embed(ids: Int32Array): Rows {
    const { width } = this.#config.sizes;
    const { traits, numbers } = this.#config;
    const skipped = traits.positions.kind === 'learned' ? traits.positions.skipped : 0;
    const { tokenEmbedding, positionEmbedding, typeEmbedding } = this.#model;
    const factor = (traits.scaledEmbedding ? rounded(this.#arithmetic, Math.sqrt(width)) : 1) * numbers.embedding;
    return Array.from(ids, (id, position) =>
      Float32Array.from({ length: width }, (_, dim) => {
        let x = this.#round((tokenEmbedding?.[id * width + dim] as number) * factor);
        if (typeEmbedding !== undefined) x = this.#round(x + (typeEmbedding[dim] as number));
        return positionEmbedding === undefined ? x : this.#round(x + (positionEmbedding[(skipped + position) * width + dim] as number));
      }),
    );
  }

  #normed(rows: Rows, gain: FloatArray, bias?: FloatArray): Rows {
    const norm = buildNorm(this.#config, this.#arithmetic, gain, bias);
    return rows.map((row) => this.#normedRow(norm, row));
  }

  #normedRow({ kind, gain, bias, epsilon, lateGain }: Norm, row: Float32Array): Float32Array {
    const width = row.length;
    const mean = kind === 'rms-norm' ? 0 : single(sum(row) / width);
    const squares = row.map((x) => single(single(x - mean) ** 2));
    const variance = single(sum(squares) / width);
    // PyTorch's layer norm merges the sums of blocks: of squares out of range it makes NaN or infinity, by where in the row they stand.
    const isLost = kind === 'layer-norm' && variance === Number.POSITIVE_INFINITY;
    const scale = isLost ? Number.NaN : single(1 / single(Math.sqrt(single(variance + single(epsilon)))));
    return row.map((x, dim) => {
      const own = single(single(single(x - mean) * scale) * (gain[dim] as number));
      const normed = this.#round(kind === 'rms-norm' ? own : single(own + (bias[dim] as number)));
      return lateGain === null ? normed : this.#round(normed * (lateGain[dim] as number));
    });
  }

  #added(rows: Rows, more: Rows): Rows {
    return rows.map((row, at) => row.map((x, dim) => this.#round(x + (more[at]?.[dim] as number))));
  }

  /** `rows · read + bias`, `rows` being `[output, input]`. */
  #project(rows: FloatArray, bias: FloatArray | undefined, read: Float32Array): Float32Array {
    const width = read.length;
    const areNumbers = read.every(Number.isFinite);
    return Float32Array.from({ length: rows.length / width }, (_, row) => {
      let total = 0;
      for (let dim = 0; dim < width; dim++) {
        const weight = rows[row * width + dim] as number;
        // zero times a number changes nothing
        if (weight !== 0 || !areNumbers) total = single(total + single(weight * (read[dim] as number)));
      }
      return this.#round(bias === undefined ? total : total + (bias[row] as number));
    });
  }

  /** `by · rows + bias`, `rows` being `[input, output]`. */
  #combine(rows: FloatArray, bias: FloatArray | undefined, by: Float32Array): Float32Array {
    const { width } = this.#config.sizes;
    const total = new Float32Array(width);
    for (const [row, x] of by.entries()) {
      if (x === 0 && this.#arithmetic === 'f32') continue;
      for (let dim = 0; dim < width; dim++) total[dim] = (total[dim] as number) + single((rows[row * width + dim] as number) * x);
    }
    return total.map((x, dim) => this.#round(bias === undefined ? x : x + (bias[dim] as number)));
  }

  #attention(rows: Rows, roles: LayerRoles, { rotary, window }: LayerAttention): Rows {
    const { heads, kvHeads, dim } = this.#config.sizes;
    const project = (role: 'query' | 'key' | 'value') =>
      rows.map((row) => this.#project(roles[role] as FloatArray, roles[`${role}Bias`], row));
    const all = { query: roles.queriesNormGain, key: roles.keysNormGain };
    const normed = (role: 'query' | 'key') => this.#normedHeads(project(role), all[role] ?? roles[`${role}NormGain`]);
    const [queries, keys, values] = [this.#turned(normed('query'), rotary), this.#turned(normed('key'), rotary), project('value')];
    const isCausal = this.#config.traits.attention === 'causal';
    const { scores: factor, scoreCap: cap } = this.#config.numbers;
    const scale = single(factor);
    const isSeen = (at: number, place: number) => (!isCausal || place <= at) && (window === null || place > at - window);
    return rows.map((_, at) => {
      const mixed = new Float32Array(heads * dim);
      for (let head = 0; head < heads; head++) {
        const shared = Math.floor((head * kvHeads) / heads) * dim;
        const query = (queries[at] as Float32Array).subarray(head * dim, (head + 1) * dim);
        const scores = Float32Array.from(keys, (key, place) => {
          const product = this.#round(dot(query, key.subarray(shared, shared + dim)));
          const scaled = this.#round(single(product * scale));
          const score = cap === null ? scaled : this.#capped(scaled, cap);
          return isSeen(at, place) ? score : this.#round(score + this.#mask);
        });
        const weights = softmax(scores).map(this.#round);
        for (let d = 0; d < dim; d++) {
          let total = 0;
          for (const [place, weight] of weights.entries()) {
            total = single(total + single(weight * (values[place]?.[shared + d] as number)));
          }
          mixed[head * dim + d] = this.#round(total);
        }
      }
      return this.#combine(roles.output as FloatArray, roles.outputBias, mixed);
    });
  }

  /** Each head of queries or keys behind a norm of its own, or all of them behind one, by how long the gain is. */
  #normedHeads(rows: Rows, gain: FloatArray | undefined): Rows {
    if (gain === undefined) return rows;
    const size = gain.length;
    const norm = buildNorm(this.#config, this.#arithmetic, gain, undefined);
    return rows.map((row) => {
      const normed = new Float32Array(row.length);
      for (let from = 0; from < row.length; from += size) normed.set(this.#normedRow(norm, row.subarray(from, from + size)), from);
      return normed;
    });
  }

  #turned(rows: Rows, rotary: Rotary | null): Rows {
    const { sizes } = this.#config;
    if (rotary === null) return rows;
    const table: RotaryTable = rotaryTable(rotary, rows.length, new Float32Array(0));
    const [cosines, sines] = [inArithmetic(this.#arithmetic, table.cosines), inArithmetic(this.#arithmetic, table.sines)];
    const half = rotary.dims / 2;
    return rows.map((row, position) =>
      row.map((x, at) => {
        const d = at % sizes.dim;
        if (d >= rotary.dims) return x;
        const angle = (d % half) * table.positions + position;
        const other = d < half ? -(row[at + half] as number) : (row[at - half] as number);
        return this.#round(this.#round(x * (cosines[angle] as number)) + this.#round(other * (sines[angle] as number)));
      }),
    );
  }

  #mlp(rows: Rows, roles: LayerRoles): Rows {
    const { activation, mlp } = this.#config.traits;
    return rows.map((row) => {
      const up = this.#project(roles.up as FloatArray, roles.upBias, row);
      const active = mlp === 'gated' ? this.#project(roles.gate as FloatArray, roles.gateBias, row) : up.slice();
      activate(activation, active, active.length);
      const hidden = active.map((x) => this.#round(x));
      const product = mlp === 'gated' ? hidden.map((x, n) => this.#round(x * (up[n] as number))) : hidden;
      return this.#combine(roles.down as FloatArray, roles.downBias, product);
    });
  }
}

function sum(values: Float32Array): number {
  let total = 0;
  for (const x of values) total = single(total + x);
  return total;
}

function dot(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (const [i, x] of a.entries()) total = single(total + single(x * (b[i] as number)));
  return total;
}

/** No number where any score is none, or the largest is infinite. */
function softmax(scores: Float32Array): Float32Array {
  const largest = scores.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const weights = scores.map((x) => Math.exp(single(x - largest)));
  const total = sum(weights);
  return weights.map((x) => x / total);
}
