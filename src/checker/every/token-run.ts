/**
 * A causal model run token by token in real numbers, with what float32 may be off by as lengths. What a token leaves behind for those after it
 * stays until another takes its place, so that inputs with the same beginning share it.
 */
import { attentionOf, type ModelConfig, type Rotary, reachOf } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Affine, ModelParts } from '../bounds/model-parts.ts';
import type { NormWeights } from '../bounds/norm.ts';
import { SAFETY, UNIT } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';
import { attended } from './attend.ts';
import { activated, type Bounded, FUNCTION_ERROR, normed, product, type Summing, sum, through } from './bounded.ts';
import { largestStretch, lengthOf, Matrix } from './matrix.ts';

interface Head {
  readonly matrix: Matrix;
  readonly bias: Float64Array | null;
}

interface Layer {
  readonly attentionNorm: NormWeights;
  readonly mlpNorm: NormWeights;
  readonly queries: readonly Head[];
  readonly keys: readonly Head[];
  readonly values: readonly Head[];
  readonly output: Head;
  readonly gate: Head | null;
  readonly up: Head;
  readonly down: Head;
  readonly tensor: string;
}

/** What a token leaves: keys and values by layer and head. */
interface Left {
  readonly keys: Bounded[][];
  readonly values: Bounded[][];
  /** All that was computed, in order. */
  readonly made: Bounded[];
}

export class TokenRun {
  readonly #parts: ModelParts;
  readonly #layers: readonly Layer[];
  /** By position. */
  readonly #left: Left[] = [];

  readonly #summing: Summing;
  readonly #isClose: boolean;

  /** @param isClose whether lengths are followed sublayer by sublayer, by slopes, which takes some hundred times as long */
  constructor(parts: ModelParts, tokens: number, summing: Summing, isClose = false) {
    this.#summing = summing;
    this.#isClose = isClose;
    assertFollowed(parts.config, tokens);
    this.#parts = parts;
    const { sizes } = parts.config;
    const { width, dim, heads, kvHeads } = sizes;
    this.#layers = parts.layers.map((own, layer) => {
      const whole = ({ weights, bias }: Affine, writes: boolean, tensor: string): Head => ({
        matrix: new Matrix(weights, width, writes, tensor),
        bias,
      });
      const perHead = ({ weights, bias }: Affine, count: number, tensor: string) =>
        Array.from(
          { length: count },
          (_, head): Head => ({
            matrix: new Matrix(weights.subarray(head * dim * width, (head + 1) * dim * width), width, false, tensor),
            bias: bias?.subarray(head * dim, (head + 1) * dim) ?? null,
          }),
        );
      const name = (role: 'query' | 'key' | 'value' | 'output' | 'gate' | 'up' | 'down') => parts.tensorName(role, layer);
      return {
        attentionNorm: own.attentionNorm as NormWeights,
        mlpNorm: own.mlpNorm as NormWeights,
        queries: perHead(own.query, heads, name('query')),
        keys: perHead(own.key, kvHeads, name('key')),
        values: perHead(own.value, kvHeads, name('value')),
        output: whole(own.output, true, name('output')),
        gate: own.gate === null ? null : whole(own.gate, false, name('gate')),
        up: whole(own.up, false, name('up')),
        down: whole(own.down, true, name('down')),
        tensor: name('query'),
      };
    });
  }

  /** What the unembedding reads at a token, after those that are known of the positions before it. */
  read(id: number, position: number): Bounded {
    const { config, whole } = this.#parts;
    this.#left.length = position;
    const left: Left = { keys: [], values: [], made: [] };
    this.#left.push(left);
    const token = this.#parts.row(whole.tokenEmbedding, id).slice();
    let stream: Bounded = { values: token, off: 0 };
    if (whole.positionEmbedding !== null) {
      const { positions } = config.traits;
      const skipped = positions.kind === 'learned' ? positions.skipped : 0;
      stream = this.#keep(sum(stream, { values: this.#parts.row(whole.positionEmbedding, skipped + position), off: 0 }));
    }
    for (const [index, layer] of this.#layers.entries()) stream = this.#layer(stream, layer, index, left, position);
    return this.#keep(normed(whole.finalNorm as NormWeights, stream, this.#summing));
  }

  /**
   * What a number that follows from the last token read may be off by: its slopes by all that was computed are exact, and each rounding counts
   * by its own.
   *
   * @param slope of the number, by what the unembedding reads
   */
  cost(read: Bounded, slope: Float64Array): number {
    const slopes = new Map([[read, slope]]);
    const made = this.#left.toReversed().flatMap((each) => each.made.toReversed());
    const total = followedBack(slopes, made);
    // what nothing made is exact, or known by its length
    return SAFETY * [...slopes].reduce((sum, [{ off }, own]) => sum + lengthOf(own) * off, total);
  }

  /** The last vector made, whose length is found from what went into it since, by the slopes of each of its entries. */
  #closer(start: number): Bounded {
    const made = (this.#left.at(-1) as Left).made;
    const last = made.at(-1) as Bounded;
    if (!this.#isClose) return last;
    const since = made.slice(start).reverse();
    const size = last.values.length;
    const costs = new Float64Array(size);
    const lines = new Map<Bounded, Float64Array>();
    for (let i = 0; i < size; i++) {
      const one = new Float64Array(size);
      one[i] = 1;
      const slopes = new Map([[last, one]]);
      costs[i] = followedBack(slopes, since);
      for (const [from, own] of slopes) {
        if (from.off === 0) continue;
        const known = lines.get(from) ?? new Float64Array(size * own.length);
        known.set(own, i * own.length);
        lines.set(from, known);
      }
    }
    const off = [...lines].reduce((total, [from, own]) => total + largestStretch(own, from.values.length) * from.off, lengthOf(costs));
    const closer = { ...last, off: Math.min(last.off, SAFETY * off) };
    made[made.length - 1] = closer;
    return closer;
  }

  #keep(made: Bounded): Bounded {
    this.#left.at(-1)?.made.push(made);
    return made;
  }

  #layer(stream: Bounded, layer: Layer, index: number, left: Left, position: number): Bounded {
    const { config } = this.#parts;
    const summing = this.#summing;
    const { rotary } = attentionOf(config, index);
    const norm = (weights: NormWeights, x: Bounded) => this.#keep(normed(weights, x, summing));
    const read = ({ matrix, bias }: Head, x: Bounded) => this.#keep(through(matrix, bias, x, summing));
    const turn = (x: Bounded) => (rotary === null ? x : this.#keep(turned(x, position, rotary)));
    const first = left.made.length;
    const before = norm(layer.attentionNorm, stream);
    left.keys[index] = layer.keys.map((head) => turn(read(head, before)));
    left.values[index] = layer.values.map((head) => read(head, before));
    const group = layer.queries.length / layer.keys.length;
    const mixed = layer.queries.map((head, number) => {
      const own = Math.floor(number / group);
      const query = turn(read(head, before));
      const of = (which: 'keys' | 'values') => this.#left.map((each) => each[which][index]?.[own] as Bounded);
      return this.#keep(attended(query, of('keys'), of('values'), config.numbers.scores, { tensor: layer.tensor, summing }));
    });
    const written = read(layer.output, this.#keep(joined(mixed)));
    this.#keep(sum(stream, written));
    const after = this.#closer(first);
    const second = left.made.length;
    const intoMlp = norm(layer.mlpNorm, config.traits.residual === 'parallel' ? stream : after);
    const { activation } = config.traits;
    const active = (x: Bounded) => this.#keep(activated(activation, x));
    const up = read(layer.up, intoMlp);
    const hidden = layer.gate === null ? active(up) : this.#keep(product(active(read(layer.gate, intoMlp)), up));
    this.#keep(sum(after, read(layer.down, hidden)));
    return this.#closer(second);
  }
}

/**
 * From the slopes of a number by vectors to those by what they were made of, the last one first.
 *
 * @param slopes what is left of them at the end is by what was not made among these
 * @returns what their making may cost that number
 */
function followedBack(slopes: Map<Bounded, Float64Array>, lastFirst: readonly Bounded[]): number {
  const send = (to: Bounded, more: Float64Array) => {
    const known = slopes.get(to);
    slopes.set(to, known?.map((x, i) => x + numberAt(more, i)) ?? more);
  };
  let total = 0;
  for (const each of lastFirst) {
    const own = slopes.get(each);
    if (own === undefined || each.pull === undefined) continue;
    slopes.delete(each);
    total += each.pull(own, send);
  }
  return total;
}

/** How much work a token is, in multiplications, the model before the first one, and a token whose lengths are followed closely. */
export function workOf({ sizes, traits }: ModelConfig): { readonly token: number; readonly model: number; readonly closely: number } {
  const { layers, width, heads, kvHeads, dim, hidden } = sizes;
  const matrices = (2 * heads + 2 * kvHeads) * dim + (traits.mlp === 'gated' ? 3 : 2) * hidden;
  const squares = (heads + 2 * kvHeads) * Math.min(dim, width) ** 3 + Math.min(heads * dim, width) ** 3 + 3 * Math.min(hidden, width) ** 3;
  const closely = layers * (2 * matrices * width ** 2 + 16 * width ** 3);
  return { closely, token: layers * matrices * width, model: layers * (8 * squares + matrices * width * Math.min(hidden, width)) };
}

/** Queries and keys turn in planes of dimensions i and i + dims/2, by position · base^(-2i/dims). */
function turned(x: Bounded, position: number, rotary: Rotary): Bounded {
  const values = turnedBy(x.values, position, rotary);
  // the frequency, the angle, its cosine and sine, two products and their sum
  const share = position * (2 * FUNCTION_ERROR + UNIT) + 2 * FUNCTION_ERROR + 4 * UNIT;
  return {
    values,
    off: SAFETY * (x.off + share * (lengthOf(x.values) + x.off)),
    pull: (slope, send) => {
      const back = turnedBy(slope, -position, rotary);
      send(x, back);
      return share * lengthOf(slope) * (lengthOf(x.values) + x.off);
    },
  };
}

function turnedBy(values: Float64Array, position: number, { dims, base }: Rotary): Float64Array {
  const half = dims / 2;
  const result = values.slice();
  for (let i = 0; i < half; i++) {
    const angle = position * base ** (-i / half);
    const [x, y] = [numberAt(values, i), numberAt(values, i + half)];
    result[i] = x * Math.cos(angle) - y * Math.sin(angle);
    result[i + half] = y * Math.cos(angle) + x * Math.sin(angle);
  }
  return result;
}

function joined(heads: readonly Bounded[]): Bounded {
  const size = heads[0]?.values.length ?? 0;
  const values = new Float64Array(heads.length * size);
  for (const [i, head] of heads.entries()) values.set(head.values, i * size);
  return {
    values,
    off: SAFETY * Math.sqrt(heads.reduce((total, { off }) => total + off ** 2, 0)),
    pull: (slope, send) => {
      for (const [i, head] of heads.entries()) send(head, slope.slice(i * size, (i + 1) * size));
      return 0;
    },
  };
}

function assertFollowed(config: ModelConfig, tokens: number): void {
  const { traits, numbers, layerAttention } = config;
  const refuse = (why: string): never => {
    throw new Unproven(`inputs are not followed one by one: ${why}`);
  };
  if (traits.attention !== 'causal') refuse('tokens see those after them');
  if (traits.normPlace !== 'pre' || traits.writeNorms || traits.headNorms !== 'none')
    refuse('norms stand elsewhere than before each sublayer');
  if (traits.scaledEmbedding || numbers.embedding !== 1 || numbers.writes !== 1 || numbers.logits !== 1)
    refuse('the model multiplies by numbers of its own');
  if (numbers.scoreCap !== null || numbers.logitCap !== null) refuse('the model caps its scores or its logits');
  if (reachOf(config) < tokens) refuse(`its layers do not see ${tokens} positions`);
  if (layerAttention.some(({ rotary }) => rotary !== null && rotary.scaling !== null)) refuse('it scales its rotary positions');
}
