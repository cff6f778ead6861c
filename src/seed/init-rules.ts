/** What the entries of each role of a new model are drawn from, by the rules of its family. */
import type { InitRules } from '../targets/target.ts';
import type { LayerRole, ModelRole, Sizes } from '../weights/roles.ts';

/** What one role's entries are: all the same, or normal with mean 0. */
export type Draw = { readonly kind: 'constant'; readonly value: number } | { readonly kind: 'normal'; readonly deviation: number };

/** How the entries of a role are drawn; `range` is the config's `initializer_range`. */
export function drawOf(role: ModelRole | LayerRole, rules: InitRules, range: number, { layers }: Pick<Sizes, 'layers'>): Draw {
  if (role.endsWith('Gain')) return { kind: 'constant', value: 1 };
  if (role.endsWith('Bias')) return { kind: 'constant', value: 0 };
  const writes = role === 'output' || role === 'down';
  return { kind: 'normal', deviation: writes && rules.scaledResidual ? range / Math.sqrt(2 * layers) : range };
}
