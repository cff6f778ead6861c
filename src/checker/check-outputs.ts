/** Whether the logits say what the program says: for every combination of values that they read. */

import { numericValue } from '../graph/domain.ts';
import { type Value, valuesEqual } from '../graph/value.ts';
import { numberAt } from '../tensor/number-at.ts';
import { differenceOf, heldBy } from './bounds/compare-forms.ts';
import { type Form, formAt, type Read } from './bounds/form.ts';
import type { Producer, Stream } from './bounds/stream.ts';
import type { ClaimedOutput } from './claim/claims.ts';
import { type CheckedDecision, type Decisions, marginOf } from './claim/report.ts';
import { Unproven } from './claim/unproven.ts';
import { distinctRows } from './meaning/combinations.ts';
import { type NodeValues, nameOf } from './meaning/node-values.ts';

/** A number is right to this, relative to the larger of 1 and its magnitude (the contract of numeric outputs). */
const NUMERIC_TOLERANCE = 1e-3;

export interface OutputInput {
  /** The form of a logit. */
  readonly logit: (id: number) => Form;
  readonly values: NodeValues;
  readonly decisions: Decisions;
  readonly tensor: string;
  /** What the logits are read from, and the largest error of its mean. */
  readonly stream: Stream;
  readonly mean: number;
}

/** @returns the largest error: of a number, or of how far the right logit leads, as a part of that */
export function checkOutput(claimed: ClaimedOutput, input: OutputInput): number {
  return claimed.output.kind === 'numeric' ? checkNumber(claimed, input) : checkCategories(claimed, input);
}

function checkCategories({ output, node, span }: ClaimedOutput, { logit, values, decisions, tensor, stream, mean }: OutputInput): number {
  if (output.kind !== 'categorical') throw new Error('a number is no category');
  const forms = output.logits.map(({ id, value }) => ({ id, value, form: logit(id) }));
  const producers = [...new Set(forms.flatMap(({ form }) => form.parts.map((p) => p.producer)))];
  if (producers.some(({ isLine }) => isLine)) throw new Unproven(`${nameOf(node)} is read from numbers that are not enumerated`);
  const carriers = producers.flatMap((producer) => (producer.node === null ? [] : [producer.node]));
  const { count, column } = values.combinations([...carriers, node]);
  const columns = new Map(producers.map((producer) => [producer, producer.node === null ? null : column(producer.node)]));
  const dims = new Set(forms.flatMap(({ form }) => [...form.weights.keys()]));
  const target = column(node);
  const listed = values.valuesOf(node);
  const rightOf = listed.map((value) => forms.findIndex((f) => valuesEqual(f.value, value)));
  let bound = 0;
  for (const at of distinctRows(count, [target, ...columns.values()])) {
    const right = numberAt(rightOf, numberAt(target, at));
    const own = forms[right];
    if (own === undefined) throw new Unproven(`no logit stands for a value of \`${output.name}\``);
    const valueAt = (producer: Producer) => columns.get(producer)?.[at] ?? 0;
    const held = heldBy(dims, stream, producers, valueAt);
    const reads = forms.map(({ form }) => formAt(form, ({ producer }) => valueAt(producer)));
    let worst: CheckedDecision | null = null;
    for (const [i, { id, form }] of forms.entries()) {
      if (i === right) continue;
      const { center, radius } = differenceOf(own.form, reads[right] as Read, form, reads[i] as Read, held, mean, stream.shared);
      const part = `row ${own.id} against row ${id}, for ${String(own.value)}`;
      const decision: CheckedDecision = {
        kind: 'categorical output',
        name: output.name,
        span,
        tensor,
        part,
        error: radius,
        allowed: center,
      };
      if (worst === null || !(marginOf(decision) >= marginOf(worst))) worst = decision;
    }
    if (worst === null) continue;
    bound = Math.max(bound, 1 - marginOf(worst));
    decisions.add(worst);
  }
  return bound;
}

function checkNumber({ output, node, span }: ClaimedOutput, { logit, values, decisions, tensor }: OutputInput): number {
  if (output.kind !== 'numeric') throw new Error('a category is no number');
  const form = logit(output.logit);
  let bound = 0;
  const compare = (wanted: number, center: number, radius: number) => {
    const error = Math.abs(output.scale) * radius + Math.abs(output.scale * center + output.offset - wanted);
    bound = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(bound, error);
    const allowed = NUMERIC_TOLERANCE * Math.max(1, Math.abs(wanted));
    decisions.add({ kind: 'numeric output', name: output.name, span, tensor, part: `row ${output.logit}`, error, allowed });
  };
  const [line] = form.parts;
  if (line?.producer.isLine) {
    // linear in one number: right at both ends is right between
    if (form.parts.length > 1 || line.producer.node !== node)
      throw new Unproven(`\`${output.name}\` is a sum of numbers that are not enumerated`);
    const { low, high } = values.rangeOf(node);
    const ends = [0, 1].map((end) => formAt(form, () => end));
    const radius = Math.max(...ends.map((end) => end.radius));
    for (const [i, wanted] of [low, high].entries()) compare(wanted, (ends[i] as { center: number }).center, radius);
    return bound;
  }
  const carriers = form.parts.flatMap(({ producer }) => (producer.node === null ? [] : [producer.node]));
  const { count, column } = values.combinations([...carriers, node]);
  const columns = form.parts.map(({ producer }) => (producer.node === null ? null : column(producer.node)));
  const target = column(node);
  const listed = values.valuesOf(node);
  for (let at = 0; at < count; at++) {
    const { center, radius } = formAt(form, (_, index) => columns[index]?.[at] ?? 0);
    compare(numericValue(listed[numberAt(target, at)] as Value), center, radius);
  }
  return bound;
}
