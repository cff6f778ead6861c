/** SmolLM3: Llama in which every fourth layer does not turn queries and keys. */
import { llamaLike } from '../../llama-like.ts';
import { biasChoice, fixedChoice, modelingFile } from '../../stock-data.ts';

export const smollm3 = llamaLike({
  name: 'smollm3',
  architecture: 'SmolLM3ForCausalLM',
  upstream: modelingFile('smollm3', 'b0fc62de0305fe2977549846eb8ba12048edadf3'),
  sizes: { kvHeads: { key: 'num_key_value_heads', otherwise: 4 } },
  rotary: { base: 2e6 },
  tied: true,
  choices: [
    biasChoice('attention_bias', false, ['attentionInput', 'attentionOutput']),
    biasChoice('mlp_bias', false, ['mlp']),
    fixedChoice('use_sliding_window', false),
  ],
  layerKinds: {
    key: 'no_rope_layers',
    plain: { each: 1 },
    absent: (layer, number) => ({ windowed: false, turns: (layer + 1) % number('no_rope_layer_interval', 4) === 0 ? 'none' : 'main' }),
    values: [
      { value: 1, kind: { windowed: false, turns: 'main' } },
      { value: 0, kind: { windowed: false, turns: 'none' } },
    ],
  },
});
