/**
 * What a disguise is drawn from: a seed's numbers by sums and roots alone, which every machine computes alike, so that the same seed gives the
 * same bytes everywhere.
 */
import { sha256HexOfText } from '../../source/sha256.ts';
import { Random } from '../../verify/random.ts';

/** A generator of its own for each purpose, so that leaving a step out changes no other. */
export function randomFor(seed: string, purpose: string): Random {
  return new Random(Number.parseInt(sha256HexOfText(`${purpose}\n${seed}`).slice(0, 12), 16), 0);
}

/** Of mean 0 and variance 1, nearly normal: the sum of six numbers, each equally likely between -1/2 and 1/2, times √2. */
export function drawNormal(random: Random): number {
  let sum = -3;
  for (let i = 0; i < 6; i++) sum += random.bits() / 2 ** 32;
  return sum * Math.SQRT2;
}

export function drawVector(random: Random, length: number): Float64Array {
  return Float64Array.from({ length }, () => drawNormal(random));
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Of this length, in a direction drawn at random; `centred`: among those whose entries add up to 0. */
export function drawDirection(random: Random, count: number, length: number, centred: boolean): Float64Array {
  const drawn = drawVector(random, count);
  const mean = centred ? drawn.reduce((sum, x) => sum + x, 0) / count : 0;
  const own = drawn.map((x) => x - mean);
  const size = Math.sqrt(dot(own, own));
  return size === 0 ? own : own.map((x) => (x * length) / size);
}
