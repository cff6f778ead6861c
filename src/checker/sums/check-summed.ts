/**
 * Whether logits say what a sum is whose parts have too many values together. Logits are lines over one number that is read from all parts: for
 * each sum that number is bounded, and with it by how much the right logit leads every other.
 */
import { isNumeric, numericValue } from '../../graph/domain.ts';
import type { Value } from '../../graph/value.ts';
import { floatAt, numberAt } from '../../tensor/number-at.ts';
import { type Form, mostRounding } from '../bounds/form.ts';
import { ORDER_SLACK, SAFETY, UNIT } from '../bounds/rounding.ts';
import { largestOf, type Stream } from '../bounds/stream.ts';
import type { ClaimedOutput } from '../claim/claims.ts';
import { type CheckedDecision, type Decisions, marginOf } from '../claim/report.ts';
import { Unproven } from '../claim/unproven.ts';
import { type NodeValues, nameOf } from '../meaning/node-values.ts';
import { byCarrier } from './sum-reads.ts';
import { extremesOf, type Summed } from './summed.ts';

export interface SummedInput {
  readonly values: NodeValues;
  readonly decisions: Decisions;
  readonly tensor: string;
  /** What the logits are read from, and the largest error of its mean. */
  readonly stream: Stream;
  readonly mean: number;
}

/** One logit as a line over the number that all are read from: `line(value) = base + value · number`, but for `off`. */
interface Row {
  readonly value: number;
  readonly constant: number;
  readonly off: number;
  readonly rounding: number;
  readonly form: Form;
}

/** @returns the largest part of its lead that a logit may lose */
export function checkSummed(
  { output, node, span }: ClaimedOutput,
  summed: Summed,
  forms: readonly Form[],
  { values, decisions, tensor, stream, mean }: SummedInput,
): number {
  if (output.kind !== 'categorical') throw new Error('a number is no category');
  const listed = values.valuesOf(node);
  const domain = { kind: 'finite', values: output.logits.map(({ value }) => value) } as const;
  if (!isNumeric(domain) || !isNumeric({ kind: 'finite', values: listed })) throw new Unproven(`${nameOf(node)} is no number`);
  const lines = linesOf(forms, domain.values.map(numericValue), summed);
  const differences = new Differences(lines.rows, stream, mean);
  const rowOf = new Map(lines.rows.map(({ value }, row) => [value, row]));
  let bound = 0;
  for (const [place, target] of summed.targets.entries()) {
    const [low, high] = [floatAt(lines.low, place), floatAt(lines.high, place)];
    if (target === null || Number.isNaN(low)) continue;
    const value = numericValue(listed[numberAt(target, 0)] as Value);
    const right = rowOf.get(value);
    if (right === undefined) throw new Unproven(`no logit stands for a value of \`${output.name}\``);
    const own = lines.rows[right] as Row;
    let worst: CheckedDecision | null = null;
    for (const [row, other] of lines.rows.entries()) {
      if (row === right) continue;
      const slope = own.value - other.value;
      const lead = own.constant - other.constant + Math.min(slope * low, slope * high);
      const slack =
        own.off +
        other.off +
        ORDER_SLACK * (Math.abs(own.constant) + Math.abs(other.constant) + Math.abs(slope) * Math.max(Math.abs(low), Math.abs(high)));
      const part = `row ${output.logits[right]?.id} against row ${output.logits[row]?.id}, for ${String(value)}`;
      const error = differences.radius(right, row);
      const decision: CheckedDecision = { kind: 'categorical output', name: output.name, span, tensor, part, error, allowed: lead - slack };
      if (worst === null || !(marginOf(decision) >= marginOf(worst))) worst = decision;
    }
    if (worst === null) continue;
    bound = Math.max(bound, 1 - marginOf(worst));
    decisions.add(worst);
  }
  return bound;
}

/** The logits as lines, and the number that they are over, at least and at most, by place of the sum. */
interface Lines {
  readonly rows: readonly Row[];
  readonly low: Float64Array;
  readonly high: Float64Array;
}

function linesOf(forms: readonly Form[], values: readonly number[], summed: Summed): Lines {
  const read = forms.map((form) => byCarrier(form, summed, (part) => part.center));
  const least = values.reduce((at, value, i) => (value < numberAt(values, at) ? i : at), 0);
  const most = values.reduce((at, value, i) => (value > numberAt(values, at) ? i : at), 0);
  const [first, last] = [read[least], read[most]];
  if (first === undefined || last === undefined) throw new Error('an output without logits');
  const range = numberAt(values, most) - numberAt(values, least) || 1;
  const number = first.reads.map((own, c) => own.map((x, v) => (floatAt(last.reads[c] as Float64Array, v) - x) / range));
  const rows = forms.map((form, i): Row => {
    const value = numberAt(values, i);
    const { reads, constant } = read[i] as (typeof read)[number];
    // what of this row is no line, beside what the first row has besides
    const off = reads.reduce((total, own, c) => {
      const [line, base] = [number[c] as Float64Array, first.reads[c] as Float64Array];
      const apart = own.reduce(
        (furthest, x, v) => Math.max(furthest, Math.abs(x - floatAt(base, v) - (value - numberAt(values, least)) * floatAt(line, v))),
        0,
      );
      return total + apart;
    }, 0);
    return { value, constant: form.constant + constant + form.offset, off, rounding: mostRounding(form), form };
  });
  return { rows, ...extremesOf(summed, number) };
}

/** By how much the difference of two rows may be off, whatever they read. */
class Differences {
  readonly #rows: readonly Row[];
  readonly #weights: Float64Array;
  readonly #radius: Float64Array;
  readonly #largest: Float64Array;
  readonly #means: readonly { readonly coefficients: Float64Array; readonly bound: number }[];

  constructor(rows: readonly Row[], stream: Stream, mean: number) {
    this.#rows = rows;
    const dims = [...new Set(rows.flatMap(({ form }) => [...form.weights.keys()]))];
    this.#weights = new Float64Array(rows.length * dims.length);
    for (const [row, { form }] of rows.entries())
      for (const [at, dim] of dims.entries()) this.#weights[row * dims.length + at] = form.weights.get(dim) ?? 0;
    const largest = largestOf(stream);
    this.#largest = Float64Array.from(dims, (dim) => numberAt(largest, dim));
    const radius = stream.noise.slice();
    for (const producer of stream.producers) {
      for (const [at, dim] of producer.dims.entries()) {
        let own = 0;
        for (let i = at; i < producer.count * producer.dims.length; i += producer.dims.length)
          own = Math.max(own, numberAt(producer.radius, i));
        radius[dim] = numberAt(radius, dim) + own;
      }
    }
    this.#radius = Float64Array.from(dims, (dim) => numberAt(radius, dim));
    const ones = new Float64Array(dims.length).fill(1);
    const shared = stream.shared.map(({ coefficients, bound }) => ({
      coefficients: Float64Array.from(dims, (dim) => numberAt(coefficients, dim)),
      bound,
    }));
    this.#means = [...shared, { coefficients: ones, bound: mean }];
  }

  radius(right: number, other: number): number {
    const [a, b] = [this.#rows[right] as Row, this.#rows[other] as Row];
    const size = this.#largest.length;
    let [off, total] = [0, 0];
    const read = this.#means.map(() => 0);
    for (let at = 0; at < size; at++) {
      const weight = floatAt(this.#weights, right * size + at) - floatAt(this.#weights, other * size + at);
      off += Math.abs(weight) * floatAt(this.#radius, at);
      total += Math.abs(weight) * floatAt(this.#largest, at);
      for (const [i, { coefficients }] of this.#means.entries()) read[i] = numberAt(read, i) + weight * floatAt(coefficients, at);
    }
    const inherited =
      off + read.reduce((sum, often, i) => sum + Math.abs(often) * (this.#means[i]?.bound ?? 0), 0) + a.form.roundings * UNIT * total;
    return SAFETY * (inherited + a.form.scale * (total + inherited) + a.rounding + b.rounding);
  }
}
