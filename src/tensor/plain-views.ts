/**
 * What stands in the place of ndarray in pages that run a model: the same views, made without code out of text, which the content security policy
 * of a page forbids. Bundles of pages take this module by ndarray's name; a test holds the two against each other.
 */
import type { FloatArray } from './dtype.ts';
import { numberAt } from './number-at.ts';

/** The part of an ndarray that `strided.ts` uses. */
class PlainView<Data extends FloatArray> {
  readonly data: Data;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;

  constructor(data: Data, shape: readonly number[], stride: readonly number[], offset: number) {
    this.data = data;
    this.shape = shape;
    this.stride = stride;
    this.offset = offset;
  }

  /** Axis `i` of the result is axis `order[i]`. */
  transpose(...order: readonly number[]): PlainView<Data> {
    const inOrder = (of: readonly number[]) => order.map((axis) => numberAt(of, axis));
    return new PlainView(this.data, inOrder(this.shape), inOrder(this.stride), this.offset);
  }
}

/** Row-major where no stride is given. */
export default function plainView<Data extends FloatArray>(
  data: Data,
  shape: readonly number[],
  stride: readonly number[] = rowMajor(shape),
  offset = 0,
): PlainView<Data> {
  return new PlainView(data, shape, stride, offset);
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}
