/**
 * The keys and values of one layer, kept from token to token, and the attention of the last token to all of them. Rows lie one behind the
 * other, `[row, token]`, so that a number of the query meets consecutive keys.
 */
import type { FloatArray } from '../../tensor/dtype.ts';
import { type AttentionHead, capped, exponentials, type Seeing } from '../attention.ts';
import { type Arithmetic, allocate } from '../float32/arithmetic.ts';
import type { AttentionPart } from '../layer.ts';

/** Tokens that there is room for at first. */
const FIRST_ROOM = 64;

export class KeptLayer {
  readonly #heads: readonly AttentionHead[];
  readonly #arithmetic: Arithmetic;
  /** Rows of the projected block that are kept, and the number among them of each of its rows. */
  readonly #rows: Int32Array;
  readonly #placeOf: Int32Array;
  /** `[kept row, token]`, with `#room` tokens a row. */
  #kept: FloatArray;
  #room = FIRST_ROOM;
  #count = 0;
  #sums = new Float64Array(FIRST_ROOM);
  #scores: FloatArray;

  constructor({ heads, project }: AttentionPart, arithmetic: Arithmetic) {
    this.#heads = heads;
    this.#arithmetic = arithmetic;
    this.#rows = Int32Array.from(new Set(heads.flatMap(({ keys, values }) => [...keys, ...values])));
    this.#placeOf = new Int32Array(project.rows);
    for (const [place, row] of this.#rows.entries()) this.#placeOf[row] = place;
    this.#kept = allocate(arithmetic, this.#rows.length * FIRST_ROOM);
    this.#scores = allocate(arithmetic, FIRST_ROOM);
  }

  /** Keeps a token's keys and values, `projected` being its queries, keys and values; what its heads read goes to `mixed`. */
  attend(projected: FloatArray, mixed: FloatArray, { scale, cap, window }: Seeing): void {
    if (this.#count === this.#room) this.#grow();
    const place = this.#count++;
    for (let i = 0; i < this.#rows.length; i++) this.#kept[i * this.#room + place] = projected[this.#rows[i] as number] as number;
    const first = window === null ? 0 : Math.max(0, this.#count - window);
    const seen = this.#count - first;
    for (const head of this.#heads) {
      this.#score(head, projected, scale, first);
      if (cap !== null) capped(this.#scores, first, seen, 1, cap, null);
      const total = exponentials(this.#scores, first, seen);
      this.#mix(head, mixed, total, first);
    }
  }

  #grow(): void {
    const room = 2 * this.#room;
    const kept = allocate(this.#arithmetic, this.#rows.length * room);
    for (let i = 0; i < this.#rows.length; i++) kept.set(this.#kept.subarray(i * this.#room, i * this.#room + this.#count), i * room);
    this.#kept = kept;
    this.#room = room;
    this.#sums = new Float64Array(room);
    this.#scores = allocate(this.#arithmetic, room);
  }

  /** `scale` times the products of the query with every key that it sees: four of its numbers that are not zero at a time. */
  #score({ queries, keys }: AttentionHead, projected: FloatArray, scale: number, first: number): void {
    const [sums, kept, room, count, scores] = [this.#sums, this.#kept, this.#room, this.#count, this.#scores];
    sums.fill(0, first, count);
    let d = 0;
    const next = (): void => {
      while (d < queries.length && projected[queries[d] as number] === 0) d++;
    };
    for (next(); d < queries.length; next()) {
      const a = projected[queries[d] as number] as number;
      const atA = (this.#placeOf[keys[d++] as number] as number) * room;
      next();
      if (d === queries.length) {
        for (let key = first; key < count; key++) sums[key] = (sums[key] as number) + a * (kept[atA + key] as number);
        break;
      }
      const b = projected[queries[d] as number] as number;
      const atB = (this.#placeOf[keys[d++] as number] as number) * room;
      for (let key = first; key < count; key++) {
        sums[key] = (sums[key] as number) + a * (kept[atA + key] as number) + b * (kept[atB + key] as number);
      }
    }
    for (let key = first; key < count; key++) scores[key] = (sums[key] as number) * scale;
  }

  #mix({ values, mixed: targets }: AttentionHead, mixed: FloatArray, total: number, first: number): void {
    const [kept, room, count, weights] = [this.#kept, this.#room, this.#count, this.#scores];
    for (let i = 0; i < values.length; i += 4) {
      // of a last group that is not full, some are the same row again
      const row = (n: number): number => (this.#placeOf[values[Math.min(i + n, values.length - 1)] as number] as number) * room;
      const [atA, atB, atC, atD] = [row(0), row(1), row(2), row(3)];
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let key = first; key < count; key++) {
        const weight = weights[key] as number;
        a += weight * (kept[atA + key] as number);
        b += weight * (kept[atB + key] as number);
        c += weight * (kept[atC + key] as number);
        d += weight * (kept[atD + key] as number);
      }
      const live = Math.min(4, values.length - i);
      mixed[targets[i] as number] = a / total;
      if (live > 1) mixed[targets[i + 1] as number] = b / total;
      if (live > 2) mixed[targets[i + 2] as number] = c / total;
      if (live > 3) mixed[targets[i + 3] as number] = d / total;
    }
  }
}
