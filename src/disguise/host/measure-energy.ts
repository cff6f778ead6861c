/** How much a compiled stream holds beside its anchors where each norm reads it: the middle of what inputs show, which gains are set for. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Model } from '../../runtime/model.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { adversarialInputs, concatenate, randomInputs } from '../../verify/inputs.ts';

/** By the sublayer after which a stream stands: `embedding`, `0 attention`, `0 mlp`, … */
export type Energies = ReadonlyMap<string, number>;

export function streamName(layer: number, sublayer: 'embedding' | 'attention' | 'mlp'): string {
  return sublayer === 'embedding' ? sublayer : `${layer} ${sublayer}`;
}

/**
 * Of a table of embeddings the squared length of each row beside the anchors, and the largest of those that are used: noise lifts every other to
 * it, so that what is embedded has one length.
 */
export interface RowEnergies {
  readonly rows: Float64Array;
  readonly level: number;
}

export function rowEnergies(
  table: Tensor | undefined,
  width: number,
  anchors: readonly number[],
  used: (row: number) => boolean,
  factor: number,
): RowEnergies {
  const isAnchor = new Set(anchors);
  const rows = new Float64Array((table?.data.length ?? 0) / width);
  for (const [i, x] of (table?.data ?? []).entries()) {
    const row = Math.floor(i / width);
    if (!isAnchor.has(i % width)) rows[row] = (rows[row] as number) + (factor * x) ** 2;
  }
  return { rows, level: rows.reduce((most, x, row) => (used(row) ? Math.max(most, x) : most), 0) };
}

/** Enough to see both ends of what codes add up to; what they miss costs precision, and no proof rests on it. */
const RANDOM_INPUTS = 300;
const MOST_INPUTS = 600;

/** @param level what every embedding's squared length is lifted to; null where it stays */
export function measureEnergies(
  model: Model,
  { vocabulary, bos, context }: Pick<CircuitMap, 'vocabulary' | 'bos' | 'context'>,
  anchors: readonly number[],
  level: number | null,
): Energies {
  const { width } = model.config.sizes;
  const isAnchor = new Set(anchors);
  const ranges = new Map<string, { low: number; high: number }>();
  const inputs = concatenate(randomInputs(vocabulary.length, context, RANDOM_INPUTS, 1), adversarialInputs(vocabulary.length, context));
  const batch = Array.from({ length: Math.min(inputs.count, MOST_INPUTS) }, (_, i) =>
    Int32Array.of(bos.id, ...Array.from(inputs.at(i), (at) => vocabulary[at]?.id ?? bos.id)),
  );
  const embedded = new Map<number, number[]>();
  model.logits(batch, ({ layer, sublayer, sequence, residual }) => {
    const name = streamName(layer, sublayer);
    if (sublayer === 'embedding') embedded.set(sequence, []);
    const own = embedded.get(sequence) ?? [];
    let { low, high } = ranges.get(name) ?? { low: Number.POSITIVE_INFINITY, high: 0 };
    // BOS has a scale of its own, which nothing is set for
    for (let from = width; from < residual.length; from += width) {
      let energy = 0;
      for (let dim = 0; dim < width; dim++) if (!isAnchor.has(dim)) energy += (residual[from + dim] as number) ** 2;
      if (sublayer === 'embedding') own.push(energy);
      const levelled = level === null ? energy : energy - (own[from / width - 1] ?? 0) + level;
      low = Math.min(low, levelled);
      high = Math.max(high, levelled);
    }
    ranges.set(name, { low, high });
  });
  return new Map([...ranges].map(([name, { low, high }]) => [name, (low + high) / 2]));
}
