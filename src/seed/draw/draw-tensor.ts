/**
 * The random part of a new model. Each tensor has a stream of its own, named by it, so that any tensor can be drawn alone and in any
 * order: entry i of a tensor is the normal quantile of word i of Philox under the key SHA-256(seed, tensor's name).
 */
import { sha256OfText } from '../../source/sha256.ts';
import { CHUNK, drawKernel } from './draw-kernel.ts';
import { CENTRE, centralQuantile, logOf, tailQuantile } from './normal.ts';
import { philoxWords } from './philox.ts';

const STREAM = 'raspc seed 1';

/** The two words under which a tensor is drawn. */
function keyOf(seed: number, tensor: string): [number, number] {
  const digest = new DataView(sha256OfText(`${STREAM}\0${seed}\0${tensor}`).buffer);
  return [digest.getUint32(0, true), digest.getUint32(4, true)];
}

/** 2^-e for e up to 33. */
const SHRINK = Float64Array.from({ length: 34 }, (_, e) => 2 ** -e);

/** How far out the quantile of (word + 1/2) / 2^32 lies, to the bit as {@link normalQuantile} has it, its logarithm taken from the word. */
function outerQuantile(word: number): number {
  // the smaller of p and 1 - p is odd / 2^33
  const isLow = word < 2 ** 31;
  const rest = isLow ? word : ~word >>> 0;
  const exponent = 32 - Math.clz32(rest);
  const value = tailQuantile(Math.sqrt(-logOf((2 * rest + 1) * (SHRINK[exponent] as number), exponent - 33)));
  return isLow ? -value : value;
}

/** Fills `values` with the entries of a tensor from `from` on: normal numbers of this standard deviation, the largest possible 6.3 deviations. */
export function drawNormal(seed: number, tensor: string, from: number, values: Float32Array, deviation: number): Float32Array {
  const [key0, key1] = keyOf(seed, tensor);
  const kernel = drawKernel();
  // the kernel's counter has one word
  if (kernel === null || from + values.length > 2 ** 33) return drawPlainly([key0, key1], from, values, deviation);
  const first = from % 4;
  let block = (from - first) / 4;
  for (let i = -first; i < values.length; i += CHUNK, block += CHUNK / 4) {
    const drawn = kernel(block, key0, key1, deviation);
    values.set(drawn.subarray(Math.max(0, -i), values.length - i), Math.max(0, i));
  }
  return values;
}

/** The same where there is no WebAssembly, number for number. */
export function drawPlainly([key0, key1]: readonly [number, number], from: number, values: Float32Array, deviation: number): Float32Array {
  const words = new Uint32Array(CHUNK);
  const outer = new Int32Array(CHUNK);
  const first = from % 4;
  let block = (from - first) / 4;
  for (let i = -first; i < values.length; i += CHUNK) {
    philoxWords(block, key0, key1, words);
    block += CHUNK / 4;
    const end = Math.min(CHUNK, values.length - i);
    // most words lie in the middle: all are treated so, and the others anew, which no processor has to guess
    let found = 0;
    for (let w = Math.max(0, -i); w < end; w++) {
      const q = ((words[w] as number) + 0.5) * 2 ** -32 - 0.5;
      values[i + w] = deviation * centralQuantile(q);
      outer[found] = w;
      found += Math.abs(q) > CENTRE ? 1 : 0;
    }
    for (let o = 0; o < found; o++) {
      const w = outer[o] as number;
      values[i + w] = deviation * outerQuantile(words[w] as number);
    }
  }
  return values;
}
