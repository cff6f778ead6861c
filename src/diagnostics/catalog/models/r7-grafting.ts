/** R777x: circuits in new room of a model that was trained. */
import { entry } from '../../catalog-entry.ts';

export const GRAFTING = {
  R7771: entry<{ architecture: string; why: string }>({
    message: ({ architecture, why }) => `no circuits can be grafted onto this \`${architecture}\`: ${why}`,
    help: () => 'GPT-2, GPT-NeoX, Llama, Mistral, Qwen2, Qwen3, Phi-3, Gemma and Granite grow, and the families that are like them',
    explanation:
      'A model is made larger by new heads and by new dimensions of its residual stream. What it computed stays what it was where all that reads the stream goes through one norm, whose gains can be corrected for the larger width. That is not so where norms stand on the stream itself, or where what sublayers write goes through one (Gemma 2 and 3, OLMo 2). Where each head has a norm of its queries and keys (Qwen3) heads become twice as large, which they cannot where a config scales each of their frequencies by itself (YaRN, LongRoPE).',
    bad: { kind: 'text', text: '$ raspc graft induction.rasp --into gemma-2-2b/ -o out/grafted' },
    good: { kind: 'text', text: '$ raspc graft induction.rasp --into llama-1b/ -o out/grafted' },
  }),
  R7772: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` cannot be made larger: ${why}`,
    help: () => 'give the folder of a whole model: config.json and weights in float32, bfloat16 or float16, in one file or in shards',
    explanation:
      'A graft copies every number of a model into a larger one, so it needs all of them, as numbers: adapters (LoRA) hold only what is added to the weights of another folder, and have to be merged into them first; quantised weights have to be dequantised.',
    bad: { kind: 'text', text: '$ raspc graft induction.rasp --into adapter/ -o out/grafted    (adapter_config.json alone)' },
    good: { kind: 'text', text: '$ raspc graft induction.rasp --into merged/ -o out/grafted    (after `model.merge_and_unload()`)' },
  }),
  R7773: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` is not what these circuits were grafted onto: ${why}`,
    help: () => 'give `--host` the folder that `raspc graft --into` was given',
    explanation:
      'A grafted folder says in raspc.json which checkpoint it was made from, by the hashes of its files. What the graft changed is measured against that one.',
    bad: { kind: 'text', text: '$ raspc verify out/grafted --host another-model/' },
    good: { kind: 'text', text: '$ raspc verify out/grafted --host llama-1b/' },
  }),
  R7774: entry<{ found: string; limit: string }>({
    message: ({ found, limit }) => `the graft changes what the model says: ${found}, where ${limit} is borne`,
    help: () => ['`--dtype f32` keeps more of the norms than half precision does', 'insist with `--force`'],
    explanation:
      'A grafted model is to compute what it computed. Gains of norms are corrected for the larger width, which half precision rounds; what is left of that is measured on text or on random tokens before anything is written, and refused where it is more than a hundredth of the spread of the logits.',
    bad: { kind: 'text', text: '$ raspc graft induction.rasp --into bf16-model/ -o out/grafted' },
    good: { kind: 'text', text: '$ raspc graft induction.rasp --into bf16-model/ --dtype f32 -o out/grafted' },
  }),
  R7775: entry<{ why: string }>({
    message: ({ why }) => `these circuits do not fit those that the model has: ${why}`,
    help: () => 'graft all of them onto the model that had none, or take what those were given: `--bos ID`, `--token VALUE=ID`',
    explanation:
      'A model with circuits can be grafted onto again. One map then speaks of all of its circuits, and `verify`, `drift` and mode `held` of all of them: a window begins with one token, and each value of the programs is one token.',
    bad: { kind: 'text', text: '$ raspc graft duplicate_token.rasp --into out/grafted --bos 5 -o out/again    (grafted with --bos 0)' },
    good: { kind: 'text', text: '$ raspc graft duplicate_token.rasp --into out/grafted --bos 0 -o out/again' },
  }),
};
