/** A head that attends by position alone: to which distance, how surely at the worst position and scale, and what it moves from there. */
import type { SeedHeadRecord } from '../../checkpoint/map/seed/seed-map.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { Unproven } from '../claim/unproven.ts';
import { least, most, rowsTimes, support } from './seed-algebra.ts';
import type { Content, Known, SeedHeadMeaning, SeedKnown } from './seed-known.ts';
import { divisorOf, type HeadParts, turningOf } from './seed-parts.ts';

/** At one position: the score of the right one, of the nearest other, and of the first position, before scales divide them. */
interface Row {
  readonly position: number;
  readonly right: number;
  readonly other: number;
  readonly first: number;
}

export class Shift implements Known {
  readonly layer: number;
  readonly meaning: SeedHeadMeaning;
  readonly content: Content | null;
  readonly writes: readonly number[];
  readonly #known: SeedKnown;
  readonly #heads: readonly HeadParts[];
  readonly #by: number;
  readonly #rows: readonly Row[];
  readonly #moves: Float64Array;

  constructor(known: SeedKnown, name: string, records: readonly SeedHeadRecord[]) {
    const [{ layer }] = records as [SeedHeadRecord];
    this.layer = layer;
    this.#known = known;
    this.#heads = records.map(({ head }) => known.parts.head(layer, head));
    for (const { query, key, value } of this.#heads) {
      known.assertKnown(layer, [...support(query, known.count), ...support(key, known.count)]);
      known.assertMovesTokens(layer, value, false);
    }
    const found = this.#heads.map((head) => scoresOf(known, layer, head));
    const [first] = found;
    const by = first === undefined ? 0 : distanceOf(first);
    this.#by = by;
    if (by === 0) throw new Unproven('it attends to its own position');
    this.meaning = { kind: 'shift', by };
    this.#rows = found.flatMap((scores) => rowsOf(scores, by));
    if (this.#rows.length === 0) throw new Unproven('it has no position to attend to');
    this.#moves = known.moves(this.#heads);
    const { count } = known;
    this.writes = Array.from({ length: count }, (_, d) => d).filter((d) =>
      this.#moves.subarray(d * count, (d + 1) * count).some((w) => w !== 0),
    );
    const own = this.writes.filter((d) => !known.tokenDims.includes(d));
    this.content = own.length === 0 ? null : this.#contentOf(name, own);
  }

  attention(scale: number): number {
    return 1 - this.#astray(scale);
  }

  #astray(scale: number): number {
    const { first, typical } = this.#scales;
    const divisor = divisorOf(this.#known.parts.config);
    let worst = 0;
    for (const { position, right, other, first: atFirst } of this.#rows) {
      const own = least(right, position === this.#by ? first : typical, scale);
      const others: [number, number][] = [];
      if (position > 0) others.push([most(other, typical, scale), position]);
      if (position !== this.#by) others.push([most(atFirst, first, scale), 1]);
      let lost = 0;
      for (const [score, count] of others) lost += count * Math.exp(-least(own - score, divisor * typical, scale));
      worst = Math.max(worst, lost / (1 + lost));
    }
    return worst;
  }

  get #scales() {
    const scales = this.#known.scales[this.layer];
    if (scales === undefined) throw new Unproven(`the map has no scale for layer ${this.layer}`);
    return scales;
  }

  margin(attention: number): number | null {
    const { tokenDims } = this.#known;
    const own = this.writes.filter((d) => !tokenDims.includes(d));
    const said = tokenDims.every((d) => this.writes.includes(d));
    const to = said ? tokenDims : own;
    if (to.length !== tokenDims.length) return null;
    for (const { value } of this.#heads) this.#known.assertMovesTokens(this.layer, value, true);
    const lead = this.#known.leadOf(this.#moves, (c) => to[c] ?? null);
    if (lead <= 0) throw new Unproven('what it moves is not the code of the token');
    return attention * lead - 2 * (1 - attention);
  }

  #contentOf(name: string, dims: readonly number[]): Content {
    const known = this.#known;
    const { count } = known;
    const { first, typical } = this.#scales;
    const matrix = this.#moves;
    const sizes = known.largest;
    // what all of its inputs could write there, and what positions alone do
    const all = (position: number): Float64Array => {
      const at = known.at(position).map(Math.abs);
      for (const d of known.tokenDims) at[d] = numberAt(at, d) + numberAt(sizes, d);
      return rowsTimes({ rows: count, values: matrix.map(Math.abs) }, at);
    };
    const steady = Array.from({ length: known.context }, (_, p) => ({
      at: known.at(p),
      written: rowsTimes({ rows: count, values: matrix }, known.at(p)),
    }));
    const tokenPart = Float64Array.from({ length: count }, (_, d) =>
      known.tokenDims.reduce((sum, c) => sum + Math.abs(numberAt(matrix, d * count + c)) * numberAt(sizes, c), 0),
    );
    const [typicalAll, firstAll] = [all(Math.min(1, known.context - 1)), all(0)];
    for (let p = 2; p < known.context; p++)
      for (const [d, size] of all(p).entries()) typicalAll[d] = Math.max(numberAt(typicalAll, d), size);
    const by = this.#by;
    const ends = (position: number, from: number, divisor: number, scale: number, d: number): number => {
      const own = steady[position]?.at[d] ?? 0;
      const moved = steady[from]?.written[d] ?? 0;
      return Math.max(...[divisor / scale, divisor * scale].map((each) => Math.abs(own + moved / each)));
    };
    const kept = new Map<number, ReturnType<Content['errors']>>();
    return {
      name,
      dims,
      matrix,
      divisor: typical,
      from: by + 1,
      errors: (scale) => {
        const before = kept.get(scale);
        if (before !== undefined) return before;
        const astray = this.#astray(scale);
        const found = { sure: new Float64Array(count), before: new Float64Array(count), first: new Float64Array(count) };
        for (const d of dims) {
          const stray = 2 * astray * scale * Math.max(numberAt(typicalAll, d) / typical, numberAt(firstAll, d) / first);
          let worst = 0;
          for (let p = by + 1; p < known.context; p++) worst = Math.max(worst, ends(p, p - by, typical, scale, d));
          found.sure[d] = worst + stray;
          found.before[d] = ends(by, 0, first, scale, d) + (scale * numberAt(tokenPart, d)) / first + stray;
          found.first[d] = ends(0, 0, first, scale, d) + (scale * numberAt(tokenPart, d)) / first;
        }
        kept.set(scale, found);
        return found;
      },
    };
  }
}

/** Scores before any scale, by position and by how far back; the first position's own apart. */
interface ShiftScores {
  readonly context: number;
  score(position: number, key: number): number;
}

function scoresOf(known: SeedKnown, layer: number, { query, key }: HeadParts): ShiftScores {
  const { config, positions } = known.parts;
  const { context } = known;
  if (positions !== null) {
    const at = Array.from({ length: context }, (_, p) => known.at(p));
    const queries = at.map((each) => rowsTimes(query, each));
    const keys = at.map((each) => rowsTimes(key, each));
    return {
      context,
      score: (p, j) => {
        const [q, k] = [queries[p] as Float64Array, keys[j] as Float64Array];
        let sum = 0;
        for (let i = 0; i < q.length; i++) sum += numberAt(q, i) * numberAt(k, i);
        return sum;
      },
    };
  }
  const { pairs, factor } = turningOf(config, layer);
  const [first, typical] = [known.at(0), known.at(Math.min(1, context - 1))];
  const [q, k, own] = [rowsTimes(query, typical), rowsTimes(key, typical), rowsTimes(key, first)];
  const turned = (keys: Float64Array, distance: number): number => {
    let sum = 0;
    for (const [p, frequency] of pairs.entries()) {
      const [a, b] = [p, p + pairs.length];
      const [qa, qb, ka, kb] = [q[a], q[b], keys[a], keys[b]] as [number, number, number, number];
      const angle = frequency * distance;
      sum += Math.cos(angle) * (qa * ka + qb * kb) + Math.sin(angle) * (qa * kb - qb * ka);
    }
    for (let i = 2 * pairs.length; i < q.length; i++) sum += numberAt(q, i) * numberAt(keys, i);
    return sum * factor;
  };
  const table = Array.from({ length: context }, (_, distance) => turned(k, distance));
  const firsts = Array.from({ length: context }, (_, distance) => turned(own, distance));
  return { context, score: (p, j) => (j === 0 ? numberAt(firsts, p) : numberAt(table, p - j)) };
}

/** The distance that scores most at the last position. */
function distanceOf({ context, score }: ShiftScores): number {
  const last = context - 1;
  let best = 0;
  for (let distance = 1; distance < last; distance++) if (score(last, last - distance) > score(last, last - best)) best = distance;
  return best;
}

function rowsOf({ context, score }: ShiftScores, by: number): Row[] {
  return Array.from({ length: Math.max(0, context - by) }, (_, i) => {
    const position = by + i;
    let other = Number.NEGATIVE_INFINITY;
    for (let key = 1; key <= position; key++) if (key !== position - by) other = Math.max(other, score(position, key));
    return { position, right: score(position, position - by), other, first: score(position, 0) };
  });
}
