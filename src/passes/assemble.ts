/**
 * Writes a placement down as weights in float64 by canonical role: forms become rows, writes become columns, and the frame (anchors,
 * balance, reference) keeps the norm an identity.
 */
import type { Form, Step, Write } from '../circuit/circuit.ts';
import { energyAt, type NormPlace, normGain } from '../placement/energy.ts';
import type { PlacedLayer, Placement } from '../placement/placement.ts';
import { STEP_HALF_WIDTH, stepGain } from '../placement/step-neurons.ts';
import type { Traits } from '../targets/target.ts';
import { type Tensor, zeros } from '../tensor/tensor.ts';
import type { LayerRole, ModelRole, Sizes } from '../weights/roles.ts';
import type { Weights } from '../weights/weights.ts';
import type { OutputIds } from './assign-ids.ts';

export interface AssembleInput {
  readonly placement: Placement;
  readonly traits: Traits;
  /** Tokens of the vocabulary; their ids follow BOS, which is 0. */
  readonly tokens: number;
  readonly context: number;
  readonly ids: OutputIds;
}

export function assemble(input: AssembleInput): Weights {
  const { placement, traits, context, ids } = input;
  const { sizes: placed, layers } = placement;
  const sizes: Sizes = {
    vocab: ids.count,
    positions: context + 1,
    width: placed.width,
    layers: layers.length,
    heads: placed.heads,
    kvHeads: placed.heads,
    dim: placed.dim,
    hidden: placed.hidden,
    types: 0,
    outputs: ids.count,
  };
  const rows = new RowWriter(placement);
  return {
    sizes,
    model: { ...embeddings(input, sizes, rows), ...finalNorm(placement, traits), unembedding: unembedding(input, sizes, rows) },
    layers: layers.map((_, layer) => layerWeights(layer, placement, sizes, traits, rows)),
  };
}

/** Turns forms into rows that read the residual stream, and writes into rows that are added to it. */
class RowWriter {
  readonly #placement: Placement;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  /** A row whose product with the stream is the form, but for its constant. Its sum is zero where the stream has a mean. */
  read(form: Form, row: Float64Array, scale: number): void {
    let sum = 0;
    for (const { register, feature, weight } of form.terms) {
      this.#add(row, this.#dimension(register, feature), scale * weight);
      sum += scale * weight;
    }
    const { reference } = this.#placement.frame;
    if (reference !== null) this.#add(row, reference, -sum);
  }

  /** A constant as weights on the anchors, for a target without the bias. */
  readConstant(constant: number, row: Float64Array): void {
    const { anchors, amplitude, balance } = this.#placement.frame;
    for (const [i, anchor] of anchors.entries()) {
      const sign = balance !== null && 2 * i >= anchors.length ? -1 : 1;
      this.#add(row, anchor, (sign * constant) / (anchors.length * amplitude));
    }
  }

  /** Adds a write, and what keeps the stream's mean at zero. */
  write({ register, feature, weight }: Write, row: Float64Array, scale: number): void {
    this.writeDimension(this.#dimension(register, feature), scale * weight, row);
  }

  writeDimension(dimension: number, amount: number, row: Float64Array): void {
    this.#add(row, dimension, amount);
    const { balance } = this.#placement.frame;
    if (balance !== null) this.#add(row, balance, -amount);
  }

  /** The form's constant, by bias where there is one. */
  readWithBias(form: Form, row: Float64Array, scale: number, bias: Float64Array | undefined, at: number, extra = 0): void {
    this.read(form, row, scale);
    const constant = scale * form.constant + extra;
    if (bias !== undefined) bias[at] = constant;
    else if (constant !== 0) this.readConstant(constant, row);
  }

  #dimension(register: Write['register'], feature: number): number {
    const dimension = this.#placement.dimensions.get(register)?.[feature];
    if (dimension === undefined) throw new Error(`feature ${feature} of ${register.name} has no dimension`);
    return dimension;
  }

  #add(row: Float64Array, at: number, amount: number): void {
    row[at] = (row[at] as number) + amount;
  }
}

type ModelTensors = Partial<Record<ModelRole, Tensor>>;
type LayerTensors = Partial<Record<LayerRole, Tensor>>;

function embeddings({ placement, tokens }: AssembleInput, sizes: Sizes, rows: RowWriter): ModelTensors {
  const token = zeros(sizes.vocab, sizes.width);
  const position = zeros(sizes.positions, sizes.width);
  for (const { register, source } of placement.circuit.embeddings) {
    if (source === 'bos') {
      rows.write({ register, feature: 0, weight: 1 }, row(position, 0), 1);
      continue;
    }
    const [table, count] = source === 'token' ? [token, tokens] : [position, sizes.positions - 1];
    for (const [feature, { levels }] of register.features.entries()) {
      for (let i = 0; i < count; i++) {
        const weight = levels?.[i] ?? 0;
        if (weight !== 0) rows.write({ register, feature, weight }, row(table, i + 1), 1);
      }
    }
  }
  const { anchors, amplitude, balance } = placement.frame;
  for (let p = 0; p < sizes.positions; p++) {
    const target = row(position, p);
    for (const [i, anchor] of anchors.entries()) target[anchor] = balance !== null && 2 * i >= anchors.length ? -amplitude : amplitude;
  }
  return { tokenEmbedding: token, positionEmbedding: position };
}

function norm(placement: Placement, traits: Traits, place: NormPlace): { gain: Tensor; bias: Tensor | undefined } {
  const gain = zeros(placement.sizes.width);
  gain.data.fill(normGain(placement, energyAt(placement, place)));
  return { gain, bias: traits.biases.norm ? zeros(placement.sizes.width) : undefined };
}

function finalNorm(placement: Placement, traits: Traits): ModelTensors {
  const { gain, bias } = norm(placement, traits, { layer: placement.layers.length - 1, sublayer: 'output' });
  return defined({ finalNormGain: gain, finalNormBias: bias });
}

function unembedding({ ids }: AssembleInput, sizes: Sizes, rows: RowWriter): Tensor {
  const tensor = zeros(sizes.outputs, sizes.width);
  for (const { id, form } of ids.logits) rows.readWithBias(form, row(tensor, id), 1, undefined, id);
  return tensor;
}

function layerWeights(layer: number, placement: Placement, sizes: Sizes, traits: Traits, rows: RowWriter): LayerTensors {
  const placed = placement.layers[layer] as PlacedLayer;
  const attentionNorm = norm(placement, traits, { layer, sublayer: 'attention' });
  const mlpNorm = norm(placement, traits, { layer, sublayer: 'mlp' });
  return defined({
    attentionNormGain: attentionNorm.gain,
    attentionNormBias: attentionNorm.bias,
    ...attention(placed, sizes, traits, rows),
    mlpNormGain: mlpNorm.gain,
    mlpNormBias: mlpNorm.bias,
    ...mlp(placed, sizes, traits, rows),
  });
}

function attention({ heads }: PlacedLayer, sizes: Sizes, traits: Traits, rows: RowWriter) {
  const { width, dim } = sizes;
  const [query, key, value, output] = [0, 1, 2, 3].map(() => zeros(sizes.heads, dim, width)) as [Tensor, Tensor, Tensor, Tensor];
  const bias = () => (traits.biases.attentionInput ? zeros(sizes.heads, dim) : undefined);
  const [queryBias, keyBias, valueBias] = [bias(), bias(), bias()];
  // The model divides every score by √dim.
  const sharpen = Math.sqrt(dim);
  for (const head of heads) {
    for (const [i, score] of head.scores.entries()) {
      const at = head.index * dim + i;
      rows.readWithBias(score.query, row(query, at), sharpen, queryBias?.data, at);
      rows.readWithBias(score.key, row(key, at), 1, keyBias?.data, at);
    }
    for (const [i, { form, write }] of head.values.entries()) {
      const at = head.index * dim + i;
      rows.readWithBias(form, row(value, at), 1, valueBias?.data, at);
      rows.write(write, row(output, at), 1);
    }
  }
  const outputBias = traits.biases.attentionOutput ? zeros(width) : undefined;
  return { query, queryBias, key, keyBias, value, valueBias, output, outputBias };
}

/** A step from 0 to 1 at t: [act(G(x − t) + h) − act(G(x − t) − h)] / 2h, exactly 0 or 1 in float32 outside the gap. */
function mlp({ groups }: PlacedLayer, sizes: Sizes, traits: Traits, rows: RowWriter) {
  const up = zeros(sizes.hidden, sizes.width);
  const down = zeros(sizes.hidden, sizes.width);
  const upBias = traits.biases.mlp ? zeros(sizes.hidden) : undefined;
  const downBias = traits.biases.mlp ? zeros(sizes.width) : undefined;
  const half = STEP_HALF_WIDTH;
  for (const { group, from } of groups) {
    for (const [s, step] of group.steps.entries()) {
      const gain = stepGain(step, traits.activation);
      for (const [side, sign] of [1, -1].entries()) {
        const neuron = from + 2 * s + side;
        rows.readWithBias(group.input, row(up, neuron), gain, upBias?.data, neuron, -gain * middle(step) + sign * half);
        for (const write of step.writes) rows.write(write, row(down, neuron), sign / (2 * half));
      }
    }
    for (const write of group.base) rows.write(write, (downBias as Tensor).data, 1);
  }
  return { up, upBias, down, downBias };
}

function middle(step: Step): number {
  return (step.low + step.high) / 2;
}

/** Row i of a tensor, all axes but the last flattened. */
function row(tensor: Tensor, i: number): Float64Array {
  const length = tensor.shape.at(-1) as number;
  return tensor.data.subarray(i * length, (i + 1) * length);
}

function defined<Role extends string>(tensors: Record<Role, Tensor | undefined>): Partial<Record<Role, Tensor>> {
  return Object.fromEntries(Object.entries(tensors).filter(([, t]) => t !== undefined)) as Partial<Record<Role, Tensor>>;
}
