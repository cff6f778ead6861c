/** What a seed costs a model before it is trained: its loss on random tokens, beside that of the same model without circuits. */

import { philox } from '../../seed/draw/philox.ts';
import { lossOf } from '../../seed/host/run-host.ts';
import type { AlphabetSeed } from './seed-alphabet.ts';

/** What a seed costs the model beside its unseeded twin, in nats. */
export interface SeedLoss {
  readonly seeded: number;
  readonly twin: number;
}

const LENGTH = 48;
const SEQUENCES = 2;

export function measuredLoss({ seed }: AlphabetSeed, number: number): SeedLoss {
  const { host, bos } = seed.placed;
  const { vocab, positions } = host.config.sizes;
  const words = new Uint32Array(4);
  const batch = Array.from({ length: SEQUENCES }, (_, s) =>
    Int32Array.from({ length: Math.min(LENGTH, positions) }, (_, i) => {
      if (i === 0 && bos !== null) return bos;
      philox(i, number, s + 1, words);
      return (words[0] as number) % vocab;
    }),
  );
  // what is said takes from all others
  const named = seed.sayings.flatMap(({ values }) => values.flatMap(({ ids }) => ids));
  return { seeded: lossOf(host, seed.slices, batch, named), twin: lossOf(host, [], batch, named) };
}
