/** A head that matches codes of tokens: which contents, how surely a match is told from every other key and from the first position. */
import type { SeedHeadRecord } from '../../checkpoint/map/seed/seed-map.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { Unproven } from '../claim/unproven.ts';
import { eachSlot, least, most, outer, support } from './seed-algebra.ts';
import type { Content, Known, SeedHeadMeaning, SeedKnown } from './seed-known.ts';
import { divisorOf, type HeadParts, turningOf } from './seed-parts.ts';

interface Pair {
  readonly query: Content;
  readonly key: Content;
  /** Products of both codes: of a token with itself, and the largest of two others. */
  readonly own: number;
  readonly largest: number;
  /** What entries beside each other add at most. */
  readonly astray: number;
  /** How many scales divide it, beside the head's own. */
  readonly nested: number;
}

export class Match implements Known {
  readonly layer: number;
  readonly meaning: SeedHeadMeaning;
  /** Only the output reads what it writes. */
  readonly content = null;
  readonly writes: readonly number[];
  readonly #known: SeedKnown;
  readonly #moves: Float64Array;
  readonly #sides: readonly Side[];
  readonly #heads: readonly HeadParts[];

  constructor(known: SeedKnown, _name: string, records: readonly SeedHeadRecord[]) {
    const [{ layer }] = records as [SeedHeadRecord];
    this.layer = layer;
    this.#known = known;
    const heads = records.map(({ head }) => known.parts.head(layer, head));
    this.#sides = heads.map((head) => new Side(known, layer, head));
    const [first] = this.#sides as [Side];
    this.meaning = { kind: 'match', pairs: first.pairs.map(({ query, key }) => ({ query: query.name, key: key.name })) };
    this.#heads = heads;
    this.#moves = known.moves(heads);
    const { count } = known;
    this.writes = Array.from({ length: count }, (_, d) => d).filter((d) =>
      this.#moves.subarray(d * count, (d + 1) * count).some((w) => w !== 0),
    );
  }

  attention(scale: number): number {
    return Math.min(...this.#sides.map((side) => side.attention(scale)));
  }

  margin(attention: number): number | null {
    const { tokenDims } = this.#known;
    if (!tokenDims.every((d) => this.writes.includes(d))) return null;
    // where the query's own code is taken away along with it, nothing is said of what is left
    if (this.#heads.some(({ value }) => this.#known.readsMoved(this.layer, value))) return null;
    for (const { value } of this.#heads) this.#known.assertMovesTokens(this.layer, value, true);
    const lead = this.#known.leadOf(this.#moves, (c) => tokenDims[c] ?? null);
    if (lead <= 0) throw new Unproven('what it moves is not the code of the token');
    return attention * lead - 2 * (1 - attention);
  }
}

/** One query head of the group. */
class Side {
  readonly pairs: readonly Pair[];
  readonly #known: SeedKnown;
  readonly #layer: number;
  /** What a query and a key make of each other, and what turning may add to that. */
  readonly #product: Float64Array;
  readonly #turned: Float64Array;
  /** Dimensions of contents; in all others there stands the same for every token. */
  readonly #held: ReadonlySet<number>;
  /** What stands everywhere but at the first position. */
  readonly #typical: Float64Array;

  constructor(known: SeedKnown, layer: number, { query, key }: HeadParts) {
    this.#known = known;
    this.#layer = layer;
    const { count, context } = known;
    const { pairs, factor } = turningOf(known.parts.config, layer);
    const turning = pairs.map((_, p) => [p, p + pairs.length] as const);
    const still = eachSlot(query.rows).slice(2 * pairs.length);
    this.#product = outer(
      query,
      key,
      count,
      still.map(([a, b]) => [a, b, factor]),
    );
    this.#turned = new Float64Array(count * count);
    // around the middle of the context: from there a pair turns by no more than half of it, either way
    const middle = (context - 1) / 2;
    for (const [p, [a, b]] of turning.entries()) {
      const [angle, most] = [numberAt(pairs, p) * middle, Math.min(Math.PI, numberAt(pairs, p) * middle)];
      const [less, across] = [1 - Math.cos(most), most >= Math.PI / 2 ? 1 : Math.sin(most)];
      const [cosine, sine] = [factor * Math.cos(angle), factor * Math.sin(angle)];
      const at = (along: number, crossed: number) =>
        outer(query, key, count, [
          [a, a, along],
          [b, b, along],
          [a, b, crossed],
          [b, a, -crossed],
        ]);
      const [here, beside] = [at(cosine, sine), at(-sine, cosine)];
      for (const [i, value] of here.entries()) {
        this.#product[i] = numberAt(this.#product, i) + value;
        this.#turned[i] = numberAt(this.#turned, i) + less * Math.abs(value) + across * Math.abs(numberAt(beside, i));
      }
    }
    const contents = known.contentsBefore(layer);
    const [queries, keys] = [new Set(support(query, count)), new Set(support(key, count))];
    const read = (dims: ReadonlySet<number>) => contents.filter((each) => each.dims.some((d) => dims.has(d)));
    const held = new Set(contents.flatMap(({ dims }) => dims));
    known.assertKnown(layer, [...queries, ...keys]);
    this.#held = held;
    this.#typical = known.steady([...queries, ...keys].filter((d) => !held.has(d)));
    const found = read(queries).flatMap((q) => read(keys).flatMap((k) => this.#pairOf(q, k) ?? []));
    if (found.length === 0) throw new Unproven('it compares no codes of tokens');
    this.pairs = found;
  }

  #pairOf(query: Content, key: Content): Pair | null {
    const { count, tokenDims, code } = this.#known;
    const product = this.#product;
    if (!query.dims.some((q) => key.dims.some((k) => product[q * count + k] !== 0))) return null;
    // rows and columns of the code: each content's matrix takes the code to where it is compared
    const at = (content: Content, d: number, c: number): number =>
      content.matrix === null
        ? d === tokenDims[c]
          ? 1
          : 0
        : numberAt(content.matrix, d * count + numberAt(tokenDims, c)) / content.divisor;
    const n = tokenDims.length;
    const made = new Float64Array(n * n);
    for (const q of query.dims) {
      for (const k of key.dims) {
        const weight = numberAt(product, q * count + k);
        if (weight === 0) continue;
        for (let i = 0; i < n; i++) {
          const left = at(query, q, i);
          if (left === 0) continue;
          for (let j = 0; j < n; j++) made[i * n + j] = numberAt(made, i * n + j) + left * weight * at(key, k, j);
        }
      }
    }
    let astray = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        if (i !== j) astray += Math.abs(numberAt(made, i * n + j)) * numberAt(code.sizes, i) * numberAt(code.sizes, j);
    for (let i = 0; i < n; i++) astray += 3 * Math.abs(numberAt(made, i * n + i)) * numberAt(code.sizes, i) * code.off;
    const { own, largest } = code.products(tokenDims.map((_, i) => numberAt(made, i * n + i) * numberAt(code.sizes, i) ** 2));
    const nested = (query.matrix === null ? 0 : 1) + (key.matrix === null ? 0 : 1);
    return { query, key, own, largest, astray, nested };
  }

  attention(scale: number): number {
    const known = this.#known;
    const { first, typical } = known.scales[this.#layer] ?? { first: 0, typical: 0 };
    if (!(first > 0 && typical > 0)) throw new Unproven(`the map has no scale for layer ${this.#layer}`);
    const from = Math.max(...this.pairs.map(({ key }) => key.from));
    // of what stands before, only what nothing was moved to is known
    if (from > 2) throw new Unproven('what its keys hold at the first positions of a window is not what they say');
    const slack = this.#slack(scale, 'sure');
    const before = this.#slack(scale, 'before');
    const owns = this.pairs.map(({ own, astray, nested }) => (own > 0 ? (own - astray) / scale ** nested : Number.NEGATIVE_INFINITY));
    const wholes = this.pairs.map(({ own, astray, nested }) => (own + astray) * scale ** nested);
    const nears = this.pairs.map(({ largest, astray, nested }) => (Math.max(0, largest) + astray) * scale ** nested);
    const all = wholes.reduce((a, b) => a + b, 0);
    // what every key scores but the first position's
    const common = this.#common(this.#typical);
    const match = owns.reduce((a, b) => a + b, 0) + common - slack;
    const mismatch =
      common + Math.max(...nears.map((near, p) => all - numberAt(wholes, p) + near)) + Math.max(slack, from > 1 ? before : 0);
    const atFirst = this.#common(known.at(0)) + this.#slack(scale, 'first');
    const divisor = typical * divisorOf(known.parts.config);
    const own = least(match, typical, scale);
    const overOthers = least(own - most(mismatch, typical, scale), divisor, scale);
    const overFirst = least(own - most(atFirst, first, scale), divisor, scale);
    const lost = known.context * Math.exp(-overOthers) + Math.exp(-overFirst);
    return 1 / (1 + lost);
  }

  /** What constants of queries and of keys make of each other, turning left out. */
  #common(keys: Float64Array): number {
    const { count } = this.#known;
    let sum = 0;
    for (let q = 0; q < count; q++)
      for (let k = 0; k < count; k++)
        if (!this.#held.has(q) && !this.#held.has(k))
          sum += numberAt(this.#typical, q) * numberAt(this.#product, q * count + k) * numberAt(keys, k);
    return sum;
  }

  /** What else than contents and constants among themselves may be added to a score: errors, what one makes of the other, and turning. */
  #slack(scale: number, where: 'sure' | 'before' | 'first'): number {
    const { count } = this.#known;
    const [query, key] = [this.#sizes(scale, 'sure'), this.#sizes(scale, where)];
    let sum = 0;
    for (let q = 0; q < count; q++) {
      const [left, leftWrong] = [numberAt(query.held, q), numberAt(query.wrong, q)];
      if (left + leftWrong === 0) continue;
      for (let k = 0; k < count; k++) {
        const product = Math.abs(numberAt(this.#product, q * count + k));
        const turned = numberAt(this.#turned, q * count + k);
        const [right, rightWrong] = [numberAt(key.held, k), numberAt(key.wrong, k)];
        const whole = (left + leftWrong) * (right + rightWrong);
        // of two contents, what they are is counted elsewhere, but at the first position; and so is what two constants make
        const [ofQuery, ofKey] = [this.#held.has(q), this.#held.has(k)];
        const counted = (ofQuery && ofKey && where !== 'first') || !(ofQuery || ofKey) ? left * right : 0;
        sum += product * (whole - counted) + turned * whole;
      }
    }
    return sum;
  }

  /** How large what stands in each dimension may be as it should, and beside that. */
  #sizes(scale: number, place: 'sure' | 'before' | 'first'): { readonly held: Float64Array; readonly wrong: Float64Array } {
    const known = this.#known;
    const fixed = place === 'first' ? known.at(0) : this.#typical;
    const held = fixed.map((value, d) => (this.#held.has(d) ? 0 : Math.abs(value)));
    const wrong = new Float64Array(known.count);
    for (const content of known.contentsBefore(this.#layer)) {
      const errors = content.errors(scale)[place];
      const isToken = content.matrix === null;
      for (const d of content.dims) {
        wrong[d] = numberAt(wrong, d) + numberAt(errors, d);
        // BOS has what it has; what was moved to the first position is an error there, and so it is before there is anything to move
        if (place === 'first' && isToken) held[d] = known.bos === null ? numberAt(known.largest, d) : Math.abs(numberAt(fixed, d));
        else if (isToken || place === 'sure') held[d] = numberAt(held, d) + this.#sizeOf(content, d) * (isToken ? 1 : scale);
      }
    }
    return { held, wrong };
  }

  #sizeOf(content: Content, d: number): number {
    const { count, tokenDims, largest } = this.#known;
    if (content.matrix === null) return numberAt(largest, d);
    const { matrix, divisor } = content;
    return tokenDims.reduce((sum, c) => sum + Math.abs(numberAt(matrix, d * count + c)) * numberAt(largest, c), 0) / divisor;
  }
}
