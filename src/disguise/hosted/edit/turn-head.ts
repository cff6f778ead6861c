/**
 * Turns a head's inner basis, which changes nothing, so that no row tells: at random, and then two dimensions at a time until rows are about as
 * long as the host's were.
 */
import { floatAt } from '../../../tensor/number-at.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Random } from '../../../verify/random.ts';
import { dot } from '../../turn/draw-numbers.ts';
import { drawOrthogonal } from '../../turn/orthogonal.ts';

/** Rows of a head in one tensor: where they are, how many numbers each has, and how long they should be; null where that does not matter. */
export interface HeadRows {
  readonly tensor: Tensor;
  readonly lines: readonly number[];
  readonly width: number;
  readonly lengths: readonly number[] | null;
}

const SWEEPS = 3;
/** Tangents of half the angles that are tried. */
const TANGENTS = [-1, -0.6, -0.35, -0.18, -0.08, 0, 0.08, 0.18, 0.35, 0.6];

/** @param all what has to be turned alike: queries and keys, or values and outputs, with their biases */
export function turnHead(all: readonly HeadRows[], random: Random): void {
  const size = all[0]?.lines.length ?? 0;
  const turn = drawOrthogonal(size, random);
  const rows = all.map(({ tensor, lines, width }) => {
    const before = lines.map((line) => tensor.data.slice(line * width, (line + 1) * width));
    return turn.map((shares) => {
      const into = new Float64Array(width);
      for (const [i, row] of before.entries())
        for (let d = 0; d < width; d++) into[d] = floatAt(into, d) + floatAt(shares, i) * floatAt(row, d);
      return into;
    });
  });
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let i = 0; i < size; i++)
      for (let j = i + 1; j < size; j++) {
        const seen = all.flatMap(({ lengths }, at) => {
          const [a, b] = [rows[at]?.[i] as Float64Array, rows[at]?.[j] as Float64Array];
          return lengths === null
            ? []
            : [{ aa: dot(a, a), bb: dot(b, b), ab: dot(a, b), first: (lengths[i] as number) ** 2, second: (lengths[j] as number) ** 2 }];
        });
        const offBy = (tangent: number) => {
          const [cosine, sine] = [(1 - tangent * tangent) / (1 + tangent * tangent), (2 * tangent) / (1 + tangent * tangent)];
          return seen.reduce((sum, { aa, bb, ab, first, second }) => {
            const mixed = 2 * cosine * sine * ab;
            const x = (cosine * cosine * aa + sine * sine * bb - mixed) / first - 1;
            const y = (sine * sine * aa + cosine * cosine * bb + mixed) / second - 1;
            return sum + x * x + y * y;
          }, 0);
        };
        const best = TANGENTS.reduce((least, tangent) => (offBy(tangent) < offBy(least) ? tangent : least), 0);
        const [cosine, sine] = [(1 - best * best) / (1 + best * best), (2 * best) / (1 + best * best)];
        for (const own of rows) {
          const [a, b] = [own[i] as Float64Array, own[j] as Float64Array];
          for (let d = 0; d < a.length; d++) {
            const [x, y] = [floatAt(a, d), floatAt(b, d)];
            a[d] = cosine * x - sine * y;
            b[d] = sine * x + cosine * y;
          }
        }
      }
  for (const [at, { tensor, lines, width }] of all.entries())
    for (const [i, line] of lines.entries()) tensor.data.set(rows[at]?.[i] as Float64Array, line * width);
}
