/** The weights of one head, gathered row by row until they are slices. Where queries and keys have norms, also how strong it has to be. */
import type { RotaryPair } from '../../placement/head-layout.ts';
import { attentionOf, scoreDivisor } from '../../targets/model-config.ts';
import type { LayerRole } from '../../weights/roles.ts';
import { every, type RoleSlice } from '../draw/slices.ts';
import { tidy } from '../draw/tidy.ts';
import type { PlacedHead } from '../program/place-heads.ts';
import type { Block } from '../program/seed-plan.ts';
import type { Place } from '../stream/stream-model.ts';
import { type HeadSpace, headSpace } from './head-space.ts';
import { findBlock, needBlock, oldHeads, readScale, type SeededModel } from './seeded-model.ts';

/** Beside a code of length 1: the flag in a key, so that what else stands at the first position is not heard behind the norm. */
const DROWNING = 5;
/** The same of a constant in every key, so that the norm does not make a key of nothing as long as the others. */
const STEADY = 0.15;
/** Where all keys go through one norm, that of the sink's flag is so much longer: what else stands there is hardly heard. */
const EVENED = 8;

type Terms = readonly (readonly [dimension: number, weight: number])[];

/** Without BOS the first token stands where the sink is. */
export function firstPlace({ options }: SeededModel): Place {
  return options.bos === null ? 'first' : 'typical';
}

export class HeadWriter {
  readonly model: SeededModel;
  /** What its layer's heads have to compare with. */
  readonly space: HeadSpace;
  readonly #placed: PlacedHead;
  readonly #rows: Record<'query' | 'key' | 'value' | 'output', Map<string, number>> = {
    query: new Map(),
    key: new Map(),
    value: new Map(),
    output: new Map(),
  };
  readonly #zero: number | null;
  /** Root mean square of what stands in a dimension. */
  readonly #loudness: ReadonlyMap<number, number>;
  /** The score of a query and a key that agree in all that they have, where their lengths are not theirs to choose; 0 of a head without scores. */
  #strength = 0;
  /** Where keys hold what keeps them from being nothing; null where they have no norm. */
  #steady: number | null = null;

  constructor(model: SeededModel, placed: PlacedHead) {
    this.model = model;
    this.#placed = placed;
    this.space = headSpace(model.config, model.options.context, placed.layer, oldHeads(model));
    this.#zero = findBlock(model, 'zero')?.dims[0] ?? null;
    this.#loudness = new Map(model.blocks.flatMap(({ dims, amplitude }) => dims.map((dim) => [dim, amplitude] as const)));
  }

  /** Whether it reads the embedding and nothing else. */
  get isFirst(): boolean {
    return this.#placed.layer === 0;
  }

  get dim(): number {
    return this.model.config.sizes.dim;
  }

  /** What the model divides products of queries and keys by. */
  get scoreRoot(): number {
    const { sizes } = this.model.config;
    const { rotary } = attentionOf(this.model.config, this.layer);
    const root = scoreDivisor(this.model.config);
    // where whole heads turn, whatever cosines are multiplied by is in every product twice
    return rotary?.dims === sizes.dim ? root / (rotary.scaling?.factor ?? 1) ** 2 : root;
  }

  /** Whether each query and key goes through a norm, so that a score is a cosine times what the layer's gains make of it. */
  get isNormed(): boolean {
    return this.model.config.traits.headNorms === 'each';
  }

  /** Whether those of all heads go through one norm together. */
  get isJoint(): boolean {
    return this.model.config.traits.headNorms === 'all';
  }

  get strength(): number {
    return this.#strength;
  }

  get layer(): number {
    return this.#placed.layer;
  }

  get kvHead(): number {
    return this.#placed.kvHead;
  }

  /** By how much a key is divided more where the sink's flag is, if another token stands there. */
  get evened(): number {
    return this.isJoint && this.model.options.bos === null ? EVENED : 1;
  }

  /** Its query heads. */
  get heads(): readonly number[] {
    return this.#placed.queryHeads;
  }

  /** Dimensions of the stream that it writes. */
  get written(): number[] {
    return [...this.#rows.output.keys()].map((place) => Number(place.split(' ')[1]));
  }

  /** The dimensions of the head in which queries meet keys, and those that turn with them. */
  get compared(): number[] {
    const slots = new Set([...this.#rows.key.keys()].map((place) => Number(place.split(' ')[0])));
    if (this.#steady !== null) slots.delete(this.#steady);
    for (const { first, second } of this.space.pairs) if (slots.has(first) || slots.has(second)) slots.add(first).add(second);
    return [...slots].sort((a, b) => a - b);
  }

  /** What an entry of a query, key or value of a random head is like. */
  get stock(): number {
    return tidy(this.model.options.range * Math.sqrt(this.model.config.sizes.width));
  }

  rms(place: Place): number {
    return readScale(this.model, this.#placed.layer, place);
  }

  /** Rows add up to zero on what nobody writes, so that an error in the norm's mean cancels. */
  #reads(kind: 'query' | 'key' | 'value', slot: number, terms: Terms): void {
    let sum = 0;
    for (const [dimension, weight] of terms) {
      this.#rows[kind].set(`${slot} ${dimension}`, weight);
      sum += weight;
    }
    if (this.#zero !== null && sum !== 0) this.#rows[kind].set(`${slot} ${this.#zero}`, -sum);
  }

  query(slot: number, terms: Terms): void {
    this.#reads('query', slot, terms);
  }

  key(slot: number, terms: Terms): void {
    this.#reads('key', slot, terms);
  }

  compare(slot: number, { query, key }: { readonly query: Terms; readonly key: Terms }): void {
    this.query(slot, query);
    this.key(slot, key);
  }

  /** Turns the queries of these pairs back by `distance` positions: so far behind its key a match then turns nothing. */
  turnQueries(pairs: readonly RotaryPair[], distance: number): void {
    const { width } = this.model.config.sizes;
    const rows = this.#rows.query;
    for (const { first, second, frequency } of pairs) {
      const [cosine, sine] = [Math.cos(frequency * distance), Math.sin(frequency * distance)];
      const turned: Record<'x' | 'y', [number, number][]> = { x: [], y: [] };
      for (let dimension = 0; dimension < width; dimension++) {
        const [x, y] = [rows.get(`${first} ${dimension}`) ?? 0, rows.get(`${second} ${dimension}`) ?? 0];
        if ((x === 0 && y === 0) || dimension === this.#zero) continue;
        turned.x.push([dimension, tidy(x * cosine + y * sine)]);
        turned.y.push([dimension, tidy(y * cosine - x * sine)]);
      }
      this.query(first, turned.x);
      this.query(second, turned.y);
    }
  }

  /** A score where a mark is, for every query: the constant of the query meets the mark, which stands at `place`. */
  flagged(slot: number, score: number, mark: Block, place: Place): void {
    const constant = needBlock(this.model, 'constant');
    const evened = place === 'first' ? this.evened : 1;
    const product =
      (Math.abs(score) * this.scoreRoot * this.rms('typical') * evened * this.rms(place)) / (constant.amplitude * mark.amplitude);
    const weight = tidy(Math.sqrt(product));
    this.compare(slot, { query: [[constant.dims[0] as number, Math.sign(score) * weight]], key: [[mark.dims[0] as number, weight]] });
  }

  /**
   * Sets how strong the head is behind the norms of queries and keys, once both are written: a match scores `match`, and the first position `sink`,
   * if any, whatever the stream is divided by.
   */
  settleNorms(match: number, sink: { readonly score: number; readonly slot: number; readonly mark: Block } | null = null): void {
    const { model } = this;
    const constant = needBlock(model, 'constant');
    const one = constant.dims[0] as number;
    const [query, key] = [this.#length('query'), this.#length('key')];
    // a query's part for the first position is to its part for a match as the scores are
    if (sink !== null) {
      this.query(sink.slot, [[one, tidy((query * sink.score) / match / constant.amplitude)]]);
      this.key(sink.slot, [[sink.mark.dims[0] as number, tidy((DROWNING * key) / sink.mark.amplitude)]]);
    }
    this.#steady = this.#spare();
    this.key(this.#steady, [[one, tidy((STEADY * key) / constant.amplitude)]]);
    this.#strength = Math.hypot(match, sink?.score ?? 0) * Math.hypot(1, STEADY);
  }

  /** Makes a head that is to be weaker than its layer's gains make it so: a part of the query meets nothing in any key. */
  weaken(strength: number): void {
    if (this.#strength === 0 || strength <= this.#strength * (1 + 1e-9)) return;
    const constant = needBlock(this.model, 'constant');
    const rest = this.#length('query') * Math.sqrt((strength / this.#strength) ** 2 - 1);
    this.query(this.#spare(), [[constant.dims[0] as number, tidy(rest / constant.amplitude)]]);
  }

  /** An entry of every query, or key, that is `length`, longer where the sink's flag is; which one it is. */
  lengthen(kind: 'query' | 'key', length: number): number {
    const slot = this.#unused(kind);
    const constant = needBlock(this.model, 'constant');
    const terms: [number, number][] = [[constant.dims[0] as number, tidy(length / constant.amplitude)]];
    const flag = findBlock(this.model, 'flag');
    if (kind === 'key' && flag !== null && this.evened > 1)
      terms.push([flag.dims[0] as number, tidy(((this.evened - 1) * length) / flag.amplitude)]);
    this[kind](slot, terms);
    return slot;
  }

  /** Writes `level` to a dimension, whatever the head attends to. */
  layFloor(dimension: number, level: number): void {
    const constant = needBlock(this.model, 'constant');
    const flag = findBlock(this.model, 'flag');
    const slot = this.#unused('value');
    const { stock } = this;
    const reads: [number, number][] = [[constant.dims[0] as number, tidy((stock * this.rms('typical')) / constant.amplitude)]];
    // the norm makes the constant smaller where the flag is
    const louder = flag === null ? 0 : stock * (this.rms('first') - this.rms('typical'));
    if (flag !== null && louder !== 0) reads.push([flag.dims[0] as number, tidy(louder / flag.amplitude)]);
    this.move(slot, reads, [[dimension, tidy(level / stock)]]);
  }

  /** A dimension of the head that has no row of this kind. */
  #unused(kind: 'query' | 'key' | 'value'): number {
    const used = new Set([...this.#rows[kind].keys()].map((place) => Number(place.split(' ')[0])));
    const slot = every(this.dim).find((dim) => !used.has(dim));
    if (slot === undefined) throw new Error('a head that leaves none of its dimensions free');
    return slot;
  }

  /** A dimension of the head whose pair neither a query nor a key has anything in. */
  #spare(): number {
    const used = new Set([...this.#rows.query.keys(), ...this.#rows.key.keys()].map((place) => Number(place.split(' ')[0])));
    // one that was there before heads were made larger is as good: what stands in a query or in a key alone is no score
    const pair = headSpace(this.model.config, this.model.options.context, this.layer).pairs.find(
      ({ first, second }) => !used.has(first) && !used.has(second),
    );
    if (pair === undefined) throw new Error('a head that leaves no pair of its dimensions free');
    return pair.first;
  }

  /** Length of a query or key, but for what the stream is divided by. */
  #length(kind: 'query' | 'key'): number {
    const slots = new Map<string, number>();
    for (const [place, weight] of this.#rows[kind]) {
      const [slot, dimension] = place.split(' ') as [string, string];
      slots.set(slot, Math.hypot(slots.get(slot) ?? 0, weight * (this.#loudness.get(Number(dimension)) ?? 0)));
    }
    return Math.hypot(...slots.values());
  }

  /**
   * What every key has to score beyond, but for the marked one, which scores nothing: the sign of what is left is the same however loud the key's
   * position is. It takes a pair's one dimension.
   */
  threshold(slot: number, score: number, mark: Block): void {
    const constant = needBlock(this.model, 'constant');
    const weight = tidy(Math.sqrt(score * this.scoreRoot) * (this.rms('typical') / constant.amplitude));
    const dim = constant.dims[0] as number;
    const key: Terms = [
      [dim, -weight],
      [mark.dims[0] as number, tidy((weight * constant.amplitude) / mark.amplitude)],
    ];
    this.compare(slot, { query: [[dim, weight]], key });
  }

  /** A score that grows over positions from 0 to `score`, or falls from it to 0. The sink has its own, so the slope spares it. */
  sloped(slot: number, score: number, ramp: Block, prefers: 'last' | 'first'): void {
    const constant = needBlock(this.model, 'constant');
    const flag = findBlock(this.model, 'flag');
    const product = (score * this.scoreRoot * this.rms('typical') ** 2) / (constant.amplitude * ramp.amplitude);
    const weight = tidy(Math.sqrt(product));
    const dim = constant.dims[0] as number;
    if (prefers === 'last') this.compare(slot, { query: [[dim, weight]], key: [[ramp.dims[0] as number, weight]] });
    else {
      const top = tidy((weight * ramp.amplitude) / constant.amplitude);
      const key: [number, number][] = [
        [ramp.dims[0] as number, -weight],
        [dim, top],
      ];
      if (flag !== null) key.push([flag.dims[0] as number, -tidy((top * constant.amplitude) / flag.amplitude)]);
      this.compare(slot, { query: [[dim, weight]], key });
    }
  }

  /** What the model's own dimensions say, which carry no mean that would have to cancel. */
  moveOwn(slot: number, weights: ArrayLike<number>, writes: Terms): void {
    this.move(slot, [], writes);
    for (let dimension = 0; dimension < weights.length; dimension++)
      this.#rows.value.set(`${slot} ${dimension}`, weights[dimension] as number);
  }

  move(slot: number, reads: Terms, writes: Terms): void {
    this.#reads('value', slot, reads);
    const balance = findBlock(this.model, 'balance')?.dims[0];
    const sum = writes.reduce((total, [, weight]) => total + weight, 0);
    if (balance !== undefined) this.#rows.output.set(`${slot} ${balance}`, -sum / this.#placed.queryHeads.length);
    // the query heads of a group do the same, so each writes a part
    for (const [dimension, weight] of writes) this.#rows.output.set(`${slot} ${dimension}`, weight / this.#placed.queryHeads.length);
  }

  /** All rows of the head, whole: what the circuit does not use is zero. */
  slices(name: string): RoleSlice[] {
    const { layer, kvHead, queryHeads } = this.#placed;
    const { dim, width } = this.model.config.sizes;
    const matrix = (role: 'query' | 'key' | 'value' | 'output', heads: readonly number[]): RoleSlice => {
      const rows = this.#rows[role];
      const dense = new Float64Array(dim * width);
      for (const [place, weight] of rows) {
        const [slot, dimension] = place.split(' ').map(Number) as [number, number];
        dense[slot * width + dimension] = weight;
      }
      return {
        role,
        layer,
        indices: [heads, every(dim), every(width)],
        purpose: 'programmed',
        circuits: [name],
        value: (_, d, w) => dense[(d as number) * width + (w as number)] as number,
      };
    };
    const bias = (role: LayerRole, heads: readonly number[]): RoleSlice => ({
      role,
      layer,
      indices: [heads, every(dim)],
      purpose: 'programmed',
      circuits: [name],
      value: () => 0,
    });
    const hasBias = this.model.config.traits.biases.attentionInput;
    return [
      matrix('query', queryHeads),
      matrix('key', [kvHead]),
      matrix('value', [kvHead]),
      matrix('output', queryHeads),
      ...(hasBias ? [bias('queryBias', queryHeads), bias('keyBias', [kvHead]), bias('valueBias', [kvHead])] : []),
    ];
  }
}
