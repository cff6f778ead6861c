/** Rows of a matrix on the stream behind a norm: sums in float32, rounded once with the bias. */
import { numberAt } from '../../tensor/number-at.ts';
import type { Range } from '../bounds/rounding.ts';
import { type HalfArithmetic, plus, SINGLE, sizeOf, times, widened, ZERO } from './half-interval.ts';
import type { HalfNorm, HalfNorms } from './half-norm.ts';
import { type HalfPart, type HalfStream, type HalfTouches, touchesOf } from './half-stream.ts';

/** More vectors for one value are not told apart. */
const MOST_VARIANTS = 64;

/** What a row reads from one part, by value. */
interface RowPart {
  readonly part: HalfPart;
  readonly sums: readonly Range[];
  readonly sizes: readonly number[];
  /** Weights of dimensions that hold 0. */
  readonly zeros: readonly number[];
}

/** A dimension that several parts write. */
interface Joint {
  readonly dim: number;
  readonly weight: number;
  readonly touches: readonly { readonly part: HalfPart; readonly index: number; readonly at: number }[];
}

/**
 * Every choice of vectors that parts may hold at a combination of values.
 *
 * @param valueAt the index of the value that a part's s-op has
 */
export function* variantsAt(
  reader: HalfReader,
  parts: readonly HalfPart[],
  valueAt: (part: HalfPart) => number,
): Generator<(part: HalfPart) => number> {
  const lists = parts.map((part) => reader.variantsOf(part, valueAt(part)));
  const several = parts.flatMap((part, i) =>
    (lists[i] as readonly number[]).length > 1 ? [{ part, list: lists[i] as readonly number[] }] : [],
  );
  if (several.length === 0 || several.reduce((count, { list }) => count * list.length, 1) > MOST_VARIANTS) {
    yield valueAt;
    return;
  }
  let choices: Map<HalfPart, number>[] = [new Map()];
  for (const { part, list } of several) choices = choices.flatMap((choice) => list.map((id) => new Map([...choice, [part, id]])));
  for (const choice of choices) yield (part) => choice.get(part) ?? valueAt(part);
}

export interface HalfRow {
  /** What it depends on. */
  readonly parts: readonly HalfPart[];
  /** At a position where each part has this value; rounded. */
  at(valueAt: (part: HalfPart) => number): Range;
  /** At BOS. */
  readonly bos: Range;
  /** Whether every weight is 0, and so is the bias. */
  readonly isNothing: boolean;
}

export class HalfReader {
  readonly #half: HalfArithmetic;
  readonly #stream: HalfStream;
  readonly #norms: HalfNorms | null;
  readonly #touches: HalfTouches;
  /** Of each part vectors: one by value, as it is known, and after them those of values that may be few numbers. */
  readonly #rows: readonly (readonly (readonly Range[])[])[];
  readonly #variants = new Map<HalfPart, readonly (readonly number[])[]>();
  readonly #normed: readonly (readonly (readonly Range[])[])[];
  readonly #isZero: readonly (readonly (readonly boolean[])[])[];

  /** @param norms null where the stream is read as it is */
  constructor(half: HalfArithmetic, stream: HalfStream, norms: HalfNorms | null) {
    this.#half = half;
    this.#stream = stream;
    this.#norms = norms;
    this.#touches = touchesOf(stream);
    this.#rows = stream.parts.map((part) => this.#expanded(part));
    this.#normed = stream.parts.map(({ dims }, index) =>
      (this.#rows[index] as HalfPart['values']).map((row) =>
        row.map((range, at) =>
          range.low > range.high ? ZERO : this.#read(this.#whole(range, numberAt(dims, at)), numberAt(dims, at), norms?.other),
        ),
      ),
    );
    this.#isZero = stream.parts.map(({ dims }, index) =>
      (this.#rows[index] as HalfPart['values']).map((row) =>
        row.map((range, at) => this.#isCommonZero(this.#whole(range, numberAt(dims, at)), numberAt(dims, at), norms?.other)),
      ),
    );
  }

  /** The numbers of the vectors that a part may hold at a value, as rows take them; one of them is what it holds. */
  variantsOf(part: HalfPart, value: number): readonly number[] {
    return this.#variants.get(part)?.[value] ?? [value];
  }

  #expanded(part: HalfPart): HalfPart['values'] {
    const rows = [...part.values];
    const variants = part.values.map((row, value) => {
      const lists = row.map((range) => (range.low < range.high ? this.#half.numbersOf(range) : null));
      const count = lists.reduce((product, list) => product * (list?.length ?? 1), 1);
      if (count === 1 || count > MOST_VARIANTS) return [value];
      let all: Range[][] = [[]];
      for (const [at, list] of lists.entries()) {
        const own = list === null ? [row[at] as Range] : list.map((x) => ({ low: x, high: x }));
        all = all.flatMap((head) => own.map((range) => [...head, range]));
      }
      const from = rows.length;
      rows.push(...all);
      return all.map((_, i) => from + i);
    });
    this.#variants.set(part, variants);
    return rows;
  }

  /** With the constant that stands beside a part's number. */
  #whole(range: Range, dim: number): Range {
    return plus(range, this.#stream.constant[dim] as Range);
  }

  #read(range: Range, dim: number, norm: HalfNorm | undefined): Range {
    return norm === undefined ? range : norm.of(range, dim);
  }

  #isCommonZero(range: Range, dim: number, norm: HalfNorm | undefined): boolean {
    return norm === undefined ? false : norm.isCommonZero(range, dim);
  }

  /** @param what what the row is, as messages say it */
  read(weights: ArrayLike<number>, bias: number, what: string): HalfRow {
    const [half, stream, norms] = [this.#half, this.#stream, this.#norms];
    const joints: Joint[] = [];
    const single = new Map<number, { at: number; weight: number }[]>();
    let [base, size, zeros, terms] = [ZERO, 0, 0, 0];
    const entries: { dim: number; weight: number }[] = [];
    for (let dim = 0; dim < stream.constant.length; dim++) {
      const weight = numberAt(weights, dim);
      if (weight === 0) continue;
      terms++;
      entries.push({ dim, weight });
      const touches = this.#touches[dim] as HalfTouches[number];
      const [only] = touches;
      if (only === undefined) {
        const own = stream.constant[dim] as Range;
        if (this.#isCommonZero(own, dim, norms?.other)) zeros += weight;
        else {
          const x = times(this.#read(own, dim, norms?.other), weight);
          base = plus(base, x);
          size += sizeOf(x);
        }
      } else if (touches.length > 1) {
        joints.push({ dim, weight, touches: touches.map(({ part, at }) => ({ part: stream.parts[part] as HalfPart, index: part, at })) });
      } else single.set(only.part, [...(single.get(only.part) ?? []), { at: only.at, weight }]);
    }
    const parts = [...single].map(([index, reads]): RowPart => {
      const part = stream.parts[index] as HalfPart;
      const rows = (this.#rows[index] as HalfPart['values']).map((_, value) => {
        let [sum, own, none] = [ZERO, 0, 0];
        for (const { at, weight } of reads) {
          if (this.#isZero[index]?.[value]?.[at]) none += weight;
          else {
            const x = times(this.#normed[index]?.[value]?.[at] as Range, weight);
            sum = plus(sum, x);
            own += sizeOf(x);
          }
        }
        return { sum, own, none };
      });
      return { part, sums: rows.map((r) => r.sum), sizes: rows.map((r) => r.own), zeros: rows.map((r) => r.none) };
    });
    const finish = (sum: Range, absolute: number, none: number, zero: number): Range => {
      const error = SINGLE * (terms + 2) * (absolute + Math.abs(bias)) + Math.abs(none) * zero;
      return half.round(plus(widened(sum, terms > 1 || bias !== 0 ? error : Math.abs(none) * zero), { low: bias, high: bias }), what);
    };
    const jointAt = (joint: Joint, at: (part: HalfPart, index: number, place: number) => Range): Range =>
      joint.touches.reduce((sum, { part, index, at: place }) => plus(sum, at(part, index, place)), stream.constant[joint.dim] as Range);
    const at: HalfRow['at'] = (valueAt) => {
      let [sum, absolute, none] = [base, size, zeros];
      for (const each of parts) {
        const value = valueAt(each.part);
        sum = plus(sum, each.sums[value] as Range);
        absolute += numberAt(each.sizes, value);
        none += numberAt(each.zeros, value);
      }
      for (const joint of joints) {
        const whole = jointAt(joint, (part, index, place) => this.#rows[index]?.[valueAt(part)]?.[place] as Range);
        if (this.#isCommonZero(whole, joint.dim, norms?.other)) none += joint.weight;
        else {
          const x = times(this.#read(whole, joint.dim, norms?.other), joint.weight);
          sum = plus(sum, x);
          absolute += sizeOf(x);
        }
      }
      return finish(sum, absolute, none, norms?.other.zero ?? 0);
    };
    let [bosSum, bosSize, bosNone] = [ZERO, 0, 0];
    for (const { dim, weight } of entries) {
      const touches = (this.#touches[dim] as HalfTouches[number]).map(({ part, at: place }) => ({
        part: stream.parts[part] as HalfPart,
        index: part,
        at: place,
      }));
      const whole = jointAt({ dim, weight, touches }, (part, _, place) => part.bos[place] as Range);
      if (this.#isCommonZero(whole, dim, norms?.bos)) bosNone += weight;
      else {
        const x = times(this.#read(whole, dim, norms?.bos), weight);
        bosSum = plus(bosSum, x);
        bosSize += sizeOf(x);
      }
    }
    return {
      parts: [...new Set([...parts.map(({ part }) => part), ...joints.flatMap(({ touches }) => touches.map(({ part }) => part))])],
      at,
      bos: finish(bosSum, bosSize, bosNone, norms?.bos.zero ?? 0),
      isNothing: terms === 0 && bias === 0,
    };
  }
}
