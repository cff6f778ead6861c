/**
 * Slices say what the stream and the norms get. What is stored for that is another number where the model multiplies embeddings, or what sublayers
 * write, by one of its own (Gemma, Granite), or stores the gains of its norms less 1.
 */
import type { ModelConfig } from '../../targets/model-config.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { RoleSlice } from './slices.ts';

type Role = ModelRole | LayerRole;

/** `stored = number / factor + offset`. */
interface Unit {
  readonly factor: number;
  readonly offset: number;
}

const WRITERS: ReadonlySet<Role> = new Set(['output', 'outputBias', 'down', 'downBias'] as const);

/** What the model multiplies token embeddings by. */
export function embeddingFactor({ traits, numbers, sizes }: ModelConfig): number {
  return (traits.scaledEmbedding ? Math.fround(Math.sqrt(sizes.width)) : 1) * numbers.embedding;
}

function unitOf(role: Role, config: ModelConfig): Unit {
  const factor = role === 'tokenEmbedding' ? embeddingFactor(config) : WRITERS.has(role) ? config.numbers.writes : 1;
  const offset = config.target.tensors.find(({ holds }) => holds.includes(role))?.offset ?? 0;
  return { factor, offset };
}

/** The same slice in the numbers that are stored. */
export function storedSlice(slice: RoleSlice, config: ModelConfig): RoleSlice {
  const { factor, offset } = unitOf(slice.role, config);
  return factor === 1 && offset === 0 ? slice : { ...slice, value: (...index) => slice.value(...index) / factor + offset };
}

/** The slice when what is stored of it has been rounded. */
export function roundedSlice(slice: RoleSlice, config: ModelConfig, round: (value: number) => number): RoleSlice {
  const { factor, offset } = unitOf(slice.role, config);
  const stored = storedSlice(slice, config);
  return { ...slice, value: (...index) => (round(Math.fround(stored.value(...index))) - offset) * factor };
}
