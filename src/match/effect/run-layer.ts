/** One layer over a block of windows, with what every head attends to laid open, and single heads made to attend otherwise. */
import { activate } from '../../runtime/activation.ts';
import { type AttentionHead, type RotaryTable, rotaryTable, rotate } from '../../runtime/attention.ts';
import { type Matrix, multiply } from '../../runtime/float32/matrix.ts';
import type { Layer } from '../../runtime/layer.ts';
import { type Norm, normalize, normalizeRows } from '../../runtime/norm.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { allFeatures, type Block } from './block.ts';

/** `[query, key]` of a window, rows adding up to 1. */
export type Pattern = Float32Array;

/** What a head does in place of its own: other patterns, one a window (null: its own), or what it writes in the mean, everywhere. */
export type HeadEdit = { readonly kind: 'pattern'; readonly patterns: readonly (Pattern | null)[] } | { readonly kind: 'mean' };

export interface LayerWatch {
  /** Sees the patterns of a head, one a window; they are its own only until it returns. */
  readonly see?: (head: number, patterns: readonly Pattern[]) => void;
  /** Sees the patterns that the head would have if its query weights were permuted, columns and dimensions: once for each of `orders`. */
  readonly seePermuted?: (head: number, patterns: readonly Pattern[]) => void;
  readonly edits?: ReadonlyMap<number, HeadEdit>;
  /** Orders in which queries read features for `seePermuted`. */
  readonly orders?: readonly Int32Array[];
  /** Sees what neurons say; their own only until it returns. */
  readonly seeHidden?: (hidden: Hidden) => void;
  /** What neurons say in place of their own, a number a position of the block. */
  readonly neurons?: ReadonlyMap<number, Float32Array>;
}

/** The hidden numbers of a layer, `[row, token]`, the neuron of each row, and what the layer's MLP reads, `[feature, token]`. */
export interface Hidden {
  readonly values: Float32Array;
  readonly neuronOf: Int32Array;
  readonly input: Float32Array;
  readonly tokens: number;
}

export class LayerRunner {
  readonly #config: ModelConfig;
  readonly #block: Block;
  readonly #features: Int32Array;
  readonly #rotary: RotaryTable[] = [];
  readonly #buffers = new Map<string, Float32Array>();
  readonly #patterns: Pattern[];

  constructor(config: ModelConfig, block: Block) {
    this.#config = config;
    this.#block = block;
    this.#features = allFeatures(config.sizes.width);
    this.#patterns = block.windows.map(({ ids }) => new Float32Array(ids.length * ids.length));
  }

  /** The stream goes through the layer, in place. */
  run(layer: Layer, stream: Float32Array, watch: LayerWatch = {}): void {
    const { tokens } = this.#block;
    const { residual } = this.#config.traits;
    const { width } = this.#config.sizes;
    const input = this.#buffer('input', width * tokens);
    this.#normalize(layer.attentionNorm, stream, input);
    const parallel = residual === 'parallel' ? this.#buffer('mlp input', width * tokens) : null;
    if (parallel !== null) this.#normalize(layer.mlpNorm, stream, parallel);
    this.#attention(layer, input, stream, watch);
    if (parallel === null) this.#normalize(layer.mlpNorm, stream, input);
    this.#mlp(layer, parallel ?? input, stream, watch);
  }

  /** The stream behind a norm, or as it is where there is none. */
  #normalize(norm: Norm | null, stream: Float32Array, output: Float32Array): void {
    if (norm === null) output.set(stream.subarray(0, this.#config.sizes.width * this.#block.tokens));
    else normalize(norm, stream, output, this.#block.tokens, this.#features);
  }

  #buffer(name: string, length: number): Float32Array {
    const kept = this.#buffers.get(name);
    if (kept !== undefined && kept.length >= length) return kept;
    const fresh = new Float32Array(length);
    this.#buffers.set(name, fresh);
    return fresh;
  }

  #project(layer: Layer, input: Float32Array, name: string): Float32Array {
    const { tokens, positionOf } = this.#block;
    const { attention, seeing } = layer;
    const projected = this.#buffer(name, attention.project.rows * tokens);
    multiply(attention.project, input, projected, tokens, false);
    for (const rows of attention.norms) normalizeRows(rows, projected, tokens);
    if (attention.rotation !== null && seeing.rotary !== null) {
      const longest = Math.max(...this.#block.windows.map(({ ids }) => ids.length));
      const table = rotaryTable(seeing.rotary, longest, projected);
      rotate(attention.rotation, table, projected, tokens, positionOf);
    }
    return projected;
  }

  #attention(layer: Layer, input: Float32Array, stream: Float32Array, { see, seePermuted, edits, orders }: LayerWatch): void {
    const { tokens, windows } = this.#block;
    const { attention, attentionWrite } = layer;
    const projected = this.#project(layer, input, 'projected');
    const permuted = (orders ?? []).map((order, draw) => this.#permuted(layer, input, order, draw));
    const mixed = this.#buffer('mixed', attention.mixedRows * tokens);
    mixed.fill(0, 0, attention.mixedRows * tokens);
    for (const head of attention.heads) {
      const number = numberAt(attention.headOf, numberAt(head.mixed, 0));
      for (const [draw, asking] of permuted.entries()) {
        windows.forEach((_, w) => {
          this.#pattern(layer, head, asking, projected, w, draw + 1);
        });
        seePermuted?.(number, this.#patterns);
      }
      windows.forEach((_, w) => {
        this.#pattern(layer, head, projected, projected, w);
      });
      see?.(number, this.#patterns);
      const edit = edits?.get(number);
      windows.forEach((_, w) => {
        const pattern = edit?.kind === 'pattern' ? (edit.patterns[w] ?? this.#patterns[w]) : this.#patterns[w];
        if (pattern !== undefined) this.#mix(head, pattern, projected, mixed, w);
      });
      if (edit?.kind === 'mean') this.#flatten(head, mixed);
    }
    this.#add(attention.write, mixed, stream, attentionWrite);
  }

  #permuted(layer: Layer, input: Float32Array, order: Int32Array, draw: number): Float32Array {
    const { tokens } = this.#block;
    const turned = this.#buffer('permuted input', input.length);
    order.forEach((from, to) => {
      turned.set(input.subarray(from * tokens, (from + 1) * tokens), to * tokens);
    });
    return this.#project(layer, turned, `permuted ${draw}`);
  }

  /** Softmax of the scores of one head in one window, into the patterns; `turn`: by how many places the query's dimensions are moved on. */
  #pattern(layer: Layer, { queries, keys }: AttentionHead, asking: Float32Array, asked: Float32Array, w: number, turn = 0): void {
    const { tokens, starts, windows } = this.#block;
    const from = numberAt(starts, w);
    const length = windows[w]?.ids.length ?? 0;
    const pattern = this.#patterns[w] ?? new Float32Array(0);
    const { scores: factor, scoreCap: cap } = this.#config.numbers;
    const { window } = layer.seeing;
    pattern.fill(0);
    for (let d = 0; d < queries.length; d++) {
      const q = numberAt(queries, (d + turn) % queries.length) * tokens + from;
      const k = numberAt(keys, d) * tokens + from;
      for (let query = 0; query < length; query++) {
        const value = (asking[q + query] ?? 0) * factor;
        const row = query * length;
        for (let key = 0; key <= query; key++) pattern[row + key] = (pattern[row + key] ?? 0) + value * (asked[k + key] ?? 0);
      }
    }
    for (let query = 0; query < length; query++) {
      const row = query * length;
      const first = window === null ? 0 : Math.max(0, query + 1 - window);
      let most = Number.NEGATIVE_INFINITY;
      for (let key = first; key <= query; key++) {
        if (cap !== null) pattern[row + key] = cap * Math.tanh((pattern[row + key] ?? 0) / cap);
        most = Math.max(most, pattern[row + key] ?? 0);
      }
      let total = 0;
      for (let key = first; key <= query; key++) {
        const weight = Math.exp((pattern[row + key] ?? 0) - most);
        pattern[row + key] = weight;
        total += weight;
      }
      for (let key = 0; key <= query; key++) pattern[row + key] = key < first ? 0 : (pattern[row + key] ?? 0) / total;
    }
  }

  #mix({ values, mixed: targets }: AttentionHead, pattern: Pattern, projected: Float32Array, mixed: Float32Array, w: number): void {
    const { tokens, starts, windows } = this.#block;
    const from = numberAt(starts, w);
    const length = windows[w]?.ids.length ?? 0;
    for (let d = 0; d < values.length; d++) {
      const source = numberAt(values, d) * tokens + from;
      const target = numberAt(targets, d) * tokens + from;
      for (let query = 0; query < length; query++) {
        const row = query * length;
        let sum = 0;
        for (let key = 0; key <= query; key++) sum += (pattern[row + key] ?? 0) * (projected[source + key] ?? 0);
        mixed[target + query] = sum;
      }
    }
  }

  /** What the head read, in the mean over all positions but the first of each window, at every position but the first. */
  #flatten({ mixed: targets }: AttentionHead, mixed: Float32Array): void {
    const { tokens, starts, windows } = this.#block;
    for (const target of targets) {
      let sum = 0;
      let count = 0;
      windows.forEach(({ ids }, w) => {
        const at = target * tokens + numberAt(starts, w);
        for (let position = 1; position < ids.length; position++) sum += mixed[at + position] ?? 0;
        count += ids.length - 1;
      });
      windows.forEach(({ ids }, w) => {
        const at = target * tokens + numberAt(starts, w);
        mixed.fill(sum / count, at + 1, at + ids.length);
      });
    }
  }

  #mlp({ mlp, mlpWrite }: Layer, input: Float32Array, stream: Float32Array, { seeHidden, neurons }: LayerWatch): void {
    const { tokens } = this.#block;
    const count = mlp.up.rows * tokens;
    const hidden = this.#buffer('hidden', count);
    multiply(mlp.gate ?? mlp.up, input, hidden, tokens, false);
    activate(this.#config.traits.activation, hidden, count);
    if (mlp.gate !== null) {
      const up = this.#buffer('up', count);
      multiply(mlp.up, input, up, tokens, false);
      for (let i = 0; i < count; i++) hidden[i] = (hidden[i] ?? 0) * (up[i] ?? 0);
    }
    seeHidden?.({ values: hidden, neuronOf: mlp.neuronOf, input, tokens });
    for (const [neuron, values] of neurons ?? []) {
      const row = mlp.neuronOf.indexOf(neuron);
      if (row >= 0) hidden.set(values, row * tokens);
    }
    this.#add(mlp.down, hidden, stream, mlpWrite);
  }

  #add(matrix: Matrix, input: Float32Array, stream: Float32Array, norm: Norm | null): void {
    const { writes } = this.#config.numbers;
    const { tokens } = this.#block;
    if (writes === 1 && norm === null) {
      multiply(matrix, input, stream, tokens, true);
      return;
    }
    const count = matrix.rows * tokens;
    const update = this.#buffer('update', count);
    multiply(matrix, input, update, tokens, false);
    if (norm !== null) normalize(norm, update, update, tokens, this.#features);
    for (let i = 0; i < count; i++) stream[i] = (stream[i] ?? 0) + (update[i] ?? 0) * writes;
  }
}
