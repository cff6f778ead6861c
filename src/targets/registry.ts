/** Every model family that raspc knows. Adding one is its data file and a line here. */
import { bert } from './families/encoders/bert.ts';
import { distilbert } from './families/encoders/distilbert.ts';
import { roberta } from './families/encoders/roberta.ts';
import { gptNeo } from './families/layer-norm/gpt-neo.ts';
import { gptNeox } from './families/layer-norm/gpt-neox.ts';
import { gpt2 } from './families/layer-norm/gpt2.ts';
import { opt } from './families/layer-norm/opt.ts';
import { phi } from './families/layer-norm/phi.ts';
import { stablelm } from './families/layer-norm/stablelm.ts';
import { starcoder2 } from './families/layer-norm/starcoder2.ts';
import { gemma } from './families/rms-norm/gemma.ts';
import { gemma2 } from './families/rms-norm/gemma2.ts';
import { gemma3 } from './families/rms-norm/gemma3.ts';
import { granite } from './families/rms-norm/granite.ts';
import { llama } from './families/rms-norm/llama.ts';
import { mistral } from './families/rms-norm/mistral.ts';
import { olmo2 } from './families/rms-norm/olmo2.ts';
import { phi3 } from './families/rms-norm/phi3.ts';
import { qwen2 } from './families/rms-norm/qwen2.ts';
import { qwen3 } from './families/rms-norm/qwen3.ts';
import { smollm3 } from './families/rms-norm/smollm3.ts';
import type { Target } from './target.ts';

export const TARGETS: readonly Target[] = [
  gpt2,
  llama,
  gptNeox,
  bert,
  mistral,
  qwen2,
  phi3,
  gemma,
  starcoder2,
  stablelm,
  smollm3,
  granite,
  phi,
  gptNeo,
  opt,
  distilbert,
  roberta,
  qwen3,
  olmo2,
  gemma2,
  gemma3,
];

/** Why other families, by `model_type`, are none: what their modeling files do that no trait says. */
export const OBSTACLES: Readonly<Record<string, string>> = {
  gemma3: 'it reads images, too',
  qwen3_moe: 'it norms queries and keys, and chooses among several MLPs for each token',
  mixtral: 'it chooses among several MLPs for each token',
  gpt_oss: 'it chooses among several MLPs for each token, and adds a learned sink to softmax',
  olmo: 'its norm has neither gain nor bias',
  gptj: 'it turns neighbouring dimensions of a head, not halves',
  falcon: 'one head of keys and values lies in one tensor with all queries',
  bloom: 'its scores fall with the distance (ALiBi)',
  gpt_bigcode: 'one head of keys and values lies in one tensor with all queries',
  openelm: 'its layers differ in size',
  modernbert: 'it gates a bidirectional model whose layers see differently',
};

/** The classes that can be seeded. */
export function seedable(): string[] {
  return TARGETS.flatMap(({ architecture, init }) => (init === null ? [] : [architecture]));
}

/** The target of this name. */
export function findTarget(name: string): Target | null {
  return TARGETS.find((target) => target.name === name) ?? null;
}

/** The target for a folder whose config.json has this `model_type` and, where it says so, this class. */
export function targetOfConfig(modelType: string, architecture: string | null): Target | null {
  return (
    TARGETS.find((target) => target.modelType === modelType && (architecture === null || target.architecture === architecture)) ?? null
  );
}
