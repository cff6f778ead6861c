/** Which stored tensors write the residual stream, or scale and shift what is read of it, and which of their axes runs over its dimensions. */
import { parseLayout } from '../tensor/layout.ts';
import type { LayerRole, ModelRole } from '../weights/roles.ts';
import type { Target } from './target.ts';

/** Whether a role has an axis over the dimensions of the stream that is written to, or read one by one. */
const STANDS_ON_STREAM: Readonly<Record<ModelRole | LayerRole, boolean>> = {
  tokenEmbedding: true,
  positionEmbedding: true,
  typeEmbedding: true,
  embeddingNormGain: true,
  embeddingNormBias: true,
  finalNormGain: true,
  finalNormBias: true,
  unembedding: false,
  unembeddingBias: false,
  attentionNormGain: true,
  attentionNormBias: true,
  query: false,
  queryBias: false,
  key: false,
  keyBias: false,
  value: false,
  valueBias: false,
  queryNormGain: false,
  keyNormGain: false,
  queriesNormGain: false,
  keysNormGain: false,
  output: true,
  outputBias: true,
  attentionWriteGain: true,
  mlpNormGain: true,
  mlpNormBias: true,
  gate: false,
  gateBias: false,
  up: false,
  upBias: false,
  down: true,
  downBias: true,
  mlpWriteGain: true,
};

export interface StreamAxis {
  /** A stored name, `{layer}` standing for the number of each layer. */
  readonly tensor: string;
  readonly axis: number;
}

export function streamAxes({ tensors }: Pick<Target, 'tensors'>): StreamAxis[] {
  return tensors.flatMap(({ name, holds, layout }) => {
    if (!holds.some((role) => STANDS_ON_STREAM[role])) return [];
    const axis = parseLayout(layout).findIndex((axes) => axes.includes('width'));
    return [{ tensor: name, axis }];
  });
}
