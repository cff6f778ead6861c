/** Room for circuits in a model that is made larger: how much they need, and where it is. */
import type { ModelConfig } from '../../targets/model-config.ts';

/** What circuits need beside what a model has. */
export interface Needs {
  /** Key-value heads of a layer, each with its group of query heads. */
  readonly groups: number;
  readonly dims: number;
  readonly neurons: number;
}

/** What other circuits have taken of the same model: dimensions from `end` on, and the first key-value heads of every layer. */
export interface TakenRoom {
  readonly end: number;
  readonly kvHead: number;
}

/** The part of a larger model that is a circuit's own: what it was made larger by, and nothing else. */
export interface SeedRoom {
  /** The circuit's dimensions end before this one. */
  readonly end: number;
  /** Its first key-value head and its first neuron, the same in every layer. */
  readonly kvHead: number;
  readonly neuron: number;
  /** How large heads were before they were made larger: a circuit compares in what is new of them alone. Null: they are as they were. */
  readonly oldDim: number | null;
  /** Root mean square of the usual embedding, as the larger model's norm has it. */
  readonly scale: number;
  /** The scale of a token's own embedding beside the usual one, where the first layer's norm divides by it alone; null where it does not. */
  readonly levels: ((token: number) => number) | null;
}

/**
 * Where each head's queries and keys have a norm, its gains are those of all heads of a layer, so scores of new heads would be no larger than old gains
 * make them. Heads twice as large have pairs of dimensions between the old ones, by how they turn, in which old heads are 0 and gains are free.
 */
export function grownHead({ sizes: { dim }, traits }: Pick<ModelConfig, 'sizes' | 'traits'>): number {
  return traits.headNorms === 'each' ? 2 * dim : dim;
}
