/** Granite in GGUF: Llama's tensors, and the numbers that the model multiplies by as keys of their own. */
import type { GgufForm } from '../target.ts';
import { llamaGguf } from './llama.ts';

export const graniteGguf: GgufForm = {
  ...llamaGguf,
  architecture: 'granite',
  upstream: { ...llamaGguf.upstream, path: 'conversion/granite.py' },
  numberKeys: { embedding: 'embedding_scale', scores: 'attention.scale', writes: 'residual_scale', logits: 'logit_scale' },
};
