/** What a head attends to: its queries and keys, and how firmly they tell the right position from the others. */

import { positionCode } from '../../codes/position-code.ts';
import { type CosineSpectrum, cosineSpectrum } from '../../codes/token-code.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { type DistanceGain, distanceGain } from '../../placement/distance-gain.ts';
import type { HeadLayout, RotaryPair } from '../../placement/head-layout.ts';
import { positionsOf } from '../../targets/model-config.ts';
import { tidy } from '../draw/tidy.ts';
import type { HeadExpectation, SeedOptions } from '../program/seed-plan.ts';
import type { FirstHead, MatchHead, SeedHead, ShiftHead } from '../program/seed-program.ts';
import { type ContentDim, contentKept, matchSpace } from './head-space.ts';
import { firstPlace, type HeadWriter } from './head-writer.ts';
import { contentBlock, findBlock, needBlock, type SeededModel } from './seeded-model.ts';
import { MATCH_ASTRAY, type MatchScores, matchScores, unevenLevel } from './solve-margins.ts';
import { turnedSpectrum, turns } from './turned-spectrum.ts';

/** A head that looks for a distance or a flag loses at most e^-8, 0.3 of a percent, to all other positions together. */
const DISTANCE_MARGIN = 8;
/** A frozen circuit's scores are those of a trainable one times this: the norm's scale may grow to three times before they are as small. */
const FIRM = 9;
/** Score by which the last position exceeds the first where a head prefers the last match, in nats. */
const PREFERENCE = 16;
/** Behind norms: the part of its attention that a head that looks for a distance may lose, and the least margin that is tried for it. */
const ASTRAY = 0.003;
const LEAST_MARGIN = 4;
/** Pairs that such a head uses at most, of those that turn fastest, and those that it leaves. */
const MOST_PAIRS = 16;
const SPARE_PAIRS = 2;
/** Beyond this part of its attention gone astray a head no longer does its work. */
const LOST = 0.1;

type Scores = Pick<
  HeadExpectation,
  'margin' | 'sink' | 'leakage' | 'scaleLimit' | 'reach' | 'longestContext' | 'resolution' | 'compares' | 'largestCosine'
>;

const NO_SCORES: Scores = {
  margin: 0,
  sink: null,
  leakage: 0,
  scaleLimit: Number.POSITIVE_INFINITY,
  reach: null,
  longestContext: null,
  resolution: null,
  compares: 0,
  largestCosine: null,
};

/** Writes queries and keys. Diagnostics: R7706, R7708. */
export function writeScores(writer: HeadWriter, head: SeedHead): Scores {
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

/** Score by which the right position exceeds each other one, for a head that looks for a distance or a flag. */
function distanceMargin({ context, mode }: SeedOptions): number {
  return (mode === 'frozen' ? FIRM : 1) * (Math.log(context) + DISTANCE_MARGIN);
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
  const positions = positionsOf(model.config);
  const { context } = model.options;
  const code = positionCode(positions, dims.length);
  const margin = distanceMargin(model.options);
  const gain = margin / (1 - code.lobe);
  // the code's vector has length 1 there and amplitude·√dims here
  const weight = tidy(Math.sqrt(gain * writer.scoreRoot) * (writer.rms('typical') / (amplitude * Math.sqrt(dims.length))));
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
  // what the norm of the first layer divides by is known of every token
  const constant = writer.isFirst ? (findBlock(model, 'even') ?? needBlock(model, 'constant')) : needBlock(model, 'constant');
  const [dim] = constant.dims as [number];
  const { context } = model.options;
  const { gain, terms, margin } = distanceScores(writer, head);
  const unit = (writer.rms('typical') / constant.amplitude) * Math.sqrt(writer.scoreRoot);
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
  if (writer.isNormed) {
    writer.settleNorms(gain);
    return { ...NO_SCORES, margin, leakage: astrayOf({ gain, terms }, head.by, context), compares };
  }
  const at = (factor: number): number => leakageOf(gain * factor, lobe, context);
  return { ...NO_SCORES, margin, leakage: at(1), scaleLimit: scaleLimit(at), compares };
}

/**
 * How strongly each pair tells the distance. Behind norms of queries and keys a score is a share of the gains of its layer, so it is no larger than it
 * has to be: what all distances together take is counted, not bounded by the nearest.
 */
function distanceScores(writer: HeadWriter, head: ShiftHead): DistanceGain & { readonly margin: number } {
  const { options, space } = writer.model;
  const { context } = options;
  const most = distanceMargin(options);
  const scores = (pairs: HeadLayout['pairs'], margin: number) => ({
    ...distanceGain({ content: [], pairs }, { offset: head.by, gap: margin }, context),
    margin,
  });
  if (!writer.isNormed) return scores([...space.pairs], most);
  // the slowest pairs tell no distance, and are left to the constant that every key has
  const pairs = space.pairs.slice(0, Math.max(1, Math.min(space.pairs.length - SPARE_PAIRS, MOST_PAIRS)));
  for (let margin = LEAST_MARGIN; margin < most; margin += 0.25) {
    const found = scores(pairs, margin);
    if (astrayOf(found, head.by, context) <= ASTRAY) return found;
  }
  return scores(pairs, most);
}

/** Softmax weight of all distances but one, from all that there are. */
function astrayOf({ gain, terms }: DistanceGain, offset: number, context: number): number {
  let lost = 0;
  for (let distance = 0; distance < context; distance++) {
    if (distance === offset) continue;
    const score = terms.reduce(
      (sum, { pair, cosine, sine }) => sum + Math.hypot(cosine, sine) * Math.cos(pair.frequency * (distance - offset)),
      -gain,
    );
    lost += Math.exp(score);
  }
  return lost / (1 + lost);
}

/** The mark of the first token meets the constant. */
function attendFirst(writer: HeadWriter, head: FirstHead): Scores {
  const { model } = writer;
  const start = findBlock(model, 'start');
  if (start === null) return needsPositions(writer, head, 'looks for the first token');
  const { context } = model.options;
  const margin = distanceMargin(model.options);
  writer.flagged((model.space.content[0] as ContentDim).dim, margin, start, firstPlace(model));
  const at = (factor: number): number => leakageOf(margin * factor, 0, context);
  return { ...NO_SCORES, margin, leakage: at(1), scaleLimit: scaleLimit(at), compares: 1 };
}

function needsPositions(writer: HeadWriter, head: SeedHead, what: string): never {
  return fail('R7708', { name: writer.model.names.get(head.key) as string, what }, { span: head.span });
}

function matchContent(writer: HeadWriter, head: MatchHead): Scores {
  const { model } = writer;
  const { context, bos } = model.options;
  const flag = findBlock(model, 'flag');
  const pairs = head.matches.length;
  const extra = extraDims(model, head);
  const { each, content, used, kept, spectrum, plain, scores } = comparison(model, head, context) ?? failsToCompare(model, head);
  const ramp = slopeOf(head);
  const rms = writer.rms('typical');
  for (const [p, { key, query }] of head.matches.entries()) {
    const [keys, queries] = [contentBlock(model, key), contentBlock(model, query)];
    // weights of query and key such that both come out equally large
    const product = ((scores.match / pairs / kept) * writer.scoreRoot * rms ** 2) / (each * keys.amplitude * queries.amplitude);
    const forQuery = tidy(Math.sqrt((product * keys.amplitude) / queries.amplitude));
    const forKey = tidy(Math.sqrt((product * queries.amplitude) / keys.amplitude));
    for (let d = 0; d < each; d++) {
      const slot = used[p * each + d] as ContentDim;
      writer.compare(slot.dim, { query: [[queries.dims[d] as number, forQuery]], key: [[keys.dims[d] as number, forKey]] });
    }
  }
  const isThreshold = turns(used) && !writer.isNormed;
  const sink = flag === null || scores.sink === null ? null : { score: scores.sink, slot: (content[0] as ContentDim).dim, mark: flag };
  if (writer.isNormed) writer.settleNorms(scores.match / kept, sink);
  else if (sink !== null && isThreshold) writer.threshold(sink.slot, sink.score, sink.mark);
  else if (sink !== null) writer.flagged(sink.slot, sink.score, sink.mark, 'first');
  if (head.prefers !== null) {
    const block = findBlock(model, 'ramp') ?? needsPositions(writer, head, 'prefers the last or the first of several matches');
    writer.sloped((content[extra - 1] as ContentDim).dim, ramp, block, head.prefers);
  }
  // turned by half of the context beforehand, dimensions turn by no more than the other half in either direction
  writer.turnQueries(pairsOf(content), context / 2);
  const reach = reachOf(used, scores, context);
  const at = (factor: number): number => {
    const weaker = matchScores(spectrum, pairs, context, { margin: scores.match * factor, sink: null, ramp, astray: MATCH_ASTRAY });
    // a first position whose flag drowns everything else has the scale of that flag, whatever the others' becomes
    const ofSink = bos === null && !isThreshold ? Math.sqrt(factor) : factor;
    const sink = scores.sink === null ? 0 : Math.exp(scores.sink * ofSink - scores.match * factor);
    return Math.max(weaker.leakage.matched, sink / (1 + sink));
  };
  return {
    margin: scores.match,
    sink: scores.sink,
    leakage: scores.leakage.matched,
    scaleLimit: writer.isNormed ? Number.POSITIVE_INFINITY : scaleLimit(at),
    reach,
    longestContext: reach === null && scores.leakage.matched <= LOST ? null : longestContext(model, head),
    // ten times the weight of the other
    resolution: ramp === 0 ? null : Math.ceil((Math.log(10) * positionsOf(model.config)) / ramp),
    compares: each * pairs,
    largestCosine: plain.largest,
  };
}

/** How a head compares tokens over a context. */
interface Comparison {
  /** Dimensions of each pair that is compared, and those of all pairs, one pair after the other. */
  readonly each: number;
  readonly used: readonly ContentDim[];
  /** All dimensions of the head that could compare. */
  readonly content: readonly ContentDim[];
  /** What turning leaves of a match at worst, which is made up for. */
  readonly kept: number;
  /** Of one of the pairs, the one that turns most. */
  readonly spectrum: CosineSpectrum;
  /** What it is where nothing turns. */
  readonly plain: CosineSpectrum;
  readonly scores: MatchScores;
}

const LEAST_COMPARED = 4;
/**
 * Attention that may go astray where dimensions turn: what is left of the first position's own token there moves the sink by a nat or two, which is
 * made room for.
 */
const TURNED_ASTRAY = 0.0005;

function extraDims(model: SeededModel, head: MatchHead): number {
  return (findBlock(model, 'flag') === null ? 0 : 1) + (head.prefers === null ? 0 : 1);
}

/**
 * How many dimensions stay clear of a code. A flag is so much louder than an entry that what turning mixes of the two would reach the sink's score:
 * its pair holds nothing else.
 */
function clearOf(content: readonly ContentDim[], extra: number): number {
  const [last, next] = [content[extra - 1], content[extra]];
  return last !== undefined && last.frequency > 0 && next?.frequency === last.frequency ? extra + 1 : extra;
}

function slopeOf(head: MatchHead): number {
  return head.prefers === null ? 0 : PREFERENCE;
}

/** Null where too few dimensions turn little enough. */
function comparison(model: SeededModel, head: MatchHead, context: number): Comparison | null {
  const { content } = matchSpace(model.config, context);
  const pairs = head.matches.length;
  const extra = clearOf(content, extraDims(model, head));
  const each = Math.min(model.code.length, Math.floor((content.length - extra) / pairs));
  if (each < LEAST_COMPARED) return null;
  const used = content.slice(extra, extra + each * pairs);
  const kept = contentKept(used, context / 2);
  const own = model.options.grown?.own?.spectrum(each) ?? null;
  const spectrum = own ?? turnedSpectrum(model.code, used.slice(each * (pairs - 1)), context, kept);
  const hasSink = findBlock(model, 'flag') !== null;
  // scores behind norms do not fall when the stream grows louder
  const mode = model.config.traits.headNorms === 'none' ? model.options.mode : 'trainable';
  const found = scoresFor({ ...model.options, context, mode }, spectrum, pairs, { hasSink, ramp: slopeOf(head), isThreshold: turns(used) });
  const isUneven = hasSink && model.options.grown !== null;
  const scores = isUneven ? { ...found, sink: found.match * unevenLevel(spectrum, pairs, context) } : found;
  return { each, used, content, kept, spectrum, plain: own ?? cosineSpectrum(model.code, each), scores };
}

/** Dimensions of a match that turn together. */
function pairsOf(content: readonly ContentDim[]): RotaryPair[] {
  return content.flatMap(({ dim, frequency }, i) => {
    const next = content[i + 1];
    return frequency > 0 && next?.frequency === frequency ? [{ first: dim, second: next.dim, frequency }] : [];
  });
}

/** The scores of a match as they are asked for, or as the mode needs them. */
function scoresFor(
  { context, margin, mode }: SeedOptions,
  spectrum: CosineSpectrum,
  pairs: number,
  { hasSink, ramp, isThreshold }: { readonly hasSink: boolean; readonly ramp: number; readonly isThreshold: boolean },
): MatchScores {
  const astray = isThreshold ? TURNED_ASTRAY : MATCH_ASTRAY;
  const trainable = matchScores(spectrum, pairs, context, { margin, sink: hasSink ? 'middle' : null, ramp, astray });
  if (mode === 'trainable') return trainable;
  return matchScores(spectrum, pairs, context, { margin: margin ?? FIRM * trainable.match, sink: hasSink ? 'low' : null, ramp, astray });
}

/** Over how many positions the head would work where the rotary base leaves it too little for the context: found by halving; null: over none. */
function longestContext(model: SeededModel, head: MatchHead): number | null {
  for (let context = Math.floor(model.options.context / 2); context >= 2; context = Math.floor(context / 2)) {
    const found = comparison(model, head, context);
    if (found !== null && found.scores.leakage.matched <= LOST && reachOf(found.used, found.scores, context) === null) return context;
  }
  return null;
}

function failsToCompare(model: SeededModel, head: MatchHead): never {
  const extra = extraDims(model, head);
  const longest = longestContext(model, head);
  return fail(
    'R7706',
    {
      what: `${LEAST_COMPARED} for each of ${head.matches.length} tokens that are compared, and ${extra} more`,
      needed: LEAST_COMPARED * head.matches.length + extra,
      available: matchSpace(model.config, model.options.context).content.length,
      of: `dimensions of a head that compare content over ${model.options.context} positions`,
      instead:
        longest === null
          ? 'with a larger rotary base, or dimensions that do not turn, there are more'
          : `over ${longest} positions (\`--context ${longest}\`) there are enough: the rotary base turns fewer of them`,
    },
    { span: head.span },
  );
}

/** The longest distance at which a match still scores above the sink, or above where mismatches take half; null where all do. */
function reachOf(used: readonly ContentDim[], scores: MatchScores, context: number): number | null {
  const needed = ((scores.sink ?? scores.match / 2) / scores.match) * contentKept(used, context / 2);
  for (let distance = 1; distance < context; distance++) if (contentKept(used, distance - context / 2) < needed) return distance - 1;
  return null;
}
