/** config.json of a model that was made larger: its own, but for the sizes and the norm's epsilon. */
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import { editConfig } from '../../checkpoint/config/edit-config.ts';
import { readModelConfig } from '../../checkpoint/config/read-config.ts';
import { floatNumber } from '../../checkpoint/json/json-text.ts';
import { bytesSource } from '../../source/byte-source.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { type Dtype, roundTo } from '../../tensor/dtype.ts';
import type { Sizes } from '../../weights/roles.ts';
import { normCorrection } from './growth.ts';

export interface GrownConfig {
  readonly text: string;
  readonly config: ModelConfig;
}

const GROWING = ['width', 'heads', 'kvHeads', 'dim', 'hidden'] as const;
const TORCH_NAMES: Readonly<Record<Dtype, string>> = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' };

/** @param dtype what the weights are stored as from now on; null: as they were */
export function grownConfig(text: string, from: ModelConfig, sizes: Sizes, dtype: Dtype | null): GrownConfig {
  const spec = from.target.config;
  const raw = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const changes = new Map<string, string>();
  for (const name of GROWING) {
    const { key, plus = 0 } = spec.sizes[name];
    // where a key is another's other name it says the same
    const names = key === null ? [] : [key, ...Object.entries(spec.aliases ?? {}).flatMap(([alias, own]) => (own === key ? [alias] : []))];
    for (const each of names) if (each === key || each in raw) changes.set(each, String(sizes[name] - plus));
  }
  for (const [key, name] of Object.entries(spec.sameAs ?? {})) if (key in raw) changes.set(key, String(sizes[name]));
  const epsilon = from.epsilon * normCorrection(from.sizes, sizes).epsilon;
  if (spec.epsilon.key !== null) changes.set(spec.epsilon.key, floatNumber(roundTo('f32', epsilon)).text);
  if (dtype !== null) for (const key of ['dtype', 'torch_dtype']) if (key in raw) changes.set(key, JSON.stringify(TORCH_NAMES[dtype]));
  const grown = editConfig(text, changes);
  const bytes = new TextEncoder().encode(grown);
  const {
    loading: _,
    tied: __,
    ...described
  } = readModelConfig({
    path: CONFIG_FILE,
    open: (name) => (name === CONFIG_FILE ? bytesSource(bytes) : null),
  });
  return { text: grown, config: { ...described, tied: from.tied } };
}
