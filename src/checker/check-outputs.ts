/** Whether the logits say what the program says: for every combination of values that they read. */

import { numericValue } from '../graph/domain.ts';
import { type Value, valuesEqual } from '../graph/value.ts';
import { numberAt } from '../tensor/number-at.ts';
import { differenceOf, type Held, heldBy } from './bounds/compare-forms.ts';
import { type Approximate, type Form, formAt, formOf } from './bounds/form.ts';
import { areMany, Rivals } from './bounds/rivals.ts';
import type { Producer, Stream } from './bounds/stream.ts';
import type { ClaimedOutput } from './claim/claims.ts';
import { type CheckedDecision, type Decisions, marginOf } from './claim/report.ts';
import { Unproven } from './claim/unproven.ts';
import { distinctRows } from './meaning/combinations.ts';
import { type NodeValues, nameOf } from './meaning/node-values.ts';
import { checkSummed } from './sums/check-summed.ts';
import { readBySum } from './sums/sum-reads.ts';
import { summedOf } from './sums/summed.ts';

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
  const rows = output.logits.map(({ id }) => id);
  const isMany = areMany(values.valuesOf(node).length, rows.length, stream.width);
  const { producers, dims, leadsOf } = (isMany ? nearestRows : everyRow)(rows, { logit, stream, mean });
  if (producers.some(({ isLine }) => isLine)) throw new Unproven(`${nameOf(node)} is read from numbers that are not enumerated`);
  const carriers = [...new Set(producers.flatMap((producer) => (producer.node === null ? [] : [producer.node])))];
  const summed = !isMany && values.areMany([...carriers, node]) ? summedOf(carriers, [node], values) : null;
  if (summed !== null) return checkSummed({ output, node, span }, summed, rows.map(logit), { values, decisions, tensor, stream, mean });
  const { count, column } = values.combinations([...carriers, node]);
  const columns = new Map(producers.map((producer) => [producer, producer.node === null ? null : column(producer.node)]));
  const target = column(node);
  const listed = values.valuesOf(node);
  const rightOf = listed.map((value) => output.logits.findIndex((f) => valuesEqual(f.value, value)));
  const combinations = distinctRows(count, [target, ...columns.values()]);
  // one value may be read in many ways
  const rivals = isMany || !areMany(combinations.length, rows.length, stream.width) ? null : new Rivals(rows.map(logit), stream, mean);
  let bound = 0;
  for (const at of combinations) {
    const right = numberAt(rightOf, numberAt(target, at));
    const own = output.logits[right];
    if (own === undefined) throw new Unproven(`no logit stands for a value of \`${output.name}\``);
    const valueAt = (producer: Producer) => columns.get(producer)?.[at] ?? 0;
    const held = heldBy(dims, stream, producers, valueAt);
    let worst: CheckedDecision | null = null;
    for (const { row, center, radius } of leadsOf(right, held, { valueAt, rivals })) {
      const part = `row ${own.id} against row ${rows[row]}, for ${String(own.value)}`;
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

/** By how much a logit leads another. */
interface Lead extends Approximate {
  /** The other one, in the order of the output's values. */
  readonly row: number;
}

/** The logits of an output, in the order of its values. */
interface Rows {
  readonly producers: readonly Producer[];
  readonly dims: Iterable<number>;
  /** By how much the right one leads every other, or all those that may come nearest. */
  readonly leadsOf: (right: number, held: Held, at: Combination) => Iterable<Lead>;
}

/** A combination of values that is read. */
interface Combination {
  readonly valueAt: (producer: Producer) => number;
  /** Where there are too many combinations for every row to be looked at. */
  readonly rivals: Rivals | null;
}

type RowInput = Pick<OutputInput, 'logit' | 'stream' | 'mean'>;

function everyRow(ids: readonly number[], { logit, stream, mean }: RowInput): Rows {
  const forms = ids.map(logit);
  return {
    producers: [...new Set(forms.flatMap(({ parts }) => parts.map((p) => p.producer)))],
    dims: new Set(forms.flatMap(({ weights }) => [...weights.keys()])),
    *leadsOf(right, held, { valueAt, rivals }) {
      const readOf = (row: number) => formAt(forms[row] as Form, ({ producer }) => valueAt(producer));
      const [own, ownRead] = [forms[right] as Form, readOf(right)];
      const leadOf = (row: number) => differenceOf(own, ownRead, forms[row] as Form, readOf(row), held, mean, stream.shared);
      for (const row of rivals?.of(right, held, leadOf) ?? forms.keys()) if (row !== right) yield { row, ...leadOf(row) };
    },
  };
}

function nearestRows(ids: readonly number[], { logit, stream, mean }: RowInput): Rows {
  const producers = new Set<Producer>();
  const rivals = new Rivals(formsOf(), stream, mean);
  return {
    producers: [...producers],
    dims: rivals.dims,
    *leadsOf(right, held) {
      const leadOf = (row: number) => rivals.difference(right, row, held);
      for (const row of rivals.of(right, held, leadOf)) yield { row, ...leadOf(row) };
    },
  };

  function* formsOf(): Iterable<Form> {
    for (const id of ids) {
      const form = logit(id);
      for (const { producer } of form.parts) producers.add(producer);
      yield form;
    }
  }
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
  const carriers = [...new Set(form.parts.flatMap(({ producer }) => (producer.node === null ? [] : [producer.node])))];
  const listed = values.valuesOf(node);
  const summed = values.areMany([...carriers, node]) ? summedOf(carriers, [node], values) : null;
  if (summed !== null) {
    for (const [place, sums] of readBySum(form, summed).entries()) {
      const value = summed.targets[place]?.[0];
      if (sums === null || value === undefined) continue;
      const { center, radius } = formOf(form, sums);
      compare(numericValue(listed[value] as Value), center, radius);
    }
    return bound;
  }
  const { count, column } = values.combinations([...carriers, node]);
  const columns = form.parts.map(({ producer }) => (producer.node === null ? null : column(producer.node)));
  const target = column(node);
  for (let at = 0; at < count; at++) {
    const { center, radius } = formAt(form, (_, index) => columns[index]?.[at] ?? 0);
    compare(numericValue(listed[numberAt(target, at)] as Value), center, radius);
  }
  return bound;
}
