/** How much larger a model becomes for circuits: whole groups of heads, dimensions of the stream, neurons, and what its norms are corrected by. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelConfig, Rotary } from '../../targets/model-config.ts';
import type { Sizes } from '../../weights/roles.ts';
import { embeddingFactor } from '../draw/stored-units.ts';
import { grownHead, type Needs } from '../program/circuit-room.ts';

/** Widths and neurons are added by multiples of this where nothing else decides: rows that are aligned are read faster. */
const ALIGNED = 8;

/** The sizes of the larger model. Where heads and width hang together, whole heads are added until both are enough. */
export function grownSizes(config: ModelConfig, { groups, dims, neurons }: Needs): Sizes {
  const { sizes, traits } = config;
  const { width, heads, kvHeads, dim, hidden } = sizes;
  const group = heads / kvHeads;
  const hiddenAfter = hidden + Math.ceil(neurons / ALIGNED) * ALIGNED;
  if (traits.squareHeads) {
    const more = Math.max(groups, Math.ceil(dims / (dim * group)));
    const added = { heads: heads + more * group, kvHeads: kvHeads + more };
    return { ...sizes, ...added, width: width + more * group * dim, hidden: hiddenAfter };
  }
  const after = heads + groups * group;
  const step = traits.headsDivideWidth ? leastCommonMultiple(after, ALIGNED) : ALIGNED;
  const wide = Math.ceil((width + dims) / step) * step;
  return { ...sizes, dim: grownHead(config), heads: after, kvHeads: kvHeads + groups, width: wide, hidden: hiddenAfter };
}

function leastCommonMultiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  return (a / divisor(a, b)) * b;
}

/**
 * A norm takes the mean of squares over the width: over a larger one in which nothing was added it is smaller by the quotient of both widths. Gains
 * become so much smaller as the root of that, the epsilon as the quotient itself, and the norm gives what it gave.
 */
export function normCorrection(from: Sizes, to: Sizes): { readonly gain: number; readonly epsilon: number } {
  const epsilon = from.width / to.width;
  return { gain: Math.sqrt(epsilon), epsilon };
}

/**
 * Gemma multiplies embeddings by a number that follows from the width. In a wider stream that is larger, so what is stored becomes smaller; and where
 * the output reads the same table, the final norm makes up for it.
 */
export function embeddingCorrection(from: ModelConfig, to: ModelConfig): { readonly table: number; readonly output: number } {
  const table = embeddingFactor(from) / embeddingFactor(to);
  return { table, output: to.tied ? 1 / table : 1 };
}

/** Scalings that change scores as well, or that say a number for each pair (YaRN, LongRoPE). */
function scaledBySize(rotary: Rotary | null): boolean {
  const scaling = rotary?.scaling ?? null;
  if (rotary === null || scaling === null) return false;
  const isPlain = scaling.frequencies.every((frequency, p) => frequency === rotary.base ** ((-2 * p) / rotary.dims));
  return scaling.factor !== 1 || (scaling.reach !== null && !isPlain);
}

/** Refuses models that do not grow this way (R7771). */
export function assertGrows({ target, traits, sizes, rotary }: ModelConfig): void {
  const refuse = (why: string): never => fail('R7771', { architecture: target.architecture, why });
  if (traits.attention !== 'causal' || traits.output !== 'language-model')
    refuse('circuits are read as a causal language model computes them');
  if (traits.normPlace !== 'pre') refuse('its norms stand on the stream itself, so that what is added would be scaled anew in every layer');
  if (traits.writeNorms) refuse('what sublayers write goes through a norm of its own, which a wider stream would scale anew');
  if (traits.headNorms === 'all') refuse('queries and keys of all heads go through one norm, which new ones would scale anew');
  if (traits.headNorms === 'each' && scaledBySize(rotary))
    refuse('how its heads turn follows from their size, and they would have to become larger');
  if (target.init === null) refuse('circuits are not laid out for it');
  if (sizes.heads % sizes.kvHeads !== 0) refuse(`${sizes.heads} heads share ${sizes.kvHeads} keys unevenly`);
}
