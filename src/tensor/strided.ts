/** The doorway to ndarray: strided views over one buffer, and the copy of one view into another of the same shape. */
import ndarray, { type NdArray } from 'ndarray';
import type { FloatArray } from './dtype.ts';

/** A view: element `[i, j, …]` is `data[offset + i·stride[0] + j·stride[1] + …]`. */
export type View<Data extends FloatArray> = NdArray<Data>;

export function viewOf<Data extends FloatArray>(data: Data, shape: readonly number[], stride?: readonly number[], offset = 0): View<Data> {
  return stride === undefined ? ndarray(data, [...shape]) : ndarray(data, [...shape], [...stride], offset);
}

/** The view with its axes in another order: axis `i` of the result is axis `order[i]` of `view`. */
export function transposed<Data extends FloatArray>(view: View<Data>, order: readonly number[]): View<Data> {
  return view.transpose(...order);
}

/** Copies every element of `source` to the same place in `target`. Shapes must be equal. */
export function copyView(target: View<FloatArray>, source: View<FloatArray>): void {
  const { shape } = target;
  if (shape.length !== source.shape.length || shape.some((length, axis) => length !== source.shape[axis])) {
    throw new Error(`shapes [${shape}] and [${source.shape}] differ`);
  }
  if (shape.includes(0)) return;
  const last = shape.length - 1;
  const copyFrom = (axis: number, to: number, from: number): void => {
    const length = shape[axis] as number;
    const toStride = target.stride[axis] as number;
    const fromStride = source.stride[axis] as number;
    if (axis < last) {
      for (let i = 0; i < length; i++) copyFrom(axis + 1, to + i * toStride, from + i * fromStride);
    } else {
      for (let i = 0; i < length; i++) target.data[to + i * toStride] = source.data[from + i * fromStride] as number;
    }
  };
  if (last < 0) target.data[target.offset] = source.data[source.offset] as number;
  else copyFrom(0, target.offset, source.offset);
}
