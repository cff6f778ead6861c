/** Whether the logits say what the program says: for every combination of values that they read. */
import { numericValue } from '../graph/domain.ts';
import { type Value, valuesEqual } from '../graph/value.ts';
import type { ClaimedOutput } from './claims.ts';
import { type Form, formAt } from './form.ts';
import { type NodeValues, nameOf } from './node-values.ts';
import type { Decisions } from './report.ts';
import { Unproven } from './unproven.ts';

/** A number is right to this, relative to the larger of 1 and its magnitude (the contract of numeric outputs). */
const NUMERIC_TOLERANCE = 1e-3;

export interface OutputInput {
  /** The form of a logit. */
  readonly logit: (id: number) => Form;
  readonly values: NodeValues;
  readonly decisions: Decisions;
  readonly tensor: string;
}

/** @returns the largest error of a logit that is compared, or of a number */
export function checkOutput(claimed: ClaimedOutput, input: OutputInput): number {
  return claimed.output.kind === 'numeric' ? checkNumber(claimed, input) : checkCategories(claimed, input);
}

function checkCategories({ output, node, span }: ClaimedOutput, { logit, values, decisions, tensor }: OutputInput): number {
  if (output.kind !== 'categorical') throw new Error('a number is no category');
  const forms = output.logits.map(({ id, value }) => ({ id, value, form: logit(id) }));
  const parts = [...new Set(forms.flatMap(({ form }) => form.parts.map((p) => p.producer)))];
  if (parts.some(({ isLine }) => isLine)) throw new Unproven(`${nameOf(node)} is read from numbers that are not enumerated`);
  const carriers = [...new Set(parts.flatMap((part) => (part.node === null ? [] : [part.node])))];
  const { count, column } = values.combinations([...carriers, node]);
  const columns = new Map(parts.map((part) => [part, part.node === null ? null : column(part.node)]));
  const target = column(node);
  const listed = values.valuesOf(node);
  const rightOf = listed.map((value) => forms.map((f) => valuesEqual(f.value, value)));
  let bound = 0;
  const seen = new Set<string>();
  for (let at = 0; at < count; at++) {
    const key = `${target[at]} ${[...columns.values()].map((c) => c?.[at]).join(' ')}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const value = listed[target[at] as number] as Value;
    const isRight = rightOf[target[at] as number] as readonly boolean[];
    if (!isRight.includes(true)) throw new Unproven(`no logit stands for a value of \`${output.name}\``);
    let own = { center: Number.NEGATIVE_INFINITY, radius: 0, id: -1 };
    let rival = { center: Number.NEGATIVE_INFINITY, radius: 0, id: -1 };
    let [largest, best] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [i, { id, form }] of forms.entries()) {
      const { center, radius } = formAt(form, ({ producer }) => columns.get(producer)?.[at] ?? 0);
      bound = Math.max(bound, Math.abs(center - (isRight[i] ? 1 : 0)) + radius);
      if (isRight[i]) {
        if (!(center - radius <= best)) [best, own] = [center - radius, { center, radius, id }];
      } else if (!(center + radius <= largest)) [largest, rival] = [center + radius, { center, radius, id }];
    }
    if (rival.id < 0) continue;
    decisions.add({
      kind: 'categorical output',
      name: output.name,
      span,
      tensor,
      part: `row ${own.id} against row ${rival.id}, for ${String(value)}`,
      error: own.radius + rival.radius,
      allowed: own.center - rival.center,
    });
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
    compare(numericValue(listed[target[at] as number] as Value), center, radius);
  }
  return bound;
}
