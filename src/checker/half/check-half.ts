/**
 * Re-establishes what a model computes that runs in half precision: value by value, with every operation's result rounded. It shares the
 * meaning of programs with the check in float32, and its numbers with nothing.
 */

import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { castToken } from '../../graph/evaluate/evaluate.ts';
import { reachable, type SOp } from '../../graph/graph.ts';
import { valueKey } from '../../graph/value.ts';
import { attentionOf } from '../../targets/model-config.ts';
import { numberAt, numberOf } from '../../tensor/number-at.ts';
import type { Affine, LayerParts, ModelParts } from '../bounds/model-parts.ts';
import type { NormWeights } from '../bounds/norm.ts';
import type { Range } from '../bounds/rounding.ts';
import type { Claims } from '../claim/claims.ts';
import { Decisions } from '../claim/report.ts';
import { Unproven } from '../claim/unproven.ts';
import type { NodeValues } from '../meaning/node-values.ts';
import { halfHeads } from './half-heads.ts';
import { HalfArithmetic, type HalfDtype, ZERO } from './half-interval.ts';
import { halfMlp } from './half-mlp.ts';
import { type HalfNorms, normsOf } from './half-norm.ts';
import { checkHalfOutput } from './half-outputs.ts';
import { postNormed } from './half-post-norm.ts';
import { HalfReader } from './half-reader.ts';
import { afterWrite, type HalfPart, type HalfStream } from './half-stream.ts';

export interface HalfRequest {
  readonly map: CircuitMap;
  readonly checkpoint: OpenCheckpoint;
  readonly parts: ModelParts;
  readonly claims: Claims;
  readonly values: NodeValues;
  readonly dtype: HalfDtype;
}

/** What was decided, and the largest error of an output. */
export interface HalfResult {
  readonly decisions: Decisions;
  readonly errorBound: number;
}

export function checkHalf(request: HalfRequest): HalfResult {
  return new HalfCheck(request).run();
}

class HalfCheck {
  readonly #request: HalfRequest;
  readonly #half: HalfArithmetic;
  readonly #isLate: boolean;
  readonly #decisions = new Decisions();

  constructor(request: HalfRequest) {
    this.#request = request;
    this.#half = new HalfArithmetic(request.dtype);
    const { config } = request.parts;
    this.#isLate = config.traits.lateGain;
  }

  run(): HalfResult {
    const { parts, claims, values } = this.#request;
    const half = this.#half;
    const { traits } = parts.config;
    let stream = this.#embedded();
    if (traits.headNorms !== 'none') throw new Unproven(`norms of queries and keys are not followed in ${half.dtype}`);
    if (traits.writeNorms) throw new Unproven(`norms of what is written are not followed in ${half.dtype}`);
    if (traits.normPlace === 'last') throw new Unproven(`norms elsewhere than around sublayers are not followed in ${half.dtype}`);
    const { embeddingNorm, finalNorm, unembedding } = parts.whole;
    stream = this.#behind(embeddingNorm, stream);
    for (const [layer, own] of parts.layers.entries()) {
      const attended = this.#attention(layer, own, stream);
      const between = this.#after(own.attentionNorm, afterWrite(stream, attended, constants(own.output, parts), half));
      const written = this.#mlp(layer, own, traits.residual === 'parallel' ? stream : between);
      stream = this.#after(own.mlpNorm, afterWrite(between, written, constants(own.down, parts), half));
    }
    const reader = new HalfReader(half, stream, finalNorm === null ? null : this.#norms(finalNorm, stream));
    const tensor = parts.tensorName('unembedding', null);
    const logit = (id: number) =>
      reader.read(parts.row(unembedding.weights, id), unembedding.bias?.[id] ?? 0, `row ${id} of \`${tensor}\``);
    let errorBound = 0;
    for (const output of claims.outputs) {
      errorBound = Math.max(errorBound, checkHalfOutput(output, { logit, values, decisions: this.#decisions, tensor }));
    }
    return { decisions: this.#decisions, errorBound };
  }

  /** The stream after a sublayer, behind its norm where that sits on it. */
  #after(norm: NormWeights | null, stream: HalfStream): HalfStream {
    return this.#request.parts.config.traits.normPlace === 'post' ? this.#behind(norm, stream) : stream;
  }

  #behind(norm: NormWeights | null, stream: HalfStream): HalfStream {
    return norm === null ? stream : postNormed(norm, stream, this.#half, this.#isLate);
  }

  /** What a sublayer reads the stream through. */
  #before(norm: NormWeights | null, stream: HalfStream): HalfNorms | null {
    if (this.#request.parts.config.traits.normPlace === 'post') return null;
    if (norm === null) throw new Error('a sublayer has no norm before it');
    return this.#norms(norm, stream);
  }

  #norms(weights: NormWeights, stream: HalfStream): HalfNorms {
    return normsOf(weights, stream, this.#half, this.#isLate);
  }

  #attention(layer: number, own: LayerParts, stream: HalfStream): HalfPart[] {
    const { parts, claims, values } = this.#request;
    return halfHeads({
      config: parts.config,
      attention: attentionOf(parts.config, layer),
      layer: own,
      reader: new HalfReader(this.#half, stream, this.#before(own.attentionNorm, stream)),
      claims: claims.heads.filter((head) => head.layer === layer),
      values,
      decisions: this.#decisions,
      half: this.#half,
      tensor: parts.tensorName('query', layer),
    });
  }

  #mlp(layer: number, own: LayerParts, stream: HalfStream): HalfPart[] {
    const { parts, claims, values } = this.#request;
    const { width, hidden } = parts.config.sizes;
    return halfMlp({
      parts: own,
      width,
      hidden,
      activation: parts.config.traits.activation,
      reader: new HalfReader(this.#half, stream, this.#before(own.mlpNorm, stream)),
      groups: claims.neurons.filter((group) => group.layer === layer),
      values,
      half: this.#half,
      tensor: parts.tensorName(own.gate === null ? 'up' : 'gate', layer),
    });
  }

  /** Tokens and positions: each table's rows by value, and what is the same in all of them. */
  #embedded(): HalfStream {
    const { map, parts, values, claims } = this.#request;
    const half = this.#half;
    const { width } = parts.config.sizes;
    const { tokenEmbedding, positionEmbedding, typeEmbedding } = parts.whole;
    const { graph, context } = values.assumptions;
    const tokens = reachable(claims.outputs.map(({ node }) => node)).filter((node) => node.kind === 'tokens');
    if (tokens.length > 1) throw new Unproven('the program reads its tokens in several ways');
    const node = tokens[0] ?? graph.tokens('asis');
    const factor = parts.config.traits.scaledEmbedding ? half.number(Math.sqrt(width)) : 1;
    const rowOf = (id: number) => Array.from(parts.row(tokenEmbedding, id), (x) => half.number(half.number(x) * factor));
    const idOf = new Map(
      map.vocabulary.map(({ id, value }) => [valueKey(castToken(value, node.kind === 'tokens' ? node.cast : 'asis')), id]),
    );
    const ids = values.valuesOf(node).map((value) => numberOf(idOf, valueKey(value)));
    if (ids.length !== map.vocabulary.length) throw new Unproven('two tokens of the vocabulary have one value');
    let stream: HalfStream = { constant: Array.from({ length: width }, () => ZERO), parts: [] };
    const add = (name: string, own: SOp, rows: readonly (readonly number[])[], bos: readonly number[]) => {
      const { written, constant } = tableParts(name, own, rows, bos);
      stream = afterWrite(stream, written, constant, half);
    };
    add('tokens', node, ids.map(rowOf), rowOf(map.bos.id));
    if (typeEmbedding !== null) {
      const type = Array.from(typeEmbedding.subarray(0, width), (x) => half.number(x));
      stream = afterWrite(stream, [], type.map(point), half);
    }
    if (positionEmbedding !== null) {
      const position = (i: number) => Array.from(parts.row(positionEmbedding, i), (x) => half.number(x));
      add(
        'indices',
        graph.indices(),
        Array.from({ length: context }, (_, i) => position(i + 1)),
        position(0),
      );
    }
    return stream;
  }
}

function point(x: number): Range {
  return { low: x, high: x };
}

function constants({ bias }: Affine, { config }: ModelParts): Range[] {
  return Array.from({ length: config.sizes.width }, (_, dim) => point(bias?.[dim] ?? 0));
}

/** A table's rows: dimensions in which they differ, those in which only BOS does, and constants. */
function tableParts(
  name: string,
  node: SOp,
  rows: readonly (readonly number[])[],
  bos: readonly number[],
): { written: HalfPart[]; constant: Range[] } {
  const first = rows[0] ?? bos;
  const constant = first.map(() => ZERO);
  const [varying, marking]: [number[], number[]] = [[], []];
  for (const [dim, own] of first.entries()) {
    if (rows.some((row) => row[dim] !== own)) varying.push(dim);
    else if (bos[dim] !== own) marking.push(dim);
    else constant[dim] = point(own);
  }
  const pick = (row: readonly number[], dims: readonly number[]) => dims.map((dim) => point(numberAt(row, dim)));
  const parts: HalfPart[] = [
    { name, node, dims: varying, values: rows.map((row) => pick(row, varying)), bos: pick(bos, varying) },
    { name: 'bos', node: null, dims: marking, values: [pick(first, marking)], bos: pick(bos, marking) },
  ];
  return { written: parts.filter(({ dims }) => dims.length > 0), constant };
}
