/**
 * What the heads of a layer write, by the value of the s-ops that each is said to compute. Whatever a head writes that no claim is about is
 * noise within the range of what its keys hold.
 */

import type { Selector, SOp } from '../../graph/graph.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { type Form, type FormReader, formRange, type TurnedBlock } from '../bounds/form.ts';
import { type Range, SAFETY, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { type Producer, VectorHulls } from '../bounds/stream.ts';
import { lengthOf, type Turned, writingError } from '../bounds/turned.ts';
import type { ClaimedHead, ClaimedVariable } from '../claim/claims.ts';
import type { Decisions } from '../claim/report.ts';
import { Unproven } from '../claim/unproven.ts';
import { type NodeValues, nameOf } from '../meaning/node-values.ts';
import type { Written } from '../mlp/mlp-block.ts';
import { type Attended, type MixedCode, mixedCode, WEIGHT_ROUNDINGS } from './head-result.ts';
import { largestOfSide, type Side, sideOf } from './head-sides.ts';
import type { ScoreRule } from './pair-scores.ts';
import { selectionOf } from './selection.ts';

/** One head's weights; rows are `[dim, width]`, biases `[dim]` or null. */
export interface HeadWeights {
  readonly head: number;
  readonly query: { readonly rows: Float64Array; readonly bias: Float64Array | null };
  readonly key: { readonly rows: Float64Array; readonly bias: Float64Array | null };
  readonly value: { readonly rows: Float64Array; readonly bias: Float64Array | null };
  /** `[dim, width]` */
  readonly output: Float64Array;
  /** The stored tensor with the queries. */
  readonly tensor: string;
}

export interface AttentionInput {
  readonly width: number;
  readonly dim: number;
  readonly heads: readonly HeadWeights[];
  readonly claims: readonly ClaimedHead[];
  readonly reader: FormReader;
  readonly values: NodeValues;
  readonly decisions: Decisions;
  /** Whether BOS sees other positions. */
  readonly seesAll: boolean;
  readonly turned: Turned | null;
  /** The length of what is added to what all heads write. */
  readonly biasLength: number;
  readonly scores: (head: HeadWeights, query: readonly Form[], key: readonly Form[]) => HeadScores;
}

/** The dimensions of a head that compare content, and how their sum becomes a score. */
export interface HeadScores {
  readonly query: readonly Form[];
  readonly key: readonly Form[];
  readonly rule: ScoreRule;
}

export function attentionBlock(input: AttentionInput): Written {
  const { width, heads, claims } = input;
  const constant = new Float64Array(width);
  const noise = new Float64Array(width);
  const producers: Producer[] = [];
  const sums = { total: new Float64Array(width), terms: new Float64Array(width), length: 0 };
  for (const head of heads) {
    const own = claims.filter((claim) => claim.head === head.head);
    producers.push(...headProducers(head, own, input, constant, noise, sums));
  }
  // every row of the output projection sums over all heads
  for (let dim = 0; dim < width; dim++) {
    const rounding = UNIT * numberAt(sums.total, dim) + UNDERFLOW;
    noise[dim] = numberAt(noise, dim) + SAFETY * numberAt(sums.terms, dim) * rounding;
  }
  if (input.turned !== null) {
    const mixing = input.turned.heads ? MIX_ROUNDINGS + 2 * (input.values.assumptions.context + 1) : 0;
    const off = writingError(heads.length * input.dim + mixing, sums.length, input.biasLength);
    for (let dim = 0; dim < width; dim++) noise[dim] = numberAt(noise, dim) + off;
  }
  return { producers, constant, noise };
}

/** Of a share of attention, its product with a value, and the sum's own. */
const MIX_ROUNDINGS = 24;

/** What a head puts into one dimension of the stream's sum. */
interface Sums {
  readonly total: Float64Array;
  readonly terms: Float64Array;
  /** Of all heads: the length of the values times that of the weights that write them. */
  length: number;
}

interface ValueDimension {
  readonly form: Form;
  /** What it is written with, by dimension of the stream. */
  readonly column: Float64Array;
}

function headProducers(
  head: HeadWeights,
  claims: readonly ClaimedHead[],
  input: AttentionInput,
  constant: Float64Array,
  noise: Float64Array,
  sums: Sums,
): Producer[] {
  const { dim, width, reader } = input;
  const byVariable = new Map<ClaimedVariable, ValueDimension[]>();
  const variables = claims.flatMap((claim) => claim.writes);
  const block = blockOf(head.value, input);
  let valueLength = 0;
  let known: Sides | null = null;
  const sides = () => {
    known ??= sidesOf(head, input);
    return known;
  };
  let summed: number | null = null;
  const terms = () => {
    summed ??= looksAtStart(sides(), input) ? 1 : input.values.assumptions.context + 1;
    return summed;
  };
  for (let d = 0; d < dim; d++) {
    const column = head.output.subarray(d * width, (d + 1) * width);
    const isWritten = column.some((x) => x !== 0);
    // turned, every dimension of the values is in all of them
    if (!isWritten && block === null) continue;
    const form = reader.read(head.value.rows.subarray(d * width, (d + 1) * width), head.value.bias?.[d] ?? 0, block);
    const range = formRange(form);
    const size = Math.max(Math.abs(range.low), Math.abs(range.high));
    valueLength = Math.hypot(valueLength, size);
    if (!isWritten) continue;
    for (const [at, weight] of column.entries()) {
      if (weight === 0) continue;
      sums.total[at] = numberAt(sums.total, at) + Math.abs(weight) * size;
      sums.terms[at] = numberAt(sums.terms, at) + 1;
    }
    const variable = variableOf(column, variables);
    if (variable === undefined) strayDimension(column, range, terms(), constant, noise);
    else byVariable.set(variable, [...(byVariable.get(variable) ?? []), { form, column }]);
  }
  sums.length += valueLength * lengthOf(head.output);
  if (byVariable.size === 0) return [];
  const selections = new Map<SOp, Attended>();
  return [...byVariable].map(([variable, dimensions]) => {
    const node = variable.node as SOp;
    const claim = claims.find((c) => c.writes.includes(variable)) as ClaimedHead;
    let attended = selections.get(node);
    if (attended === undefined) {
      attended = attend(node, sides(), input);
      selections.set(node, attended);
      noteSelection(node, attended, claim, head, input.decisions);
    }
    const where = { name: claim.name, span: claim.span, tensor: head.tensor, part: `head ${head.head}` };
    return { ...producerOf(variable, node, dimensions, attended, input), claim: { variable, where } };
  });
}

/** The variable that a column mostly writes. */
function variableOf(column: Float64Array, variables: readonly ClaimedVariable[]): ClaimedVariable | undefined {
  let best: { variable: ClaimedVariable; weight: number } | undefined;
  for (const variable of variables) {
    if (variable.node === null) continue;
    const weight = Math.max(0, ...variable.dims.map((dim) => Math.abs(column[dim] ?? 0)));
    if (weight > (best?.weight ?? 0)) best = { variable, weight };
  }
  return best?.variable;
}

/** What shares of attention and their products may underflow by, over all keys together. */
const SHARE_UNDERFLOW = 2 ** 24 * UNDERFLOW;

/** @param terms how many weights are not 0 at once */
function strayDimension(column: Float64Array, { low, high }: Range, terms: number, constant: Float64Array, noise: Float64Array): void {
  for (const [dim, weight] of column.entries()) {
    if (weight === 0) continue;
    constant[dim] = numberAt(constant, dim) + (weight * (low + high)) / 2;
    const size = Math.max(Math.abs(low), Math.abs(high));
    const rounding = (WEIGHT_ROUNDINGS + 2 * terms) * UNIT * size + SHARE_UNDERFLOW * (1 + size);
    noise[dim] = numberAt(noise, dim) + SAFETY * Math.abs(weight) * ((high - low) / 2 + rounding);
  }
}

interface Sides {
  readonly query: Side;
  readonly key: Side;
  readonly rule: ScoreRule;
}

/** What is turned together in a head; null where each row is by itself. */
function blockOf({ rows, bias }: HeadWeights['query'], { reader, turned }: AttentionInput): TurnedBlock | null {
  return turned?.heads ? { length: reader.lengthOf(rows), biasLength: lengthOf(bias ?? []) } : null;
}

function sidesOf(head: HeadWeights, input: AttentionInput): Sides {
  const { dim, width, reader, scores } = input;
  const read = (part: HeadWeights['query']) => {
    const { rows, bias } = part;
    const block = blockOf(part, input);
    return Array.from({ length: dim }, (_, d) => reader.read(rows.subarray(d * width, (d + 1) * width), bias?.[d] ?? 0, block));
  };
  const { query, key, rule } = scores(head, read(head.query), read(head.key));
  return { query: sideOf(query), key: sideOf(key), rule };
}

/** Nats beyond which a weight beside the largest is 0 in float32. */
const VANISHING = 104;

/** Whether BOS has all the weight, to the bit, whatever the query. */
function looksAtStart({ query, key, rule }: Sides, { values, seesAll }: AttentionInput): boolean {
  if (seesAll && !(bosScore(query, key, rule) < -VANISHING)) return false;
  try {
    return selectionOf(everythingIn(values), { query, key, rule }, values).high < -VANISHING;
  } catch (error) {
    if (error instanceof Unproven) return false;
    throw error;
  }
}

function everythingIn({ assumptions: { graph } }: NodeValues): Selector {
  return graph.select(graph.constant(1n), graph.constant(1n), '==');
}

function attend(node: SOp, { query, key, rule }: Sides, { values, seesAll }: AttentionInput): Attended {
  const keys = values.assumptions.context;
  const isSelected = node.kind === 'aggregate' || node.kind === 'width' || node.kind === 'reduction';
  const ranking =
    node.kind === 'reduction' ? { by: node.value, end: node.operator === 'max' ? ('most' as const) : ('least' as const) } : null;
  const selection = selectionOf(isSelected ? node.selector : everythingIn(values), { query, key, rule }, values, ranking);
  return { selection, keys, bosLeak: seesAll ? Math.min(1, keys * Math.exp(bosScore(query, key, rule))) : 0 };
}

/** The largest score, for BOS as the query, of any key above that of BOS itself. */
function bosScore(query: Side, key: Side, rule: ScoreRule): number {
  const largest = largestOfSide(key);
  let [fixed, total] = [0, 0];
  for (let d = 0; d < query.size; d++) {
    const q = numberAt(query.bos, d);
    const eq = numberAt(query.bosRadius, d);
    const bos = numberAt(key.bos, d) - numberAt(key.base, d);
    const error = numberAt(key.bosRadius, d) + numberAt(key.baseRadius, d) + key.scale * Math.abs(numberAt(key.scaledBase, d));
    fixed += -q * bos + Math.abs(q) * error + eq * (Math.abs(bos) + error);
    total += (Math.abs(q) + eq) * (numberAt(largest, d) + Math.abs(numberAt(key.bos, d)));
  }
  for (const part of key.parts) {
    let most = Number.NEGATIVE_INFINITY;
    for (let value = 0; value < part.producer.count; value++) {
      let own = 0;
      for (let d = 0; d < query.size; d++) {
        const [x, r] = [numberAt(part.center, value * query.size + d), numberAt(part.radius, value * query.size + d)];
        const [q, eq] = [numberAt(query.bos, d), numberAt(query.bosRadius, d)];
        const off = r + key.scale * (Math.abs(x) + r);
        own += q * x + Math.abs(q) * off + eq * (Math.abs(x) + off);
      }
      most = Math.max(most, own);
    }
    fixed += most;
  }
  return SAFETY * rule.factor * (fixed + UNIT * (query.size + 8) * total) + rule.noise;
}

function noteSelection(node: SOp, { selection, keys }: Attended, claim: ClaimedHead, head: HeadWeights, decisions: Decisions): void {
  // the share of everything that ought to have none
  const isCounted = node.kind === 'width' || node.kind === 'indices';
  const error = keys * Math.exp(-selection.gap) + (isCounted ? 0 : Math.exp(-selection.low));
  decisions.add({
    kind: 'selection',
    name: claim.name === '' ? nameOf(node) : claim.name,
    span: claim.span,
    tensor: head.tensor,
    part: `head ${head.head}`,
    error: Number.isNaN(error) ? Number.POSITIVE_INFINITY : error,
    allowed: 0.5,
  });
}

function producerOf(
  variable: ClaimedVariable,
  node: SOp,
  dimensions: readonly ValueDimension[],
  attended: Attended,
  { values, width }: AttentionInput,
): Omit<Producer, 'claim'> {
  const codes = dimensions.map(({ form }): MixedCode => mixedCode(node, form, attended, values));
  const written: number[] = [];
  for (let dim = 0; dim < width; dim++) if (dimensions.some(({ column }) => column[dim] !== 0)) written.push(dim);
  const dims = Int32Array.from(written);
  const isLine = values.of(node) === null;
  const count = isLine ? 2 : values.valuesOf(node).length;
  const hulls = new VectorHulls(dims, count);
  const bos = new VectorHulls(dims, 1);
  for (const [at, dim] of dims.entries()) {
    for (let value = 0; value < count; value++) {
      const range = weighted(
        dimensions,
        dim,
        codes.map((code) => code.ranges[value] as Range),
      );
      hulls.include(value, at, range.low, range.high);
    }
    const range = weighted(
      dimensions,
      dim,
      codes.map((code) => code.bos),
    );
    bos.include(0, at, range.low, range.high);
  }
  const { center, radius } = hulls.finish();
  const { center: bosCenter, radius: bosRadius } = bos.finish();
  return { name: variable.name, span: variable.span, node, dims, count, isLine, center, radius, bosCenter, bosRadius };
}

function weighted(dimensions: readonly ValueDimension[], dim: number, ranges: readonly Range[]): Range {
  let [low, high] = [0, 0];
  for (const [i, { column }] of dimensions.entries()) {
    const weight = numberAt(column, dim);
    if (weight === 0) continue;
    const range = ranges[i] as Range;
    // a value that never occurs
    if (range.low > range.high) return range;
    low += weight * (weight > 0 ? range.low : range.high);
    high += weight * (weight > 0 ? range.high : range.low);
  }
  return { low, high };
}
