/** Decoys: outputs of a compiled program that the model computes, and that nothing reads any more: neither its logits nor the map speak of them. */
import type { CompiledModel } from '../../compiler/compile.ts';

/** @param decoys names of outputs, not all there are */
export function silenced(compiled: CompiledModel, decoys: readonly string[]): CompiledModel {
  if (decoys.length === 0) return compiled;
  const { weights, map } = compiled;
  const { unembedding, unembeddingBias } = weights.model;
  const isKept = map.outputs.map(({ name }) => !decoys.includes(name));
  const data = unembedding?.data.slice();
  const bias = unembeddingBias?.data.slice();
  const { width } = weights.sizes;
  for (const output of map.outputs.filter((_, i) => !isKept[i])) {
    for (const id of output.kind === 'categorical' ? output.logits.map((each) => each.id) : [output.logit]) {
      data?.fill(0, id * width, (id + 1) * width);
      bias?.fill(0, id, id + 1);
    }
  }
  const { edges: _, hooks: __, meaning, ...rest } = map;
  const heard = {
    ...rest,
    outputs: map.outputs.filter((___, i) => isKept[i]),
    ...(meaning === undefined ? {} : { meaning: { ...meaning, outputs: meaning.outputs.filter((___, i) => isKept[i]) } }),
  };
  return {
    ...compiled,
    map: heard,
    weights: {
      ...weights,
      model: {
        ...weights.model,
        ...(unembedding === undefined || data === undefined ? {} : { unembedding: { ...unembedding, data } }),
        ...(unembeddingBias === undefined || bias === undefined ? {} : { unembeddingBias: { ...unembeddingBias, data: bias } }),
      },
    },
  };
}
