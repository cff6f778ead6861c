/** What a disguise is made of: its steps by name, and the numbers that say how far each goes. With a seed they give the same bytes everywhere. */

import {
  countShape,
  listShape,
  nullableShape,
  numberShape,
  objectShape,
  optionalShape,
  textShape,
  wordShape,
} from '../checkpoint/json/json-shape.ts';
import type { MapFile } from '../checkpoint/map/circuit-map.ts';
import type { Traits } from '../targets/target.ts';

/**
 * `anchors`: the stream's large constants are lowered, its numbers scaled to about 1, gains of norms folded into what reads. `parts`: more
 * dimensions, heads and neurons. `layers`: layers that do nothing between. `noise`: all of those filled. `heads`, `stream`: turned. `order`:
 * heads and neurons renumbered (and dimensions of the stream). `tokens`: ids renumbered.
 */
export const STEPS = ['anchors', 'parts', 'layers', 'noise', 'heads', 'stream', 'order', 'tokens'] as const;
export type Step = (typeof STEPS)[number];

export interface Recipe {
  readonly seed: string;
  readonly steps: readonly Step[];
  /** How many times as many heads, at least; the least width of the stream; how many layers come between. */
  readonly times: number;
  readonly width: number;
  readonly idleLayers: number;
  /** What anchors hold, in units of the compiled stream. */
  readonly amplitude: number;
  readonly host: HostRecipe | null;
}

/** The trained model among whose weights the circuit stands: its files, how loud it stays, how large codes are, and what becomes of its scores. */
export interface HostRecipe {
  readonly files: readonly MapFile[];
  readonly loudness: number;
  readonly scale: number;
  readonly strength: number;
  readonly contrast: number;
}

export const fileShape = objectShape<MapFile>({ path: textShape, sha256: textShape, bytes: countShape });

export const recipeShape = objectShape<Recipe>({
  seed: textShape,
  steps: listShape(wordShape(STEPS)),
  times: countShape,
  width: countShape,
  idleLayers: countShape,
  amplitude: numberShape,
  host: optionalShape(
    nullableShape(
      objectShape<HostRecipe>({
        files: listShape(fileShape),
        loudness: numberShape,
        scale: numberShape,
        strength: numberShape,
        contrast: numberShape,
      }),
    ),
    null,
  ),
});

/** What is done to a circuit that stands in a host; all else of a disguise is the host's. */
export const HOSTED_STEPS: readonly Step[] = ['order', 'tokens'];

/**
 * The steps that a family allows: where what sublayers write has a norm of its own, which sees dimensions one by one, or norms stand elsewhere, parts
 * are renumbered and no more.
 */
export function allowedSteps({
  writeNorms,
  normPlace,
  headNorms,
}: Pick<Traits, 'writeNorms' | 'normPlace' | 'headNorms'>): readonly Step[] {
  return writeNorms || normPlace === 'last' || headNorms === 'all' ? ['order', 'tokens'] : STEPS;
}

/** Steps after which weights are no longer those of the plain model in another order, but products, rounded when they are stored. */
export function isTurned({ steps }: Pick<Recipe, 'steps'>): { readonly stream: boolean; readonly heads: boolean } {
  return { stream: steps.includes('stream'), heads: steps.includes('heads') };
}
