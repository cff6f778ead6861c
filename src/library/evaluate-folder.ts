/** What `raspc eval` says: a compiled model run from its bytes on an input, and its logits decoded. */
import type { MapValue } from '../checkpoint/map/map-value.ts';
import type { Value } from '../graph/value.ts';
import type { ModelFolder } from '../source/byte-source.ts';
import { decodeOutput } from '../verify/decode.ts';
import { openCompiled } from './compiled-folder.ts';

export interface EvaluatedOutput {
  readonly name: string;
  /** A value for each token. */
  readonly values: readonly MapValue[];
  /** The smallest lead of the best logit, in units of the ideal one; null for numbers. */
  readonly margin: number | null;
}

/** @param input tokens of the model's vocabulary; a string is a token a character. Throws a RangeError for a token that it has not. */
export function evaluateFolder(folder: ModelFolder, input: string | readonly Value[]): EvaluatedOutput[] {
  const { map, model } = openCompiled(folder);
  const idOf = new Map<Value, number>(map.vocabulary.map(({ id, value }) => [value, id]));
  const tokens: readonly Value[] = typeof input === 'string' ? [...input] : input;
  if (tokens.length > map.context) throw new RangeError(`${tokens.length} tokens, and the model takes ${map.context}`);
  const ids = tokens.map((token) => {
    const id = idOf.get(token);
    if (id === undefined) throw new RangeError(`\`${token}\` is not in the model's vocabulary`);
    return id;
  });
  const [data] = model.logits([Int32Array.of(map.bos.id, ...ids)]);
  if (data === undefined) throw new Error('the model gave no logits');
  const logits = { data, outputs: model.config.sizes.outputs };
  return map.outputs.map((output) => {
    const { values, margin } = decodeOutput(output, logits);
    return { name: output.name, values, margin };
  });
}
