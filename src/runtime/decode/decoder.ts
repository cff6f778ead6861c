/**
 * A model that is run token by token: each layer keeps the keys and values of the tokens before, so that a token costs what it alone
 * computes. The logits are those of the whole forward pass, bit for bit: every sum has the same terms in the same order.
 */
import type { ModelConfig, Rotary } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { activate } from '../activation.ts';
import { type RotaryTables, rotate } from '../attention.ts';
import { assertPlaces, type Embedding, embed } from '../embedding.ts';
import { type Arithmetic, allocate, rounded } from '../float32/arithmetic.ts';
import type { Matrix } from '../float32/matrix.ts';
import type { Layer } from '../layer.ts';
import { type Norm, normalizeRows } from '../norm.ts';
import { KeptLayer } from './kept-layer.ts';
import { multiplyOne, normalizeOne } from './one-token.ts';

export interface Decoder {
  /** Goes on by some tokens, at least one; the logits of the last of them. Diagnostics: R7502, R7503. */
  append(ids: Int32Array): FloatArray;
}

/** The parts of a model that a decoder runs. */
export interface DecoderParts {
  readonly config: ModelConfig;
  readonly arithmetic: Arithmetic;
  readonly layers: readonly Layer[];
  readonly embedding: Embedding;
  readonly embeddingNorm: Norm | null;
  readonly finalNorm: Norm | null;
  readonly unembed: Matrix;
  readonly rotary: RotaryTables;
  /** Logits of every position by the whole forward pass: what counts where `isSound` says so little as false. */
  readonly whole: (ids: Int32Array) => FloatArray;
  /** Logits in place: the model's own factor and cap. */
  readonly scaleLogits: (logits: FloatArray, count: number) => void;
}

/** Whether tokens before are computed without those after, in the arithmetics that round what they store and nothing between. */
export function keepsKeys({ traits }: ModelConfig, arithmetic: Arithmetic): boolean {
  return traits.attention === 'causal' && traits.normPlace !== 'post' && (arithmetic === 'f32' || arithmetic === 'f64');
}

/** Computes everything anew with each token. */
export class WholeDecoder implements Decoder {
  readonly #logits: (ids: Int32Array) => FloatArray;
  readonly #outputs: number;
  #ids: Int32Array = new Int32Array(0);

  constructor(logits: (ids: Int32Array) => FloatArray, outputs: number) {
    this.#logits = logits;
    this.#outputs = outputs;
  }

  append(ids: Int32Array): FloatArray {
    this.#ids = Int32Array.of(...this.#ids, ...ids);
    return this.#logits(this.#ids).slice(-this.#outputs);
  }
}

export class CachedDecoder implements Decoder {
  readonly #parts: DecoderParts;
  readonly #kept: readonly KeptLayer[];
  readonly #stream: FloatArray;
  readonly #normed: FloatArray;
  readonly #mlpInput: FloatArray;
  readonly #projected: FloatArray;
  readonly #mixed: FloatArray;
  readonly #hidden: FloatArray;
  readonly #up: FloatArray;
  readonly #update: FloatArray;
  readonly #everyFeature: Int32Array;
  readonly #id = new Int32Array(1);
  readonly #position = new Int32Array(1);
  #ids = new Int32Array(64);
  #count = 0;
  #isSound = true;

  constructor(parts: DecoderParts) {
    this.#parts = parts;
    const { layers, arithmetic, config } = parts;
    const { width } = config.sizes;
    const most = (of: (layer: Layer) => number) => allocate(arithmetic, Math.max(0, ...layers.map(of)));
    this.#kept = layers.map(({ attention }) => new KeptLayer(attention, arithmetic));
    this.#stream = allocate(arithmetic, width);
    this.#normed = allocate(arithmetic, width);
    this.#mlpInput = allocate(arithmetic, width);
    this.#update = allocate(arithmetic, width);
    this.#projected = most(({ attention }) => attention.project.rows);
    this.#mixed = most(({ attention }) => attention.mixedRows);
    this.#hidden = most(({ mlp }) => mlp.up.rows);
    this.#up = most(({ mlp }) => mlp.up.rows);
    this.#everyFeature = Int32Array.from({ length: width }, (_, feature) => feature);
  }

  append(ids: Int32Array): FloatArray {
    const { config, embedding, arithmetic, unembed, finalNorm, scaleLogits, whole } = this.#parts;
    assertPlaces(config, embedding, ids, this.#count);
    for (const id of ids) this.#push(id);
    const { outputs } = config.sizes;
    if (!this.#isSound) return whole(this.#ids.slice(0, this.#count)).slice(-outputs);
    const logits = allocate(arithmetic, outputs);
    // the stream itself is not needed again
    if (finalNorm !== null) this.#normalize(finalNorm, this.#stream, this.#stream, unembed.reads);
    if (!this.#isSound) return whole(this.#ids.slice(0, this.#count)).slice(-outputs);
    multiplyOne(unembed, this.#stream, logits, false);
    scaleLogits(logits, outputs);
    return logits;
  }

  #push(id: number): void {
    if (this.#count === this.#ids.length) {
      const longer = new Int32Array(2 * this.#ids.length);
      longer.set(this.#ids);
      this.#ids = longer;
    }
    const position = this.#count;
    this.#ids[this.#count++] = id;
    // what float32 could not hold once is not forgotten: from there on all is computed by the whole forward pass
    if (!this.#isSound) return;
    const { config, embedding, embeddingNorm, layers } = this.#parts;
    const stream = this.#stream;
    this.#id[0] = id;
    this.#position[0] = position;
    embed(embedding, this.#id, this.#position, stream, 1);
    if (embeddingNorm !== null) this.#normalize(embeddingNorm, stream, stream, this.#everyFeature);
    const isParallel = config.traits.residual === 'parallel';
    for (const [index, layer] of layers.entries()) {
      const { reads } = layer.mlp;
      if (isParallel) this.#normalize(layer.mlpNorm, stream, this.#mlpInput, reads);
      this.#normalize(layer.attentionNorm, stream, this.#normed, layer.attention.project.reads);
      this.#attention(layer, this.#kept[index] as KeptLayer);
      if (!isParallel) this.#normalize(layer.mlpNorm, stream, this.#mlpInput, reads);
      this.#mlp(layer);
    }
  }

  #attention({ attention, attentionWrite, seeing }: Layer, kept: KeptLayer): void {
    const { config, arithmetic } = this.#parts;
    const projected = this.#projected;
    multiplyOne(attention.project, this.#normed, projected, false);
    for (const rows of attention.norms) if (!normalizeRows(rows, projected, 1)) this.#notSound();
    if (attention.rotation !== null && seeing.rotary !== null) this.#rotate(attention.rotation, seeing.rotary);
    const { numbers } = config;
    const scale = rounded(arithmetic === 'f64' ? 'f64' : 'f32', numbers.scores);
    kept.attend(projected, this.#mixed, { scale, cap: numbers.scoreCap, causal: true, window: seeing.window });
    this.#addTo(attention.write, this.#mixed, attentionWrite);
  }

  #rotate(rotation: Parameters<typeof rotate>[0], rotary: Rotary): void {
    rotate(rotation, this.#parts.rotary.upTo(rotary, this.#count), this.#projected, 1, this.#position);
  }

  #mlp({ mlp, mlpWrite }: Layer): void {
    const count = mlp.up.rows;
    const [hidden, up] = [this.#hidden, this.#up];
    multiplyOne(mlp.gate ?? mlp.up, this.#mlpInput, hidden, false);
    activate(this.#parts.config.traits.activation, hidden, count);
    if (mlp.gate !== null) {
      multiplyOne(mlp.up, this.#mlpInput, up, false);
      for (let i = 0; i < count; i++) hidden[i] = (hidden[i] as number) * (up[i] as number);
    }
    this.#addTo(mlp.down, hidden, mlpWrite);
  }

  #addTo(matrix: Matrix, input: FloatArray, norm: Norm | null): void {
    const { writes } = this.#parts.config.numbers;
    const stream = this.#stream;
    if (norm === null && writes === 1) {
      multiplyOne(matrix, input, stream, true);
      return;
    }
    const update = this.#update;
    multiplyOne(matrix, input, update, false);
    if (norm !== null) this.#normalize(norm, update, update, this.#everyFeature);
    if (writes !== 1) for (let i = 0; i < matrix.rows; i++) update[i] = (update[i] as number) * writes;
    for (let i = 0; i < matrix.rows; i++) stream[i] = (stream[i] as number) + (update[i] as number);
  }

  /** The input behind a norm, or as it is where there is none. */
  #normalize(norm: Norm | null, input: FloatArray, output: FloatArray, needed: Int32Array): void {
    if (norm === null) output.set(input);
    else if (!normalizeOne(norm, input, output, needed)) this.#notSound();
  }

  #notSound(): void {
    if (this.#parts.arithmetic !== 'f64') this.#isSound = false;
  }
}
