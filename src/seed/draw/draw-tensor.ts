/**
 * The random part of a new model. Each tensor has a stream of its own, named by it, so that any tensor can be drawn alone and in any
 * order: entry i of a tensor is the normal quantile of word i of Philox under the key SHA-256(seed, tensor's name).
 */
import { sha256OfText } from '../../source/sha256.ts';
import { normalQuantile } from './normal.ts';
import { philox } from './philox.ts';

const STREAM = 'raspc seed 1';

/** The two words under which a tensor is drawn. */
function keyOf(seed: number, tensor: string): [number, number] {
  const digest = new DataView(sha256OfText(`${STREAM}\0${seed}\0${tensor}`).buffer);
  return [digest.getUint32(0, true), digest.getUint32(4, true)];
}

/** Fills `values` with the entries of a tensor from `from` on: normal numbers of this standard deviation, the largest possible 6.3 deviations. */
export function drawNormal(seed: number, tensor: string, from: number, values: Float32Array, deviation: number): Float32Array {
  const [key0, key1] = keyOf(seed, tensor);
  const count = values.length;
  const words = new Uint32Array(4);
  for (let i = 0; i < count; ) {
    const first = (from + i) % 4;
    philox((from + i - first) / 4, key0, key1, words);
    for (let w = first; w < 4 && i < count; w++) values[i++] = deviation * normalQuantile(((words[w] as number) + 0.5) * 2 ** -32);
  }
  return values;
}
