/** What a head attends to: its queries and keys, and how firmly they tell the right position from the others. */

import { type CosineSpectrum, cosineSpectrum } from '../../codes/token-code.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { RotaryPair } from '../../placement/head-layout.ts';
import { positionsOf } from '../../targets/model-config.ts';
import { tidy } from '../draw/tidy.ts';
import type { SeedOptions } from '../program/seed-plan.ts';
import type { FirstHead, MatchHead, SeedHead } from '../program/seed-program.ts';
import { type ContentDim, contentKept, matchSpace } from './head-space.ts';
import { firstPlace, type HeadWriter } from './head-writer.ts';
import { capped, uncapped } from './norms/cap.ts';
import { distanceMargin, FIRM, LOST, leakageOf, modeOf, NO_SCORES, type Scores, scaleLimit } from './score-frame.ts';
import { contentBlock, findBlock, oldHeads, type SeededModel } from './seeded-model.ts';
import { shiftByRotation, shiftByTable } from './shift-scores.ts';
import { MATCH_ASTRAY, type MatchScores, matchScores, unevenLevel } from './solve-margins.ts';
import { turnedSpectrum, turns } from './turned-spectrum.ts';

/** Score by which the last position exceeds the first where a head prefers the last match, in nats. */
const PREFERENCE = 16;

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

/** The mark of the first token meets the constant. */
function attendFirst(writer: HeadWriter, head: FirstHead): Scores {
  const { model } = writer;
  const start = findBlock(model, 'start');
  if (start === null) return needsPositions(writer, head, 'looks for the first token');
  const { context } = model.options;
  const margin = distanceMargin(model);
  writer.flagged((writer.space.content[0] as ContentDim).dim, margin, start, firstPlace(model));
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
  const { each, content, used, kept, spectrum, plain, scores } = comparison(writer, head, context) ?? failsToCompare(writer, head);
  const ramp = slopeOf(head);
  const rms = writer.rms('typical');
  const { scoreCap } = model.config.numbers;
  const isThreshold = turns(used) && !writer.isNormed;
  // what a threshold leaves of scores is far from any cap
  const cap = isThreshold ? null : scoreCap;
  const raw = uncapped(scores.match, cap);
  for (const [p, { key, query }] of head.matches.entries()) {
    const [keys, queries] = [contentBlock(model, key), contentBlock(model, query)];
    // weights of query and key such that both come out equally large
    const product = ((raw / pairs / kept) * writer.scoreRoot * rms ** 2) / (each * keys.amplitude * queries.amplitude);
    const forQuery = tidy(Math.sqrt((product * keys.amplitude) / queries.amplitude));
    const forKey = tidy(Math.sqrt((product * queries.amplitude) / keys.amplitude));
    for (let d = 0; d < each; d++) {
      const slot = used[p * each + d] as ContentDim;
      writer.compare(slot.dim, { query: [[queries.dims[d] as number, forQuery]], key: [[keys.dims[d] as number, forKey]] });
    }
  }
  const sink =
    flag === null || scores.sink === null ? null : { score: uncapped(scores.sink, cap), slot: (content[0] as ContentDim).dim, mark: flag };
  if (writer.isNormed) writer.settleNorms(raw / kept, sink);
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
    const weaker = matchScores(spectrum, pairs, context, {
      ...{ margin: capped(raw * factor, cap), sink: null, ramp, astray: MATCH_ASTRAY, cap },
    });
    // a first position whose flag drowns everything else has the scale of that flag, whatever the others' becomes
    const ofSink = bos === null && !isThreshold ? Math.sqrt(factor) : factor;
    const sink = scores.sink === null ? 0 : Math.exp(capped(uncapped(scores.sink, cap) * ofSink, cap) - capped(raw * factor, cap));
    return Math.max(weaker.leakage.matched, sink / (1 + sink));
  };
  return {
    margin: scores.match,
    sink: scores.sink,
    leakage: scores.leakage.matched,
    scaleLimit: writer.isNormed || writer.isJoint ? Number.POSITIVE_INFINITY : scaleLimit(at),
    reach,
    longestContext: reach === null && scores.leakage.matched <= LOST ? null : longestContext(writer, head),
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
function comparison({ model, layer }: HeadWriter, head: MatchHead, context: number): Comparison | null {
  const { content } = matchSpace(model.config, context, layer, oldHeads(model));
  const pairs = head.matches.length;
  // a norm of all queries is held by one dimension
  const extra = clearOf(content, extraDims(model, head)) + (model.config.traits.headNorms === 'all' ? 1 : 0);
  const each = Math.min(model.code.length, Math.floor((content.length - extra) / pairs));
  if (each < LEAST_COMPARED) return null;
  const used = content.slice(extra, extra + each * pairs);
  const kept = contentKept(used, context / 2);
  const own = model.options.grown?.own?.spectrum(each) ?? null;
  const spectrum = own ?? turnedSpectrum(model.code, used.slice(each * (pairs - 1)), context, kept);
  const hasSink = findBlock(model, 'flag') !== null;
  const { scoreCap } = model.config.numbers;
  const isThreshold = turns(used);
  const found = scoresFor({ ...model.options, context, mode: modeOf(model) }, spectrum, pairs, {
    ...{ hasSink, ramp: slopeOf(head), isThreshold },
    cap: isThreshold && model.config.traits.headNorms !== 'each' ? null : scoreCap,
  });
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
  of: { readonly hasSink: boolean; readonly ramp: number; readonly isThreshold: boolean; readonly cap: number | null },
): MatchScores {
  const { hasSink, ramp, isThreshold, cap } = of;
  const astray = isThreshold ? TURNED_ASTRAY : MATCH_ASTRAY;
  const trainable = matchScores(spectrum, pairs, context, { margin, sink: hasSink ? 'middle' : null, ramp, astray, cap });
  if (mode === 'trainable') return trainable;
  return matchScores(spectrum, pairs, context, {
    ...{ margin: margin ?? FIRM * trainable.match, sink: hasSink ? 'low' : null, ramp, astray, cap },
  });
}

/** Over how many positions the head would work where the rotary base leaves it too little for the context: found by halving; null: over none. */
function longestContext(writer: HeadWriter, head: MatchHead): number | null {
  for (let context = Math.floor(writer.model.options.context / 2); context >= 2; context = Math.floor(context / 2)) {
    const found = comparison(writer, head, context);
    if (found !== null && found.scores.leakage.matched <= LOST && reachOf(found.used, found.scores, context) === null) return context;
  }
  return null;
}

function failsToCompare(writer: HeadWriter, head: MatchHead): never {
  const { model } = writer;
  const extra = extraDims(model, head);
  const longest = longestContext(writer, head);
  return fail(
    'R7706',
    {
      what: `${LEAST_COMPARED} for each of ${head.matches.length} tokens that are compared, and ${extra} more`,
      needed: LEAST_COMPARED * head.matches.length + extra,
      available: matchSpace(model.config, model.options.context, writer.layer, oldHeads(model)).content.length,
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
