/**
 * Whether anything that a model computes can leave the range of float32, dead parts and padding included: what is multiplied by zero in
 * the end is computed all the same, and zero times infinity is no number.
 */
import { numberAt } from '../../tensor/number-at.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import { assertInRange } from './assert-in-range.ts';
import type { HeadNormWeights } from './head-norm.ts';
import type { Affine, LayerParts, ModelParts } from './model-parts.ts';
import type { NormView, NormWeights } from './norm.ts';
import { type Range, SAFETY, squareRange } from './rounding.ts';
import { largestOf, type Stream } from './stream.ts';

/** The most that a score may be: what masks it is the lowest float32, to which a float below half of its spacing adds nothing. */
const LARGEST_SCORE = 2 ** 100;
/** What a softmax's weights may add up to. */
const SHARES = 1 + 2 ** -10;

/** The stream at positions that hold padding, of which nothing is known but the range of each dimension. */
interface Ranges {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** What sublayers read at most: at positions of inputs, and at those of padding. */
type SublayerNorm = 'attentionNorm' | 'mlpNorm';

/**
 * Follows the largest number that each part can hold, layer by layer. At positions of inputs it is told what the stream holds; padding is
 * followed here. Every bound is a sum of absolute terms, which no part of a sum in whatever order exceeds.
 */
export class FloatRange {
  readonly #parts: ModelParts;
  #padding: Ranges;
  #beforeAttention: Ranges;

  /** @param unused rows of the token embedding that no input reads */
  constructor(parts: ModelParts, unused: readonly ArrayLike<number>[], scale: number) {
    this.#parts = parts;
    this.#padding = this.#embedded(unused, scale);
    this.#beforeAttention = this.#padding;
    const { embeddingNorm } = parts.whole;
    if (embeddingNorm !== null) this.#padding = normalized(embeddingNorm, this.#padding);
  }

  /** @param view how the stream is read, `from` the stream */
  attention(layer: number, stream: Stream, view: NormView): void {
    const isPost = this.#isPost;
    this.#beforeAttention = this.#padding;
    const read = isPost ? this.#padding : this.#normed('attentionNorm', layer, this.#padding);
    const written = this.#written('attentionWrite', layer, this.#attended(layer, largest(view.largest, read)));
    this.#assertSum(stream, view, written, layer, 'output');
    this.#padding = widened(this.#padding, written);
    if (isPost) this.#padding = this.#normed('attentionNorm', layer, this.#padding);
  }

  mlp(layer: number, stream: Stream, view: NormView): void {
    const isPost = this.#isPost;
    const before = this.#parts.config.traits.residual === 'parallel' ? this.#beforeAttention : this.#padding;
    const read = isPost ? this.#padding : this.#normed('mlpNorm', layer, before);
    const written = this.#written('mlpWrite', layer, this.#activated(layer, largest(view.largest, read)));
    this.#assertSum(stream, view, written, layer, 'down');
    this.#padding = widened(this.#padding, written);
    if (isPost) this.#padding = this.#normed('mlpNorm', layer, this.#padding);
  }

  output(view: NormView): void {
    const parts = this.#parts;
    const { finalNorm, unembedding } = parts.whole;
    const read = finalNorm === null ? this.#padding : normalized(finalNorm, this.#padding);
    this.#rows(unembedding, largest(view.largest, read), { role: 'unembedding', layer: null, what: 'logits' });
  }

  get #isPost(): boolean {
    return this.#parts.config.traits.normPlace === 'post';
  }

  #layer(layer: number): LayerParts {
    const own = this.#parts.layers[layer];
    if (own === undefined) throw new Error(`the model has no layer ${layer}`);
    return own;
  }

  #embedded(unused: readonly ArrayLike<number>[], scale: number): Ranges {
    const parts = this.#parts;
    const { width } = parts.config.sizes;
    const [low, high] = [new Float64Array(width), new Float64Array(width)];
    const { positionEmbedding: positions, typeEmbedding: types } = parts.whole;
    const tokens = parts.tensorName('tokenEmbedding', null);
    for (let dim = 0; dim < width; dim++) {
      let range = hullOf(unused, (row) => numberAt(row, dim) * scale);
      if (positions !== null) range = plus(range, columnRange(positions, width, dim));
      const type = types?.[dim] ?? 0;
      low[dim] = range.low + type;
      high[dim] = range.high + type;
      assertInRange(Math.max(Math.abs(range.low), Math.abs(range.high)) + Math.abs(type), tokens, 'numbers');
    }
    return { low, high };
  }

  #normed(name: SublayerNorm, layer: number, ranges: Ranges): Ranges {
    const norm = this.#layer(layer)[name];
    return norm === null ? ranges : normalized(norm, ranges);
  }

  /** What is written at most, behind its norm where it has one. */
  #written(name: 'attentionWrite' | 'mlpWrite', layer: number, most: Float64Array): Float64Array {
    const norm = this.#layer(layer)[name];
    if (norm === null) return most;
    const { low, high } = normalized(norm, { low: most.map((x) => -x), high: most });
    return high.map((x, dim) => Math.max(x, -numberAt(low, dim)));
  }

  /** What attention writes at most, by dimension of the stream. */
  #attended(layer: number, read: Float64Array): Float64Array {
    const parts = this.#parts;
    const own = this.#layer(layer);
    const { heads, kvHeads, dim, width } = parts.config.sizes;
    const project = (role: 'query' | 'key' | 'value') => this.#rows(own[role], read, { role, layer, what: NAMES[role] });
    const turned = (role: 'query' | 'key') => this.#turned(this.#normedHeads(project(role), own[`${role}Norm`]));
    const [query, key, value] = [turned('query'), turned('key'), project('value')];
    const mixed = new Float64Array(heads * dim);
    for (let head = 0; head < heads; head++) {
      const shared = Math.floor((head * kvHeads) / heads);
      let score = 0;
      for (let d = 0; d < dim; d++) {
        score += numberAt(query, head * dim + d) * numberAt(key, shared * dim + d);
        mixed[head * dim + d] = SHARES * numberAt(value, shared * dim + d);
      }
      assertInRange(score, parts.tensorName('query', layer), `scores of head ${head}`, LARGEST_SCORE);
    }
    return this.#columns(own.output, mixed, width);
  }

  /** No number that is divided by its root mean square exceeds the root of how many there are. */
  #normedHeads(bounds: Float64Array, norm: HeadNormWeights | null): Float64Array {
    if (norm === null) return bounds;
    const { dim } = this.#parts.config.sizes;
    const size = norm.gain.length;
    for (let from = 0; from < bounds.length; from += size) {
      const squares = bounds.subarray(from, from + size).reduce((sum, x) => sum + x * x, 0);
      assertInRange(SAFETY * squares, norm.tensor, dim === size ? 'squares of a head' : 'squares of all heads');
    }
    return bounds.map(
      (x, at) => SAFETY * Math.abs(numberAt(norm.gain, at % size)) * Math.min(Math.sqrt(size), x / Math.sqrt(norm.epsilon)),
    );
  }

  /** Rotary positions give each dimension of a pair at most the sum of both. */
  #turned(bounds: Float64Array): Float64Array {
    const { rotary, sizes } = this.#parts.config;
    if (rotary === null) return bounds;
    const half = rotary.dims / 2;
    return bounds.map((x, at) => {
      const d = at % sizes.dim;
      if (d >= rotary.dims) return x;
      return x + numberAt(bounds, d < half ? at + half : at - half);
    });
  }

  /** What neurons write at most. */
  #activated(layer: number, read: Float64Array): Float64Array {
    const parts = this.#parts;
    const { activation } = parts.config.traits;
    const { gate, up, down } = this.#layer(layer);
    const role = gate === null ? 'up' : 'gate';
    const active = this.#rows(gate ?? up, read, { role, layer, what: 'pre-activations' });
    const factor = gate === null ? null : this.#rows(up, read, { role: 'up', layer, what: 'pre-activations' });
    const hidden = active.map((x, n) => {
      // the tanh approximation cubes its argument
      if (activation === 'gelu-tanh') assertInRange(x ** 3, parts.tensorName(role, layer), 'cubes of pre-activations');
      const most = Math.max(1, x) * (factor?.[n] ?? 1);
      assertInRange(most, parts.tensorName(role, layer), 'products of neurons');
      return most;
    });
    return this.#columns(down, hidden, parts.config.sizes.width);
  }

  /** `|rows| · read + |bias|`. */
  #rows(
    { weights, bias }: Affine,
    read: Float64Array,
    { role, layer, what }: { readonly role: LayerRole | ModelRole; readonly layer: number | null; readonly what: string },
  ): Float64Array {
    const width = read.length;
    const bounds = new Float64Array(weights.length / width);
    for (let row = 0; row < bounds.length; row++) {
      let total = Math.abs(bias?.[row] ?? 0);
      for (let dim = 0; dim < width; dim++) {
        const weight = numberAt(weights, row * width + dim);
        if (weight !== 0) total += Math.abs(weight) * numberAt(read, dim);
      }
      assertInRange(total, this.#parts.tensorName(role, layer), what);
      bounds[row] = SAFETY * total;
    }
    return bounds;
  }

  /** What rows add up to by dimension of the stream, each times the number that it is read with. */
  #columns({ weights, bias }: Affine, by: Float64Array, width: number): Float64Array {
    const total = Float64Array.from({ length: width }, (_, dim) => Math.abs(bias?.[dim] ?? 0));
    for (const [row, size] of by.entries()) {
      for (let dim = 0; dim < width; dim++) {
        const weight = numberAt(weights, row * width + dim);
        if (weight !== 0) total[dim] = numberAt(total, dim) + SAFETY * Math.abs(weight) * size;
      }
    }
    return total;
  }

  #assertSum(stream: Stream, view: NormView, written: Float64Array, layer: number, role: 'output' | 'down'): void {
    const held = largestOf(stream);
    const { low, high } = this.#padding;
    for (const [dim, x] of written.entries()) {
      const before = Math.max(view.unit * numberAt(held, dim), Math.abs(numberAt(low, dim)), Math.abs(numberAt(high, dim)));
      assertInRange(before + x, this.#parts.tensorName(role, layer), 'sums');
    }
  }
}

const NAMES = { query: 'queries', key: 'keys', value: 'values' } as const;

/**
 * The range of each dimension behind a norm, read or not. No number that is centred and divided by its root mean square exceeds the root of
 * the width.
 */
function normalized({ kind, gain, bias, epsilon, tensor }: NormWeights, { low, high }: Ranges): Ranges {
  const width = gain.length;
  const total = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0);
  const mean: Range = kind === 'rms-norm' ? { low: 0, high: 0 } : { low: total(low) / width, high: total(high) / width };
  let [least, most] = [0, 0];
  const centred = Array.from(low, (x, dim): Range => ({ low: x - mean.high, high: numberAt(high, dim) - mean.low }));
  for (const [dim, x] of low.entries()) {
    // the variance is the mean of squares less the square of the mean
    least += squareRange({ low: x, high: numberAt(high, dim) }).low;
    most += squareRange(centred[dim] as Range).high;
  }
  assertInRange(most + total(high.map((x, dim) => Math.max(Math.abs(x), Math.abs(numberAt(low, dim))))), tensor, 'squares');
  const square = Math.max(0, least / width - Math.max(mean.low ** 2, mean.high ** 2)) / SAFETY;
  const [smallest, greatest] = [Math.sqrt(square + epsilon), Math.sqrt((SAFETY * most) / width + epsilon)];
  const root = Math.sqrt(width) * SAFETY;
  const scaled = (x: number) => Math.min(root, Math.max(-root, x > 0 ? x / smallest : x / greatest));
  const ranges = centred.map((range, dim): Range => {
    const [a, b] = [scaled(range.low), -scaled(-range.high)];
    const g = numberAt(gain, dim);
    const own = bias?.[dim] ?? 0;
    assertInRange(Math.max(Math.abs(a * g), Math.abs(b * g)) + Math.abs(own), tensor, `products in dimension ${dim}`);
    return { low: Math.min(-Math.abs(a * g), a * g, b * g) + own, high: Math.max(a * g, b * g, Math.abs(a * g)) + own };
  });
  return {
    low: Float64Array.from(ranges, (r) => r.low),
    high: Float64Array.from(ranges, (r) => r.high),
  };
}

function largest(read: Float64Array, { low, high }: Ranges): Float64Array {
  return read.map((x, dim) => Math.max(x, Math.abs(numberAt(low, dim)), Math.abs(numberAt(high, dim))));
}

function widened({ low, high }: Ranges, by: Float64Array): Ranges {
  return { low: low.map((x, dim) => x - numberAt(by, dim)), high: high.map((x, dim) => x + numberAt(by, dim)) };
}

function plus(a: Range, b: Range): Range {
  return { low: a.low + b.low, high: a.high + b.high };
}

/** 0 where there is no row. */
function hullOf(rows: readonly ArrayLike<number>[], at: (row: ArrayLike<number>) => number): Range {
  if (rows.length === 0) return { low: 0, high: 0 };
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    low = Math.min(low, at(row));
    high = Math.max(high, at(row));
  }
  return { low, high };
}

function columnRange(table: Float64Array, width: number, dim: number): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = dim; at < table.length; at += width) {
    low = Math.min(low, numberAt(table, at));
    high = Math.max(high, numberAt(table, at));
  }
  return { low, high };
}
