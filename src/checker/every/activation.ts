/** Activations in real numbers, and how steep and how curved each is at most. */
import type { Traits } from '../../targets/target.ts';

/** Of GELU at √2, 1.1290, in either form; of SiLU at 2.4, 1.0998. */
export const STEEPEST: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 1.13, gelu: 1.13, silu: 1.1, relu: 1 };

/** Hendrycks and Gimpel, Gaussian Error Linear Units, section 2. */
const [FACTOR, CUBIC] = [Math.sqrt(2 / Math.PI), 0.044715];

const ACTIVATIONS: Readonly<Record<Traits['activation'], (x: number) => number>> = {
  'gelu-tanh': (x) => 0.5 * x * (1 + Math.tanh(FACTOR * (x + CUBIC * x ** 3))),
  gelu: (x) => 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2)),
  silu: (x) => x / (1 + Math.exp(-x)),
  relu: (x) => Math.max(0, x),
};

/** Of GELU at 0, 2/√(2π) = 0.7979, in either form; of SiLU at 0, 1/2. ReLU has none but where it jumps. */
export const MOST_CURVED: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 0.8, gelu: 0.8, silu: 0.51, relu: 0 };

const STEEPNESSES: Readonly<Record<Traits['activation'], (x: number) => number>> = {
  'gelu-tanh': (x) => {
    const turned = Math.tanh(FACTOR * (x + CUBIC * x ** 3));
    return 0.5 * (1 + turned) + 0.5 * x * (1 - turned ** 2) * FACTOR * (1 + 3 * CUBIC * x ** 2);
  },
  gelu: (x) => 0.5 * (1 + errorFunction(x * Math.SQRT1_2)) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  silu: (x) => {
    const share = 1 / (1 + Math.exp(-x));
    return share * (1 + x * (1 - share));
  },
  relu: (x) => (x > 0 ? 1 : 0),
};

/** Its derivative. */
export function steepness(kind: Traits['activation']): (x: number) => number {
  return STEEPNESSES[kind];
}

export function activation(kind: Traits['activation']): (x: number) => number {
  return ACTIVATIONS[kind];
}

/** By Abramowitz and Stegun 7.1.6, whose terms are positive. */
function errorFunction(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}
