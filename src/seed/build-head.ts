/** One head's queries, keys, values and output, and what is to be expected of it. */

import { fail } from '../diagnostics/catalog.ts';
import { distanceGain } from '../placement/distance-gain.ts';
import type { LayerRole } from '../weights/roles.ts';
import { type ContentDim, contentKept } from './head-space.ts';
import type { PlacedHead } from './place-heads.ts';
import { positionCode } from './position-code.ts';
import type { Block, HeadExpectation } from './seed-plan.ts';
import type { Content, FirstHead, MatchHead, MeanHead, SeedHead, ShiftHead } from './seed-program.ts';
import { contentBlock, findBlock, needBlock, type SeededModel } from './seeded-model.ts';
import { every, type RoleSlice } from './slices.ts';
import { type MatchScores, matchScores } from './solve-margins.ts';
import type { Place } from './stream-model.ts';
import { tidy } from './tidy.ts';
import { cosineSpectrum } from './token-code.ts';

/** A head that looks for a distance or a flag loses at most e^-8, 0.3 of a percent, to all other positions together. */
const DISTANCE_MARGIN = 8;
/** Score by which the last position exceeds the first where a head prefers the last match, in nats. */
const PREFERENCE = 16;
/** Beyond this part of its attention gone astray a head no longer does its work. */
const LOST = 0.1;

export interface BuiltHead {
  readonly expectation: HeadExpectation;
  readonly slices: readonly RoleSlice[];
}

type Scores = Pick<HeadExpectation, 'margin' | 'sink' | 'leakage' | 'scaleLimit' | 'reach' | 'resolution' | 'compares' | 'largestCosine'>;

const NO_SCORES: Scores = {
  margin: 0,
  sink: null,
  leakage: 0,
  scaleLimit: Number.POSITIVE_INFINITY,
  reach: null,
  resolution: null,
  compares: 0,
  largestCosine: null,
};

export function buildHead(model: SeededModel, placed: PlacedHead): BuiltHead {
  const writer = new HeadWriter(model, placed);
  const { head } = placed;
  const scores = writeScores(writer, head);
  writeValues(writer, head);
  const name = model.names.get(head.key) as string;
  return { expectation: { name, placed, ...scores }, slices: writer.slices(name) };
}

function writeScores(writer: HeadWriter, head: SeedHead): Scores {
  switch (head.kind) {
    case 'shift':
      return writer.model.config.traits.positions.kind === 'learned' ? shiftByTable(writer, head) : shiftByRotation(writer, head);
    case 'first':
      return attendFirst(writer, head);
    case 'match':
      return matchContent(writer, head);
    case 'mean':
      // no score at all: every position counts the same
      return NO_SCORES;
  }
}

/** Softmax weight of everything but the right position, if others score `lobe` of it at most. */
function leakageOf(gain: number, lobe: number, context: number): number {
  const lost = context * Math.exp(-gain * (1 - lobe));
  return lost / (1 + lost);
}

/** How much larger the norm's scale may become: scores fall with its square. */
function scaleLimit(leakage: (factor: number) => number): number {
  let limit = 1;
  while (limit < 8 && leakage(1 / (limit + 0.05) ** 2) < LOST) limit += 0.05;
  return Math.round(limit * 100) / 100;
}

/** The position code, turned back by the distance, meets the code of the position there. */
function shiftByTable(writer: HeadWriter, head: ShiftHead): Scores {
  const { model } = writer;
  const { dims, amplitude } = needBlock(model, 'positions');
  const { positions } = model.config.sizes;
  const { context } = model.options;
  const code = positionCode(positions, dims.length);
  const margin = Math.log(context) + DISTANCE_MARGIN;
  const gain = margin / (1 - code.lobe);
  // the code's vector has length 1 there and amplitude·√dims here
  const weight = tidy(Math.sqrt(gain * Math.sqrt(writer.dim)) * (writer.rms('typical') / (amplitude * Math.sqrt(dims.length))));
  for (let pair = 0; pair < dims.length; pair += 2) {
    const angle = turnOf(code.dimensions[pair] as Float64Array, code.dimensions[pair + 1] as Float64Array, head.by);
    const [x, y] = [dims[pair] as number, dims[pair + 1] as number];
    writer.compare(pair, {
      query: [
        [x, tidy(weight * angle.cosine)],
        [y, tidy(weight * angle.sine)],
      ],
      key: [[x, weight]],
    });
    writer.compare(pair + 1, {
      query: [
        [x, tidy(-weight * angle.sine)],
        [y, tidy(weight * angle.cosine)],
      ],
      key: [[y, weight]],
    });
  }
  const at = (factor: number): number => leakageOf(gain * factor, code.lobe, context);
  return { ...NO_SCORES, margin, leakage: at(1), scaleLimit: scaleLimit(at), compares: dims.length };
}

/** Cosine and sine of the angle by which a pair turns in `by` positions: entry 0 of the code is (amplitude, 0). */
function turnOf(cosines: Float64Array, sines: Float64Array, by: number): { cosine: number; sine: number } {
  const amplitude = cosines[0] as number;
  const at = by % cosines.length;
  return { cosine: (cosines[at] as number) / amplitude, sine: (sines[at] as number) / amplitude };
}

/** Turning pairs recognize the distance between two constants. */
function shiftByRotation(writer: HeadWriter, head: ShiftHead): Scores {
  const { model } = writer;
  const constant = needBlock(model, 'constant');
  const [dim] = constant.dims as [number];
  const { context } = model.options;
  const margin = Math.log(context) + DISTANCE_MARGIN;
  const layout = { content: [], pairs: [...model.space.pairs] };
  const { gain, terms } = distanceGain(layout, { offset: head.by, gap: margin }, context);
  const unit = (writer.rms('typical') / constant.amplitude) * Math.sqrt(Math.sqrt(writer.dim));
  let compares = 0;
  for (const { pair, cosine, sine } of terms) {
    const strength = Math.sqrt(Math.sqrt(cosine * cosine + sine * sine));
    if (strength === 0) continue;
    const scale = unit / strength;
    writer.query(pair.first, [[dim, tidy(cosine * scale)]]);
    writer.query(pair.second, [[dim, tidy(sine * scale)]]);
    writer.key(pair.first, [[dim, tidy(strength * unit)]]);
    compares += 2;
  }
  const lobe = 1 - margin / gain;
  const at = (factor: number): number => leakageOf(gain * factor, lobe, context);
  return { ...NO_SCORES, margin, leakage: at(1), scaleLimit: scaleLimit(at), compares };
}

/** The mark of the first token meets the constant. */
function attendFirst(writer: HeadWriter, head: FirstHead): Scores {
  const { model } = writer;
  const start = findBlock(model, 'start');
  if (start === null) return needsPositions(writer, head, 'looks for the first token');
  const { context } = model.options;
  const margin = Math.log(context) + DISTANCE_MARGIN;
  writer.flagged((model.space.content[0] as ContentDim).dim, margin, start, firstPlace(model));
  const at = (factor: number): number => leakageOf(margin * factor, 0, context);
  return { ...NO_SCORES, margin, leakage: at(1), scaleLimit: scaleLimit(at), compares: 1 };
}

/** Without BOS the first token stands where the sink is. */
function firstPlace({ options }: SeededModel): Place {
  return options.bos === null ? 'first' : 'typical';
}

function needsPositions(writer: HeadWriter, head: SeedHead, what: string): never {
  return fail('R7708', { name: writer.model.names.get(head.key) as string, what }, { span: head.span });
}

function matchContent(writer: HeadWriter, head: MatchHead): Scores {
  const { model } = writer;
  const { context, margin } = model.options;
  const flag = findBlock(model, 'flag');
  const pairs = head.matches.length;
  const extra = (flag === null ? 0 : 1) + (head.prefers === null ? 0 : 1);
  const { content } = model.space;
  const each = Math.min(model.code.length, Math.floor((content.length - extra) / pairs));
  if (each < 4) {
    fail(
      'R7706',
      {
        what: `${pairs} comparisons of 4 dimensions and ${extra} more`,
        needed: 4 * pairs + extra,
        available: content.length,
        of: `dimensions of a head that compare content over ${context} positions`,
      },
      { span: head.span },
    );
  }
  const spectrum = cosineSpectrum(model.code, each);
  const slots = content.slice(extra);
  // what turning takes from a match at half the context is given to it beforehand
  const kept = contentKept(slots.slice(0, each * pairs), context / 2);
  const ramp = head.prefers === null ? 0 : PREFERENCE;
  const scores = matchScores(spectrum, pairs, context, { margin, sink: flag !== null, ramp });
  const rms = writer.rms('typical');
  const used: ContentDim[] = [];
  for (const [p, { key, query }] of head.matches.entries()) {
    const [keys, queries] = [contentBlock(model, key), contentBlock(model, query)];
    // weights of query and key such that both come out equally large
    const product = ((scores.match / pairs / kept) * Math.sqrt(writer.dim) * rms ** 2) / (each * keys.amplitude * queries.amplitude);
    const forQuery = tidy(Math.sqrt((product * keys.amplitude) / queries.amplitude));
    const forKey = tidy(Math.sqrt((product * queries.amplitude) / keys.amplitude));
    for (let d = 0; d < each; d++) {
      const slot = slots[p * each + d] as ContentDim;
      used.push(slot);
      writer.compare(slot.dim, { query: [[queries.dims[d] as number, forQuery]], key: [[keys.dims[d] as number, forKey]] });
    }
  }
  if (flag !== null && scores.sink !== null) writer.flagged((content[0] as ContentDim).dim, scores.sink, flag, 'first');
  if (head.prefers !== null) {
    const block = findBlock(model, 'ramp') ?? needsPositions(writer, head, 'prefers the last or the first of several matches');
    writer.sloped((content[extra - 1] as ContentDim).dim, ramp, block, head.prefers);
  }
  const reach = reachOf(used, scores, context);
  const at = (factor: number): number => {
    const weaker = matchScores(spectrum, pairs, context, { margin: scores.match * factor, sink: false, ramp });
    const sink = scores.sink === null ? 0 : Math.exp((scores.sink - scores.match) * factor);
    return Math.max(weaker.leakage.matched, sink / (1 + sink));
  };
  return {
    margin: scores.match,
    sink: scores.sink,
    leakage: scores.leakage.matched,
    scaleLimit: scaleLimit(at),
    reach,
    // ten times the weight of the other
    resolution: ramp === 0 ? null : Math.ceil((Math.log(10) * model.config.sizes.positions) / ramp),
    compares: each * pairs,
    largestCosine: spectrum.largest,
  };
}

/** The longest distance at which a match still scores above the sink, or above where mismatches take half; null where all do. */
function reachOf(used: readonly ContentDim[], scores: MatchScores, context: number): number | null {
  const needed = (scores.sink ?? scores.match / 2) / scores.match;
  for (let distance = 1; distance < context; distance++) if (contentKept(used, distance) <= needed) return distance - 1;
  return null;
}

/** What the head moves, and where to: a feature, a block of its own where others read it, the token block where it is an output. */
function writeValues(writer: HeadWriter, head: SeedHead): void {
  const { model } = writer;
  const feature = findBlock(model, 'presence', head.key) ?? findBlock(model, 'mean', head.key);
  if (head.kind === 'mean') moveNumber(writer, head, feature);
  else if (head.moves.kind === 'presence') movePresence(writer, feature as Block);
  else moveTokens(writer, head, head.moves);
}

function moveTokens(writer: HeadWriter, head: SeedHead, moves: Content): void {
  const { model } = writer;
  const source = contentBlock(model, moves);
  const moved = findBlock(model, 'moved', head.key);
  const isOutput = model.outputs.some((output) => output.kind === 'tokens' && output.head === head);
  // Where the current token is what was looked for, its own code is taken out of the token block, so that it does not compete with the answer.
  const own = head.kind === 'match' && moved === null && isOutput ? head.matches.find(({ query }) => query.kind === 'tokens') : undefined;
  const taken = own === undefined ? null : contentBlock(model, own.key);
  const stock = writer.stock;
  const rms = writer.rms(head.kind === 'first' ? firstPlace(model) : 'typical');
  for (let d = 0; d < source.dims.length; d++) {
    const reads: [number, number][] = [[source.dims[d] as number, tidy((stock * rms) / source.amplitude)]];
    if (taken !== null) {
      const own = needBlock(model, 'tokens').amplitude / model.outputAmplitude;
      reads.push([taken.dims[d] as number, -tidy((own * stock * rms) / taken.amplitude)]);
    }
    const writes: [number, number][] = [];
    if (moved !== null) writes.push([moved.dims[d] as number, tidy(moved.amplitude / stock)]);
    if (isOutput) writes.push([needBlock(model, 'tokens').dims[d] as number, tidy(model.outputAmplitude / stock)]);
    writer.move(d, reads, writes);
  }
}

/** The constant, but for the sink, where the flag cancels it. */
function movePresence(writer: HeadWriter, feature: Block): void {
  const { model, stock } = writer;
  const constant = needBlock(model, 'constant');
  const flag = findBlock(model, 'flag');
  const weight = (stock * writer.rms('typical')) / constant.amplitude;
  const reads: [number, number][] = [[constant.dims[0] as number, tidy(weight)]];
  if (flag !== null) reads.push([flag.dims[0] as number, -tidy((weight * constant.amplitude) / flag.amplitude)]);
  writer.move(0, reads, [[feature.dims[0] as number, tidy(feature.amplitude / stock)]]);
}

function moveNumber(writer: HeadWriter, head: MeanHead, feature: Block | null): void {
  const { model, stock } = writer;
  const values = needBlock(model, 'values', head.key);
  if (feature === null) throw new Error('a mean that nothing holds');
  const weight = tidy((stock * writer.rms('typical')) / values.amplitude);
  writer.move(0, [[values.dims[0] as number, weight]], [[feature.dims[0] as number, tidy(feature.amplitude / stock)]]);
}

type Terms = readonly (readonly [dimension: number, weight: number])[];

/** The weights of one head, gathered row by row. */
class HeadWriter {
  readonly model: SeededModel;
  readonly #placed: PlacedHead;
  readonly #rows: Record<'query' | 'key' | 'value' | 'output', Map<string, number>> = {
    query: new Map(),
    key: new Map(),
    value: new Map(),
    output: new Map(),
  };
  readonly #zero: number | null;

  constructor(model: SeededModel, placed: PlacedHead) {
    this.model = model;
    this.#placed = placed;
    this.#zero = findBlock(model, 'zero')?.dims[0] ?? null;
  }

  get dim(): number {
    return this.model.config.sizes.dim;
  }

  /** What an entry of a query, key or value of a random head is like. */
  get stock(): number {
    return tidy(this.model.options.range * Math.sqrt(this.model.config.sizes.width));
  }

  rms(place: Place): number {
    return this.model.stream.rms(this.#placed.layer, place);
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

  /** A score where a mark is, for every query: the constant of the query meets the mark, which stands at `place`. */
  flagged(slot: number, score: number, mark: Block, place: Place): void {
    const constant = needBlock(this.model, 'constant');
    const product = (Math.abs(score) * Math.sqrt(this.dim) * this.rms('typical') * this.rms(place)) / (constant.amplitude * mark.amplitude);
    const weight = tidy(Math.sqrt(product));
    this.compare(slot, { query: [[constant.dims[0] as number, Math.sign(score) * weight]], key: [[mark.dims[0] as number, weight]] });
  }

  /** A score that grows over positions from 0 to `score`, or falls from it to 0. The sink has its own, so the slope spares it. */
  sloped(slot: number, score: number, ramp: Block, prefers: 'last' | 'first'): void {
    const constant = needBlock(this.model, 'constant');
    const flag = findBlock(this.model, 'flag');
    const product = (score * Math.sqrt(this.dim) * this.rms('typical') ** 2) / (constant.amplitude * ramp.amplitude);
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

  move(slot: number, reads: Terms, writes: Terms): void {
    this.#reads('value', slot, reads);
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
