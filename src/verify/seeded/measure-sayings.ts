/**
 * What exports of a seeded model do to the logits of the tokens that they name: how far these rise where the program says so, and whether they do so
 * there and nowhere else. Read from the stored output weights and the stream before them, so that a seed's plan and `verify` measure the same.
 */
import type { SeedSayingRecord } from '../../checkpoint/map/seed/seed-map.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { ModelConfig } from '../../targets/model-config.ts';

export interface MeasuredSaying {
  readonly name: string;
  /** By how much its dimensions raise the named tokens' logits where they are said, more than elsewhere; the mean. */
  readonly nats: number;
  /** Positions at which every named token is on the right side of half of the strength. */
  readonly right: number;
  readonly positions: number;
}

/** What of a model reads the stream in the end. */
export interface OutputWeights {
  readonly config: ModelConfig;
  /** `[width]`. */
  readonly finalGain: ArrayLike<number>;
  /** The row of a token by which its logit is read, `[width]`. */
  readonly unembeds: (id: number) => ArrayLike<number>;
}

/** What a model did with one input. */
export interface HeardInput {
  /** What the program says at each position of its input. */
  readonly expected: readonly Value[];
  /** The stream before the final norm, `[position, width]`, the first row that of the input's first token. */
  readonly stream: ArrayLike<number>;
}

type Saying = Pick<SeedSayingRecord, 'name' | 'dims' | 'strength' | 'code'> & {
  readonly values: readonly { readonly value: Value; readonly ids: readonly number[] }[];
};

/** A token that has a code is heard where it is raised by this part of the strength: in a loud stream all is less. */
const HEARD = 0.2;

/** Whether of tokens that have a code the one that is said is heard, and more than any other; where none is, none by half of the strength. */
function isToken(said: number, levels: readonly number[], strength: number): boolean {
  const shares = levels.map((level) => level / strength);
  const own = said < 0 ? 0.5 : (shares[said] as number);
  // NaN is neither
  return shares.every((share, v) => v === said || share < own) && own >= HEARD;
}

/** The measure of a saying, for any number of inputs. */
export function sayingMeter(
  saying: Saying,
  { config, finalGain, unembeds }: OutputWeights,
): (inputs: readonly HeardInput[]) => MeasuredSaying {
  const { width } = config.sizes;
  // the mean of the tokens that a value names, as one row over the dimensions
  const rows = saying.values.map(({ ids }) => {
    const own = ids.map(unembeds);
    return saying.dims.map((dim) => {
      const mean = own.reduce((sum, row) => sum + (row[dim] as number), 0) / own.length;
      return mean * (finalGain[dim] as number) * config.numbers.logits;
    });
  });
  return (inputs) => {
    const heard = inputs.flatMap(({ expected, stream }) =>
      expected.map((value, position) => {
        const { mean, spread } = scaleAt(stream, position * width, config);
        const held = saying.dims.map((dim) => ((stream[position * width + dim] as number) - mean) / spread);
        return {
          said: saying.values.findIndex((each) => valuesEqual(each.value, value)),
          levels: rows.map((row) => row.reduce((sum, weight, d) => sum + weight * (held[d] as number), 0)),
        };
      }),
    );
    const all = rows.map((_, v) => v);
    const silent = meanOf(heard.flatMap(({ said, levels }) => all.filter((v) => v !== said).map((v) => levels[v] as number)));
    const nats = meanOf(heard.flatMap(({ said, levels }) => (said < 0 ? [] : [(levels[said] as number) - silent])));
    const right = heard.filter(({ said, levels }) =>
      saying.code != null
        ? isToken(said, levels, saying.strength)
        : // NaN is on no side
          levels.every((level, v) => (v === said ? level / saying.strength > 0.5 : level / saying.strength < 0.5)),
    ).length;
    return { name: saying.name, nats, right, positions: heard.length };
  };
}

function scaleAt(stream: ArrayLike<number>, start: number, { traits, epsilon, sizes: { width } }: ModelConfig) {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += stream[start + d] as number;
  const mean = traits.norm === 'layer-norm' ? sum / width : 0;
  let squares = 0;
  for (let d = 0; d < width; d++) squares += ((stream[start + d] as number) - mean) ** 2;
  return { mean, spread: Math.sqrt(squares / width + epsilon) };
}

/** NaN of nothing. */
function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}
