/** A compiled model as a decoder: what it says at the last position is appended, until it halts or its context is full. */
import type { CircuitMap, MapOutput } from '../../checkpoint/map/circuit-map.ts';
import type { MapValue } from '../../checkpoint/map/map-value.ts';
import type { GeneratedRun, GenerationLimits } from '../../graph/evaluate/generate.ts';
import { valuesEqual } from '../../graph/value.ts';
import type { Model } from '../../runtime/model.ts';
import { decodeOutput } from '../decode.ts';

/** What of a circuit map a run needs. */
export type RunMap = Pick<CircuitMap, 'vocabulary' | 'bos' | 'outputs' | 'generation'>;

/**
 * The run of a model, or null where it says something that is no token and does not end a run. `smallest` hears the margin of each step.
 */
export function generateModel(
  map: RunMap,
  model: Model,
  input: readonly MapValue[],
  { context, most }: GenerationLimits,
  smallest: (margin: number) => void = () => {},
): GeneratedRun | null {
  const { output: name, halt } = map.generation ?? { output: '', halt: null };
  const output = map.outputs.find((each) => each.name === name) as MapOutput;
  const ids = new Map(map.vocabulary.map(({ id, value }) => [value, id]));
  const decoder = model.decoder();
  let given = input.length + 1;
  const written: MapValue[] = [];
  if (input.length === 0 && most > 0) return null;
  const { outputs } = model.config.sizes;
  let next = Int32Array.of(map.bos.id, ...input.map((value) => ids.get(value) as number));
  for (;;) {
    if (written.length >= most) return { output: written, end: 'max' };
    // a row of BOS, which has no value, comes first
    const data = new Float32Array(2 * outputs);
    data.set(decoder.append(next), outputs);
    const { values, margin } = decodeOutput(output, { data, outputs });
    if (margin !== null) smallest(margin);
    const step = values.at(-1) as MapValue;
    if (halt !== null && valuesEqual(step, halt)) return { output: written, end: 'halt' };
    if (given > context) return { output: written, end: 'context' };
    const token = map.vocabulary.find(({ value }) => valuesEqual(value, step));
    if (token === undefined) return null;
    written.push(token.value);
    next = Int32Array.of(token.id);
    given++;
  }
}
