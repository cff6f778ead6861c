/** What the entries of each role of a new model are drawn from, by the rules of its family. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { seedable } from '../../targets/registry.ts';
import { alphabetObstacle, type SeedObstacle, seedObstacle } from '../../targets/seed-obstacle.ts';
import type { InitRules, Target } from '../../targets/target.ts';
import type { LayerRole, ModelRole, Sizes } from '../../weights/roles.ts';

/** What one role's entries are: all the same, or normal with mean 0. */
export type Draw = { readonly kind: 'constant'; readonly value: number } | { readonly kind: 'normal'; readonly deviation: number };

/** How each role is drawn; a `writer` writes the residual stream. */
const DRAWN: Readonly<Record<ModelRole | LayerRole, 'one' | 'zero' | 'normal' | 'writer'>> = {
  tokenEmbedding: 'normal',
  positionEmbedding: 'normal',
  typeEmbedding: 'normal',
  embeddingNormGain: 'one',
  embeddingNormBias: 'zero',
  finalNormGain: 'one',
  finalNormBias: 'zero',
  unembedding: 'normal',
  unembeddingBias: 'zero',
  attentionNormGain: 'one',
  attentionNormBias: 'zero',
  query: 'normal',
  queryBias: 'zero',
  key: 'normal',
  keyBias: 'zero',
  value: 'normal',
  valueBias: 'zero',
  queryNormGain: 'one',
  keyNormGain: 'one',
  queriesNormGain: 'one',
  keysNormGain: 'one',
  output: 'writer',
  outputBias: 'zero',
  attentionWriteGain: 'one',
  mlpNormGain: 'one',
  mlpNormBias: 'zero',
  gate: 'normal',
  gateBias: 'zero',
  up: 'normal',
  upBias: 'zero',
  down: 'writer',
  downBias: 'zero',
  mlpWriteGain: 'one',
};

/** How the stock class draws a new model; families that are not seeded are refused (R7707). */
export function initRules(target: Target): InitRules {
  const { architecture, init } = target;
  const obstacle = seedObstacle(target);
  if (init === null || obstacle !== null) return refuse(architecture, obstacle ?? { trait: '', instead: '' });
  return init;
}

/** Diagnostics: R7707. */
export function assertTakesAlphabets({ traits, target: { architecture } }: ModelConfig): void {
  const obstacle = alphabetObstacle(traits);
  if (obstacle !== null) refuse(architecture, obstacle);
}

/**
 * What heads write beside a norm of it is as loud as others of their layer let it be: in a new model that is known. Diagnostics: R7707.
 */
export function assertTakesCircuits({ traits, target: { architecture } }: ModelConfig, isDrawn: boolean): void {
  if (isDrawn || !traits.writeNorms) return;
  refuse(architecture, {
    trait: 'norms of what sublayers write, in a model that is there',
    instead: 'circuits (`--like CONFIG`), whose gains of such norms follow from how it is drawn',
  });
}

function refuse(architecture: string, { trait, instead }: SeedObstacle): never {
  return fail('R7707', { architecture, trait, instead, known: seedable() });
}

/** How the entries of a role are drawn; `range` is the config's `initializer_range`. */
export function drawOf(role: ModelRole | LayerRole, rules: InitRules, range: number, { layers }: Pick<Sizes, 'layers'>): Draw {
  const drawn = DRAWN[role];
  if (drawn === 'one' || drawn === 'zero') return { kind: 'constant', value: drawn === 'one' ? 1 : 0 };
  return { kind: 'normal', deviation: drawn === 'writer' && rules.scaledResidual ? range / Math.sqrt(2 * layers) : range };
}
