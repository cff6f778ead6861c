/**
 * What one dimension of a head's value comes out as, by the value of the s-op that the head computes: intervals, from how well its scores
 * select and what its keys hold.
 */

import { numericValue } from '../../graph/domain.ts';
import type { Aggregate, Reduction, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { type Approximate, type Form, formAt, formRange, keyRange } from '../bounds/form.ts';
import { type Range, SAFETY, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';
import { distinctRows } from '../meaning/combinations.ts';
import { type NodeValues, nameOf, numericRange } from '../meaning/node-values.ts';
import type { Selection } from './selection.ts';

export interface MixedCode {
  /** By value of the s-op; of numbers that are not enumerated, at both ends of their range. */
  readonly ranges: readonly Range[];
  readonly bos: Range;
}

export interface Attended {
  readonly selection: Selection;
  /** How many keys there are at most, BOS not counted. */
  readonly keys: number;
  /** At BOS's own position: the largest share of anything but BOS. */
  readonly bosLeak: number;
}

/** Roundings of a weight of the softmax, and of its product with a value. */
export const WEIGHT_ROUNDINGS = 10;
/** No input has more positions. */
const MOST_KEYS = 2 ** 24;

/** @param node what the head computes: an aggregate, a width, or the position itself, counted */
export function mixedCode(node: SOp, form: Form, attended: Attended, values: NodeValues): MixedCode {
  const all = formRange(form);
  const bosError = form.bos.radius + attended.bosLeak * (all.high - all.low) + UNIT * (WEIGHT_ROUNDINGS + 2) * sizeOf(all);
  const bos = around(form.bos, bosError - form.bos.radius);
  if (node.kind === 'aggregate') {
    const code = values.isSingle(node.selector) ? copied(node, form, attended, values, all) : averaged(node, form, attended, values, all);
    return { ranges: code, bos };
  }
  // of an extreme every key that has it holds the same
  if (node.kind === 'reduction' && node.operator !== 'sum') return { ranges: copied(node, form, attended, values, all), bos };
  if (node.kind !== 'width' && node.kind !== 'indices') throw new Unproven(`${nameOf(node)} is nothing that a head computes`);
  const ranges = values.valuesOf(node).map((value) => counted(Number(value) + (node.kind === 'indices' ? 1 : 0), form, attended, all));
  return { ranges, bos };
}

/** The one selected key has nearly all the weight, or those that have the extreme together; where nothing is selected, BOS has. */
function copied(node: Aggregate | Reduction, form: Form, { selection, keys }: Attended, values: NodeValues, all: Range): Range[] {
  const ranges = keyRanges(node, form, values);
  const leak = Math.max(0, keys - 1) * Math.exp(-selection.gap) + Math.exp(-selection.low);
  const error = Math.min(1, leak) * (all.high - all.low) + rounding(all, node.kind === 'reduction' ? keys : 1, Math.min(1, leak));
  const copies = values.valuesOf(node).map((value): Range => {
    const range = ranges.get(value);
    return range === undefined ? NEVER : widened(range, error);
  });
  return withDefault(copies, node, form, { selection, keys }, values, all);
}

/** Selected keys share the weight equally, but for the spread of their scores; the value must be linear in the number averaged. */
function averaged(node: Aggregate, form: Form, { selection, keys }: Attended, values: NodeValues, all: Range): Range[] {
  const points = [...keyRanges(node, form, values)].map(([value, range]) => ({ x: numericValue(value), ...range }));
  points.sort((a, b) => a.x - b.x);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) throw new Unproven(`nothing is known of what ${nameOf(node)} averages`);
  const middle = (p: Range) => (p.low + p.high) / 2;
  const slope = last.x > first.x ? (middle(last) - middle(first)) / (last.x - first.x) : 0;
  const offset = middle(first) - slope * first.x;
  const bent = Math.max(...points.map((p) => Math.max(p.high - offset - slope * p.x, offset + slope * p.x - p.low)));
  const range = Math.max(...points.map((p) => p.high)) - Math.min(...points.map((p) => p.low));
  // weights within e^±ε move a mean by at most tanh(ε/2) of the range
  const unequal = Math.tanh(selection.spread / 4) * range;
  const leak = keys * Math.exp(-selection.gap) + Math.exp(-selection.low);
  const error = bent + unequal + Math.min(1, leak) * (all.high - all.low) + rounding(all, keys, Math.min(1, leak));
  const at = (x: number): Range => widened({ low: offset + slope * x, high: offset + slope * x }, error);
  const listed = values.of(node);
  if (listed === null) {
    if (!values.isNonempty(node.selector)) throw new Unproven(`${nameOf(node)} may average nothing`);
    const ends = values.rangeOf(node);
    return [at(ends.low), at(ends.high)];
  }
  // an average of what is selected is never the default alone
  const means = numericRange(values.valuesOf(node.value));
  const ranges = listed.map((value) =>
    numericValue(value) < means.low || numericValue(value) > means.high ? NEVER : at(numericValue(value)),
  );
  return withDefault(ranges, node, form, { selection, keys }, values, all);
}

/** With c keys selected, each of weight r against BOS's 1, they have the share c·r / (1 + c·r). */
function counted(count: number, form: Form, { selection, keys }: Attended, all: Range): Range {
  if (count > 0 && selection.low > selection.high) return NEVER;
  const own = keyRange(form);
  const [least, most] = count === 0 ? [0, 0] : [Math.exp(selection.low), Math.exp(selection.high)];
  // what is not selected, by how it scores against BOS and against what is selected
  const rest = Math.max(0, keys - count);
  const leak =
    rest === 0 ? 0 : rest * Math.min(Math.exp(selection.others), count > 0 ? Math.exp(-selection.gap) * most : Number.POSITIVE_INFINITY);
  const low = (count * least) / (1 + count * least + leak);
  const high = (count * most) / (1 + count * most);
  const others = leak / (1 + count * least + leak);
  const bos = { low: form.bos.center - form.bos.radius, high: form.bos.center + form.bos.radius };
  const ends = [low, high].flatMap((share) => [
    { low: share * own.low + (1 - share) * bos.low, high: share * own.high + (1 - share) * bos.high },
  ]);
  // a share of what keys hold and the rest of what BOS holds: where shares are small, so is what is rounded
  const absolute = high * sizeOf(own) + (1 - low) * sizeOf(bos) + others * sizeOf(all);
  const error = others * (all.high - all.low) + rounding(all, count + 1, others, absolute);
  return widened({ low: Math.min(...ends.map((e) => e.low)), high: Math.max(...ends.map((e) => e.high)) }, error);
}

/** Adds what comes out where nothing is selected: what BOS holds, for the default. */
function withDefault(
  ranges: Range[],
  node: Aggregate | Reduction,
  form: Form,
  { selection, keys }: Pick<Attended, 'selection' | 'keys'>,
  values: NodeValues,
  all: Range,
): Range[] {
  if (values.isNonempty(node.selector)) return ranges;
  const leak = Math.min(1, keys * Math.exp(selection.others));
  const range = around(form.bos, leak * (all.high - all.low) + rounding(all, 1, leak));
  const index = values.indexOf(node, node.default);
  if (index === undefined) throw new Error(`${nameOf(node)} does not have its own default`);
  return ranges.map((own, i) => (i === index ? joined(own, range) : own));
}

/** What keys with each value of the aggregated s-op hold. */
function keyRanges(node: Aggregate | Reduction, form: Form, values: NodeValues): Map<Value, Range> {
  if (form.parts.some(({ producer }) => producer.isLine)) throw new Unproven(`${nameOf(node)} averages numbers that are not enumerated`);
  const carriers = form.parts.flatMap(({ producer }) => (producer.node === null ? [] : [producer.node]));
  const { count, column } = values.combinations([...carriers, node.value]);
  const columns = form.parts.map(({ producer }) => (producer.node === null ? null : column(producer.node)));
  const target = column(node.value);
  const listed = values.valuesOf(node.value);
  const ranges = new Map<Value, Range>();
  for (const at of distinctRows(count, [target, ...columns])) {
    const value = listed[numberAt(target, at)] as Value;
    const range = around(
      formAt(form, (_, index) => columns[index]?.[at] ?? 0),
      0,
    );
    ranges.set(value, joined(ranges.get(value) ?? NEVER, range));
  }
  return ranges;
}

/**
 * The rounding of an average: weights, products, and a sum of `terms` of them beside what leaks.
 *
 * @param absolute the largest sum of absolute products
 */
function rounding(all: Range, terms: number, leak: number, absolute = sizeOf(all)): number {
  // weights are rounded by the sum that they are divided by, and their products are summed likewise
  // weights and products below the normal numbers
  const underflow = MOST_KEYS * UNDERFLOW * (1 + sizeOf(all));
  return SAFETY * (UNIT * ((WEIGHT_ROUNDINGS + 2 * terms) * absolute + 2.1 * Math.min(1, leak) * sizeOf(all)) + underflow);
}

function sizeOf({ low, high }: Range): number {
  return Math.max(Math.abs(low), Math.abs(high));
}

const NEVER: Range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };

function around({ center, radius }: Approximate, more: number): Range {
  return { low: center - radius - more, high: center + radius + more };
}

function widened({ low, high }: Range, error: number): Range {
  return { low: low - SAFETY * error, high: high + SAFETY * error };
}

function joined(a: Range, b: Range): Range {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}
