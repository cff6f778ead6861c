/** How loud the noise in a grown model is: as loud as the anchors where tokens are embedded, and hardly audible where something is written. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { Random } from '../../verify/random.ts';
import type { Weights } from '../../weights/weights.ts';
import { findSpare, noiseDims, noisy } from './fill-noise.ts';
import type { Anchors } from './find-anchors.ts';
import type { RowEnergies } from './measure-energy.ts';

/** What one layer writes beside the program's circuits, as a part of the anchors: its square is what a norm's scale is off by. */
const LOUDNESS = 2 ** -12;

export interface HostNoise {
  /** The squared length that it adds everywhere, in units of the compiled stream. */
  readonly energy: number;
  /** What the squared length of everything embedded beside the anchors and the noise is made to be; null where nothing is. */
  readonly level: number | null;
  readonly fill: (weights: Weights, map: CircuitMap, random: Random) => Weights;
}

interface Setting {
  readonly anchors: Anchors;
  readonly amplitude: number;
  /** The width before the model was grown. */
  readonly old: number;
  readonly config: ModelConfig;
  readonly tokens: RowEnergies;
  readonly positions: RowEnergies;
}

export function fillNoise({ anchors, amplitude, old, config, tokens, positions }: Setting): HostNoise {
  const { sizes, traits } = config;
  const dims = noiseDims(old, sizes.width, traits.positions.kind === 'learned');
  const anchored = Math.sqrt(anchors.dims.length) * amplitude;
  const tables = (dims.tokens.length > 0 ? 1 : 0) + (dims.positions.length > 0 ? 1 : 0);
  // as much as the anchors, all tables together
  const length = tables === 0 ? 0 : anchored / Math.sqrt(tables);
  const energy = tables * length ** 2;
  const hasTables = dims.tokens.length > 0;
  const lift =
    ({ rows, level }: RowEnergies, scale: number) =>
    (row: number) =>
      (level - Math.min(level, rows[row] ?? level)) * scale ** 2;
  return {
    energy,
    level: hasTables ? tokens.level + positions.level : null,
    fill(weights, map, random) {
      const scale = scaleOf(anchored ** 2 + energy, sizes.width);
      const root = Math.sqrt((anchored ** 2 + energy) / sizes.width) * scale;
      const noise = {
        ...dims,
        length: length * scale,
        loudness: dims.written.length === 0 ? 0 : anchored * LOUDNESS * scale,
        liftToken: lift(tokens, scale),
        liftPosition: lift(positions, scale),
      };
      return noisy(weights, config, noise, root, findSpare(weights, map), random);
    },
  };
}

/** What a stream of this squared length is multiplied by: a power of two, so that its root mean square is about 1. */
export function scaleOf(energy: number, width: number): number {
  return 2 ** -Math.round(Math.log2(Math.sqrt(energy / width)));
}
