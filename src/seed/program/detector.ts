/** Which head a detector of the first position reads, and in which layers its neurons lie. */
import type { ModelConfig } from '../../targets/model-config.ts';
import type { SeedHead, SeedProgram, ShiftHead } from './seed-program.ts';

/** Where the first position of a window is found. */
export interface Finder {
  /** The head that moves the token one position back. */
  readonly previous: ShiftHead;
  /** The layer whose neurons compare, and the one whose neurons decide. */
  readonly compares: number;
  readonly decides: number;
}

/** Where the detector of a seed lies. */
export interface Detector extends Finder {
  /** The layer whose neurons take the flag back: that of its last reader. */
  readonly releases: number;
}

/** The head whose content a detector compares; null where the program has none, or needs no detector. */
export function detectableBy(program: SeedProgram, config: ModelConfig, bos: number | null): ShiftHead | null {
  if (bos !== null || config.traits.positions.kind === 'learned' || !program.heads.some(({ kind }) => kind === 'match')) return null;
  // that a token stood before is told by what stands there, which is nothing where it stands twice in a row
  if (program.heads.some((head) => head.kind === 'match' && head.moves.kind === 'presence')) return null;
  const found = program.heads.find((head) => head.kind === 'shift' && head.by === 1 && head.moves.kind === 'tokens');
  return found?.kind === 'shift' ? found : null;
}

/** The layers of a detector whose head is in this layer: neurons beside a head do not read what it writes. */
export function detectorAfter(previous: ShiftHead, layer: number, { traits }: ModelConfig): Finder {
  const compares = layer + (traits.residual === 'parallel' ? 1 : 0);
  return { previous, compares, decides: compares + 1 };
}

/** @param placed each head and its layer */
export function detectorOf(
  program: SeedProgram,
  placed: readonly { readonly head: SeedHead; readonly layer: number }[],
  config: ModelConfig,
  bos: number | null,
): Detector | null {
  const previous = detectableBy(program, config, bos);
  const own = placed.find(({ head }) => head.key === previous?.key);
  if (previous === null || own === undefined) return null;
  const readers = placed.filter(({ head }) => head.kind === 'match').map(({ layer }) => layer);
  return { ...detectorAfter(previous, own.layer, config), releases: Math.max(...readers) };
}

/**
 * Whether a flag is so loud that it has to be taken back: not where sublayers read the stream as it is, nor where what they write or their queries and
 * keys go through norms of their own, in which a loud number is heard beside all others.
 */
export function isReleased({ normPlace, writeNorms, headNorms }: ModelConfig['traits']): boolean {
  return normPlace !== 'last' && !writeNorms && headNorms === 'none';
}

/** Neurons of each layer that a detector takes: the first ones. */
export function neuronsOf(detector: Detector | null, layer: number, { traits }: Pick<ModelConfig, 'traits'>, codeLength: number): number {
  const floor = traits.writeNorms ? 1 : 0;
  if (layer === detector?.compares) return 2 * codeLength + floor;
  return layer === detector?.decides || (layer === detector?.releases && isReleased(traits)) ? 1 + floor : 0;
}
