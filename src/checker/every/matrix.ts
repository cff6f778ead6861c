/** A matrix of the model with what it does to lengths: by how much it stretches a vector at most, and the length of all its numbers together. */
import { floatAt, numberAt } from '../../tensor/number-at.ts';
import { SAFETY } from '../bounds/rounding.ts';

export class Matrix {
  /** Terms of each sum that it takes. */
  readonly terms: number;
  readonly length: number;
  readonly stretch: number;
  readonly tensor: string;
  readonly #lines: Float64Array;
  readonly #width: number;
  readonly #writes: boolean;

  /**
   * @param lines one after the other, `width` numbers each
   * @param writes whether a vector has a number for each line, which is what that line is multiplied by, and not one for each of its numbers
   */
  constructor(lines: Float64Array, width: number, writes: boolean, tensor: string) {
    this.#lines = lines;
    this.#width = width;
    this.#writes = writes;
    this.tensor = tensor;
    this.terms = writes ? lines.length / width : width;
    this.length = SAFETY * lengthOf(lines);
    this.stretch = Math.min(this.length, largestStretch(lines, width));
  }

  /** The products with a vector, and of each the absolute terms. */
  times(x: Float64Array): { readonly values: Float64Array; readonly terms: Float64Array } {
    const [lines, width] = [this.#lines, this.#width];
    const count = lines.length / width;
    const size = this.#writes ? width : count;
    const [values, terms] = [new Float64Array(size), new Float64Array(size)];
    for (let line = 0, at = 0; line < count; line++) {
      if (this.#writes) {
        const factor = floatAt(x, line);
        for (let i = 0; i < width; i++) {
          const term = factor * floatAt(lines, at++);
          values[i] = floatAt(values, i) + term;
          terms[i] = floatAt(terms, i) + Math.abs(term);
        }
        continue;
      }
      let [total, absolute] = [0, 0];
      for (let i = 0; i < width; i++) {
        const term = floatAt(lines, at++) * floatAt(x, i);
        total += term;
        absolute += Math.abs(term);
      }
      values[line] = total;
      terms[line] = absolute;
    }
    return { values, terms };
  }

  /** Its transpose by a vector: from slopes by what it gives, the slopes by what it is given. */
  back(slope: Float64Array): Float64Array {
    const [lines, width] = [this.#lines, this.#width];
    const count = lines.length / width;
    const result = new Float64Array(this.#writes ? count : width);
    for (let line = 0, at = 0; line < count; line++) {
      if (this.#writes) {
        let total = 0;
        for (let i = 0; i < width; i++) total += floatAt(lines, at++) * floatAt(slope, i);
        result[line] = total;
        continue;
      }
      const factor = floatAt(slope, line);
      for (let i = 0; i < width; i++) result[i] = floatAt(result, i) + factor * floatAt(lines, at++);
    }
    return result;
  }
}

export function lengthOf(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += numberAt(values, i) ** 2;
  return Math.sqrt(squares);
}

/** How often a matrix is squared: its largest singular value is then known to within a factor of n^(1/2^(ROUNDS + 1)). */
const ROUNDS = 6;
/** For products that are summed in float64, and taken to a high power. */
const SLACK = 1 + 1e-6;

/** No less than the largest singular value: of W·Wᵀ = G, the root of the length of G^(2^k) to the power of 1/2^k. */
export function largestStretch(lines: Float64Array, width: number): number {
  const count = lines.length / width;
  const size = Math.min(count, width);
  let gram = new Float64Array(size * size);
  const at =
    count <= width
      ? (line: number, i: number) => floatAt(lines, line * width + i)
      : (line: number, i: number) => floatAt(lines, i * width + line);
  const inner = Math.max(count, width);
  const own = new Float64Array(size * inner);
  for (let i = 0; i < size; i++) for (let j = 0; j < inner; j++) own[i * inner + j] = at(i, j);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let total = 0;
      for (let k = 0; k < inner; k++) total += floatAt(own, i * inner + k) * floatAt(own, j * inner + k);
      gram[i * size + j] = total;
      gram[j * size + i] = total;
    }
  // ‖G^(2^k)‖ = e^logarithm · ‖gram‖
  let logarithm = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const length = lengthOf(gram);
    if (!(length > 0)) return 0;
    const next = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let k = 0; k < size; k++) {
        const factor = floatAt(gram, i * size + k) / length;
        if (factor === 0) continue;
        for (let j = 0; j < size; j++) next[i * size + j] = floatAt(next, i * size + j) + (factor * floatAt(gram, k * size + j)) / length;
      }
    logarithm = 2 * (logarithm + Math.log(length));
    gram = next;
  }
  return SLACK * Math.exp((logarithm + Math.log(lengthOf(gram))) / 2 ** (ROUNDS + 1));
}
