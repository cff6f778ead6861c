/**
 * Strided views over one buffer, and the copy of one view into another of the same shape. Nothing here makes code of text, so that pages run under
 * a content security policy without `unsafe-eval`.
 */
import type { FloatArray } from './dtype.ts';

/** A view: element `[i, j, …]` is `data[offset + i·stride[0] + j·stride[1] + …]`. */
export interface View<Data extends FloatArray> {
  readonly data: Data;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** Row-major where no stride is given. */
export function viewOf<Data extends FloatArray>(
  data: Data,
  shape: readonly number[],
  stride: readonly number[] = rowMajor(shape),
  offset = 0,
): View<Data> {
  return { data, shape, stride, offset };
}

function rowMajor(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let next = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    stride[axis] = next;
    next *= shape[axis] as number;
  }
  return stride;
}

/** The view with its axes in another order: axis `i` of the result is axis `order[i]` of `view`. */
export function transposed<Data extends FloatArray>({ data, shape, stride, offset }: View<Data>, order: readonly number[]): View<Data> {
  const inOrder = (of: readonly number[]): number[] => order.map((axis) => of[axis] as number);
  return { data, shape: inOrder(shape), stride: inOrder(stride), offset };
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
