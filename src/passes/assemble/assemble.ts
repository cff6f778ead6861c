/**
 * Writes a placement down as weights in float64 by canonical role: forms become rows, writes become columns, and the frame (anchors,
 * balance, reference) keeps the norm an identity.
 */

import type { Feature, Write } from '../../circuit/circuit.ts';
import { constantForm } from '../../circuit/form.ts';
import { distanceGain } from '../../placement/distance-gain.ts';
import { energyAt, type NormPlace, normGain } from '../../placement/energy.ts';
import { headLayout } from '../../placement/head-layout.ts';
import { amplitudeDimension, type HeadNorm, headNorm, holdsAmplitude } from '../../placement/head-norm.ts';
import { orderGain } from '../../placement/order-gain.ts';
import type { PlacedHead, PlacedLayer, Placement } from '../../placement/placement.ts';
import { ALWAYS_ON, stepShape } from '../../placement/step-neurons.ts';
import { readsAlone } from '../../placement/step-reading.ts';
import { amplitudePlace, START_SCORE, type WriteNorm, writeNorm, writes } from '../../placement/write-norm.ts';
import { scoreRoot } from '../../targets/model-config.ts';
import type { Traits } from '../../targets/target.ts';
import { type Tensor, zeros } from '../../tensor/tensor.ts';
import type { LayerRole, ModelRole, Sizes } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import type { OutputIds } from './assign-ids.ts';
import { type BiasAt, RowWriter } from './row-writer.ts';

export interface AssembleInput {
  readonly placement: Placement;
  readonly traits: Traits;
  /** Tokens of the vocabulary; their ids follow BOS, which is 0. */
  readonly tokens: number;
  /** Rows of the table of token types, where sizes are not given. */
  readonly types: number;
  readonly context: number;
  readonly ids: OutputIds;
  /** The sizes that the model must have; null where its tables are as long as the program needs. */
  readonly exact: Sizes | null;
}

/** Some roles, each with its tensor, or undefined where the traits ask for none: whoever adds a role has to say here what it is. */
type Tensors<Role extends ModelRole | LayerRole> = Readonly<Record<Role, Tensor | undefined>>;

type AttentionRole =
  | 'query'
  | 'queryBias'
  | 'key'
  | 'keyBias'
  | 'value'
  | 'valueBias'
  | 'queryNormGain'
  | 'keyNormGain'
  | 'queriesNormGain'
  | 'keysNormGain'
  | 'output'
  | 'outputBias';
type MlpRole = 'gate' | 'gateBias' | 'up' | 'upBias' | 'down' | 'downBias';

export function assemble(input: AssembleInput): Weights {
  const { placement, traits, types, context, ids, exact } = input;
  const { sizes: placed, layers } = placement;
  const sizes: Sizes = {
    vocab: exact?.vocab ?? ids.vocab,
    positions: exact?.positions ?? context + 1 + skippedRows(traits),
    width: placed.width,
    layers: layers.length,
    heads: placed.heads,
    kvHeads: placed.kvHeads,
    dim: placed.dim,
    hidden: placed.hidden,
    types: exact?.types ?? types,
    outputs: traits.output === 'language-model' && exact !== null ? exact.outputs : ids.outputs,
  };
  const assembly = new Assembly(input, sizes);
  return { sizes, model: assembly.model(), layers: layers.map((_, layer) => assembly.layer(layer)) };
}

/** Rows of the table of positions in front of that of BOS. */
function skippedRows({ positions }: Traits): number {
  return positions.kind === 'learned' ? positions.skipped : 0;
}

class Assembly {
  readonly #input: AssembleInput;
  readonly #sizes: Sizes;
  readonly #rows: RowWriter;

  constructor(input: AssembleInput, sizes: Sizes) {
    this.#input = input;
    this.#sizes = sizes;
    this.#rows = new RowWriter(input.placement);
  }

  model(): Partial<Record<ModelRole, Tensor>> {
    const { traits } = this.#input;
    const post = traits.normPlace === 'post';
    const last: NormPlace = { layer: this.#sizes.layers - 1, sublayer: 'output' };
    const { gain, bias } = this.#norm(post ? { layer: 0, sublayer: 'attention' } : last);
    return defined<ModelRole>({
      ...this.#embeddings(),
      embeddingNormGain: post ? gain : undefined,
      embeddingNormBias: post ? bias : undefined,
      finalNormGain: post ? undefined : gain,
      finalNormBias: post ? undefined : bias,
      ...this.#unembedding(),
    });
  }

  layer(layer: number): Partial<Record<LayerRole, Tensor>> {
    const { placement, traits } = this.#input;
    const placed = placement.layers[layer] as PlacedLayer;
    const post = traits.normPlace === 'post';
    // A norm behind a sublayer prepares the stream for the next one.
    const next: NormPlace = layer + 1 < this.#sizes.layers ? { layer: layer + 1, sublayer: 'attention' } : { layer, sublayer: 'output' };
    const isRead = traits.normPlace !== 'last';
    const attentionNorm = isRead ? this.#norm({ layer, sublayer: post ? 'mlp' : 'attention' }) : null;
    const mlpNorm = isRead && !traits.sharedNorm ? this.#norm(post ? next : { layer, sublayer: 'mlp' }) : null;
    const written = (sublayer: 'attention' | 'mlp') =>
      traits.writeNorms && writes(placed, sublayer) ? writeNorm(placement, layer, sublayer) : null;
    const [attentionWrite, mlpWrite] = [written('attention'), written('mlp')];
    return defined<LayerRole>({
      attentionNormGain: attentionNorm?.gain,
      attentionNormBias: attentionNorm?.bias,
      ...this.#attention(placed, attentionWrite),
      attentionWriteGain: this.#writeGain(attentionWrite),
      mlpNormGain: mlpNorm?.gain,
      mlpNormBias: mlpNorm?.bias,
      ...this.#mlp(placed, mlpWrite),
      mlpWriteGain: this.#writeGain(mlpWrite),
    });
  }

  /**
   * Anchors and BOS stand with the tokens, which every target embeds; features of the index in the position table, where there is one.
   */
  #embeddings(): Tensors<'tokenEmbedding' | 'positionEmbedding' | 'typeEmbedding'> {
    const { placement, traits, tokens, context, ids } = this.#input;
    const { vocab, positions, width, types } = this.#sizes;
    const token = zeros(vocab, width);
    const position = traits.positions.kind === 'learned' ? zeros(positions, width) : undefined;
    const { anchors, amplitude, balance } = placement.frame;
    for (let id = 0; id < ids.vocab; id++) {
      for (const [i, anchor] of anchors.entries())
        row(token, id)[anchor] = balance !== null && 2 * i >= anchors.length ? -amplitude : amplitude;
    }
    for (const { register, source } of placement.circuit.embeddings) {
      const levels = (level: (feature: Feature) => number): Write[] =>
        register.features.map((f, feature) => ({ register, feature, weight: level(f) })).filter((w) => w.weight !== 0);
      if (source === 'bos')
        this.#rows.embed(
          levels((f) => f.bos),
          row(token, 0),
        );
      const count = source === 'token' ? tokens : source === 'index' ? context : 0;
      for (let i = 0; i < count; i++) {
        const writes = levels((f) => f.levels?.[i] ?? 0);
        if (source === 'token') this.#rows.embed(writes, row(token, i + 1));
        else this.#rows.write(writes, row(position as Tensor, skippedRows(traits) + i + 1));
      }
    }
    if (traits.scaledEmbedding) for (let i = 0; i < token.data.length; i++) token.data[i] = (token.data[i] as number) / Math.sqrt(width);
    return { tokenEmbedding: token, positionEmbedding: position, typeEmbedding: types > 0 ? zeros(types, width) : undefined };
  }

  #unembedding(): Tensors<'unembedding' | 'unembeddingBias'> {
    const { traits, ids } = this.#input;
    const tensor = zeros(this.#sizes.outputs, this.#sizes.width);
    const bias = traits.biases.unembedding ? zeros(this.#sizes.outputs) : undefined;
    for (const { id, form } of ids.logits) this.#rows.read(form, row(tensor, id), biasAt(bias, id));
    return { unembedding: tensor, unembeddingBias: bias };
  }

  #norm(place: NormPlace): { gain: Tensor; bias: Tensor | undefined } {
    const { placement, traits } = this.#input;
    const gain = zeros(this.#sizes.width);
    gain.data.fill(normGain(placement, energyAt(placement, place)));
    return { gain, bias: traits.biases.norm ? zeros(this.#sizes.width) : undefined };
  }

  /** Of a norm of what is written: 1 where nothing is, which stays nothing. */
  #writeGain(norm: WriteNorm | null): Tensor | undefined {
    const { placement, traits } = this.#input;
    if (!traits.writeNorms) return undefined;
    const gain = zeros(this.#sizes.width);
    gain.data.fill(norm?.gain ?? 1);
    if (norm !== null) gain.data[amplitudePlace(placement)] = 0;
    return gain;
  }

  #attention({ heads }: PlacedLayer, written: WriteNorm | null): Tensors<AttentionRole> {
    const { placement, traits, context } = this.#input;
    const { width, dim } = this.#sizes;
    const { heads: queryHeads, kvHeads } = this.#sizes;
    const tensor = (count: number) => zeros(count, dim, width);
    const [query, key, value, output] = [tensor(queryHeads), tensor(kvHeads), tensor(kvHeads), tensor(queryHeads)];
    const bias = (count: number) => (traits.biases.attentionInput ? zeros(count, dim) : undefined);
    const [queryBias, keyBias, valueBias] = [bias(queryHeads), bias(kvHeads), bias(kvHeads)];
    // Where several query heads share keys and values, the first of each group is used.
    const group = queryHeads / kvHeads;
    const layout = headLayout(dim, placement.rotary);
    const bos = { register: placement.circuit.bos, feature: 0 };
    const sharpen = scoreRoot(traits, { dim });
    const hasNorms = traits.headNorms !== 'none';
    const norms = hasNorms
      ? { query: headNorm(placement, traits, heads, 'query', context), key: headNorm(placement, traits, heads, 'key', context) }
      : null;
    const apart = amplitudeDimension(layout);
    for (const [place, head] of heads.entries()) {
      const score = (dimension: number, pair: PlacedHead['scores'][number]) => {
        const at = head.index * dim + dimension;
        const queryAt = head.index * group * dim + dimension;
        this.#rows.read(pair.query, row(query, queryAt), biasAt(queryBias, queryAt), { scale: sharpen });
        this.#rows.read(pair.key, row(key, at), biasAt(keyBias, at));
      };
      for (const [i, pair] of head.scores.entries()) score(layout.content[i] as number, pair);
      const distance = head.relative && distanceGain(layout, head.relative, context);
      const order = head.order && orderGain(layout, head.order);
      score(layout.content[head.scores.length] as number, {
        // A distance scores `gain` where the circuit says 0, and an order `least`, so BOS gets as much more.
        query: {
          constant: head.bos.score + (distance?.gain ?? 0) + (order?.least ?? 0),
          terms: head.bos.toItself === 0 ? [] : [{ ...bos, weight: head.bos.toItself }],
        },
        key: { constant: 0, terms: [{ ...bos, weight: 1 }] },
      });
      for (const { pair, cosine, sine } of [...(distance?.terms ?? []), ...(order === null ? [] : [order])]) {
        // Two dimensions that turn with the distance; BOS stays out of it.
        score(pair.first, { query: { constant: cosine, terms: [] }, key: { constant: 1, terms: [{ ...bos, weight: -1 }] } });
        score(pair.second, { query: { constant: sine, terms: [] }, key: { constant: 0, terms: [] } });
      }
      if (norms !== null && holdsAmplitude(traits, place)) {
        const [queryAt, keyAt] = [head.index * group * dim + apart, head.index * dim + apart];
        this.#rows.read(constantForm(norms.query.amplitude), row(query, queryAt), biasAt(queryBias, queryAt));
        this.#rows.read(constantForm(norms.key.amplitude), row(key, keyAt), biasAt(keyBias, keyAt));
      }
      for (const [i, { form, write }] of head.values.entries()) {
        const at = head.index * dim + i;
        this.#rows.read(form, row(value, at), biasAt(valueBias, at));
        this.#rows.write([write], row(output, head.index * group * dim + i));
      }
    }
    if (written !== null) {
      const at = heads.length * dim;
      const queryAt = heads.length * group * dim;
      const [content] = layout.content as readonly [number];
      this.#rows.read(constantForm(START_SCORE), row(query, queryAt + content), biasAt(queryBias, queryAt + content), { scale: sharpen });
      this.#rows.read({ constant: 0, terms: [{ ...bos, weight: 1 }] }, row(key, at + content), biasAt(keyBias, at + content));
      if (norms !== null && holdsAmplitude(traits, heads.length)) {
        this.#rows.read(constantForm(norms.query.amplitude), row(query, queryAt + apart), biasAt(queryBias, queryAt + apart));
        this.#rows.read(constantForm(norms.key.amplitude), row(key, at + apart), biasAt(keyBias, at + apart));
      }
      this.#rows.read(constantForm(written.amplitude), row(value, at), null);
      row(output, queryAt)[amplitudePlace(placement)] = 1;
    }
    const outputBias = traits.biases.attentionOutput ? zeros(width) : undefined;
    const gainOf = (norm: HeadNorm | undefined, kind: Traits['headNorms'], ...axes: number[]) => {
      if (norm === undefined || kind !== traits.headNorms) return undefined;
      const gain = zeros(...axes);
      gain.data.fill(norm.gain);
      for (let d = apart; d < gain.data.length; d += dim) gain.data[d] = 0;
      return gain;
    };
    const headGains = {
      queryNormGain: gainOf(norms?.query, 'each', dim),
      keyNormGain: gainOf(norms?.key, 'each', dim),
      queriesNormGain: gainOf(norms?.query, 'all', queryHeads, dim),
      keysNormGain: gainOf(norms?.key, 'all', kvHeads, dim),
    };
    return { query, queryBias, key, keyBias, value, valueBias, ...headGains, output, outputBias };
  }

  /** A step from 0 to 1 at t: [act(G(x − t) + h) − act(G(x − t) − h)] / 2h, exactly 0 or 1 in float32 outside the gap. */
  #mlp({ groups, clears, neurons }: PlacedLayer, written: WriteNorm | null): Tensors<MlpRole> {
    const { placement, traits } = this.#input;
    const { storage } = placement;
    const { hidden, width } = this.#sizes;
    const active = zeros(hidden, width);
    const down = zeros(hidden, width);
    const activeBias = traits.biases.mlp ? zeros(hidden) : undefined;
    const downBias = traits.biases.mlp ? zeros(width) : undefined;
    let used = neurons;
    for (const { group, from } of groups) {
      for (const [s, step] of group.steps.entries()) {
        const { gain, half, middle } = stepShape(step, traits.activation, storage);
        const isAlone = readsAlone(placement, step);
        for (const [side, sign] of [1, -1].entries()) {
          const neuron = from + 2 * s + side;
          const options = { scale: gain, extra: -gain * middle + sign * half, isAlone };
          this.#rows.read(step.input, row(active, neuron), biasAt(activeBias, neuron), options);
          this.#rows.write(step.writes, row(down, neuron), sign / (2 * half));
        }
      }
    }
    for (const { register, gain, from } of clears) {
      for (let feature = 0; feature < register.features.length; feature++) {
        for (const [side, sign] of [1, -1].entries()) {
          const neuron = from + 2 * feature + side;
          const form = { constant: 0, terms: [{ register, feature, weight: sign }] };
          this.#rows.read(form, row(active, neuron), biasAt(activeBias, neuron), { scale: gain });
          this.#rows.write([{ register, feature, weight: -sign }], row(down, neuron), 1 / gain);
        }
      }
    }
    const base = groups.flatMap(({ group }) => group.base);
    if (downBias !== undefined) this.#rows.write(base, downBias.data);
    else if (base.length > 0) {
      // A neuron that is always at `constant` writes what there is no bias for.
      const constant = ALWAYS_ON;
      this.#rows.read(constantForm(constant), row(active, neurons), null);
      this.#rows.write(base, row(down, neurons), 1 / constant);
      used = neurons + 1;
    }
    if (written !== null) {
      const isGated = traits.mlp === 'gated';
      this.#rows.read(constantForm(isGated ? ALWAYS_ON : written.amplitude), row(active, used), null);
      row(down, used)[amplitudePlace(placement)] = 1;
    }
    if (traits.mlp === 'plain') return { gate: undefined, gateBias: undefined, up: active, upBias: activeBias, down, downBias };
    // A gated MLP multiplies each neuron by `up`, which is 1 here.
    const up = zeros(hidden, width);
    for (let neuron = 0; neuron < used; neuron++) this.#rows.read(constantForm(1), row(up, neuron), null);
    if (written !== null) this.#rows.read(constantForm(written.amplitude / ALWAYS_ON), row(up, used), null);
    return { gate: active, gateBias: activeBias, up, upBias: activeBias && zeros(hidden), down, downBias };
  }
}

function biasAt(bias: Tensor | undefined, at: number): BiasAt | null {
  return bias === undefined ? null : { data: bias.data, at };
}

/** Row i of a tensor, all axes but the last flattened. */
function row(tensor: Tensor, i: number): Float64Array {
  const length = tensor.shape.at(-1) as number;
  return tensor.data.subarray(i * length, (i + 1) * length);
}

function defined<Role extends ModelRole | LayerRole>(tensors: Tensors<Role>): Partial<Record<Role, Tensor>> {
  return Object.fromEntries(Object.entries(tensors).filter(([, t]) => t !== undefined)) as Partial<Record<Role, Tensor>>;
}
