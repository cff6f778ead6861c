/** The dimensions of a compiled stream that hold the norm's energy: large, the same at every position, and written by embeddings alone. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Weights } from '../../weights/weights.ts';
import { WRITERS } from '../stream-roles.ts';

/** Smaller numbers are codes. */
const LEAST = 8;

export interface Anchors {
  readonly dims: readonly number[];
  /** What each holds, its sign left out; 0 where there are none, or not all hold the same. */
  readonly amplitude: number;
}

/** @param factor what the model multiplies token embeddings by */
export function findAnchors(
  { sizes, model, layers }: Weights,
  { vocabulary, bos }: Pick<CircuitMap, 'vocabulary' | 'bos'>,
  factor: number,
): Anchors {
  const { width } = sizes;
  const ids = [bos.id, ...vocabulary.map(({ id }) => id)];
  const at = (tensor: Tensor | undefined, row: number, dim: number) => tensor?.data[row * width + dim] ?? 0;
  const isStill = (tensor: Tensor | undefined, dim: number) =>
    tensor === undefined || Array.from({ length: tensor.data.length / width }, (_, row) => at(tensor, row, dim)).every((x) => x === 0);
  const dims = Array.from({ length: width }, (_, dim) => dim).filter((dim) => {
    const own = at(model.tokenEmbedding, bos.id, dim);
    return (
      Math.abs(own) * factor >= LEAST &&
      ids.every((id) => at(model.tokenEmbedding, id, dim) === own) &&
      isStill(model.positionEmbedding, dim) &&
      isStill(model.typeEmbedding, dim) &&
      layers.every((roles) => WRITERS.every((role) => isStill(roles[role as keyof typeof roles], dim)))
    );
  });
  const amplitudes = new Set(dims.map((dim) => Math.abs(at(model.tokenEmbedding, bos.id, dim))));
  const [amplitude = 0] = amplitudes;
  return { dims, amplitude: amplitudes.size === 1 ? amplitude * factor : 0 };
}
