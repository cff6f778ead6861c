/**
 * What a head's value comes out as in half precision, by the value of the s-op that the head computes: softmax runs in float32, its weights are
 * rounded, and so is what they mix.
 */
import { numericValue } from '../../graph/domain.ts';
import type { Aggregate, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Range } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';
import { distinctRows } from '../meaning/combinations.ts';
import { type NodeValues, nameOf } from '../meaning/node-values.ts';
import { type HalfArithmetic, hull, NOTHING, plus, product, SINGLE, sizeOf, times, widened } from './half-interval.ts';
import type { HalfRow } from './half-reader.ts';
import type { HalfSelection } from './half-selection.ts';

/** What a value's dimension comes out as, by the value of the s-op, before it is written; and at BOS. */
export interface HalfMixed {
  readonly values: readonly Range[];
  readonly bos: Range;
}

export function mixed(node: SOp, row: HalfRow, selection: HalfSelection, values: NodeValues, half: HalfArithmetic): HalfMixed {
  const keys = keyRanges(node, row, values);
  const everywhere = [...keys.values()].reduce(hull, row.bos);
  const what = `a mixture of values for ${nameOf(node)}`;
  const own =
    node.kind === 'aggregate'
      ? averages(node, row, selection, keys, everywhere, values, half)
      : counts(node, row, selection, keys, everywhere, values, half);
  return {
    values: own.map((range) => half.round(range, what)),
    bos: half.round(shared(row.bos, everywhere, selection.atBos, values.assumptions.context, half), what),
  };
}

/** Nearly all weight on numbers in a range: the weight is rounded, and `leak` is what the rest weighs against it. */
function shared(range: Range, everywhere: Range, leak: number, count: number, half: HalfArithmetic): Range {
  const weight = { low: half.number((1 / (1 + leak)) * (1 - (count + 8) * SINGLE)), high: 1 };
  // weights that are rounded by themselves, and as many roundings of next to nothing
  const rest = leak * (1 + half.unit) + leakRounding(leak, count, half);
  const size = sizeOf(everywhere);
  return within(widened(product(range, weight), rest * size + SINGLE * (count + 2) * rest * size), everywhere, half);
}

/** A mixture lies between the numbers that it is of, and 0, but for the rounding of weights. */
function within({ low, high }: Range, everywhere: Range, { unit }: HalfArithmetic): Range {
  const more = 1 + 4 * unit;
  return { low: Math.max(low, Math.min(0, everywhere.low * more)), high: Math.min(high, Math.max(0, everywhere.high * more)) };
}

/** Weights below the normal numbers are rounded by half of the smallest one; in bf16 that is float32's, which is nothing. */
function leakRounding(leak: number, count: number, { dtype }: HalfArithmetic): number {
  return leak === 0 ? 0 : Math.min(leak, dtype === 'f16' ? count * 2 ** -25 : count * 2 ** -133);
}

function averages(
  node: Aggregate,
  row: HalfRow,
  selection: HalfSelection,
  keys: ReadonlyMap<Value, Range>,
  everywhere: Range,
  values: NodeValues,
  half: HalfArithmetic,
): Range[] {
  const { leak, overBos, others } = selection;
  const count = values.assumptions.context;
  const listed = values.valuesOf(node);
  const whole = leak + overBos;
  const ranges = values.isSingle(node.selector)
    ? listed.map((value) => {
        const own = keys.get(value);
        return own === undefined ? NOTHING : shared(own, everywhere, whole, count, half);
      })
    : means(node, selection, keys, everywhere, values, half);
  if (values.isNonempty(node.selector)) return ranges;
  const index = values.indexOf(node, node.default);
  if (index === undefined) throw new Unproven('a default is none of the values that are known');
  const fallback = shared(row.bos, everywhere, others, count, half);
  return ranges.map((own, i) => (i === index ? hull(own, fallback) : own));
}

/** Several keys of nearly equal weights: a value that is linear in the number averaged, but for what rounding makes of it. */
function means(
  node: Aggregate,
  { spread, leak, overBos }: HalfSelection,
  keys: ReadonlyMap<Value, Range>,
  everywhere: Range,
  values: NodeValues,
  half: HalfArithmetic,
): Range[] {
  const points = [...keys].map(([value, range]) => ({ x: numericValue(value), ...range })).sort((a, b) => a.x - b.x);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) throw new Unproven(`nothing is known of what ${nameOf(node)} averages`);
  const slope = last.x > first.x ? (last.low + last.high - first.low - first.high) / 2 / (last.x - first.x) : 0;
  const offset = (first.low + first.high) / 2 - slope * first.x;
  const bent = Math.max(...points.map((p) => Math.max(p.high - offset - slope * p.x, offset + slope * p.x - p.low)));
  const context = values.assumptions.context;
  const size = sizeOf(everywhere);
  const whole = leak + overBos;
  const isOneSided = points.every(({ low }) => low >= 0) || points.every(({ high }) => high <= 0);
  return values.valuesOf(node).map((value) => {
    const x = numericValue(value);
    if (x < first.x || x > last.x) return NOTHING;
    const ideal = offset + slope * x;
    // each weight is rounded by itself: of numbers of one sign by so much of their sum
    const rounded = (half.unit + (context + 8) * SINGLE) * (isOneSided ? Math.abs(ideal) + bent : size);
    const unequal =
      Math.tanh(spread / 4) *
      (last.high - first.low > 0 ? Math.max(...points.map((p) => p.high)) - Math.min(...points.map((p) => p.low)) : size);
    const error = bent + rounded * (1 + whole) + unequal + 2 * whole * size + leakRounding(whole, context, half) * size;
    return within(widened({ low: ideal, high: ideal }, error), everywhere, half);
  });
}

/** So many keys of one weight beside BOS: each weight is rounded, then their sum. */
function counts(
  node: SOp,
  row: HalfRow,
  { low, high, spread, leak, others }: HalfSelection,
  keys: ReadonlyMap<Value, Range>,
  everywhere: Range,
  values: NodeValues,
  half: HalfArithmetic,
): Range[] {
  if (node.kind !== 'width' && node.kind !== 'indices') throw new Unproven(`${nameOf(node)} is nothing that a head computes`);
  const context = values.assumptions.context;
  const key = [...keys.values()].reduce(hull, NOTHING);
  return values.valuesOf(node).map((value) => {
    const count = Number(value) + (node.kind === 'indices' ? 1 : 0);
    const [least, most] = [Math.exp(low), Math.exp(high)];
    // what is not selected, in units of BOS's weight
    const rest = count >= context ? 0 : count === 0 ? others : Math.min(others, leak * most);
    const slack = (context + 8) * SINGLE + 2 * spread;
    const weigh = (over: number, under: number): Range => ({
      low: half.number(over * (1 - slack)),
      high: half.number(under * (1 + slack)),
    });
    const bos = count === 0 ? weigh(1 / (1 + rest), 1) : weigh(1 / (1 + count * most + rest), 1 / (1 + count * least));
    const each = weigh(least / (1 + count * least + rest), most / (1 + count * most));
    const sum = plus(times(product(each, key), count), product(bos, row.bos));
    const strays = rest * (1 + half.unit) + leakRounding(rest, context, half);
    const size = count * each.high * sizeOf(key) + bos.high * sizeOf(row.bos) + strays * sizeOf(everywhere);
    return within(widened(sum, strays * sizeOf(everywhere) + SINGLE * (count + 2) * size), everywhere, half);
  });
}

/** What keys hold, by the value of what is averaged; of a count all together, under no value. */
function keyRanges(node: SOp, row: HalfRow, values: NodeValues): Map<Value, Range> {
  const carriers = row.parts.flatMap((part) => (part.node === null ? [] : [part.node]));
  const of = node.kind === 'aggregate' ? node.value : null;
  const { count, column } = values.combinations([...carriers, ...(of === null ? [] : [of])]);
  const columns = new Map(row.parts.map((part) => [part, part.node === null ? null : column(part.node)]));
  const target = of === null ? null : column(of);
  const listed = of === null ? [0n] : values.valuesOf(of);
  const ranges = new Map<Value, Range>();
  for (const at of distinctRows(count, [target, ...columns.values()])) {
    const value = listed[target?.[at] ?? 0] as Value;
    ranges.set(
      value,
      hull(
        ranges.get(value) ?? NOTHING,
        row.at((part) => columns.get(part)?.[at] ?? 0),
      ),
    );
  }
  return ranges;
}
