/** How far the right values of a compiled model's categorical outputs lead, at the worst position of each input. */
import { evaluator } from '../../src/graph/evaluate/evaluate.ts';
import { Sequence } from '../../src/graph/evaluate/sequence.ts';
import type { SOp } from '../../src/graph/graph.ts';
import type { Model } from '../../src/runtime/model.ts';
import { compareOutput, least } from '../../src/verify/decode.ts';
import type { ModelToCheck } from './check-model.ts';

/** NaN where some logit that decides is no number. */
export function marginsOf(
  { map, program }: Pick<ModelToCheck, 'map' | 'program'>,
  run: Model | ((ids: readonly number[]) => Float32Array),
  inputs: readonly string[],
): number[] {
  const nodes = map.outputs.map(({ name }) => program.exports.find((each) => each.name === name)?.node as SOp);
  const evaluate = evaluator(nodes, { causal: map.causal });
  return inputs.map((text) => {
    const ids = [map.bos.id, ...[...text].map((token) => map.vocabulary.find(({ value }) => value === token)?.id as number)];
    const data = typeof run === 'function' ? run(ids) : run.logits([Int32Array.from(ids)])[0];
    const logits = { data: data as Float32Array, outputs: (data as Float32Array).length / ids.length };
    const found = evaluate([...text]);
    let worst: number | null = null;
    for (const [o, output] of map.outputs.entries()) {
      const expected = found.get(nodes[o] as SOp);
      if (!(expected instanceof Sequence)) throw new Error('the export is no sequence');
      for (const [position, value] of expected.values.entries()) {
        worst = least(worst, compareOutput(output, logits, position, value, Number.POSITIVE_INFINITY).margin);
      }
    }
    return worst ?? Number.NaN;
  });
}
