/** Scores and logits that a model caps: x becomes cap·tanh(x / cap). */

/** Up to this part of the cap a number is reached; beyond, what would be needed grows out of all proportion. */
export const REACHED = 0.95;

/** @param cap null: none */
export function capped(x: number, cap: number | null): number {
  return cap === null ? x : cap * Math.tanh(x / cap);
}

/** What becomes `x`, or as near to it as a cap lets it come. */
export function uncapped(x: number, cap: number | null): number {
  return cap === null ? x : cap * Math.atanh(Math.max(-REACHED, Math.min(REACHED, x / cap)));
}
