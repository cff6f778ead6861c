/**
 * Which dimensions of a head can compare what. Without rotary positions any dimension compares content. With them, pairs of
 * dimensions turn with the distance of query and key: fast pairs recognize a distance, and content goes where nothing turns, into the
 * unrotated part of a head or the slowest pairs (docs/norm.md, "Positions").
 */
import type { Target } from '../targets/target.ts';
import type { Dtype } from '../tensor/dtype.ts';

/** Two dimensions of a head that turn together, by `frequency` radians a position. */
export interface RotaryPair {
  readonly first: number;
  readonly second: number;
  readonly frequency: number;
}

export interface HeadLayout {
  readonly content: readonly number[];
  readonly pairs: readonly RotaryPair[];
}

/** How the heads of a stand-alone model turn; null where positions are learned. */
export interface RotaryPlan {
  readonly base: number;
  /** The part of each head that turns. */
  readonly fraction: number;
  /** Radians a position below which a pair holds content. */
  readonly still: number;
}

/**
 * With all of a head turning, the base is as large as float32 allows: then only the first third of the pairs turns at all within any
 * context, and the rest holds content without loss: at 16,000 positions it is below float32's rounding. Half precision, which cannot
 * tell as much, leaves more pairs to tell distances apart. Where a part of each head stays still anyway, the stock values serve.
 */
const WHOLE_HEADS = { single: { base: 1e36, still: 1e-11 }, half: { base: 1e16, still: 1e-7 } } as const;

/** Radians that one pair is to turn by over the largest distance, where heads score an order: the sine of it is nearly a line. */
const ORDER_TURN = 1.4;

/**
 * @param dim the size of a head
 * @param reach the largest distance over which a head scores an order; null where none does. The base is then the one at most as large as
 * elsewhere under which a pair turns by just what it takes
 */
export function rotaryPlan({ rotary }: Target['config'], computed: Dtype, dim: number, reach: number | null): RotaryPlan | null {
  if (rotary === null) return null;
  const { fraction } = rotary;
  const { base, still } = WHOLE_HEADS[computed === 'f32' ? 'single' : 'half'];
  const pairs = Math.trunc(dim * fraction) / 2;
  if (reach !== null && pairs >= 2) {
    const slowness = reach / ORDER_TURN;
    const pair = Math.ceil((pairs * Math.log(slowness)) / Math.log(base));
    return { base: slowness ** (pairs / pair), fraction, still };
  }
  return fraction < 1 ? { base: rotary.base, fraction, still } : { base, fraction, still };
}

/** @param dim the size of a head */
export function headLayout(dim: number, plan: RotaryPlan | null): HeadLayout {
  const turning = plan === null ? 0 : Math.trunc(dim * plan.fraction);
  const content = Array.from({ length: dim - turning }, (_, i) => turning + i);
  const pairs: RotaryPair[] = [];
  for (let p = 0; plan !== null && p < turning / 2; p++) {
    const pair = { first: p, second: p + turning / 2, frequency: plan.base ** ((-2 * p) / turning) };
    if (plan !== null && pair.frequency > plan.still) pairs.push(pair);
    else content.push(pair.first, pair.second);
  }
  return { content, pairs };
}

/** Weights of the pairs, adding up to 1, under which one distance scores 1 and every other at most `lobe`. */
export interface DistanceCode {
  readonly weights: readonly number[];
  readonly lobe: number;
}

const ROUNDS = 400;

/**
 * The weights that separate a distance best from all others up to the context: a zero-sum game between pairs and distances, played by
 * multiplicative weights (Freund and Schapire, 1999) for a fixed number of rounds.
 */
export function distanceCode(pairs: readonly RotaryPair[], offset: number, context: number): DistanceCode {
  const others = Array.from({ length: context }, (_, d) => d - offset).filter((d) => d !== 0);
  if (others.length === 0) return { weights: pairs.map(() => 1 / pairs.length), lobe: 0 };
  const loss = others.map((d) => pairs.map(({ frequency }) => 1 - Math.cos(frequency * d)));
  const pressure = new Float64Array(others.length).fill(1 / others.length);
  const average = new Float64Array(pairs.length);
  const rate = Math.sqrt(Math.log(others.length + 1) / ROUNDS);
  for (let round = 0; round < ROUNDS; round++) {
    // The pair that answers the current mix of distances best; the distances it leaves close gain weight.
    const gains = pairs.map((_, p) => loss.reduce((sum, row, i) => sum + (pressure[i] as number) * (row[p] as number), 0));
    const best = gains.indexOf(Math.max(...gains));
    average[best] = (average[best] as number) + 1 / ROUNDS;
    let total = 0;
    for (let i = 0; i < pressure.length; i++) {
      pressure[i] = (pressure[i] as number) * Math.exp(-rate * ((loss[i]?.[best] ?? 0) / 2));
      total += pressure[i] as number;
    }
    for (let i = 0; i < pressure.length; i++) pressure[i] = (pressure[i] as number) / total;
  }
  const lobe = Math.max(...loss.map((row) => 1 - row.reduce((sum, l, p) => sum + l * (average[p] as number), 0)));
  return { weights: [...average], lobe };
}
