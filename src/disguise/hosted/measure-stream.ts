/** What norms divide by in a model that runs, the middle of what inputs show, and how large the stream's numbers are: readers are made for that. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Model } from '../../runtime/model.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { adversarialInputs, concatenate, randomInputs } from '../../verify/inputs.ts';
import { streamName } from '../host/measure-energy.ts';

export interface Spread {
  /** The root of what a norm takes for the variance: the middle of its squares. */
  readonly middle: number;
  /** How far it is off at most, as a part of it. */
  readonly off: number;
}

export interface Measured {
  /** By the sublayer after which the stream stands. */
  readonly spreads: ReadonlyMap<string, Spread>;
  /** By dimension of the stream, the largest number that it holds, its sign left out. */
  readonly largest: Float64Array;
}

const RANDOM_INPUTS = 200;
const MOST_INPUTS = 300;

export function measureStream(model: Model, map: Pick<CircuitMap, 'vocabulary' | 'bos' | 'context'>): Measured {
  const { vocabulary, bos, context } = map;
  const { sizes, epsilon, traits } = model.config;
  const { width } = sizes;
  const inputs = concatenate(randomInputs(vocabulary.length, context, RANDOM_INPUTS, 1), adversarialInputs(vocabulary.length, context));
  const batch = Array.from({ length: Math.min(inputs.count, MOST_INPUTS) }, (_, i) =>
    Int32Array.of(bos.id, ...Array.from(inputs.at(i), (at) => vocabulary[at]?.id ?? bos.id)),
  );
  const largest = new Float64Array(width);
  const ranges = new Map<string, { low: number; high: number }>();
  model.logits(batch, ({ layer, sublayer, residual }) => {
    const name = streamName(layer, sublayer);
    const range = ranges.get(name) ?? { low: Number.POSITIVE_INFINITY, high: 0 };
    ranges.set(name, range);
    for (let from = 0; from < residual.length; from += width) {
      let [sum, squares] = [0, 0];
      for (let dim = 0; dim < width; dim++) {
        const x = numberAt(residual, from + dim);
        sum += x;
        squares += x * x;
        largest[dim] = Math.max(numberAt(largest, dim), Math.abs(x));
      }
      const variance = squares / width - (traits.norm === 'layer-norm' ? (sum / width) ** 2 : 0) + epsilon;
      range.low = Math.min(range.low, variance);
      range.high = Math.max(range.high, variance);
    }
  });
  const spreads = new Map(
    [...ranges].map(([name, { low, high }]) => {
      const middle = Math.sqrt((low + high) / 2);
      return [name, { middle, off: Math.max(Math.sqrt(high) - middle, middle - Math.sqrt(low)) / middle }];
    }),
  );
  return { spreads, largest };
}
