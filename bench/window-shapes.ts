/**
 * Shapes of public models for `npm run bench:windows`: their sizes, positions, norms and numbers as their config.json has them, with layers cut
 * (and of Mistral the width) to what two cores run in minutes.
 */

export interface WindowShape {
  readonly name: string;
  /** What differs from the public model. */
  readonly cut: string;
  /** Positions of a window, and the whole context that is looked at. */
  readonly positions: number;
  readonly full: number;
  readonly config: Readonly<Record<string, unknown>> & { readonly vocab_size: number; readonly bos_token_id: number };
}

const LLAMA = { architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_act: 'silu', rms_norm_eps: 1e-5, attention_bias: false };

export const WINDOW_SHAPES: readonly WindowShape[] = [
  {
    name: 'GPT-2 small',
    cut: '6 of 12 layers',
    positions: 256,
    full: 1024,
    config: {
      ...{ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', activation_function: 'gelu_new', layer_norm_epsilon: 1e-5 },
      ...{ n_embd: 768, n_head: 12, n_layer: 6, n_positions: 1024, vocab_size: 50257, bos_token_id: 50256, eos_token_id: 50256 },
      initializer_range: 0.02,
    },
  },
  {
    name: 'Pythia-160m',
    cut: '6 of 12 layers',
    positions: 256,
    full: 2048,
    config: {
      ...{ architectures: ['GPTNeoXForCausalLM'], model_type: 'gpt_neox', hidden_act: 'gelu', layer_norm_eps: 1e-5 },
      ...{ hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12, num_hidden_layers: 6, max_position_embeddings: 2048 },
      ...{ rotary_emb_base: 10000, rotary_pct: 0.25, use_parallel_residual: true, tie_word_embeddings: false },
      ...{ vocab_size: 50304, bos_token_id: 0, eos_token_id: 0, initializer_range: 0.02 },
    },
  },
  {
    name: 'SmolLM2-135M',
    cut: '6 of 30 layers, context 2,048 of 8,192',
    positions: 256,
    full: 2048,
    config: {
      ...LLAMA,
      ...{ hidden_size: 576, intermediate_size: 1536, num_attention_heads: 9, num_key_value_heads: 3, num_hidden_layers: 6 },
      ...{ max_position_embeddings: 2048, rope_theta: 100000, tie_word_embeddings: true, initializer_range: 0.041666666666666664 },
      ...{ vocab_size: 49152, bos_token_id: 0, eos_token_id: 0 },
    },
  },
  {
    name: 'TinyStories Llama 15M',
    cut: 'nothing',
    positions: 256,
    full: 256,
    config: {
      ...LLAMA,
      ...{ hidden_size: 288, intermediate_size: 768, num_attention_heads: 6, num_key_value_heads: 6, num_hidden_layers: 6 },
      ...{ max_position_embeddings: 256, rope_theta: 10000, tie_word_embeddings: false, initializer_range: 0.02 },
      ...{ vocab_size: 32000, bos_token_id: 1, eos_token_id: 2 },
    },
  },
  {
    name: 'Mistral 7B',
    cut: '4 of 32 layers, width 1,024 of 4,096, context 2,048 of 32,768',
    positions: 256,
    full: 2048,
    config: {
      ...{ architectures: ['MistralForCausalLM'], model_type: 'mistral', hidden_act: 'silu', rms_norm_eps: 1e-5, sliding_window: 4096 },
      ...{ hidden_size: 1024, intermediate_size: 3584, num_attention_heads: 8, num_key_value_heads: 2, num_hidden_layers: 4 },
      ...{ max_position_embeddings: 2048, rope_theta: 10000, tie_word_embeddings: false, initializer_range: 0.02 },
      ...{ vocab_size: 32000, bos_token_id: 1, eos_token_id: 2 },
    },
  },
  {
    name: 'Qwen2.5-0.5B',
    cut: '4 of 24 layers, context 2,048 of 32,768',
    positions: 256,
    full: 2048,
    config: {
      ...{ architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', hidden_act: 'silu', rms_norm_eps: 1e-6, use_sliding_window: false },
      ...{ hidden_size: 896, intermediate_size: 4864, num_attention_heads: 14, num_key_value_heads: 2, num_hidden_layers: 4 },
      ...{ max_position_embeddings: 2048, rope_theta: 1000000, tie_word_embeddings: true, initializer_range: 0.02 },
      ...{ vocab_size: 151936, bos_token_id: 151643, eos_token_id: 151643 },
    },
  },
];
