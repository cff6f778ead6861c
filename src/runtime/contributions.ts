/** Which heads or neurons a number that a sublayer wrote is made of, from what the sublayer that was computed last left in its buffers. */
import type { FloatArray } from '../tensor/dtype.ts';
import { entriesOf } from './float32/matrix.ts';
import type { Layer } from './layer.ts';
import type { Norm } from './norm.ts';

/** What one part of a sublayer added. */
export interface Contribution {
  /** The number of the head or the neuron. */
  readonly part: number;
  readonly amount: number;
}

/** What a block left in its buffers, and the column of the token in it. */
interface Left {
  readonly buffers: ReadonlyMap<string, FloatArray>;
  readonly tokens: number;
  readonly column: number;
}

/** From the buffers, which hold what the sublayer that was computed last left there. */
export function contributionsTo(
  { attention, attentionWrite, mlp, mlpWrite }: Layer,
  sublayer: 'attention' | 'mlp',
  dimension: number,
  { buffers, tokens, column }: Left,
): Contribution[] {
  const [matrix, norm, partOf, name] =
    sublayer === 'attention'
      ? ([attention.write, attentionWrite, attention.headOf, 'mixed'] as const)
      : ([mlp.down, mlpWrite, mlp.neuronOf, 'hidden'] as const);
  const values = buffers.get(name) as FloatArray;
  const scale = norm === null ? 1 : writeScale(norm, dimension, { buffers, tokens, column });
  const amounts = new Map<number, number>();
  for (const entry of entriesOf(matrix, dimension)) {
    const part = partOf[entry.column] as number;
    amounts.set(part, (amounts.get(part) ?? 0) + scale * entry.weight * (values[entry.column * tokens + column] as number));
  }
  return [...amounts].filter(([, amount]) => amount !== 0).map(([part, amount]) => ({ part, amount }));
}

/** What a norm of what was written last multiplied a dimension by, at one token. */
function writeScale({ gain, lateGain, epsilon }: Norm, dimension: number, { buffers, tokens, column }: Left): number {
  const written = buffers.get('update') as FloatArray;
  let squares = 0;
  for (let at = column; at < gain.length * tokens; at += tokens) squares += (written[at] as number) ** 2;
  return ((gain[dimension] as number) * (lateGain?.[dimension] ?? 1)) / Math.sqrt(squares / gain.length + epsilon);
}
