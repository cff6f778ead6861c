/** A dense float64 tensor, row-major: what weights are until a checkpoint stores them in its own dtype. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function zeros(...shape: number[]): Tensor {
  return { shape, data: new Float64Array(shape.reduce((product, size) => product * size, 1)) };
}
