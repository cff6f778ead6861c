/**
 * A checkpoint as an ONNX model: what a stock implementation of the architecture computes, by the target's traits, from the stored weights.
 * What depends on the sequences' lengths comes in beside the tokens: positions (or the cosines and sines of rotary ones), and a mask.
 */
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import type { ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import type { LayerRole, ModelRole } from '../weights/roles.ts';
import { OnnxGraph, type Value } from './onnx-graph.ts';

/** Names of the model's inputs. The mask is added to the scores, `[batch or 1, 1, queries or 1, keys]`; tables are `[positions, pairs]`. */
export const INPUTS = { tokens: 'tokens', positions: 'positions', cosines: 'cosines', sines: 'sines', mask: 'mask' } as const;

export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** The name of the logits. */
  readonly output: string;
}

export function onnxModel(checkpoint: OpenCheckpoint): OnnxModel {
  return new ModelWriter(checkpoint).write();
}

class ModelWriter {
  readonly #checkpoint: OpenCheckpoint;
  readonly #config: ModelConfig;
  readonly #graph = new OnnxGraph();
  /** Of the layer at hand and of the whole model. */
  readonly #roles = new Map<ModelRole | LayerRole, Float32Array>();

  constructor(checkpoint: OpenCheckpoint) {
    this.#checkpoint = checkpoint;
    this.#config = checkpoint.config;
  }

  write(): OnnxModel {
    const graph = this.#graph;
    const { sizes, traits, tied } = this.#config;
    this.#read(null);
    graph.input(INPUTS.tokens, 'int64', ['batch', 'length']);
    graph.input(INPUTS.mask, 'float', ['masks', 1, 'queries', 'length']);
    if (this.#config.rotary === null) graph.input(INPUTS.positions, 'int64', ['length']);
    else for (const name of [INPUTS.cosines, INPUTS.sines]) graph.input(name, 'float', ['length', this.#config.rotary.dims / 2]);
    const table = this.#constant('tokenEmbedding', [sizes.vocab, sizes.width]);
    let stream = this.#embedding(table);
    for (let layer = 0; layer < sizes.layers; layer++) {
      this.#read(layer);
      stream = this.#layer(stream);
    }
    if (this.#roles.has('finalNormGain')) stream = this.#norm('finalNorm', stream);
    const unembedding = tied ? table : this.#constant('unembedding', [sizes.outputs, sizes.width]);
    const logits = this.#biased(
      graph.node('MatMul', [stream, graph.node('Transpose', [unembedding])]),
      traits.biases.unembedding ? 'unembeddingBias' : null,
    );
    return { bytes: graph.bytes(logits, ['batch', 'length', sizes.outputs]), output: logits };
  }

  #read(layer: number | null): void {
    for (const tensor of this.#checkpoint.tensors) {
      if (tensor.layer !== layer) continue;
      for (const { role, data } of readRoles(this.#checkpoint, tensor)) this.#roles.set(role, single(data));
    }
  }

  #constant(role: ModelRole | LayerRole, shape: readonly number[]): Value {
    const data = this.#roles.get(role);
    if (data === undefined) throw new Error(`the model has no \`${role}\``);
    return this.#graph.floats(data, shape);
  }

  #biased(value: Value, role: ModelRole | LayerRole | null): Value {
    const data = role === null ? undefined : this.#roles.get(role);
    return data === undefined ? value : this.#graph.node('Add', [value, this.#graph.floats(data, [data.length])]);
  }

  #embedding(table: Value): Value {
    const graph = this.#graph;
    const { sizes, traits } = this.#config;
    let stream = graph.node('Gather', [table, INPUTS.tokens]);
    if (traits.scaledEmbedding) stream = graph.node('Mul', [stream, graph.scalar(Math.sqrt(sizes.width))]);
    const types = this.#roles.get('typeEmbedding');
    if (types !== undefined) stream = graph.node('Add', [stream, graph.floats(types.slice(0, sizes.width), [sizes.width])]);
    if (this.#roles.has('positionEmbedding')) {
      const positions = this.#constant('positionEmbedding', [sizes.positions, sizes.width]);
      stream = graph.node('Add', [stream, graph.node('Gather', [positions, INPUTS.positions])]);
    }
    return this.#roles.has('embeddingNormGain') ? this.#norm('embeddingNorm', stream) : stream;
  }

  #layer(stream: Value): Value {
    const graph = this.#graph;
    const { normPlace, residual } = this.#config.traits;
    if (normPlace === 'post') {
      const attended = this.#norm('attentionNorm', graph.node('Add', [stream, this.#attention(stream)]));
      return this.#norm('mlpNorm', graph.node('Add', [attended, this.#mlp(attended)]));
    }
    const attended = graph.node('Add', [stream, this.#attention(this.#norm('attentionNorm', stream))]);
    const read = residual === 'parallel' ? stream : attended;
    return graph.node('Add', [attended, this.#mlp(this.#norm('mlpNorm', read))]);
  }

  #norm(name: 'embeddingNorm' | 'attentionNorm' | 'mlpNorm' | 'finalNorm', value: Value): Value {
    const graph = this.#graph;
    const { sizes, traits, epsilon } = this.#config;
    const gain = this.#constant(`${name}Gain`, [sizes.width]);
    if (traits.norm === 'layer-norm') {
      const bias = this.#roles.get(`${name}Bias`) ?? new Float32Array(sizes.width);
      return graph.node('LayerNormalization', [value, gain, graph.floats(bias, [sizes.width])], { epsilon: { float: epsilon } });
    }
    const squares = graph.node('ReduceSum', [graph.node('Mul', [value, value]), graph.integers([2])]);
    const mean = graph.node('Div', [squares, graph.scalar(sizes.width)]);
    const root = graph.node('Sqrt', [graph.node('Add', [mean, graph.scalar(epsilon)])]);
    return graph.node('Mul', [graph.node('Div', [value, root]), gain]);
  }

  #attention(value: Value): Value {
    const graph = this.#graph;
    const { heads, kvHeads, dim, width } = this.#config.sizes;
    const query = this.#turned(this.#heads('query', value, heads));
    const key = this.#turned(this.#heads('key', value, kvHeads));
    const scores = graph.node('MatMul', [query, graph.node('Transpose', [key], { perm: { ints: [0, 1, 3, 2] } })]);
    const scaled = graph.node('Mul', [scores, graph.scalar(dim ** -0.5)]);
    const weights = graph.node('Softmax', [graph.node('Add', [scaled, INPUTS.mask])], { axis: { int: 3 } });
    const mixed = graph.node('MatMul', [weights, this.#heads('value', value, kvHeads)]);
    const rows = graph.node('Transpose', [mixed], { perm: { ints: [0, 2, 1, 3] } });
    const flat = graph.node('Reshape', [rows, graph.integers([0, 0, heads * dim])]);
    return this.#biased(graph.node('MatMul', [flat, this.#constant('output', [heads * dim, width])]), 'outputBias');
  }

  /** `[batch, head, position, dim]`; heads that share keys and values get a copy each, of weights and so of what they give. */
  #heads(role: 'query' | 'key' | 'value', value: Value, count: number): Value {
    const graph = this.#graph;
    const { heads, dim, width } = this.#config.sizes;
    const shared = heads / count;
    const copied = (data: Float32Array, size: number) => (shared === 1 ? data : repeated(data, size, shared));
    const weights = graph.floats(copied(this.#roles.get(role) as Float32Array, dim * width), [heads * dim, width]);
    const bias = this.#roles.get(`${role}Bias`);
    const product = graph.node('MatMul', [value, graph.node('Transpose', [weights])]);
    const biased = bias === undefined ? product : graph.node('Add', [product, graph.floats(copied(bias, dim), [heads * dim])]);
    const split = graph.node('Reshape', [biased, graph.integers([0, 0, heads, dim])]);
    return graph.node('Transpose', [split], { perm: { ints: [0, 2, 1, 3] } });
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

  #mlp(value: Value): Value {
    const graph = this.#graph;
    const { hidden, width } = this.#config.sizes;
    const into = (role: 'up' | 'gate') =>
      this.#biased(graph.node('MatMul', [value, graph.node('Transpose', [this.#constant(role, [hidden, width])])]), `${role}Bias`);
    const active =
      this.#config.traits.mlp === 'gated' ? graph.node('Mul', [this.#activation(into('gate')), into('up')]) : this.#activation(into('up'));
    return this.#biased(graph.node('MatMul', [active, this.#constant('down', [hidden, width])]), 'downBias');
  }

  #activation(x: Value): Value {
    const graph = this.#graph;
    const { activation } = this.#config.traits;
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

function single(data: FloatArray): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
