/**
 * Where queries and keys have a norm of each head by itself, a score is their cosine times what the layer's gains make of it, and the gains are those of
 * all its heads. Programmed heads compare in some dimensions of a head: there the gains are as large as they need, and keys of other heads start at
 * zero, so that these score as they would: fewer entries, each as much larger behind the norm, and the same variance.
 */
import { fail } from '../../../diagnostics/catalog.ts';
import { every, type RoleSlice } from '../../draw/slices.ts';
import { tidy } from '../../draw/tidy.ts';
import type { BuiltHead } from '../build-head.ts';
import type { HeadWriter } from '../head-writer.ts';
import { oldHeads, type SeededModel } from '../seeded-model.ts';

/**
 * The gain of dimensions in which compiled circuits compare, in a model that was made larger for them: what they hold there is so much smaller than
 * their length, which something else has.
 */
export const COMPILED_GAIN = 256;

/** Of a head's dimensions: the part that other heads of the layer keep for their keys at least. */
const LEFT = 1 / 8;

/** Gains of the layers that have such heads, and the keys of others there; heads that are to be weaker than the strongest are made so. Diagnostics: R7706. */
export function headGainSlices(model: SeededModel, built: readonly Pick<BuiltHead, 'writer'>[]): RoleSlice[] {
  const writers = built.map(({ writer }) => writer);
  const { sizes, traits } = model.config;
  const circuits = model.outputs.map(({ name }) => name);
  const scoring = writers.filter(({ strength }) => strength > 0);
  return [...new Set(scoring.map(({ layer }) => layer))].flatMap((layer): RoleSlice[] => {
    const own = scoring.filter((writer) => writer.layer === layer);
    const dims = [...new Set(own.flatMap(({ compared }) => compared))].sort((a, b) => a - b);
    const others = every(sizes.kvHeads).filter((kvHead) => !writers.some((writer) => writer.layer === layer && writer.kvHead === kvHead));
    const most = Math.floor(sizes.dim * (1 - LEFT));
    if (dims.length > most && others.length > 0 && oldHeads(model) === null) failsToFit(layer, dims.length, most);
    // both lengths are the root of the head's size
    const reach = sizes.dim / (own[0] as HeadWriter).scoreRoot;
    const besides = model.options.grown?.besides === true ? COMPILED_GAIN ** 2 * reach : 0;
    const strongest = Math.max(besides, ...own.map(({ strength }) => strength));
    for (const writer of own) writer.weaken(strongest);
    const gain = tidy(Math.sqrt(strongest / reach));
    const gains = (['queryNormGain', 'keyNormGain'] as const).map(
      (role): RoleSlice => ({ role, layer, indices: [dims], purpose: 'programmed', circuits, value: () => gain }),
    );
    // other heads have nothing in dimensions that are new
    if (others.length === 0 || oldHeads(model) !== null) return gains;
    const cleared = { layer, purpose: 'cleared', circuits, value: () => 0 } as const;
    return [
      ...gains,
      { ...cleared, role: 'key', indices: [others, dims, every(sizes.width)] },
      ...(traits.biases.attentionInput ? [{ ...cleared, role: 'keyBias', indices: [others, dims] } as const] : []),
    ];
  });
}

function failsToFit(layer: number, needed: number, available: number): never {
  return fail('R7706', {
    what: `${needed} dimensions of a head in which the circuits of layer ${layer} compare`,
    needed,
    available,
    of: "dimensions of a head, seven eighths of them, whose gains can be the circuits'",
    instead: 'a smaller token code (`--dims`), or one of the heads in another layer (`--place`), needs less',
  });
}
