/** What the parts of a plan share while its slices are made. */

import type { TokenCode } from '../../codes/token-code.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { Detector } from '../program/detector.ts';
import type { Block, SeedOptions } from '../program/seed-plan.ts';
import type { Content, SeedOutput } from '../program/seed-program.ts';
import type { Place, StreamModel } from '../stream/stream-model.ts';

export interface SeededModel {
  readonly config: ModelConfig;
  readonly options: SeedOptions;
  readonly blocks: readonly Block[];
  readonly stream: StreamModel;
  /** The same before the neurons of a layer. */
  readonly neuronStream: StreamModel;
  /** What finds the first position where nothing marks it; null where something does, or nobody asks. */
  readonly detector: Detector | null;
  readonly code: TokenCode;
  /** Names of the heads by their keys. */
  readonly names: ReadonlyMap<string, string>;
  readonly outputs: readonly SeedOutput[];
  /** Root mean square of an entry of what a head writes into the token block, negative where it takes its token out; by the head's key. */
  readonly outputAmplitudes: ReadonlyMap<string, number>;
}

/** How large heads were before they were made larger, which is where circuits leave the gains of queries and keys alone; null: as large as they are. */
export function oldHeads({ config, options }: Pick<SeededModel, 'config' | 'options'>): number | null {
  const old = options.grown?.from.dim ?? config.sizes.dim;
  return old === config.sizes.dim ? null : old;
}

/** Whether sublayers read the stream as it is. */
export function readsRaw({ traits }: Pick<ModelConfig, 'traits'>): boolean {
  return traits.normPlace === 'last';
}

/** What the stream is divided by before heads of a layer read it. */
export function readScale({ config, stream }: Pick<SeededModel, 'config' | 'stream'>, layer: number, place: Place): number {
  return readsRaw(config) ? 1 : stream.rms(layer, place);
}

/** The same before its neurons. */
export function neuronScale({ config, neuronStream }: SeededModel, layer: number, place: Place): number {
  return readsRaw(config) ? 1 : neuronStream.rms(layer, place);
}

export function findBlock({ blocks }: SeededModel, kind: Block['kind'], head: string | null = null): Block | null {
  return blocks.find((block) => block.kind === kind && block.head === head) ?? null;
}

export function needBlock(model: SeededModel, kind: Block['kind'], head: string | null = null): Block {
  const block = findBlock(model, kind, head);
  if (block === null) throw new Error(`no block of kind ${kind}`);
  return block;
}

/** The dimensions that hold a content. */
export function contentBlock(model: SeededModel, content: Content): Block {
  return content.kind === 'tokens' ? needBlock(model, 'tokens') : needBlock(model, 'moved', content.head.key);
}
