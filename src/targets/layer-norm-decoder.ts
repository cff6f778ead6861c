/** What decoders with LayerNorm, a plain MLP and biases begin with: GPT-2's block. A family is what it has otherwise. */
import { linear, norm } from './stock-data.ts';
import type { Target, TensorSpec, Traits } from './target.ts';

export const LAYER_NORM_TRAITS: Traits = {
  attention: 'causal',
  residual: 'sequential',
  normPlace: 'pre',
  writeNorms: false,
  sharedNorm: false,
  norm: 'layer-norm',
  lateGain: false,
  positions: { kind: 'learned', skipped: 0 },
  headNorms: 'none',
  scaledScores: true,
  activation: 'gelu',
  mlp: 'plain',
  biases: { norm: true, attentionInput: true, attentionOutput: true, mlp: true, unembedding: false },
  squareHeads: true,
  headsDivideWidth: true,
  groupedHeads: false,
  scaledEmbedding: false,
  output: 'language-model',
};

/** What a decoder's checkpoint is to stock loaders. */
export const DECODER: Pick<Target, 'gguf' | 'tokenizerClass' | 'init'> = {
  gguf: null,
  tokenizerClass: 'AutoTokenizer',
  init: { range: 0.02, scaledResidual: false },
};

/** What a family calls its tensors, without `.weight` and `.bias`. */
export interface DecoderNames {
  readonly tokens: string;
  readonly positions?: string;
  /** What the names in a layer begin with. */
  readonly layer: string;
  readonly attentionNorm: string;
  /** One tensor for queries, keys and values, with its layout, or one each. */
  readonly heads: { readonly fused: string; readonly layout: string } | { readonly each: readonly [string, string, string] };
  readonly output: string;
  /** Absent where the MLP reads through the norm of attention. */
  readonly mlpNorm?: string;
  readonly up: string;
  readonly down: string;
  readonly finalNorm: string;
  readonly unembedding: string;
}

/** The tensors of a decoder. `transposed`: matrices lie as `[in, out]`. */
export function decoderTensors(names: DecoderNames, transposed = false): TensorSpec[] {
  const { tokens, positions, layer, heads } = names;
  const matrix = (name: string, role: 'query' | 'key' | 'value' | 'output' | 'up' | 'down', rows: string, columns: string) =>
    linear(`${layer}.${name}`, [role], transposed ? `${columns} ${rows}` : `${rows} ${columns}`);
  const projections =
    'fused' in heads
      ? linear(`${layer}.${heads.fused}`, ['query', 'key', 'value'], heads.layout)
      : (['query', 'key', 'value'] as const).flatMap((role, i) => matrix(heads.each[i] as string, role, '(head dim)', 'width'));
  return [
    { name: `${tokens}.weight`, holds: ['tokenEmbedding'], layout: 'vocab width' },
    ...(positions === undefined ? [] : [{ name: `${positions}.weight`, holds: ['positionEmbedding'], layout: 'position width' } as const]),
    ...norm(`${layer}.${names.attentionNorm}`, 'attentionNorm'),
    ...projections,
    ...matrix(names.output, 'output', 'width', '(head dim)'),
    ...(names.mlpNorm === undefined ? [] : norm(`${layer}.${names.mlpNorm}`, 'mlpNorm')),
    ...matrix(names.up, 'up', 'hidden', 'width'),
    ...matrix(names.down, 'down', 'width', 'hidden'),
    ...norm(names.finalNorm, 'finalNorm'),
    ...linear(names.unembedding, ['unembedding'], 'output width'),
  ];
}
