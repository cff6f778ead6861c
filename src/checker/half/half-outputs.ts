/** Whether the logits of a model in half precision say what the program says. */

import { numericValue } from '../../graph/domain.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { ClaimedOutput } from '../claim/claims.ts';
import type { CheckedDecision, Decisions } from '../claim/report.ts';
import { Unproven } from '../claim/unproven.ts';
import { distinctRows } from '../meaning/combinations.ts';
import type { NodeValues } from '../meaning/node-values.ts';
import type { HalfRow } from './half-reader.ts';

/** A number is right to this, relative to the larger of 1 and its magnitude (the contract of numeric outputs). */
const NUMERIC_TOLERANCE = 1e-3;

export interface HalfOutputInput {
  readonly logit: (id: number) => HalfRow;
  readonly values: NodeValues;
  readonly decisions: Decisions;
  readonly tensor: string;
}

/** @returns the largest error: of a number, or of how far the right logit leads, as a part of that */
export function checkHalfOutput({ output, node, span }: ClaimedOutput, { logit, values, decisions, tensor }: HalfOutputInput): number {
  const logits = output.kind === 'numeric' ? [{ id: output.logit, value: null }] : output.logits;
  const rows = logits.map(({ id, value }) => ({ id, value, row: logit(id) }));
  const parts = [...new Set(rows.flatMap(({ row }) => row.parts))];
  const carriers = parts.flatMap((part) => (part.node === null ? [] : [part.node]));
  const { count, column } = values.combinations([...carriers, node]);
  const columns = new Map(parts.map((part) => [part, part.node === null ? null : column(part.node)]));
  const target = column(node);
  const listed = values.valuesOf(node);
  let bound = 0;
  const add = (decision: Pick<CheckedDecision, 'kind' | 'part' | 'error' | 'allowed'>) => {
    bound = Math.max(bound, decision.kind === 'numeric output' ? decision.error : decision.error / decision.allowed);
    decisions.add({ ...decision, name: output.name, span, tensor });
  };
  for (const at of distinctRows(count, [target, ...columns.values()])) {
    const value = listed[numberAt(target, at)] as Value;
    const read = rows.map(({ row }) => row.at((part) => columns.get(part)?.[at] ?? 0));
    if (output.kind === 'numeric') {
      const [{ low, high }] = read as [{ low: number; high: number }];
      const wanted = numericValue(value);
      const error = Math.max(...[low, high].map((x) => Math.abs(output.scale * x + output.offset - wanted)));
      add({ kind: 'numeric output', part: `row ${output.logit}`, error, allowed: NUMERIC_TOLERANCE * Math.max(1, Math.abs(wanted)) });
      continue;
    }
    const right = rows.findIndex((each) => each.value !== null && valuesEqual(each.value, value));
    const own = read[right];
    if (own === undefined) throw new Unproven(`no logit stands for a value of \`${output.name}\``);
    for (const [i, other] of read.entries()) {
      if (i === right) continue;
      const middle = (own.low + own.high - other.low - other.high) / 2;
      const error = middle - (own.low - other.high);
      add({
        kind: 'categorical output',
        part: `row ${rows[right]?.id} against row ${rows[i]?.id}, for ${String(value)}`,
        error,
        allowed: middle,
      });
    }
  }
  return bound;
}
