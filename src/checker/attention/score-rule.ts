/**
 * How the dimensions of a head become a score: products over √dim. Rotary positions turn pairs of dimensions with the distance of query and
 * key (Su et al., RoFormer, section 3.2.2): pairs that hardly turn within the context compare content, the others score distances.
 */

import type { Rotary } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Form } from '../bounds/form.ts';
import { SAFETY, UNIT } from '../bounds/rounding.ts';
import type { HeadScores } from './attention-block.ts';
import { largestOfSide, type Side, sideOf } from './head-sides.ts';
import type { ByDistance } from './pair-scores.ts';

export interface ScoreSetting {
  readonly dim: number;
  /** What sums of products are multiplied by. */
  readonly factor: number;
  readonly rotary: Rotary | null;
  readonly context: number;
  /** Whether queries and keys are turned. */
  readonly turned: boolean;
}

/** Roundings of a product of a query's and a key's number, the scaling of the sum among them. */
const PRODUCT_ROUNDINGS = 4;
/** More where both have been turned by next to nothing. */
const TURNED_ROUNDINGS = 8;
/** Radians within the context up to which a pair holds content. */
const STILL = 2 ** -16;
/** Of a frequency: the power that it is computed by, and its reciprocal. */
const FREQUENCY_ROUNDINGS = 6;

export function scoresOf(query: readonly Form[], key: readonly Form[], setting: ScoreSetting): HeadScores {
  const scores = uprightScores(query, key, setting);
  if (!setting.turned) return scores;
  // a product of two vectors of which lengths alone are known; scores are compared, so there are two of them
  const length = (side: Side) => Math.hypot(...largestWithBos(side));
  const products = length(sideOf(query)) * length(sideOf(key));
  const more = 2 * SAFETY * setting.factor * (setting.dim + PRODUCT_ROUNDINGS + TURNED_ROUNDINGS) * UNIT * products;
  return { ...scores, rule: { ...scores.rule, noise: scores.rule.noise + more } };
}

function uprightScores(query: readonly Form[], key: readonly Form[], { dim, factor, rotary, context }: ScoreSetting): HeadScores {
  if (rotary === null) return { query, key, rule: { factor, roundings: PRODUCT_ROUNDINGS, noise: 0, byDistance: null } };
  const half = rotary.dims / 2;
  const still: number[] = [];
  const turning: Pair[] = [];
  let noise = 0;
  for (let first = 0; first < half; first++) {
    const second = first + half;
    // as stock models compute it, in float32
    const frequency = Math.fround(
      rotary.scaling?.frequencies[first] ?? 1 / Math.fround(rotary.base ** Math.fround((2 * first) / rotary.dims)),
    );
    const angle = frequency * (context + 1);
    const isZero = [first, second].every((d) => isEmpty(query[d] as Form) || isEmpty(key[d] as Form));
    if (angle <= STILL) {
      still.push(first, second);
      if (!isZero) noise += crossed(sideOf([query[first], query[second]] as Form[]), sideOf([key[first], key[second]] as Form[]), angle);
    } else if (![first, second].every((d) => isEmpty(query[d] as Form)) && ![first, second].every((d) => isEmpty(key[d] as Form))) {
      turning.push({ first, second, frequency });
    }
  }
  const content = [...still, ...Array.from({ length: dim - rotary.dims }, (_, i) => rotary.dims + i)];
  return {
    query: content.map((d) => query[d] as Form),
    key: content.map((d) => key[d] as Form),
    rule: {
      factor,
      roundings: PRODUCT_ROUNDINGS + TURNED_ROUNDINGS,
      noise: SAFETY * factor * noise,
      byDistance: turning.length === 0 ? null : turnedScores(turning, query, key, factor, context),
    },
  };
}

/** Two dimensions that turn together, by `frequency` radians a position. */
interface Pair {
  readonly first: number;
  readonly second: number;
  readonly frequency: number;
}

function isEmpty({ constant, offset, parts, bos, slack }: Form): boolean {
  return constant === 0 && offset === 0 && parts.length === 0 && bos.center === 0 && slack === 0;
}

/** What a small angle mixes between two dimensions, and takes off each. */
function crossed(query: Side, key: Side, angle: number): number {
  const [queries, keys] = [largestWithBos(query), largestWithBos(key)];
  const [q0 = 0, q1 = 0] = queries;
  const [k0 = 0, k1 = 0] = keys;
  return 2 * angle * (q0 * k1 + q1 * k0) + angle * angle * (q0 * k0 + q1 * k1);
}

function largestWithBos(side: Side): Float64Array {
  return largestOfSide(side).map((x, d) => Math.max(x, Math.abs(numberAt(side.bos, d)) + numberAt(side.bosRadius, d)));
}

/** What pairs whose numbers are the same at every position score by distance; whatever differs by position counts as error. */
function turnedScores(pairs: readonly Pair[], query: readonly Form[], key: readonly Form[], factor: number, context: number): ByDistance {
  const center = new Float64Array(context + 1);
  let radius = 0;
  for (const { first, second, frequency } of pairs) {
    const queries = sideOf([query[first], query[second]] as Form[]);
    const keys = sideOf([key[first], key[second]] as Form[]);
    const [q0 = 0, q1 = 0] = queries.base;
    const [k0 = 0, k1 = 0] = keys.base;
    const length = (x: ArrayLike<number>) => Math.hypot(numberAt(x, 0), numberAt(x, 1));
    const own = (side: Side) => length(side.base);
    // what a position has beside the constants
    const more = (side: Side) => length(largestOfSide(side).map((x, d) => Math.max(0, x - Math.abs(numberAt(side.base, d)))));
    const [q, k, eq, ek] = [own(queries), own(keys), more(queries), more(keys)];
    const bos = length(keys.bos.map((x, d) => Math.abs(x) + numberAt(keys.bosRadius, d)));
    // angles of the farthest position, their cosines and sines, and the turning of both sides
    const turning = UNIT * (2 * (FREQUENCY_ROUNDINGS + 1) * frequency * (context + 1) + 2 * TURNED_ROUNDINGS);
    radius += (q + eq) * ek + eq * k + (q + eq) * (k + ek + bos) * turning + (q + eq) * bos;
    for (let distance = 0; distance <= context; distance++) {
      const angle = frequency * distance;
      const scored = (q0 * k0 + q1 * k1) * Math.cos(angle) + (q0 * k1 - q1 * k0) * Math.sin(angle);
      center[distance] = numberAt(center, distance) + factor * scored;
    }
  }
  return { center, radius: SAFETY * factor * radius + UNIT * (2 * pairs.length + PRODUCT_ROUNDINGS) * largest(center) };
}

function largest(values: Float64Array): number {
  return values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
