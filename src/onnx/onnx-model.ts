/**
 * A checkpoint as an ONNX model: what a stock implementation of the architecture computes, by the target's traits, from the stored weights.
 * What depends on the sequences' lengths comes in beside the tokens: positions (or the cosines and sines of rotary ones), and a mask.
 */
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { isLayerRole, type ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { type LayerRole, type ModelRole, nothingLeft } from '../weights/roles.ts';
import { OnnxGraph, type Value } from './onnx-graph.ts';

/** Names of the model's inputs. The mask is added to the scores, `[batch or 1, 1, queries or 1, keys]`; tables are `[positions, pairs]`. */
export const INPUTS = { tokens: 'tokens', positions: 'positions', cosines: 'cosines', sines: 'sines', mask: 'mask' } as const;

export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** The name of the logits. */
  readonly output: string;
}

/** A matrix, and what is added to its products. */
interface Affine {
  readonly weights: Float32Array;
  readonly bias: Float32Array | undefined;
}

interface LayerParts {
  readonly attentionNorm: (stream: Value) => Value;
  readonly attentionWrite: (written: Value) => Value;
  readonly queryNorm: Float32Array | null;
  readonly keyNorm: Float32Array | null;
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  readonly output: Affine;
  readonly mlpNorm: (stream: Value) => Value;
  readonly mlpWrite: (written: Value) => Value;
  /** What goes through the activation, in a gated MLP. */
  readonly gate: Affine | null;
  readonly up: Affine;
  readonly down: Affine;
}

export function onnxModel(checkpoint: OpenCheckpoint): OnnxModel {
  return new ModelWriter(checkpoint).write();
}

class ModelWriter {
  readonly #checkpoint: OpenCheckpoint;
  readonly #config: ModelConfig;
  readonly #graph = new OnnxGraph();

  constructor(checkpoint: OpenCheckpoint) {
    this.#checkpoint = checkpoint;
    this.#config = checkpoint.config;
  }

  write(): OnnxModel {
    const graph = this.#graph;
    const { sizes, tied } = this.#config;
    const { tokenEmbedding, positionEmbedding, typeEmbedding, embeddingNormGain, embeddingNormBias, ...rest } = this.#model();
    const { finalNormGain, finalNormBias, unembedding, unembeddingBias, ...others } = rest;
    nothingLeft(others);
    graph.input(INPUTS.tokens, 'int64', ['batch', 'length']);
    graph.input(INPUTS.mask, 'float', ['masks', 1, 'queries', 'length']);
    if (this.#config.rotary === null) graph.input(INPUTS.positions, 'int64', ['length']);
    else for (const name of [INPUTS.cosines, INPUTS.sines]) graph.input(name, 'float', ['length', this.#config.rotary.dims / 2]);
    const table = graph.floats(present(tokenEmbedding), [sizes.vocab, sizes.width]);
    let stream = this.#embedding(table, positionEmbedding, typeEmbedding);
    if (embeddingNormGain !== undefined) stream = this.#norm(stream, embeddingNormGain, embeddingNormBias);
    for (let layer = 0; layer < sizes.layers; layer++) stream = this.#layer(stream, this.#layerParts(layer));
    if (finalNormGain !== undefined) stream = this.#norm(stream, finalNormGain, finalNormBias);
    const read = tied ? table : graph.floats(present(unembedding), [sizes.outputs, sizes.width]);
    const logits = this.#biased(graph.node('MatMul', [stream, graph.node('Transpose', [read])]), unembeddingBias);
    const { logits: factor, logitCap } = this.#config.numbers;
    const said = this.#capped(this.#times(logits, factor), logitCap);
    return { bytes: graph.bytes(said, ['batch', 'length', sizes.outputs]), output: said };
  }

  #times(value: Value, factor: number): Value {
    return factor === 1 ? value : this.#graph.node('Mul', [value, this.#graph.scalar(factor)]);
  }

  #capped(value: Value, cap: number | null): Value {
    return cap === null ? value : this.#times(this.#graph.node('Tanh', [this.#graph.node('Div', [value, this.#graph.scalar(cap)])]), cap);
  }

  #model(): Partial<Record<ModelRole, Float32Array>> {
    const roles: Partial<Record<ModelRole, Float32Array>> = {};
    for (const { role, data } of this.#read(null)) if (!isLayerRole(role)) roles[role] = data;
    return roles;
  }

  /** Every role of a layer, by what it is for. */
  #layerParts(layer: number): LayerParts {
    const roles: Partial<Record<LayerRole, Float32Array>> = {};
    for (const { role, data } of this.#read(layer)) if (isLayerRole(role)) roles[role] = data;
    const { attentionNormGain, attentionNormBias, mlpNormGain, mlpNormBias, ...sublayers } = roles;
    const { query, queryBias, key, keyBias, value, valueBias, output, outputBias, ...norms } = sublayers;
    const { queryNormGain, keyNormGain, queriesNormGain, keysNormGain, ...rest } = norms;
    const { gate, gateBias, up, upBias, down, downBias, ...written } = rest;
    const { attentionWriteGain, mlpWriteGain, ...others } = written;
    nothingLeft(others);
    const normBy = (gain: Float32Array | undefined, bias?: Float32Array) => (value: Value) =>
      gain === undefined ? value : this.#norm(value, gain, bias);
    const attentionNorm = normBy(attentionNormGain, attentionNormBias);
    return {
      attentionNorm,
      attentionWrite: normBy(attentionWriteGain),
      queryNorm: queriesNormGain ?? queryNormGain ?? null,
      keyNorm: keysNormGain ?? keyNormGain ?? null,
      query: affine(query, queryBias),
      key: affine(key, keyBias),
      value: affine(value, valueBias),
      output: affine(output, outputBias),
      mlpNorm: this.#config.traits.sharedNorm ? attentionNorm : normBy(mlpNormGain, mlpNormBias),
      mlpWrite: normBy(mlpWriteGain),
      gate: this.#config.traits.mlp === 'gated' ? affine(gate, gateBias) : null,
      up: affine(up, upBias),
      down: affine(down, downBias),
    };
  }

  *#read(layer: number | null): Generator<{ readonly role: ModelRole | LayerRole; readonly data: Float32Array }> {
    for (const tensor of this.#checkpoint.tensors) {
      if (tensor.layer !== layer) continue;
      for (const { role, data } of readRoles(this.#checkpoint, tensor)) yield { role, data: single(data) };
    }
  }

  #biased(value: Value, bias: Float32Array | undefined): Value {
    return bias === undefined ? value : this.#graph.node('Add', [value, this.#graph.floats(bias, [bias.length])]);
  }

  #embedding(table: Value, positions: Float32Array | undefined, types: Float32Array | undefined): Value {
    const graph = this.#graph;
    const { sizes, traits, numbers } = this.#config;
    let stream = graph.node('Gather', [table, INPUTS.tokens]);
    if (traits.scaledEmbedding) stream = this.#times(stream, Math.sqrt(sizes.width));
    stream = this.#times(stream, numbers.embedding);
    if (types !== undefined) stream = graph.node('Add', [stream, graph.floats(types.slice(0, sizes.width), [sizes.width])]);
    if (positions === undefined) return stream;
    const skipped = traits.positions.kind === 'learned' ? traits.positions.skipped : 0;
    const rows = graph.floats(positions.subarray(skipped * sizes.width), [sizes.positions - skipped, sizes.width]);
    return graph.node('Add', [stream, graph.node('Gather', [rows, INPUTS.positions])]);
  }

  #layer(stream: Value, parts: LayerParts): Value {
    const graph = this.#graph;
    const { normPlace, residual } = this.#config.traits;
    const { writes } = this.#config.numbers;
    if (normPlace === 'post') {
      const attended = parts.attentionNorm(graph.node('Add', [stream, this.#attention(stream, parts)]));
      return parts.mlpNorm(graph.node('Add', [attended, this.#mlp(attended, parts)]));
    }
    const written = parts.attentionWrite(this.#attention(parts.attentionNorm(stream), parts));
    const attended = graph.node('Add', [stream, this.#times(written, writes)]);
    const read = residual === 'parallel' ? stream : attended;
    return graph.node('Add', [attended, this.#times(parts.mlpWrite(this.#mlp(parts.mlpNorm(read), parts)), writes)]);
  }

  #norm(value: Value, weights: Float32Array, shift: Float32Array | undefined, axis = 2): Value {
    const graph = this.#graph;
    const { traits, epsilon } = this.#config;
    const size = weights.length;
    const gain = graph.floats(weights, [size]);
    if (traits.norm === 'layer-norm') {
      const bias = shift ?? new Float32Array(size);
      return graph.node('LayerNormalization', [value, gain, graph.floats(bias, [size])], { epsilon: { float: epsilon } });
    }
    const squares = graph.node('ReduceSum', [graph.node('Mul', [value, value]), graph.integers([axis])]);
    const mean = graph.node('Div', [squares, graph.scalar(size)]);
    const root = graph.node('Sqrt', [graph.node('Add', [mean, graph.scalar(epsilon)])]);
    return graph.node('Mul', [graph.node('Div', [value, root]), gain]);
  }

  #attention(input: Value, { query: asking, key: asked, value, output, queryNorm, keyNorm }: LayerParts): Value {
    const graph = this.#graph;
    const { numbers } = this.#config;
    const { heads, kvHeads, dim, width } = this.#config.sizes;
    const query = this.#turned(this.#heads(asking, input, heads, queryNorm));
    const key = this.#turned(this.#heads(asked, input, kvHeads, keyNorm));
    const scores = graph.node('MatMul', [query, graph.node('Transpose', [key], { perm: { ints: [0, 1, 3, 2] } })]);
    const scaled = this.#capped(graph.node('Mul', [scores, graph.scalar(numbers.scores)]), numbers.scoreCap);
    const weights = graph.node('Softmax', [graph.node('Add', [scaled, INPUTS.mask])], { axis: { int: 3 } });
    const mixed = graph.node('MatMul', [weights, this.#heads(value, input, kvHeads)]);
    const rows = graph.node('Transpose', [mixed], { perm: { ints: [0, 2, 1, 3] } });
    const flat = graph.node('Reshape', [rows, graph.integers([0, 0, heads * dim])]);
    return this.#biased(graph.node('MatMul', [flat, graph.floats(output.weights, [heads * dim, width])]), output.bias);
  }

  /**
   * `[batch, head, position, dim]`; heads that share keys and values get a copy each, of weights and so of what they give: the mean square of
   * all heads is that of the copies, too.
   *
   * @param gain of a norm of each head, or of all of them together
   */
  #heads({ weights, bias }: Affine, value: Value, count: number, gain: Float32Array | null = null): Value {
    const graph = this.#graph;
    const { heads, dim, width } = this.#config.sizes;
    const shared = heads / count;
    const copied = (data: Float32Array, size: number) => (shared === 1 ? data : repeated(data, size, shared));
    const rows = graph.floats(copied(weights, dim * width), [heads * dim, width]);
    const product = graph.node('MatMul', [value, graph.node('Transpose', [rows])]);
    const biased = bias === undefined ? product : graph.node('Add', [product, graph.floats(copied(bias, dim), [heads * dim])]);
    const together = gain !== null && gain.length > dim;
    const normed = together ? this.#norm(biased, copied(gain, dim), undefined) : biased;
    const split = graph.node('Reshape', [normed, graph.integers([0, 0, heads, dim])]);
    const rowsOf = graph.node('Transpose', [split], { perm: { ints: [0, 2, 1, 3] } });
    return gain === null || together ? rowsOf : this.#norm(rowsOf, gain, undefined, 3);
  }

  /** The halves of the rotated dimensions turn with each other; the others stay. */
  #turned(value: Value): Value {
    const graph = this.#graph;
    const { sizes, rotary } = this.#config;
    if (rotary === null) return value;
    const lengths = [rotary.dims / 2, rotary.dims / 2, sizes.dim - rotary.dims].filter((length) => length > 0);
    const [first, second, ...still] = graph.nodes('Split', [value, graph.integers(lengths)], { axis: { int: 3 } }, lengths.length);
    const product = (half: Value | undefined, table: Value) => graph.node('Mul', [half as Value, table]);
    const x = graph.node('Sub', [product(first, INPUTS.cosines), product(second, INPUTS.sines)]);
    const y = graph.node('Add', [product(second, INPUTS.cosines), product(first, INPUTS.sines)]);
    return graph.node('Concat', [x, y, ...still], { axis: { int: 3 } });
  }

  #mlp(value: Value, { gate, up, down }: LayerParts): Value {
    const graph = this.#graph;
    const { hidden, width } = this.#config.sizes;
    const into = ({ weights, bias }: Affine) =>
      this.#biased(graph.node('MatMul', [value, graph.node('Transpose', [graph.floats(weights, [hidden, width])])]), bias);
    const active = gate === null ? this.#activation(into(up)) : graph.node('Mul', [this.#activation(into(gate)), into(up)]);
    return this.#biased(graph.node('MatMul', [active, graph.floats(down.weights, [hidden, width])]), down.bias);
  }

  #activation(x: Value): Value {
    const graph = this.#graph;
    const { activation } = this.#config.traits;
    if (activation === 'relu') return graph.node('Relu', [x]);
    if (activation === 'silu') return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
    const scale = (value: Value, by: number) => graph.node('Mul', [value, graph.scalar(by)]);
    const curve =
      activation === 'gelu'
        ? graph.node('Erf', [scale(x, Math.SQRT1_2)])
        : graph.node('Tanh', [
            // √(2/π) · (x + 0.044715 x³): Hendrycks and Gimpel, Gaussian Error Linear Units, section 2
            scale(graph.node('Add', [x, scale(graph.node('Mul', [x, graph.node('Mul', [x, x])]), 0.044715)]), Math.sqrt(2 / Math.PI)),
          ]);
    return graph.node('Mul', [scale(x, 0.5), graph.node('Add', [curve, graph.scalar(1)])]);
  }
}

/** Each piece of `size` numbers `times` times over. */
function repeated(data: Float32Array, size: number, times: number): Float32Array {
  const result = new Float32Array(data.length * times);
  for (let to = 0; to < result.length; to += size) {
    const from = Math.floor(to / (size * times)) * size;
    result.set(data.subarray(from, from + size), to);
  }
  return result;
}

function present(values: Float32Array | undefined): Float32Array {
  if (values === undefined) throw new Error('a tensor that every model of the family has is missing');
  return values;
}

function affine(weights: Float32Array | undefined, bias: Float32Array | undefined): Affine {
  return { weights: present(weights), bias };
}

function single(data: FloatArray): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
