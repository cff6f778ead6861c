/**
 * How stock classes draw the weights of a new model. Every family here draws matrices and embeddings from a normal distribution of
 * standard deviation `initializer_range` and sets biases to 0 and norm gains to 1.
 * Source: huggingface/transformers 5.12.1, `PreTrainedModel._init_weights` (src/transformers/modeling_utils.py) for Llama, Mistral,
 * Qwen2, Phi-3 and GPT-NeoX, and `GPT2PreTrainedModel._init_weights` (src/transformers/models/gpt2/modeling_gpt2.py).
 */
import type { LayerRole, ModelRole, Sizes } from '../weights/roles.ts';

export interface InitRules {
  /** Where config.json has no `initializer_range`. */
  readonly range: number;
  /**
   * Whether what writes the residual stream is drawn smaller by √(2·layers), as GPT-2's own paper asks. (Release 5.12.1 states the
   * rule and compares the parameter's name so that it never applies; the models that were trained followed the rule.)
   */
  readonly scaledResidual: boolean;
}

/** By target; families without an entry are not seeded. */
export const INIT_RULES: Readonly<Record<string, InitRules>> = {
  gpt2: { range: 0.02, scaledResidual: true },
  llama: { range: 0.02, scaledResidual: false },
  'gpt-neox': { range: 0.02, scaledResidual: false },
  mistral: { range: 0.02, scaledResidual: false },
  qwen2: { range: 0.02, scaledResidual: false },
  phi3: { range: 0.02, scaledResidual: false },
};

/** What one role's entries are: all the same, or normal with mean 0. */
export type Draw = { readonly kind: 'constant'; readonly value: number } | { readonly kind: 'normal'; readonly deviation: number };

/** How the entries of a role are drawn; `range` is the config's `initializer_range`. */
export function drawOf(role: ModelRole | LayerRole, rules: InitRules, range: number, { layers }: Pick<Sizes, 'layers'>): Draw {
  if (role.endsWith('Gain')) return { kind: 'constant', value: 1 };
  if (role.endsWith('Bias')) return { kind: 'constant', value: 0 };
  const writes = role === 'output' || role === 'down';
  return { kind: 'normal', deviation: writes && rules.scaledResidual ? range / Math.sqrt(2 * layers) : range };
}
