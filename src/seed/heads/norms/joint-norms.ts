/**
 * Where all queries of a layer, and all keys, go through one norm together, circuits give that a length of their own: an entry of each programmed head
 * holds the same number at every position, so long that nothing else counts, and has no gain. The others' gains are as large as what is divided by:
 * circuits score as if there were no norm, and other heads' queries and keys are as long as in a stock model.
 */
import { every, type RoleSlice } from '../../draw/slices.ts';
import { tidy } from '../../draw/tidy.ts';
import type { HeadWriter } from '../head-writer.ts';
import { readScale, readsRaw, type SeededModel } from '../seeded-model.ts';

/** What is divided by, beside the root mean square of other heads' entries, or of 1. */
const LENGTH = 32;

/** Lengthens queries and keys, and says by which gains that is made up for. */
export function jointNormSlices(model: SeededModel, writers: readonly HeadWriter[]): RoleSlice[] {
  const { config, options, stream } = model;
  if (config.traits.headNorms !== 'all') return [];
  const { heads, kvHeads, dim, width } = config.sizes;
  const circuits = model.outputs.map(({ name }) => name);
  return [...new Set(writers.map(({ layer }) => layer))].flatMap((layer) => {
    const own = writers.filter((writer) => writer.layer === layer);
    const usual = options.range * Math.sqrt(width) * (readsRaw(config) ? stream.rms(layer, 'typical') : 1);
    const length = tidy(LENGTH * Math.max(1, usual));
    const scale = readScale(model, layer, 'typical');
    return (
      [
        ['query', 'queriesNormGain', heads, own.flatMap((writer) => writer.heads.map((head) => [head, writer] as const))],
        ['key', 'keysNormGain', kvHeads, own.map((writer) => [writer.kvHead, writer] as const)],
      ] as const
    ).map(([kind, role, count, placed]): RoleSlice => {
      const entry = length * Math.sqrt((count * dim) / placed.length);
      const slots = new Map(own.map((writer) => [writer, writer.lengthen(kind, entry * scale)]));
      const silent = new Map(placed.map(([head, writer]) => [head, slots.get(writer) as number]));
      const others = tidy(length / usual);
      return {
        ...{ role, layer, purpose: 'programmed', circuits },
        indices: [every(count), every(dim)],
        value: (head, slot) => (silent.get(head as number) === slot ? 0 : silent.has(head as number) ? length : others),
      };
    });
  });
}
