/**
 * Which dimensions of a model's heads compare content, and which recognize a distance. Without rotary positions all compare content. With
 * them content goes where little turns within the context, slowest first, and the other pairs recognize distances.
 */
import type { RotaryPair } from '../../placement/head-layout.ts';
import { attentionOf, type ModelConfig } from '../../targets/model-config.ts';
import { every } from '../draw/slices.ts';

/** A dimension that compares content, and by how many radians a position its pair turns (0: not at all). */
export interface ContentDim {
  readonly dim: number;
  readonly frequency: number;
}

export interface HeadSpace {
  /** Those that turn least come first; the two of a pair follow each other. */
  readonly content: readonly ContentDim[];
  /** Pairs that recognize distances; empty without rotary positions. */
  readonly pairs: readonly RotaryPair[];
}

/** A pair that turns further than this within the context would take a match for a mismatch. */
const MOST_TURNED = 1;

/**
 * @param layer layers may turn in different ways, or not at all; null: as most of them do
 * @param old how large heads were before they were made larger: circuits compare in what is new of them alone; null: in all dimensions
 */
export function headSpace(config: ModelConfig, context: number, layer: number | null = null, old: number | null = null): HeadSpace {
  const { sizes } = config;
  const step = old === null ? 1 : sizes.dim / old;
  const isNew = (dim: number): boolean => step === 1 || dim % step !== 0;
  const rotary = layer === null ? config.rotary : attentionOf(config, layer).rotary;
  const turning = rotary?.dims ?? 0;
  const content: ContentDim[] = every(sizes.dim - turning)
    .map((i) => ({ dim: turning + i, frequency: 0 }))
    .filter(({ dim }) => isNew(dim));
  const pairs: RotaryPair[] = [];
  for (let p = turning / 2 - 1; rotary !== null && p >= 0; p--) {
    if (!isNew(p)) continue;
    const frequency = rotary.scaling?.frequencies[p] ?? rotary.base ** ((-2 * p) / turning);
    const pair = { first: p, second: p + turning / 2, frequency };
    if (frequency * context < MOST_TURNED) content.push({ dim: pair.first, frequency }, { dim: pair.second, frequency });
    pairs.unshift(pair);
  }
  return { content, pairs };
}

/** Where queries are turned by half of the context beforehand, so that nothing turns by more than the other half in either direction. */
export function matchSpace(config: ModelConfig, context: number, layer: number, old: number | null = null): HeadSpace {
  return headSpace(config, context / 2, layer, old);
}

/** What is left of a match of content over `dims` at a distance: 1 where nothing turns. */
export function contentKept(dims: readonly ContentDim[], distance: number): number {
  return dims.reduce((sum, { frequency }) => sum + Math.cos(frequency * distance), 0) / dims.length;
}
