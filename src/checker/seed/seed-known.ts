/** What is established of a seed's stream: embeddings in the reserved dimensions, what heads of earlier layers write there, and who else does. */
import type { SeedHeadRecord, SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { Unproven } from '../claim/unproven.ts';
import { eachSlot, outer, type Reading, support } from './seed-algebra.ts';
import type { HeadParts, SeedParts } from './seed-parts.ts';
import { type StoredCode, storedCode } from './stored-code.ts';

export type Scales = readonly { readonly first: number; readonly typical: number }[];

/** A token's code where it is found: in the embedding, or where a head moved it. */
export interface Content {
  readonly name: string;
  /** Reserved dimensions that hold it. */
  readonly dims: readonly number[];
  /** What a token's code becomes there, `[reserved, reserved]`; null: what it is. To be divided by the scale where it was read. */
  readonly matrix: Float64Array | null;
  /** The scale where it was read; 1 where nothing was. */
  readonly divisor: number;
  /** The first position whose own content it is. */
  readonly from: number;
  /** By how much each reserved dimension may be off it, under a factor of the scale: at positions whose content is sure, at `from` - 1 and at the first. */
  errors(scale: number): { readonly sure: Float64Array; readonly before: Float64Array; readonly first: Float64Array };
}

/** What a head was found to compute. */
export type SeedHeadMeaning =
  | { readonly kind: 'shift'; readonly by: number }
  /** Contents are `tokens`, or the name of a head that moves them. */
  | { readonly kind: 'match'; readonly pairs: readonly { readonly query: string; readonly key: string }[] };

/** What a head shows of itself. */
export interface Known {
  readonly content: Content | null;
  readonly writes: readonly number[];
}

export class SeedKnown {
  readonly parts: SeedParts;
  readonly scales: Scales;
  readonly context: number;
  readonly bos: number | null;
  /** Dimensions where tokens differ, BOS left out. */
  readonly tokenDims: readonly number[];
  readonly code: StoredCode;
  /** Of every reserved dimension the largest size of what tokens embed. */
  readonly largest: Float64Array;
  /** What all tokens but BOS embed alike; 0 where they differ. */
  readonly alike: Float64Array;
  /** Every head of the map, and the dimensions that it writes into. */
  readonly #writers: readonly { readonly name: string; readonly layer: number; readonly dims: ReadonlySet<number> }[];
  readonly #learned = new Map<string, { readonly layer: number; readonly known: Known }>();

  constructor({ bos, context, heads }: SeedMap, parts: SeedParts, scales: Scales) {
    this.parts = parts;
    this.scales = scales;
    this.context = context;
    this.bos = bos?.id ?? null;
    const count = parts.dims.length;
    const { embedding, tokens } = parts;
    const first = this.bos === 0 ? 1 : 0;
    this.alike = embedding.slice(first * count, (first + 1) * count);
    this.largest = new Float64Array(count);
    const differing = new Set<number>();
    for (let token = 0; token < tokens; token++) {
      if (token === this.bos) continue;
      for (let d = 0; d < count; d++) {
        const value = numberAt(embedding, token * count + d);
        if (!Number.isFinite(value)) throw new Unproven('an embedding is no number');
        if (value !== this.alike[d]) differing.add(d);
        this.largest[d] = Math.max(numberAt(this.largest, d), Math.abs(value));
      }
    }
    this.tokenDims = [...differing].sort((a, b) => a - b);
    for (const d of this.tokenDims) this.alike[d] = 0;
    const table = parts.positions ?? [];
    for (let position = 0; position < table.length; position += count)
      if (this.tokenDims.some((d) => table[position + d] !== 0)) throw new Unproven('positions stand where tokens do');
    this.#writers = heads.map(({ name, layer, head }) => ({ name, layer, dims: new Set(parts.writtenBy(layer, head)) }));
    this.code = storedCode(embedding, count, this.tokenDims, new Set(this.bos === null ? [] : [this.bos]));
  }

  get count(): number {
    return this.parts.dims.length;
  }

  /** What stands in the reserved dimensions at a position whatever its token, and what BOS has there of its own. */
  at(position: number): Float64Array {
    const { positions, embedding } = this.parts;
    const own =
      position === 0 && this.bos !== null ? embedding.slice(this.bos * this.count, (this.bos + 1) * this.count) : this.alike.slice();
    if (positions !== null) for (let d = 0; d < this.count; d++) own[d] = numberAt(own, d) + numberAt(positions, position * this.count + d);
    return own;
  }

  /** Whether what a head compares depends on no token and on nothing that was moved. */
  isPositional({ layer, head }: SeedHeadRecord): boolean {
    const { query, key } = this.parts.head(layer, head);
    const changing = new Set([...this.tokenDims, ...this.writtenBefore(layer)]);
    return ![...support(query, this.count), ...support(key, this.count)].some((d) => changing.has(d));
  }

  writtenBefore(layer: number): number[] {
    return this.#writers.flatMap((each) => (each.layer < layer ? [...each.dims] : []));
  }

  /** That in these dimensions there stands before a layer what is embedded there, or what one head moved there of which that is shown. */
  assertKnown(layer: number, dims: readonly number[]): void {
    this.parts.assertUntouched(layer, dims);
    for (const d of dims) {
      const names = new Set(this.#writers.filter((each) => each.layer < layer && each.dims.has(d)).map(({ name }) => name));
      if (names.size > 1) throw new Unproven(`${[...names].join(' and ')} write where it reads`);
      for (const name of names)
        if (!this.#learned.get(name)?.known.content?.dims.includes(d))
          throw new Unproven(`it reads what ${name} writes, of which nothing is shown`);
    }
  }

  /** Whether a head before writes into what is read here. */
  readsMoved(layer: number, reading: Reading): boolean {
    const written = new Set(this.writtenBefore(layer));
    return support(reading, this.count).some((d) => written.has(d));
  }

  /** That a head moves what is embedded, and of that nothing but tokens where `onlyTokens`. */
  assertMovesTokens(layer: number, value: Reading, onlyTokens: boolean): void {
    const dims = support(value, this.count);
    this.parts.assertUntouched(layer, dims);
    if (this.readsMoved(layer, value)) throw new Unproven('it moves what was moved before');
    if (!onlyTokens) return;
    const held = new Set(this.tokenDims);
    for (let position = 0; position < this.context; position++) {
      const at = this.at(position);
      if (dims.some((d) => at[d] !== 0 && !(held.has(d) && position === 0))) throw new Unproven('it moves more than tokens');
    }
  }

  /** What stands at every position but the first, whatever the token. */
  steady(dims: readonly number[]): Float64Array {
    const typical = this.at(Math.min(1, this.context - 1));
    for (let position = 2; position < this.context; position++) {
      const at = this.at(position);
      if (dims.some((d) => at[d] !== typical[d])) throw new Unproven('what it compares changes with the position');
    }
    return typical;
  }

  /** What heads before a layer hold, and the tokens themselves. */
  contentsBefore(layer: number): Content[] {
    const none = new Float64Array(this.count);
    const tokens: Content = {
      name: 'tokens',
      dims: this.tokenDims,
      matrix: null,
      divisor: 1,
      from: 0,
      errors: () => ({ sure: none, before: none, first: none }),
    };
    const moved = [...this.#learned.values()].flatMap((each) =>
      each.layer < layer && each.known.content !== null ? [each.known.content] : [],
    );
    return [tokens, ...moved];
  }

  learn(name: string, known: Known & { readonly layer: number }): void {
    this.#learned.set(name, { layer: known.layer, known });
  }

  /** `W_O · W_V` of query heads that share a key-value head, [reserved, reserved]. */
  moves(heads: readonly HeadParts[]): Float64Array {
    const found = new Float64Array(this.count ** 2);
    for (const { output, value } of heads) {
      const own = outer(output, value, this.count, eachSlot(value.rows));
      for (const [i, entry] of own.entries()) found[i] = numberAt(found, i) + entry;
    }
    return found;
  }

  /** Of what is made of a token's code: how far the right token's leads every other's, as a part of what it has. */
  leadOf(matrix: Float64Array, readAt: (column: number) => number | null): number {
    const weights = this.tokenDims.map((d, c) => {
      const to = readAt(c);
      return to === null ? 0 : numberAt(matrix, to * this.count + d) * numberAt(this.code.sizes, c);
    });
    const { own, largest } = this.code.products(weights);
    let astray = 0;
    for (const [c] of this.tokenDims.entries()) {
      const to = readAt(c);
      if (to === null) continue;
      for (const [other, d] of this.tokenDims.entries())
        if (other !== c) astray += Math.abs(numberAt(matrix, to * this.count + d)) * numberAt(this.code.sizes, other);
    }
    return own > 0 ? (own - largest - 2 * astray) / own : -1;
  }
}
