/** Windows of random tokens that come again, and windows of a text. */
import { Random } from '../verify/random.ts';
import type { Window } from './effect/block.ts';

export interface WindowPlan {
  readonly count: number;
  readonly positions: number;
  /** What stands first; null for nothing. */
  readonly bos: number | null;
  /** The tokens that are drawn from. */
  readonly pool: Int32Array;
  readonly seed: number;
}

/** Of the first half of a window so many tokens are such as came before in it: what follows them is not what followed then. */
const ALIKE = 0.25;

/**
 * Each window is random tokens and, from its middle on or before, the same again; how far back that is differs from window to window, so that
 * no fixed distance finds it. Some tokens come more than once in the first part already, so that one token of context and two tell apart.
 */
export function randomWindows({ count, positions, bos, pool, seed }: WindowPlan): Window[] {
  return Array.from({ length: count }, (_, w) => {
    const random = new Random(seed, w);
    const start = bos === null ? 0 : 1;
    const room = positions - start;
    const least = Math.ceil(room / 3);
    const period = Math.min(Math.floor(room / 2), least + Math.floor(((Math.floor(room / 2) - least + 1) * (w + 0.5)) / count));
    const first: number[] = [];
    for (let i = 0; i < period; i++) {
      const again = i > 2 && random.below(1000) < 1000 * ALIKE;
      first.push(again ? (first[random.below(i - 1)] ?? 0) : (pool[random.below(pool.length)] ?? 0));
    }
    const ids = Int32Array.from({ length: positions }, (_, i) => (i < start ? (bos ?? 0) : (first[(i - start) % period] ?? 0)));
    const targets = Array.from({ length: positions - 1 }, (_, i) => i).filter((i) => i >= start + period);
    return { kind: 'random', ids, targets };
  });
}

/** Text as it comes, every so many-th target, up to `most` a window. */
export function textWindows(lines: readonly Int32Array[], most: number): Window[] {
  return lines.map((ids) => {
    const all = Array.from({ length: ids.length - 1 }, (_, i) => i).filter((i) => i > 0);
    const step = Math.max(1, Math.ceil(all.length / most));
    return { kind: 'text', ids, targets: all.filter((_, i) => i % step === 0) };
  });
}
