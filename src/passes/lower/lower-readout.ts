/** How an export is read from the logits: as a number, as lines over one number or a few, or as one logit a value. */
import type { Form, Readout } from '../../circuit/circuit.ts';
import { combineForms } from '../../circuit/form.ts';
import { type CircleCode, circleCode } from '../../codes/circle-code.ts';
import { isNumeric } from '../../graph/domain.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import { type Value, valueKey, valuesEqual } from '../../graph/value.ts';
import type { Facts } from '../facts/facts.ts';
import type { Optimization } from '../optimizations.ts';
import type { Care } from './care.ts';
import type { ValueReader } from './read-values.ts';
import {
  blockLogits,
  ELSEWHERE,
  HOPELESS_LOGIT,
  type Interval,
  type LevelLogits,
  NOISE_ROOM,
  nearestLevelLogits,
  placeInBlock,
} from './steps/nearest-level.ts';
import type { OrderedReading } from './variable-code.ts';

/** An output with more numbers than this that are no tokens is a number in the logits. */
const CATEGORICAL_LIMIT = 1200;

/** Among how many numbers values are divided where one number cannot hold all: each time half as many again, until so few share one. */
const FEWEST_BLOCKS = 2;
const LEAST_BLOCK = 4;
/** Of a code on circles. */
const MOST_DIMENSIONS = 24;

interface ReadoutSetting {
  readonly facts: Facts;
  readonly reader: ValueReader;
  readonly care: Care;
  /** Whether the model computes in float32. */
  readonly isSingle: boolean;
  readonly optimizations: ReadonlySet<Optimization>;
  /** Whether whoever takes the largest of all logits has to find the answer: those of ids that are none of its values are 0. */
  readonly isAppended: boolean;
}

/** One number for all values, or several, and how many times the noise as it is guessed is allowed for. */
interface Try {
  readonly over: 'one number' | 'several';
  readonly noise: number;
  /** How many values may share one of several numbers: the more, the steeper their lines. */
  readonly most: number;
}

interface Lines extends Pick<LevelLogits, 'forms'> {
  readonly nearest: LevelLogits['nearest'] | null;
  /** What the logit of the answer is at least. */
  readonly lowest: number;
}

/** What is tried, one after the other wherever the certificate has failed. Hope costs nothing but that. */
const TRIES: readonly Try[] = [
  { over: 'one number', noise: 1, most: Number.POSITIVE_INFINITY },
  { over: 'one number', noise: 1 / 8, most: Number.POSITIVE_INFINITY },
  { over: 'several', noise: 1, most: 640 },
  { over: 'several', noise: 1, most: 256 },
  { over: 'several', noise: 4, most: 256 },
  { over: 'several', noise: 16, most: 64 },
];

export function lowerReadout(
  { name, node }: Export,
  { facts, reader, care, isSingle, optimizations, isAppended }: ReadoutSetting,
): Readout {
  const { domain } = facts.of(node);
  if (domain.kind === 'interval' || (isNumeric(domain) && hasManyBesides(domain.values, facts.assumptions.vocabulary))) {
    return { kind: 'numeric', name, spans: node.spans, form: reader.readNumber(node) };
  }
  // Equal numbers of different types (1 and 1.0) stand side by side, and are one answer.
  const distinct = domain.values.filter((v, i) => i === 0 || !valuesEqual(v, domain.values[i - 1] as Value));
  const place = { kind: 'answer', node } as const;
  const mayBeDense = optimizations.has('answers-from-numbers') && distinct.length > 1;
  for (let at = care.level(place); mayBeDense && at < TRIES.length; at++) {
    const { over, noise, most } = TRIES[at] as Try;
    if (!isSingle && noise !== 1) continue;
    const hasNumberEach = distinct.length === domain.values.length;
    const lines =
      over === 'one number'
        ? linesOver(reader.readOrdered(node, noise), domain.values, distinct, noise)
        : hasNumberEach && overSeveral(reader, node, domain.values.length, { noise, most, isSingle });
    if (!lines) continue;
    const lift = isAppended ? 1 - lines.lowest : 0;
    const raised = lift === 0 ? lines.forms : lines.forms.map((form) => combineForms([{ form, weight: 1 }], lift));
    const logits = distinct.map((value, i) => ({ value, form: raised[i] as Form }));
    const readout: Readout = { kind: 'categorical', name, spans: node.spans, logits, nearest: lines.nearest };
    care.noteDense(place, at);
    care.noteOwner(readout, place);
    return readout;
  }
  reader.wantOneHot(node);
  const logits = distinct.map((value) => ({ value, form: reader.read(node, (v) => (valuesEqual(v, value) ? 1 : 0)) }));
  return { kind: 'categorical', name, spans: node.spans, logits, nearest: null };
}

function hasManyBesides(values: readonly Value[], vocabulary: readonly Value[]): boolean {
  if (values.length <= CATEGORICAL_LIMIT) return false;
  const tokens = new Set(vocabulary.map(valueKey));
  return values.filter((value) => !tokens.has(valueKey(value))).length > CATEGORICAL_LIMIT;
}

/** Lines over one number that tells all values apart; null where there is none. */
function linesOver(reading: OrderedReading | null, values: readonly Value[], distinct: readonly Value[], care: number): Lines | null {
  if (reading === null) return null;
  const merged = distinct.map(() => ({ low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }));
  let answer = 0;
  for (const [i, value] of values.entries()) {
    if (!valuesEqual(value, distinct[answer] as Value)) answer++;
    const own = merged[answer] as Interval;
    const { low, high } = reading.intervals[i] as Interval;
    merged[answer] = { low: Math.min(own.low, low), high: Math.max(own.high, high) };
  }
  const lines = nearestLevelLogits(reading.read, merged, care * reading.noise, care < 1 ? HOPELESS_LOGIT : undefined);
  // the middle line is 0
  return lines === null ? null : { ...lines, lowest: 0 };
}

/** How values too many for one number are read from several. */
interface Several extends Omit<Try, 'over'> {
  readonly isSingle: boolean;
}

/** By blocks, or by a code on circles where that takes fewer numbers; null where neither is precise enough. */
function overSeveral(reader: ValueReader, node: SOp, count: number, { noise, most, isSingle }: Several): Lines | null {
  const blocks = blocksOfValues(reader, node, count, { noise, most });
  const code = isSingle ? codeOfValues(reader, node, count, noise, blocks?.length ?? MOST_DIMENSIONS) : null;
  const formsOf = (dimensions: readonly Float64Array[]) => dimensions.map((levels) => reader.read(node, (_, i) => levels[i] as number));
  if (code !== null) {
    const dimensions = formsOf(code.dimensions);
    const gain = 1 / (code.match - code.lobe);
    const logit = (i: number) =>
      combineForms(dimensions.map((form, d) => ({ form, weight: gain * ((code.dimensions[d] as Float64Array)[i] as number) })));
    return { forms: Array.from({ length: count }, (_, i) => logit(i)), nearest: null, lowest: gain * code.match };
  }
  if (blocks === null) return null;
  // the lowest of each block is -1 where it answers
  return { ...blockLogits(formsOf(blocks), Math.ceil(count / blocks.length), count), lowest: -1 };
}

/** Values too many for one number share several, as many to each as its noise allows: the levels of each. */
function blocksOfValues(reader: ValueReader, node: SOp, count: number, { noise, most }: Omit<Try, 'over'>): Float64Array[] | null {
  const blocksOf = (size: number) =>
    Array.from({ length: Math.ceil(count / size) }, (_, block) =>
      Float64Array.from({ length: count }, (_, i) => (Math.floor(i / size) === block ? placeInBlock(i % size, size) : ELSEWHERE)),
    );
  for (let parts = FEWEST_BLOCKS; Math.ceil(count / parts) >= LEAST_BLOCK; parts += Math.ceil(parts / 2)) {
    const size = Math.ceil(count / parts);
    if (size > most) continue;
    const blocks = blocksOf(size);
    if (blocks.every((levels) => 2 >= NOISE_ROOM * noise * reader.noiseOf(node, levels) * (size - 1))) return blocks;
  }
  return null;
}

/**
 * Points on circles, each value's logit the inner product with its own: of ten thousand values on two circles the next is a thousandth less, so
 * that logits are a thousand times what they are read from, where those of one block would be a hundred thousand times that.
 *
 * @param fewer than how many dimensions it may take
 */
function codeOfValues(reader: ValueReader, node: SOp, count: number, noise: number, fewer: number): CircleCode | null {
  for (let pairs = 1; 2 * pairs < fewer; pairs++) {
    const code = circleCode(count, pairs, (level) => level);
    const off = code.dimensions.reduce((sum, levels) => sum + reader.noiseOf(node, levels), 0);
    // each logit may be off by half of what is between the answer's and any other
    if (NOISE_ROOM * noise * off <= (code.match - code.lobe) / 2) return code;
  }
  return null;
}
