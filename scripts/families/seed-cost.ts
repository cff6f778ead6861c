/** What a compiled seed takes of its host, for tables. */
import type { CompiledSeed } from '../../src/seed/host/compile-seed.ts';

export interface SeedCost {
  readonly layers: number;
  /** Key-value groups; each is one head where keys are not shared. */
  readonly heads: number;
  readonly neurons: number;
  /** Reserved dimensions of the stream. */
  readonly dims: number;
}

export function seedCost({ placed: { layers }, frame }: CompiledSeed): SeedCost {
  return {
    layers: layers.length,
    heads: layers.reduce((sum, layer) => sum + layer.heads.length, 0),
    neurons: layers.reduce((sum, layer) => sum + layer.neurons, 0),
    dims: frame.reserved.length,
  };
}
