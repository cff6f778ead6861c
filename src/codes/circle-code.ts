/**
 * Dense codes of equal length for matching one of many slots: slot c has the vector of cos(2πk·c/m), sin(2πk·c/m) over some
 * frequencies k, so that a shift of slots is a rotation. The inner product depends on the difference of two slots alone.
 */

export interface CircleCode {
  /** One array a dimension, by slot; every slot's vector has length 1, but for what storing its numbers changes. */
  readonly dimensions: readonly Float64Array[];
  /** The least inner product of a slot with itself. */
  readonly match: number;
  /** The largest inner product of two different slots. */
  readonly lobe: number;
}

const ATTEMPTS = 40;

const known = new Map<string, CircleCode>();

/**
 * The best of a fixed sequence of frequency sets, the same on every machine.
 * @param snapLevel the nearest number that can be stored; what the code is worth is said of what is stored
 */
export function circleCode(slots: number, pairs: number, snapLevel: (level: number) => number): CircleCode {
  const key = `${slots} ${pairs}`;
  const ideal = known.get(key) ?? searchCode(slots, pairs);
  known.set(key, ideal);
  const stored = ideal.dimensions.map((levels) => levels.map(snapLevel));
  const isExact = ideal.dimensions.every((levels, d) => levels.every((x, c) => x === stored[d]?.[c]));
  return isExact ? ideal : { dimensions: stored, ...innerProducts(stored, slots) };
}

function searchCode(slots: number, pairs: number): CircleCode {
  const cosines = Float64Array.from({ length: slots }, (_, i) => cosine(i, slots));
  const half = Math.floor(slots / 2);
  const count = Math.min(pairs, half);
  let best: { frequencies: number[]; lobe: number } | null = null;
  let state = 1;
  for (let attempt = 0; attempt < (count === 1 ? 0 : ATTEMPTS); attempt++) {
    const chosen = new Set<number>();
    while (chosen.size < count) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      chosen.add(1 + Math.floor((state / 2 ** 32) * half));
    }
    const frequencies = [...chosen];
    const lobe = largestLobe(frequencies, cosines, best?.lobe ?? Number.POSITIVE_INFINITY);
    if (best === null || lobe < best.lobe) best = { frequencies, lobe };
  }
  best ??= { frequencies: [1], lobe: largestLobe([1], cosines, Number.POSITIVE_INFINITY) };
  const { frequencies, lobe } = best as { frequencies: number[]; lobe: number };
  const amplitude = 1 / Math.sqrt(count);
  const dimensions = frequencies.flatMap((k) =>
    [cosine, sine].map((part) => Float64Array.from({ length: slots }, (_, c) => amplitude * part(k * c, slots))),
  );
  return { dimensions, match: 1, lobe };
}

/** cos(2πi/n), by an angle of the first quadrant: numbers that are equal by symmetry are equal to the bit. */
function cosine(i: number, n: number): number {
  const turn = i % n;
  const half = Math.min(turn, n - turn);
  if (4 * half === n) return 0;
  return 4 * half < n ? Math.cos((2 * Math.PI * half) / n) : -Math.cos((2 * Math.PI * (n / 2 - half)) / n);
}

/** sin(2πi/n), likewise. */
function sine(i: number, n: number): number {
  const turn = i % n;
  if (2 * turn > n) return -sine(n - turn, n);
  return Math.sin((2 * Math.PI * Math.min(turn, n / 2 - turn)) / n);
}

function innerProducts(dimensions: readonly Float64Array[], slots: number): { match: number; lobe: number } {
  let match = Number.POSITIVE_INFINITY;
  let lobe = -1;
  for (let a = 0; a < slots; a++) {
    for (let b = a; b < slots; b++) {
      let product = 0;
      for (const levels of dimensions) product += (levels[a] as number) * (levels[b] as number);
      if (a === b) match = Math.min(match, product);
      else lobe = Math.max(lobe, product);
    }
  }
  return { match, lobe };
}

/** Stops as soon as the set is no better than `limit`. */
function largestLobe(frequencies: readonly number[], cosines: Float64Array, limit: number): number {
  const slots = cosines.length;
  let lobe = -1;
  for (let d = 1; d <= slots / 2; d++) {
    let sum = 0;
    for (const k of frequencies) sum += cosines[(k * d) % slots] as number;
    lobe = Math.max(lobe, sum / frequencies.length);
    if (lobe >= limit) return lobe;
  }
  return lobe;
}
