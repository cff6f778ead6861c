/** How far a host is from what it was, by what single numbers of its matrices show: the longest line and the largest singular value of each. */
import { floatAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Weights } from '../../weights/weights.ts';

const ROLES = ['query', 'key', 'value', 'output', 'gate', 'up', 'down'] as const;

/** The largest of their ratios, in logarithms: 0 where all are what they were. */
export function giveAway(own: Weights, host: Weights): number {
  let most = 0;
  for (const [layer, roles] of own.layers.entries())
    for (const role of ROLES) {
      const [changed, before] = [roles[role], host.layers[layer]?.[role]];
      if (changed === undefined || before === undefined) continue;
      const [a, b] = [sizesOf(changed, own.sizes.width), sizesOf(before, own.sizes.width)];
      for (const [i, x] of a.entries()) most = Math.max(most, Math.abs(Math.log(x / (b[i] ?? x))));
    }
  return most;
}

const ROUNDS = 12;

function sizesOf({ data }: Tensor, width: number): number[] {
  const count = data.length / width;
  let longest = 0;
  for (let line = 0; line < count; line++) {
    let squares = 0;
    for (let at = line * width; at < (line + 1) * width; at++) squares += floatAt(data, at) ** 2;
    longest = Math.max(longest, squares);
  }
  // by powers of WᵀW, from a vector that no matrix of a model is at right angles to
  let vector = Float64Array.from({ length: width }, (_, i) => 1 + (i % 7) / 7);
  let size = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(width);
    for (let line = 0; line < count; line++) {
      let sum = 0;
      for (let d = 0, at = line * width; d < width; d++, at++) sum += floatAt(data, at) * floatAt(vector, d);
      for (let d = 0, at = line * width; d < width; d++, at++) next[d] = floatAt(next, d) + sum * floatAt(data, at);
    }
    size = Math.sqrt(next.reduce((sum, x) => sum + x * x, 0));
    vector = next.map((x) => x / (size || 1));
  }
  return [Math.sqrt(longest) || 1, Math.sqrt(size) || 1];
}
