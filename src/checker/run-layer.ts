/** One layer: from the stream that it reads to the stream that it leaves. */

import { attentionOf } from '../targets/model-config.ts';
import { numberAt } from '../tensor/number-at.ts';
import { attentionBlock, type HeadWeights } from './attention/attention-block.ts';
import { scoresOf } from './attention/score-rule.ts';
import type { FloatRange } from './bounds/float-range.ts';
import { type Form, FormReader } from './bounds/form.ts';
import { type HeadNormWeights, headNormed } from './bounds/head-norm.ts';
import type { Affine, LayerParts, ModelParts } from './bounds/model-parts.ts';
import { type NormView, type NormWeights, streamLength, viewAsIs, viewThrough } from './bounds/norm.ts';
import { type RuntimeSemantics, SAFETY, UNIT } from './bounds/rounding.ts';
import { largestOf, type Stream } from './bounds/stream.ts';
import { lengthOf } from './bounds/turned.ts';
import type { Claims } from './claim/claims.ts';
import type { Decisions } from './claim/report.ts';
import { compareCodes } from './compare-codes.ts';
import type { NodeValues } from './meaning/node-values.ts';
import { type LinearWrite, withLinearWrites } from './mlp/linear-writes.ts';
import { type MlpWritten, mlpBlock, type Written } from './mlp/mlp-block.ts';
import { normed, unscaled, type ViewedStream } from './post-norm.ts';
import { type NormedWrite, writeNormed } from './write-norm.ts';

export interface LayerInput {
  readonly parts: ModelParts;
  readonly layer: number;
  readonly claims: Claims;
  readonly values: NodeValues;
  readonly decisions: Decisions;
  readonly semantics: RuntimeSemantics;
  readonly range: FloatRange;
}

/** @param view how the stream is read where norms sit on it; null where each sublayer has its own */
export function runLayer({ stream, view }: CheckedStream, input: LayerInput): CheckedStream {
  const { residual } = input.parts.config.traits;
  if (view !== null) {
    const between = normedAfter(stream, view, attention(stream, view, input), 'attentionNorm', input);
    const written = mlp(between.stream, between.view, input);
    return normedAfter(withUnscaledWrites(between, written.linear), between.view, written, 'mlpNorm', input);
  }
  const { attentionWrite, mlpWrite } = partsOf(input.parts, input.layer);
  const attended = { ...attention(stream, viewBefore(stream, 'attentionNorm', input), input), linear: [] };
  const between = afterWrite(stream, behindWriteNorm(attentionWrite, attended).written, input);
  // in parallel the MLP reads what attention reads
  const read = residual === 'parallel' ? stream : between;
  const readView = viewBefore(read, 'mlpNorm', input);
  const { written, bos } = behindWriteNorm(mlpWrite, mlp(read, readView, input));
  const taken = withLinearWrites(between, read, { ...readView, bos: readView.bos * bos }, written.linear);
  return { stream: afterWrite(taken, written, input), view: null };
}

export interface CheckedStream {
  readonly stream: Stream;
  readonly view: NormView | null;
}

type NormName = 'attentionNorm' | 'mlpNorm';

function normOf(name: NormName, { parts, layer }: LayerInput): NormWeights | null {
  return partsOf(parts, layer)[name];
}

function viewBefore(stream: Stream, name: NormName, input: LayerInput): NormView {
  const norm = normOf(name, input);
  return norm === null ? viewAsIs(stream) : viewThrough(norm, stream, input.parts.turned);
}

function behindWriteNorm(norm: NormWeights | null, written: MlpWritten): NormedWrite {
  return norm === null ? { written, bos: 1 } : writeNormed(norm, written);
}

/** On a stream that stands for `t` times itself, what is read and written is scaled alike, at BOS too: no matter how well `t` is known. */
function withUnscaledWrites({ stream, view }: ViewedStream, writes: readonly LinearWrite[]): Stream {
  const t = numberAt(view.factor, 0);
  const own = writes.map((write) => ({ ...write, down: write.down.map((x) => x / t), error: write.error - write.scaling }));
  return withLinearWrites(stream, stream, { ...view, bos: 1 }, own);
}

function normedAfter(stream: Stream, view: NormView, written: Written, name: NormName, input: LayerInput): ViewedStream {
  const { unit: size, scale, bos, bosScale } = view;
  const error = scale + bosScale + Math.abs(1 - bos);
  const norm = normOf(name, input);
  if (norm === null) throw new Error(`layer ${input.layer} has no norm on the stream`);
  return normed(norm, afterWrite(stream, unscaled(written, view), input), { size, error }, input.parts.turned);
}

function afterWrite(stream: Stream, written: Written, { parts, values, decisions }: LayerInput): Stream {
  const sum = added(stream, written);
  const after = parts.turned?.stream ? turnedSum(sum) : sum;
  for (const producer of written.producers) compareCodes(producer, after.constant, values, decisions);
  return after;
}

function partsOf({ layers }: ModelParts, layer: number): LayerParts {
  const own = layers[layer];
  if (own === undefined) throw new Error(`the model has no layer ${layer}`);
  return own;
}

function attention(stream: Stream, view: NormView, { parts, layer, claims, values, decisions, range }: LayerInput): Written {
  range.attention(layer, stream, view);
  const { width, heads, kvHeads, dim } = parts.config.sizes;
  const { traits, numbers } = parts.config;
  const { rotary } = attentionOf(parts.config, layer);
  const { query, key, value, output, queryNorm, keyNorm } = partsOf(parts, layer);
  const slice = (data: Float64Array, index: number, size: number) => data.subarray(index * size, (index + 1) * size);
  const own = Array.from({ length: heads }, (_, head): HeadWeights => {
    const shared = Math.floor((head * kvHeads) / heads);
    const rows = ({ weights, bias }: Affine, index: number) => ({
      rows: slice(weights, index, dim * width),
      bias: bias === null ? null : slice(bias, index, dim),
    });
    const tensor = parts.tensorName('query', layer);
    return {
      head,
      query: rows(query, head),
      key: rows(key, shared),
      value: rows(value, shared),
      output: slice(output.weights, head, dim * width),
      tensor,
    };
  });
  const reader = new FormReader(stream, view);
  /** Queries or keys of all heads, for norms that see all of them. */
  const together = new Map<Affine, readonly Form[]>();
  const all = (affine: Affine) => () => {
    const known = together.get(affine);
    if (known !== undefined) return known;
    const forms = Array.from({ length: affine.weights.length / width }, (_, row) =>
      reader.read(slice(affine.weights, row, width), affine.bias?.[row] ?? 0),
    );
    together.set(affine, forms);
    return forms;
  };
  const written = attentionBlock({
    width,
    dim,
    heads: own,
    claims: claims.heads.filter((head) => head.layer === layer),
    reader,
    values,
    decisions,
    seesAll: traits.attention === 'bidirectional',
    turned: parts.turned,
    biasLength: lengthOf(output.bias ?? []),
    scores: ({ head }, asking, asked) =>
      scoresOf(
        behindNorm(queryNorm, asking, head, all(query)),
        behindNorm(keyNorm, asked, Math.floor((head * kvHeads) / heads), all(key)),
        {
          dim,
          factor: numbers.scores,
          rotary,
          context: values.assumptions.context,
          turned: parts.turned?.heads === true,
        },
      ),
  });
  return withBias(written, output.bias);
}

function behindNorm(norm: HeadNormWeights | null, forms: readonly Form[], head: number, all: () => readonly Form[]): readonly Form[] {
  return norm === null ? forms : headNormed(norm, forms, head, all);
}

function mlp(stream: Stream, view: NormView, { parts, layer, claims, values, decisions, semantics, range }: LayerInput): MlpWritten {
  range.mlp(layer, stream, view);
  const { width, hidden } = parts.config.sizes;
  const { traits } = parts.config;
  const { gate, up, down } = partsOf(parts, layer);
  const active = gate ?? up;
  const written = mlpBlock({
    weights: {
      width,
      hidden,
      active: active.weights,
      activeBias: active.bias,
      factor: gate === null ? null : up.weights,
      factorBias: gate === null ? null : up.bias,
      down: down.weights,
      downBias: down.bias,
      activation: traits.activation,
      tensor: parts.tensorName(gate === null ? 'up' : 'gate', layer),
    },
    reader: new FormReader(stream, view),
    groups: claims.neurons.filter((group) => group.layer === layer),
    values,
    decisions,
    semantics,
    turned: parts.turned,
  });
  return withBias(written, down.bias);
}

function withBias<Own extends Written>(written: Own, bias: Float64Array | null): Own {
  return bias === null ? written : { ...written, constant: written.constant.map((x, dim) => x + numberAt(bias, dim)) };
}

/** A turned stream is rounded in every dimension. */
function turnedSum(stream: Stream): Stream {
  const off = SAFETY * 1.01 * UNIT * streamLength(stream);
  return { ...stream, noise: stream.noise.map((x) => x + off) };
}

/** The stream after a write: each dimension that is written to is rounded, once with the bias and once with the stream. */
function added(stream: Stream, { producers, constant, noise }: Written): Stream {
  const sum: Stream = {
    width: stream.width,
    constant: stream.constant.map((x, dim) => x + numberAt(constant, dim)),
    noise: stream.noise.map((x, dim) => x + numberAt(noise, dim)),
    producers: [...stream.producers, ...producers],
    shared: stream.shared,
  };
  const largest = largestOf(sum);
  const isWritten = new Uint8Array(stream.width);
  for (const { dims } of producers) for (const dim of dims) isWritten[dim] = 1;
  const rounded = sum.noise.map((x, dim) =>
    isWritten[dim] === 1 || constant[dim] !== 0 || noise[dim] !== 0 ? x + SAFETY * 2 * UNIT * numberAt(largest, dim) : x,
  );
  return { ...sum, noise: rounded };
}
