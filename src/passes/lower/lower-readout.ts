/** How an export is read from the logits: as a number, as lines over one number or a few, or as one logit a value. */
import type { Form, Readout } from '../../circuit/circuit.ts';
import { isNumeric } from '../../graph/domain.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { Facts } from '../facts/facts.ts';
import type { Optimization } from '../optimizations.ts';
import { blockLogits, ELSEWHERE, type Interval, type LevelLogits, NOISE_ROOM, nearestLevelLogits, placeInBlock } from './nearest-level.ts';
import type { ValueReader } from './read-values.ts';

/** An output with more numbers than this is a number in the logits. */
const CATEGORICAL_LIMIT = 1200;

/** How many values may share a number where one number cannot hold all. */
const BLOCK_SIZES = [256, 64, 16, 4];

export function lowerReadout({ name, node }: Export, facts: Facts, reader: ValueReader, optimizations: ReadonlySet<Optimization>): Readout {
  const { domain } = facts.of(node);
  if (domain.kind === 'interval' || (domain.values.length > CATEGORICAL_LIMIT && isNumeric(domain))) {
    return { kind: 'numeric', name, spans: node.spans, form: reader.readNumber(node) };
  }
  // Equal numbers of different types (1 and 1.0) stand side by side, and are one answer.
  const distinct = domain.values.filter((v, i) => i === 0 || !valuesEqual(v, domain.values[i - 1] as Value));
  const lines = optimizations.has('answers-from-numbers') ? nearestLevel(reader, node, domain.values, distinct) : null;
  if (lines !== null) {
    const logits = distinct.map((value, i) => ({ value, form: lines.forms[i] as Form }));
    return { kind: 'categorical', name, spans: node.spans, logits, nearest: lines.nearest };
  }
  reader.wantOneHot(node);
  const logits = distinct.map((value) => ({ value, form: reader.read(node, (v) => (valuesEqual(v, value) ? 1 : 0)) }));
  return { kind: 'categorical', name, spans: node.spans, logits, nearest: null };
}

/** Logits as lines over one number, where a number that tells all values apart can be read. */
function nearestLevel(reader: ValueReader, node: SOp, values: readonly Value[], distinct: readonly Value[]): LevelLogits | null {
  if (distinct.length === 1) return null;
  const reading = reader.readOrdered(node);
  if (reading === null) return distinct.length === values.length ? blocksOfValues(reader, node, values.length) : null;
  const merged = distinct.map(() => ({ low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }));
  let answer = 0;
  for (const [i, value] of values.entries()) {
    if (!valuesEqual(value, distinct[answer] as Value)) answer++;
    const own = merged[answer] as Interval;
    const { low, high } = reading.intervals[i] as Interval;
    merged[answer] = { low: Math.min(own.low, low), high: Math.max(own.high, high) };
  }
  return nearestLevelLogits(reading.form, merged, reading.noise);
}

/** Values too many for one number share several, as many to each as its noise allows. */
function blocksOfValues(reader: ValueReader, node: SOp, count: number): LevelLogits | null {
  const blocksOf = (size: number) =>
    Array.from({ length: Math.ceil(count / size) }, (_, block) =>
      Float64Array.from({ length: count }, (_, i) => (Math.floor(i / size) === block ? placeInBlock(i % size, size) : ELSEWHERE)),
    );
  for (const size of BLOCK_SIZES) {
    if (size >= count) continue;
    const blocks = blocksOf(size);
    if (blocks.some((levels) => 2 < NOISE_ROOM * reader.noiseOf(node, levels) * (size - 1))) continue;
    const forms = blocks.map((levels) => reader.read(node, (_, i) => levels[i] as number));
    return blockLogits(forms, size, count);
  }
  return null;
}
