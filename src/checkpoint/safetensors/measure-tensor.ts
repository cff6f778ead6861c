/** What the numbers of a stored tensor are like, found in one pass that holds a few megabytes of them at a time. */
import type { TensorInfo } from './safetensors-header.ts';
import { readPieces, type TensorStore, weightDtype } from './tensor-store.ts';

/** A tensor's size and, where its numbers can be read, what they are like. */
export interface TensorFacts {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly file: string;
  readonly values: TensorValues | null;
}

export interface TensorValues {
  readonly nonzero: number;
  /** How many are infinite or not a number; the other facts leave them out. */
  readonly nonfinite: number;
  /** The square root of the sum of squares. */
  readonly norm: number;
  /** The largest absolute value. */
  readonly largest: number;
}

/** A tensor without its numbers. */
export function describeTensor({ name, dtype, shape, file }: TensorInfo): TensorFacts {
  return { name, dtype, shape, parameters: shape.reduce((product, length) => product * length, 1), file, values: null };
}

/** A tensor with its numbers, if it is of a dtype that raspc computes with. */
export function measureTensor(store: TensorStore, tensor: TensorInfo): TensorFacts {
  const dtype = weightDtype(tensor);
  if (dtype === null) return describeTensor(tensor);
  let nonzero = 0;
  let nonfinite = 0;
  let squares = 0;
  let largest = 0;
  for (const piece of readPieces(store, tensor, dtype)) {
    for (let i = 0; i < piece.length; i++) {
      const value = piece[i] as number;
      if (value === 0) continue;
      nonzero++;
      const size = Math.abs(value);
      if (!(size < Number.POSITIVE_INFINITY)) {
        nonfinite++;
        continue;
      }
      squares += size * size;
      if (size > largest) largest = size;
    }
  }
  return { ...describeTensor(tensor), values: { nonzero, nonfinite, norm: Math.sqrt(squares), largest } };
}
