/** The variables of a circuit map that can be watched in a residual stream: where they lie, and which numbers stand for which value. */
import type { CircuitMap, MapVariable, Place } from '../../checkpoint/map/circuit-map.ts';
import type { MapCode, MapMeaning } from '../../checkpoint/map/map-meaning.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { type GraphNode, isSelector, type SOp } from '../../graph/graph.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';

/** The residual stream after a sublayer, as the runtime shows it. */
export interface StreamView {
  readonly layer: number;
  readonly sublayer: 'embedding' | 'attention' | 'mlp';
  /** `[position, width]`, BOS first. */
  readonly residual: Float32Array | Float64Array;
  contributions(position: number, dimension: number): readonly { readonly part: number; readonly amount: number }[];
}

/** What of a circuit map is needed to watch its variables. */
export type WatchedMap = Pick<CircuitMap, 'variables'> & { readonly meaning: MapMeaning };

export interface Watched {
  readonly variable: MapVariable;
  readonly index: number;
  readonly code: MapCode;
  readonly node: SOp | null;
}

/** The s-op of a variable or an output (R7403). */
export function sopOf(node: GraphNode | undefined): SOp {
  if (node === undefined || isSelector(node))
    return fail('R7403', { file: 'raspc.json', why: 'a variable or an output of its `meaning` is no s-op' });
  return node;
}

export function watchedVariables(map: WatchedMap, nodes: readonly GraphNode[]): Watched[] {
  return map.variables.flatMap((variable, index): Watched[] => {
    const code = map.meaning.variables[index];
    if (code === undefined || code.bos.length !== variable.dims.length) return [];
    const isKnown = hasIndicators(variable) ? variable.values.length > 0 : code.levels.length === variable.dims.length;
    if (!isKnown) return [];
    return [{ variable, index, code, node: code.node === null ? null : sopOf(nodes[code.node]) }];
  });
}

export function placeOf({ layer, sublayer }: StreamView): Place {
  return { layer, sublayer };
}

const ORDER = { embedding: -1, attention: 0, mlp: 1, output: 2 } as const;

function before(a: Place, b: Place): boolean {
  const at = ({ layer, sublayer }: Place) => (sublayer === 'embedding' ? -1 : 3 * layer + ORDER[sublayer]);
  return at(a) < at(b);
}

/** Whether it has been written, and something reads it later. */
export function isLive({ written, lastRead }: MapVariable, view: StreamView): boolean {
  const now = placeOf(view);
  return !before(now, written) && (before(now, lastRead) || !before(written, now));
}

/** Whether each dimension is 1 at one value and 0 at all others: a map lists no levels then. */
function hasIndicators({ encoding }: MapVariable): boolean {
  return encoding === 'one-hot' || encoding === 'dummy';
}

/** Whether both values have a dimension of their own. */
function haveDimensions(variable: MapVariable, ...values: readonly number[]): boolean {
  return hasIndicators(variable) && values.every((value) => value < variable.dims.length);
}

export function levelOf({ variable, code }: Watched, dimension: number, value: number): number {
  return hasIndicators(variable) ? Number(dimension === value) : (code.levels[dimension]?.[value] ?? 0);
}

/** How far a number may be off that is not one of a list, as part of its unit. */
export const NUMBER_TOLERANCE = 1e-3;

/** NaN counts as infinitely far. */
export function squaredDistance(watched: Watched, held: readonly number[], value: number): number {
  let sum = 0;
  for (const [d, number] of held.entries()) sum += (number - levelOf(watched, d, value)) ** 2;
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum;
}

/** What float64 makes of equal levels. */
const ROUNDING = 1e-9;

/** Numbers at BOS are compared with the smallest difference that two codes have in any dimension. */
export function smallestStep({ code }: Watched): number {
  let least = 1;
  for (const levels of code.levels) {
    const sorted = [...new Set(levels)].sort((a, b) => a - b);
    // Numbers that differ by rounding alone stand for one level.
    const steps = sorted.slice(1).map((level, i) => level - (sorted[i] as number));
    for (const step of steps) if (step > ROUNDING) least = Math.min(least, step);
  }
  return least;
}

export function furthest(dims: readonly number[], wanted: readonly number[], held: readonly number[]) {
  let worst = 0;
  const off = (d: number) => {
    const difference = Math.abs((held[d] as number) - (wanted[d] as number));
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  };
  for (let d = 1; d < dims.length; d++) if (off(d) > off(worst)) worst = d;
  return { dimension: dims[worst] as number, wanted: wanted[worst] as number, held: held[worst] as number, off: off(worst) };
}

/**
 * How clearly a variable holds the value that it should: 1 where its numbers are the value's code, 0 where another value's code is as near,
 * less where it is nearer. Null where there is nothing to tell the value from. Numbers that are not listed: 0 at their tolerance.
 */
export function marginOf(watched: Watched, held: readonly number[], value: Value): number | null {
  const { variable, code } = watched;
  if (held.some(Number.isNaN)) return Number.NEGATIVE_INFINITY;
  if (variable.values.length === 0) return 1 - Math.abs((held[0] as number) - Number(value) / code.unit) / NUMBER_TOLERANCE;
  const own = variable.values.findIndex((known) => valuesEqual(known, value));
  if (own < 0) return null;
  let least: number | null = null;
  for (let other = 0; other < variable.values.length; other++) {
    if (other === own) continue;
    const margin = haveDimensions(variable, own, other)
      ? (held[own] as number) - (held[other] as number)
      : between(watched, held, own, other);
    if (margin !== null && (least === null || margin < least)) least = margin;
  }
  return least;
}

/** Where the numbers lie on the line from the other value's code (-1) to their own (1), halfway being 0; null for codes that are the same. */
function between(watched: Watched, held: readonly number[], own: number, other: number): number | null {
  let along = 0;
  let length = 0;
  for (const [d, number] of held.entries()) {
    const [a, b] = [levelOf(watched, d, own), levelOf(watched, d, other)];
    along += (number - (a + b) / 2) * (a - b);
    length += (a - b) ** 2;
  }
  return length === 0 ? null : (2 * along) / length;
}
