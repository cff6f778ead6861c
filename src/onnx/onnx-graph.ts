/**
 * A graph of ONNX operators that grows node by node, and its file. Numbers of fields and types are those of onnx/onnx, onnx/onnx.proto3;
 * operators are of version 17 of the standard set.
 */
import { floatField, joined, messageField, numberField, type Pieces, textField } from './protobuf.ts';

const IR_VERSION = 8;
const OPERATORS = 17;
const TYPES = { float: 1, int64: 7 } as const;
const ATTRIBUTES = { float: 1, int: 2, ints: 7 } as const;

/** The name of a value: an input, a constant, or what a node gives. */
export type Value = string;

/** Whole numbers are integers; lists hold integers. */
export type Attributes = Readonly<
  Record<string, { readonly float: number } | { readonly int: number } | { readonly ints: readonly number[] }>
>;

/** A length, or the name of one that is known when the model runs. */
export type Length = number | string;

export class OnnxGraph {
  readonly #nodes: Pieces[] = [];
  readonly #constants: Pieces[] = [];
  readonly #inputs: Pieces[] = [];
  #values = 0;

  input(name: string, type: keyof typeof TYPES, shape: readonly Length[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  node(operator: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.nodes(operator, inputs, attributes, 1)[0] as Value;
  }

  /** A node that gives `count` values. */
  nodes(operator: string, inputs: readonly Value[], attributes: Attributes, count: number): Value[] {
    const outputs = Array.from({ length: count }, () => this.#fresh());
    this.#nodes.push([
      ...inputs.flatMap((input) => textField(1, input)),
      ...outputs.flatMap((output) => textField(2, output)),
      ...textField(4, operator),
      ...Object.entries(attributes).flatMap(([name, value]) => messageField(5, attribute(name, value))),
    ]);
    return outputs;
  }

  floats(data: Float32Array, shape: readonly number[]): Value {
    return this.#constant('float', new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape);
  }

  integers(values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant('int64', new Uint8Array(data.buffer), [values.length]);
  }

  scalar(value: number): Value {
    return this.floats(Float32Array.of(value), []);
  }

  /** The file of the model that gives `output`. */
  bytes(output: Value, shape: readonly Length[]): Uint8Array {
    const graph = [
      ...this.#nodes.flatMap((node) => messageField(1, node)),
      ...textField(2, 'raspc'),
      ...this.#constants.flatMap((constant) => messageField(5, constant)),
      ...this.#inputs.flatMap((input) => messageField(11, input)),
      ...messageField(12, valueInfo(output, 'float', shape)),
    ];
    return joined([
      ...numberField(1, IR_VERSION),
      ...textField(2, 'raspc'),
      ...messageField(7, graph),
      ...messageField(8, [...textField(1, ''), ...numberField(2, OPERATORS)]),
    ]);
  }

  #fresh(): Value {
    return `v${this.#values++}`;
  }

  #constant(type: keyof typeof TYPES, bytes: Uint8Array, shape: readonly number[]): Value {
    const name = this.#fresh();
    this.#constants.push([
      ...shape.flatMap((length) => numberField(1, length)),
      ...numberField(2, TYPES[type]),
      ...textField(8, name),
      ...messageField(9, [bytes]),
    ]);
    return name;
  }
}

function attribute(name: string, value: Attributes[string]): Pieces {
  if ('float' in value) return [...textField(1, name), ...floatField(2, value.float), ...numberField(20, ATTRIBUTES.float)];
  if ('int' in value) return [...textField(1, name), ...numberField(3, value.int), ...numberField(20, ATTRIBUTES.int)];
  return [...textField(1, name), ...value.ints.flatMap((i) => numberField(8, i)), ...numberField(20, ATTRIBUTES.ints)];
}

function valueInfo(name: string, type: keyof typeof TYPES, shape: readonly Length[]): Pieces {
  const lengths = shape.flatMap((length) => messageField(1, typeof length === 'number' ? numberField(1, length) : textField(2, length)));
  const tensor = [...numberField(1, TYPES[type]), ...messageField(2, lengths)];
  return [...textField(1, name), ...messageField(2, messageField(1, tensor))];
}
