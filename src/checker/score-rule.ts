/** How the dimensions of a head become a score: products over √dim, turned by the distance where positions are rotary. */

import type { HeadScores } from './attention-block.ts';
import type { Form } from './form.ts';
import { Unproven } from './unproven.ts';

export interface ScoreSetting {
  readonly dim: number;
  readonly rotary: { readonly base: number; readonly dims: number } | null;
  readonly positions: number;
  readonly context: number;
}

export function scoresOf(query: readonly Form[], key: readonly Form[], { dim, rotary }: ScoreSetting): HeadScores {
  if (rotary !== null) throw new Unproven('rotary positions are not checked yet');
  return { query, key, rule: { factor: 1 / Math.sqrt(dim), noise: 0, byDistance: null } };
}
