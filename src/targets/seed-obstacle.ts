/** Why a family is not seeded: the first of its traits that circuits in a stream of others are not laid out for. */
import type { Target, Traits } from './target.ts';

/** What circuits would need to know, and what a model would have in its place. */
export interface SeedObstacle {
  readonly trait: string;
  readonly instead: string;
}

/** Null where the family is seeded. */
export function seedObstacle({ traits, init }: Pick<Target, 'traits' | 'init'>): SeedObstacle | null {
  if (init !== null) return null;
  if (traits.attention === 'bidirectional') return { trait: 'models that look both ways', instead: 'a causal language model' };
  throw new Error('nothing keeps the family from being seeded');
}

/** The same of programs over an alphabet, in a family that is seeded. */
export function alphabetObstacle({ headNorms, writeNorms }: Traits): SeedObstacle | null {
  if (headNorms === 'none' && !writeNorms) return null;
  if (writeNorms)
    return {
      trait: 'programs over an alphabet where what sublayers write goes through a norm',
      instead: 'norms before the sublayers alone, or a program over any token (`@vocab any`)',
    };
  return {
    trait: 'programs over an alphabet where queries and keys have norms',
    instead: 'queries and keys as they are projected, or a program over any token (`@vocab any`); `raspc graft` puts it into a trained one',
  };
}
