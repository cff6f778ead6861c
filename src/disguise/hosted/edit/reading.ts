/** Lines of a matrix, and changes of those that read the same rows. */
import { numberAt } from '../../../tensor/number-at.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import { dot } from '../../turn/draw-numbers.ts';
import { leastChange } from '../least-change.ts';
import { emptyRows, type Rows, read, rowOf } from '../rows.ts';

/** Tensors by role, whose numbers are changed in place. */
export type Mutable = Record<string, Tensor>;

/** Changes of lines that read the same rows. */
export class Reading {
  readonly #rows: Rows;
  readonly #change: (residual: Rows) => Rows;
  constructor(rows: Rows, hasBias: boolean) {
    this.#rows = rows;
    this.#change = leastChange(hasBias ? withBias(rows) : rows);
  }

  /** Makes lines say nothing on these rows. */
  silence(roles: Mutable, role: string, lines: readonly number[]): void {
    const bias = roles[`${role}Bias`];
    const said = read(
      this.#rows,
      {
        shape: [lines.length, this.#rows.width],
        data: Float64Array.from(lines.flatMap((line) => [...lineOf(roles[role] as Tensor, line, this.#rows.width)])),
      },
      bias === undefined ? undefined : { shape: [lines.length], data: Float64Array.from(lines, (line) => numberAt(bias.data, line)) },
    );
    this.add(roles, role, lines, this.#change(said), -1);
  }

  /** What lines that say nothing have to be changed by to say this. */
  saying(wanted: Rows): Rows {
    return this.#change(wanted);
  }

  add(roles: Mutable, role: string, lines: readonly number[], { data, width: columns }: Rows, factor: number): void {
    const { width } = this.#rows;
    const bias = roles[`${role}Bias`];
    for (const [i, line] of lines.entries()) {
      const into = lineOf(roles[role] as Tensor, line, width);
      for (let d = 0; d < width; d++) into[d] = numberAt(into, d) + factor * numberAt(data, d * columns + i);
      if (bias !== undefined) bias.data[line] = numberAt(bias.data, line) + factor * BIAS * numberAt(data, width * columns + i);
    }
  }
}

/** Lines that say nothing, such that with what is added to them they are as long together as they were. */
export function makeRoom(roles: Mutable, role: string, lines: readonly number[], width: number, before: number, added: number): void {
  const factor = Math.sqrt(Math.max(before - added, before / 16) / (squared(roles[role] as Tensor, lines, width) || 1));
  for (const [name, length] of [
    [role, width],
    [`${role}Bias`, 1],
  ] as const) {
    const tensor = roles[name];
    if (tensor === undefined) continue;
    for (const line of lines) {
      const into = lineOf(tensor, line, length);
      for (let d = 0; d < length; d++) into[d] = numberAt(into, d) * factor;
    }
  }
}

export function squared(tensor: Tensor, lines: readonly number[], width: number): number {
  return lines.reduce((sum, line) => sum + dot(lineOf(tensor, line, width), lineOf(tensor, line, width)), 0);
}

export function lineOf({ data }: Tensor, line: number, width: number): Float64Array {
  return data.subarray(line * width, (line + 1) * width);
}

export function column({ count, width, data }: Rows, columns: readonly number[]): Rows {
  const result = emptyRows(count, columns.length);
  for (let row = 0; row < count; row++)
    for (const [i, at] of columns.entries()) result.data[row * columns.length + i] = numberAt(data, row * width + at);
  return result;
}

export function centred(rows: Rows): Rows {
  const result = { ...rows, data: rows.data.slice() };
  for (let i = 0; i < rows.width; i++) {
    let sum = 0;
    for (let row = 0; row < rows.count; row++) sum += numberAt(rows.data, row * rows.width + i);
    for (let row = 0; row < rows.count; row++) {
      const at = row * rows.width + i;
      result.data[at] = numberAt(rows.data, at) - sum / rows.count;
    }
  }
  return result;
}

/** A last column, whose share is the bias: small, so that most of what is always the same is said by lines. */
export const BIAS = 0.25;

export function withBias(rows: Rows): Rows {
  const result = emptyRows(rows.count, rows.width + 1);
  for (let row = 0; row < rows.count; row++) {
    rowOf(result, row).set(rowOf(rows, row));
    rowOf(result, row)[rows.width] = BIAS;
  }
  return result;
}
