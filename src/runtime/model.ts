/**
 * A checkpoint made ready to run, from its bytes alone, and its forward pass. It follows the target's traits and knows nothing of
 * the compiler: what it computes is what a stock implementation of the architecture computes.
 */

import { type OpenCheckpoint, openCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import type { ModelFolder } from '../source/byte-source.ts';
import type { ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { activate } from './activation.ts';
import { attend, RotaryTables, rotate, SparseKeys, scoresLength, TILE_OVERHANG, type WeightsObserver } from './attention.ts';
import { type Contribution, contributionsTo } from './contributions.ts';
import { CachedDecoder, type Decoder, keepsKeys, WholeDecoder } from './decode/decoder.ts';
import { assertPlaces, embed } from './embedding.ts';
import { type Arithmetic, allocate, rounded, settle, settler } from './float32/arithmetic.ts';
import { FloatHazard } from './float32/float-hazard.ts';
import { LANES, type Matrix, multiply, sizeOfMatrix } from './float32/matrix.ts';
import type { Layer } from './layer.ts';
import { madeLayer } from './made-layer.ts';
import { buildEnds, type ModelEnds, modelRoles } from './model-ends.ts';
import { applyGain, applyRowGain, type Norm, normalize, normalizeRows, type RowNorm } from './norm.ts';
import { PlainForward } from './plain-forward.ts';
import { layerReader } from './read-layer.ts';
import { scaleLogits } from './scale-logits.ts';

/**
 * Shows the residual stream of one sequence, `[position, width]`, as it stands after the embedding and after each sublayer (with
 * post-norm: after its norm). What returns `false` ends the pass there: the logits are empty then.
 */
export type ResidualObserver = (at: {
  readonly layer: number;
  readonly sublayer: 'embedding' | 'attention' | 'mlp';
  /** Which sequence of the batch. */
  readonly sequence: number;
  readonly residual: FloatArray;
  /** What each head or neuron of the sublayer added to a dimension at a position, where that is not zero (with post-norm: before the norm). */
  contributions(position: number, dimension: number): Contribution[];
}) => unknown;

/**
 * Shows the weights of one query of one head that contributes: those of key `first` onwards, BOS being key 0. What a head whose values or
 * output are all zero would look at is not computed.
 */
export type AttentionObserver = (at: {
  readonly layer: number;
  readonly head: number;
  /** Which sequence of the batch. */
  readonly sequence: number;
  readonly query: number;
  readonly first: number;
  readonly weights: Float64Array;
}) => void;

export interface Model {
  readonly config: ModelConfig;
  readonly arithmetic: Arithmetic;
  /** Multiplications a token in its matrices: weights that are not zero and can contribute. */
  readonly work: number;
  /**
   * Logits of every position of every sequence of token ids: `[position, output]`, row-major. Sequences may differ in length.
   * Diagnostics: R7502, R7503.
   */
  logits(batch: readonly Int32Array[], observe?: ResidualObserver, watch?: AttentionObserver): FloatArray[];
  /** A sequence that goes on token by token, with the same logits. */
  decoder(): Decoder;
  /** The model of a checkpoint of the same shape: of tensors that are this one's, the very same objects, what was made is taken as it is. */
  changed(checkpoint: OpenCheckpoint): Model;
}

/** Tokens that are computed together: few enough that a block of activations stays in the cache. */
const BLOCK_TOKENS = 256;

/** Opens a model folder for running; diagnostics as those of reading it. */
export function openModel(folder: ModelFolder, arithmetic: Arithmetic = 'f32'): Model {
  return loadModel(openCheckpoint(folder), arithmetic);
}

/** Reads the weights of an opened checkpoint, a layer at a time. */
export function loadModel(checkpoint: OpenCheckpoint, arithmetic: Arithmetic = 'f32'): Model {
  const { config } = checkpoint;
  const roles = modelRoles(checkpoint);
  const hazard = new FloatHazard(config, arithmetic);
  if (arithmetic !== 'f64') hazard.model(roles);
  const read = layerReader(checkpoint, arithmetic, hazard);
  const layers = Array.from({ length: config.sizes.layers }, (_, layer) => read(layer));
  return new RunnableModel(config, arithmetic, buildEnds(config, arithmetic, roles), layers, { checkpoint, isHazardous: hazard.isFound });
}

/**
 * A model whose layers' matrices are made anew for each block of tokens: as slow as they are made, and no larger than the largest of them. In
 * float32, and without the second look at numbers near the end of its range.
 */
export function loadMadeModel(checkpoint: OpenCheckpoint): Model {
  const { config } = checkpoint;
  const layers = Array.from({ length: config.sizes.layers }, (_, layer) => madeLayer(checkpoint, layer));
  return new RunnableModel(config, 'f32', buildEnds(config, 'f32', modelRoles(checkpoint)), layers, { checkpoint, isHazardous: false });
}

class RunnableModel implements Model {
  readonly config: ModelConfig;
  readonly arithmetic: Arithmetic;
  readonly work: number;
  readonly #layers: readonly Layer[];
  readonly #ends: ModelEnds;
  readonly #everyFeature: Int32Array;
  readonly #buffers = new Map<string, FloatArray>();
  readonly #sparseKeys = new SparseKeys();
  readonly #rotary: RotaryTables;
  readonly #exact: ExactRuns;
  #plain: PlainForward | null = null;
  /** Whether everything in the block at hand is a number that its dtype holds. */
  #isSound = true;

  constructor(config: ModelConfig, arithmetic: Arithmetic, ends: ModelEnds, layers: readonly Layer[], exact: ExactRuns) {
    this.#exact = exact;
    this.config = config;
    this.arithmetic = arithmetic;
    this.#layers = layers;
    this.#ends = ends;
    this.#rotary = new RotaryTables(arithmetic, ends.embedding.tokens);
    const matrices = layers.flatMap(({ attention, mlp }) => [attention.project, attention.write, mlp.up, mlp.gate, mlp.down]);
    this.work = [...matrices, ends.unembed].reduce((sum, matrix) => sum + (matrix === null ? 0 : sizeOfMatrix(matrix)), 0);
    this.#everyFeature = Int32Array.from({ length: config.sizes.width }, (_, feature) => feature);
  }

  changed(checkpoint: OpenCheckpoint): Model {
    const { config, arithmetic } = this;
    const { checkpoint: own, isHazardous } = this.#exact;
    // elsewhere a layer is judged by what those before it leave
    const isJudgedAlone = config.traits.normPlace === 'pre' && !isHazardous;
    if (!isJudgedAlone || own.made !== undefined || checkpoint.change !== own.change) return loadModel(checkpoint, arithmetic);
    const kept = new Set(own.tensors);
    const isKept = (layer: number | null): boolean => checkpoint.tensors.every((tensor) => tensor.layer !== layer || kept.has(tensor));
    const hazard = new FloatHazard(config, arithmetic);
    let ends = this.#ends;
    if (!isKept(null)) {
      const roles = modelRoles(checkpoint);
      if (arithmetic !== 'f64') hazard.model(roles);
      ends = buildEnds(config, arithmetic, roles);
    }
    const read = layerReader(checkpoint, arithmetic, hazard);
    const layers = this.#layers.map((layer, index) => (isKept(index) ? layer : read(index)));
    return new RunnableModel(config, arithmetic, ends, layers, { checkpoint, isHazardous: hazard.isFound });
  }

  logits(batch: readonly Int32Array[], observe?: ResidualObserver, watch?: AttentionObserver): FloatArray[] {
    for (const ids of batch) assertPlaces(this.config, this.#ends.embedding, ids);
    const results: FloatArray[] = [];
    for (let first = 0; first < batch.length; ) {
      let end = first;
      // an empty sequence counts too, so that a block has at most as many sequences as tokens
      let room = BLOCK_TOKENS;
      do room -= Math.max(1, (batch[end++] as Int32Array).length);
      while (end < batch.length && room >= Math.max(1, (batch[end] as Int32Array).length));
      results.push(...this.#run(batch.slice(first, end), first, { observe, watch }));
      first = end;
    }
    return results;
  }

  decoder(): Decoder {
    const whole = (ids: Int32Array): FloatArray => this.logits([ids])[0] as FloatArray;
    const { config, arithmetic } = this;
    if (!keepsKeys(config, arithmetic) || this.#exact.isHazardous || this.#exact.checkpoint.made !== undefined)
      return new WholeDecoder(whole, config.sizes.outputs);
    return new CachedDecoder({
      config,
      arithmetic,
      whole,
      layers: this.#layers,
      ...this.#ends,
      rotary: this.#rotary,
      scaleLogits: (logits, count) => scaleLogits(config, arithmetic, logits, count),
    });
  }

  /** A block by the plain forward pass, where the fast one could hide what the dtype does; what is observed is the fast one's. */
  #run(sequences: readonly Int32Array[], first: number, observers: Observers): FloatArray[] {
    this.#isSound = !this.#exact.isHazardous;
    if (this.#isSound || observers.observe !== undefined || observers.watch !== undefined) {
      const logits = this.#runBlock(sequences, first, observers);
      if (logits === null) return sequences.map(() => allocate(this.arithmetic, 0));
      if (this.#isSound) return logits;
    }
    this.#plain ??= new PlainForward(this.#exact.checkpoint, this.arithmetic);
    const plain = this.#plain;
    return sequences.map((ids) => plain.logits(ids));
  }

  #settle(values: FloatArray, end: number): void {
    if (!settle(this.arithmetic, values, 0, end)) this.#isSound = false;
  }

  /** A buffer of activations by name, kept between blocks. Its content is whatever the last block left. */
  #buffer(name: string, length: number): FloatArray {
    const kept = this.#buffers.get(name);
    if (kept !== undefined && kept.length >= length) return kept;
    const fresh = allocate(this.arithmetic, length);
    this.#buffers.set(name, fresh);
    return fresh;
  }

  /** Runs sequences side by side in one block, padded to full lanes with columns that nobody reads. Null where an observer ended it. */
  #runBlock(sequences: readonly Int32Array[], firstSequence: number, { observe, watch }: Observers): FloatArray[] | null {
    const { width, outputs } = this.config.sizes;
    const { normPlace, residual } = this.config.traits;
    const { embedding, embeddingNorm, finalNorm, unembed } = this.#ends;
    const count = sequences.reduce((sum, { length }) => sum + length, 0);
    // an odd number of groups: with a power of two between features they would all compete for the same few lines of the cache
    const tokens = (Math.ceil(count / LANES) | 1) * LANES;
    const starts: number[] = [];
    const ids = new Int32Array(tokens);
    const positionOf = new Int32Array(tokens);
    let start = 0;
    for (const sequence of sequences) {
      starts.push(start);
      ids.set(sequence, start);
      for (let position = 0; position < sequence.length; position++) positionOf[start + position] = position;
      start += sequence.length;
    }
    const stream = this.#buffer('stream', width * tokens);
    embed(embedding, ids, positionOf, stream, tokens);
    this.#settle(stream, width * tokens);
    if (embeddingNorm !== null) this.#normalize(embeddingNorm, stream, stream, tokens, this.#everyFeature);
    let isEnded = false;
    const show = (layer: number, sublayer: 'embedding' | 'attention' | 'mlp'): void => {
      if (observe === undefined) return;
      for (const [index, { length }] of sequences.entries()) {
        const from = starts[index] as number;
        const answer = observe({
          layer,
          sublayer,
          sequence: firstSequence + index,
          residual: this.#rows(stream, width, tokens, from, length),
          contributions: (position, dimension) =>
            sublayer === 'embedding'
              ? []
              : contributionsTo(this.#layers[layer] as Layer, sublayer, dimension, {
                  buffers: this.#buffers,
                  tokens,
                  column: from + position,
                }),
        });
        if (answer === false) isEnded = true;
      }
    };
    show(0, 'embedding');
    const block = { sequences, starts, tokens, positionOf, firstSequence, watch };
    for (const [index, layer] of this.#layers.entries()) {
      if (isEnded) return null;
      if (normPlace === 'post') {
        this.#attention(layer, index, stream, stream, block);
        this.#through(layer.attentionNorm, stream, stream, tokens, this.#everyFeature);
        show(index, 'attention');
        this.#mlp(layer, stream, stream, tokens);
        this.#through(layer.mlpNorm, stream, stream, tokens, this.#everyFeature);
      } else {
        const normed = this.#buffer('normed', width * tokens);
        const own = residual === 'parallel' ? this.#buffer('mlp input', width * tokens) : normed;
        const mlpReads = layer.mlp.reads;
        let mlpInput = residual === 'parallel' ? this.#through(layer.mlpNorm, stream, own, tokens, mlpReads) : own;
        const input = this.#through(layer.attentionNorm, stream, normed, tokens, layer.attention.project.reads);
        this.#attention(layer, index, input, stream, block);
        show(index, 'attention');
        if (residual === 'sequential') mlpInput = this.#through(layer.mlpNorm, stream, own, tokens, mlpReads);
        this.#mlp(layer, mlpInput, stream, tokens);
      }
      show(index, 'mlp');
    }
    if (isEnded) return null;
    if (finalNorm !== null) this.#normalize(finalNorm, stream, stream, tokens, unembed.reads);
    const logits = this.#buffer('logits', outputs * tokens);
    this.#multiply(unembed, stream, logits, tokens);
    scaleLogits(this.config, this.arithmetic, logits, outputs * tokens);
    return sequences.map(({ length }, index) => this.#rows(logits, outputs, tokens, starts[index] as number, length));
  }

  /** Columns `from` to `from + length` of a block `[feature, token]`, as `[token, feature]`. */
  #rows(block: FloatArray, features: number, tokens: number, from: number, length: number): FloatArray {
    const rows = allocate(this.arithmetic, length * features);
    for (let feature = 0; feature < features; feature++) {
      for (let token = 0; token < length; token++) rows[token * features + feature] = block[feature * tokens + from + token] as number;
    }
    return rows;
  }

  #attention({ attention, attentionWrite, seeing }: Layer, layer: number, input: FloatArray, stream: FloatArray, block: Block): void {
    const { tokens, sequences, starts, positionOf, firstSequence, watch } = block;
    const { numbers, traits } = this.config;
    const projected = this.#buffer('projected', attention.project.rows * tokens + TILE_OVERHANG);
    const mixed = this.#buffer('mixed', attention.mixedRows * tokens);
    const longest = Math.max(0, ...sequences.map(({ length }) => length));
    const scores = this.#buffer('scores', scoresLength(longest));
    this.#multiply(attention.project, input, projected, tokens);
    for (const rows of attention.norms) this.#normalizeRows(rows, projected, attention.project.rows, tokens);
    if (attention.rotation !== null && seeing.rotary !== null) {
      rotate(attention.rotation, this.#rotary.upTo(seeing.rotary, longest), projected, tokens, positionOf);
      this.#settle(projected, attention.project.rows * tokens);
    }
    mixed.fill(0, 0, attention.mixedRows * tokens);
    const causal = traits.attention === 'causal';
    // a constant of the model's code, which is no number of the checkpoint: float32 in half precision too
    const scale = rounded(this.arithmetic === 'f64' ? 'f64' : 'f32', numbers.scores);
    const rule = { scale, cap: numbers.scoreCap, causal, window: seeing.window };
    const round = settler(this.arithmetic);
    for (const [index, { length }] of sequences.entries()) {
      const from = starts[index] as number;
      const sequence = firstSequence + index;
      const seen: WeightsObserver | null =
        watch === undefined ? null : (head, query, first, weights) => watch({ layer, head, sequence, query, first, weights });
      attend(attention.heads, rule, projected, mixed, tokens, from, from + length, scores, this.#sparseKeys, round, seen);
    }
    this.#settle(mixed, attention.mixedRows * tokens);
    this.#addTo(stream, attention.write, mixed, tokens, attentionWrite);
  }

  #mlp({ mlp, mlpWrite }: Layer, input: FloatArray, stream: FloatArray, tokens: number): void {
    const count = mlp.up.rows * tokens;
    const hidden = this.#buffer('hidden', count);
    this.#multiply(mlp.gate ?? mlp.up, input, hidden, tokens);
    activate(this.config.traits.activation, hidden, count);
    this.#settle(hidden, count);
    if (mlp.gate !== null) {
      const up = this.#buffer('up', count);
      this.#multiply(mlp.up, input, up, tokens);
      for (let i = 0; i < count; i++) hidden[i] = (hidden[i] as number) * (up[i] as number);
      this.#settle(hidden, count);
    }
    this.#addTo(stream, mlp.down, hidden, tokens, mlpWrite);
  }

  #normalize(norm: Norm, input: FloatArray, output: FloatArray, tokens: number, needed: Int32Array): void {
    if (!normalize(norm, input, output, tokens, needed) && this.arithmetic !== 'f64') this.#isSound = false;
    this.#settle(output, norm.gain.length * tokens);
    if (norm.lateGain !== null) applyGain(norm.lateGain, output, tokens, needed);
    if (norm.lateGain !== null) this.#settle(output, norm.gain.length * tokens);
  }

  /** The input behind a norm, or itself where there is none. */
  #through(norm: Norm | null, input: FloatArray, output: FloatArray, tokens: number, needed: Int32Array): FloatArray {
    if (norm === null) return input;
    this.#normalize(norm, input, output, tokens, needed);
    return output;
  }

  #normalizeRows(rows: RowNorm, block: FloatArray, count: number, tokens: number): void {
    if (!normalizeRows(rows, block, tokens) && this.arithmetic !== 'f64') this.#isSound = false;
    this.#settle(block, count * tokens);
    if (rows.norm.lateGain === null) return;
    applyRowGain(rows, block, tokens);
    this.#settle(block, count * tokens);
  }

  #multiply(matrix: Matrix, input: FloatArray, output: FloatArray, tokens: number): void {
    multiply(matrix, input, output, tokens, false);
    this.#settle(output, matrix.rows * tokens);
  }

  /** Adds what a sublayer writes to the stream: in half precision it is rounded by itself first, and some families norm it. */
  #addTo(stream: FloatArray, matrix: Matrix, input: FloatArray, tokens: number, norm: Norm | null): void {
    const { writes } = this.config.numbers;
    if (norm === null && writes === 1 && (this.arithmetic === 'f32' || this.arithmetic === 'f64')) {
      multiply(matrix, input, stream, tokens, true);
      return;
    }
    const count = matrix.rows * tokens;
    const raw = this.#buffer('update', count);
    this.#multiply(matrix, input, raw, tokens);
    const update = norm === null ? raw : this.#through(norm, raw, this.#buffer('normed update', count), tokens, this.#everyFeature);
    if (writes !== 1) for (let i = 0; i < count; i++) update[i] = (update[i] as number) * writes;
    if (writes !== 1) settle(this.arithmetic, update, 0, count);
    for (let i = 0; i < count; i++) stream[i] = (stream[i] as number) + (update[i] as number);
    this.#settle(stream, count);
  }
}

/** What the plain forward pass is made of, and whether every input needs it. */
interface ExactRuns {
  readonly checkpoint: OpenCheckpoint;
  readonly isHazardous: boolean;
}

interface Observers {
  readonly observe: ResidualObserver | undefined;
  readonly watch: AttentionObserver | undefined;
}

interface Block {
  readonly sequences: readonly Int32Array[];
  readonly starts: readonly number[];
  readonly tokens: number;
  readonly positionOf: Int32Array;
  readonly firstSequence: number;
  readonly watch: AttentionObserver | undefined;
}
