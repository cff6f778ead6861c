/** How rotary queries and keys turn with their positions. */
import type { Rotary } from '../../targets/model-config.ts';
import { floatAt } from '../../tensor/number-at.ts';

/** Planes of dimensions i and i + dims/2, turned by so many positions. */
export function turnedBy(vector: Float64Array, positions: number, rotary: Rotary | null): Float64Array {
  if (rotary === null || positions === 0) return vector;
  const half = rotary.dims / 2;
  const result = vector.slice();
  for (let i = 0; i < half; i++) {
    const angle = positions * rotary.base ** (-i / half);
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const [x, y] = [floatAt(vector, i), floatAt(vector, i + half)];
    result[i] = x * cosine - y * sine;
    result[i + half] = y * cosine + x * sine;
  }
  return result;
}
