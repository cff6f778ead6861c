/** How loud answers are where a text was given: no louder than a seed may cost a model on it, unless a strength was asked for. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { MOST_LOST, usualStrength } from '../../seed/program/export-request.ts';
import type { SeedPlan } from '../../seed/program/seed-plan.ts';
import { type SeedCommandOptions, USUAL_CONFIDENCE } from './seed-options.ts';

export interface Quieter {
  readonly options: SeedCommandOptions;
  /** What is told of it. */
  readonly why: string;
}

/**
 * The same seed with answers that cost a tenth of a nat where they are never right; null where they cost the text no more than that, are no louder, or
 * were asked to be as they are.
 */
export function quieterOn(text: SeedMap['text'], plan: SeedPlan | null, options: SeedCommandOptions): Quieter | null {
  if (!text || plan === null || options.confidence !== USUAL_CONFIDENCE || options.strength !== undefined) return null;
  const more = text.loss.seeded - text.loss.twin;
  const usual = usualStrength(plan.config.sizes.vocab, 1);
  const loud = plan.outputs.filter(({ logit }) => logit !== null && logit > usual);
  if (!(more > MOST_LOST) || loud.length === 0) return null;
  const names = loud.map(({ output }) => output.name);
  const before = loud.map(({ output, logit }) => `${output.name}=${(logit ?? 0).toFixed(1)}`).join(' ');
  return {
    options: { ...options, strength: new Map(names.map((name) => [name, usual])) },
    why: `${names.join(', ')} said as loudly as the plan would without a text costs this one ${more.toFixed(3)} nats: said at ${usual.toFixed(1)} instead (\`--strength ${before}\` keeps it)`,
  };
}
