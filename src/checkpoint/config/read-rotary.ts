/**
 * Rotary positions as config.json says them: from `rope_parameters` (release 5 on) or from the keys before that, scaled or not. What a kind of
 * scaling does to the frequencies is that of transformers 5.12.1, src/transformers/modeling_rope_utils.py.
 */
import { fail } from '../../diagnostics/catalog.ts';
import type { Rotary, RotaryScaling } from '../../targets/model-config.ts';
import type { Target } from '../../targets/target.ts';
import type { Sizes } from '../../weights/roles.ts';
import { isJsonList, isJsonObject } from '../json/strict-json.ts';
import { CONFIG_FILE, type Config, invalid, numberOf, readPositive } from './config-value.ts';
import { sameTree } from './other-keys.ts';

/** How most layers turn, and those that turn locally. */
export interface ModelRotary {
  readonly main: Rotary | null;
  readonly local: Rotary | null;
}

/** Kinds of layers in `layer_types`. */
const LAYER_KINDS: readonly string[] = ['full_attention', 'sliding_attention'];

/** The parameters in one object, and the key that they stand under. */
interface Parameters {
  readonly key: string;
  readonly values: Config;
}

export function readRotary(target: Target, config: Config, sizes: Sizes): ModelRotary {
  const { rotary: stock, localRotary } = target.config;
  if (stock === null) return { main: null, local: null };
  const all = parametersOf(config);
  // one for each kind of layer, where kinds turn differently
  const kinds = localRotary === undefined ? [] : LAYER_KINDS;
  for (const [key, value] of all.values) {
    if (kinds.includes(key) ? value !== null && !isJsonObject(value) : isJsonObject(value))
      invalid(`${all.key}.${key}`, value, kinds.includes(key) ? 'an object or null' : 'a number or a word');
  }
  if (localRotary === undefined) return { main: rotaryOf(target, config, sizes, all, stock), local: null };
  const nested = (key: string): Parameters => {
    const values = all.values.get(key);
    return isJsonObject(values) ? { key: `${all.key}.${key}`, values } : { key: all.key, values: new Map() };
  };
  const isByKind = kinds.some((key) => all.values.has(key));
  // the class reads the newer key by kind alone, and the older for layers that see everything
  if (all.values.size > 0 && isByKind !== (all.key === 'rope_parameters'))
    return invalid(all.key, config.get(all.key) ?? null, isByKind ? 'of one kind' : `by kind of layer, ${kinds.join(' and ')}`);
  const main = rotaryOf(target, config, sizes, isByKind ? nested('full_attention') : all, stock);
  const local = rotaryOf(target, config, sizes, nested('sliding_attention'), { ...stock, ...localRotary });
  return { main, local };
}

function parametersOf(config: Config): Parameters {
  const [parameters, scaling] = [config.get('rope_parameters') ?? null, config.get('rope_scaling') ?? null];
  // release 5 takes `rope_scaling` where both are there, raspc the other: they must not differ
  if (parameters !== null && scaling !== null && !sameTree(parameters, scaling))
    return invalid('rope_scaling', scaling, 'left out, or what `rope_parameters` is');
  for (const key of ['rope_parameters', 'rope_scaling']) {
    const value = config.get(key) ?? null;
    if (value === null) continue;
    return isJsonObject(value) ? { key, values: value } : invalid(key, value, 'an object or null');
  }
  return { key: 'rope_parameters', values: new Map() };
}

function rotaryOf(
  target: Target,
  config: Config,
  sizes: Sizes,
  { key, values }: Parameters,
  stock: NonNullable<Target['config']['rotary']>,
): Rotary {
  const base = readPositive(values, 'rope_theta', readPositive(config, stock.baseKey, stock.base));
  const fraction = readPositive(
    values,
    'partial_rotary_factor',
    stock.fractionKey === null ? stock.fraction : readPositive(config, stock.fractionKey, stock.fraction),
  );
  const dims = Math.trunc(sizes.dim * fraction);
  if (dims % 2 !== 0 || dims < 2 || dims > sizes.dim) {
    return fail('R7104', {
      file: CONFIG_FILE,
      key: target.config.rotary?.fractionKey ?? 'partial_rotary_factor',
      found: `${fraction}, which turns ${dims} of ${sizes.dim} dimensions`,
      expected: 'a part that turns an even number of them',
    });
  }
  const kind = values.get('rope_type') ?? values.get('type') ?? 'default';
  const scale = typeof kind === 'string' ? SCALINGS[kind] : undefined;
  if (scale === undefined)
    return invalid(
      `${key}.rope_type`,
      kind,
      Object.keys(SCALINGS)
        .map((name) => `"${name}"`)
        .join(', '),
    );
  const frequencies = Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / dims));
  return { base, dims, scaling: scale({ key, values, config, sizes, base, dims, frequencies }) };
}

interface ScalingInput extends Parameters {
  readonly config: Config;
  readonly sizes: Sizes;
  readonly base: number;
  readonly dims: number;
  /** Without scaling. */
  readonly frequencies: readonly number[];
}

/** By `rope_type`, older names among them. */
const SCALINGS: Readonly<Record<string, (input: ScalingInput) => RotaryScaling | null>> = {
  default: () => null,
  linear: (input) => {
    const factor = required(input, 'factor');
    return { frequencies: input.frequencies.map((frequency) => frequency / factor), factor: 1, reach: null };
  },
  // longer inputs than the model has positions for would change the base
  dynamic: ({ frequencies, sizes }) => ({ frequencies, factor: 1, reach: sizes.positions }),
  llama3,
  yarn,
  longrope,
  su: longrope,
};

function required({ key, values }: Parameters, name: string): number {
  if (!values.has(name)) return fail('R7103', { file: CONFIG_FILE, key: `${key}.${name}`, expected: 'a positive number' });
  return readPositive(values, name, 1);
}

/** Positions of the pretraining: among the parameters, or beside them. */
function originalPositions({ values, config, sizes }: ScalingInput): number {
  const key = 'original_max_position_embeddings';
  return readPositive(values, key, readPositive(config, key, sizes.positions));
}

/** Slow pairs are slowed by the factor, fast ones stay, those between are mixed. */
function llama3(input: ScalingInput): RotaryScaling {
  const factor = required(input, 'factor');
  const [low, high] = [required(input, 'low_freq_factor'), required(input, 'high_freq_factor')];
  const original = originalPositions(input);
  const frequencies = input.frequencies.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / high) return frequency;
    if (wavelength > original / low) return frequency / factor;
    const smooth = (original / wavelength - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
  return { frequencies, factor: 1, reach: null };
}

/** Peng et al., YaRN, sections 3.2 and 3.4. */
function yarn(input: ScalingInput): RotaryScaling {
  const { values, base, dims, frequencies, sizes } = input;
  const original = originalPositions(input);
  const factor = values.has('factor') ? required(input, 'factor') : sizes.positions / original;
  const [fast, slow] = [readPositive(values, 'beta_fast', 32), readPositive(values, 'beta_slow', 1)];
  const pairOf = (turns: number) => (dims * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const isWhole = values.get('truncate') !== false;
  const low = Math.max(0, isWhole ? Math.floor(pairOf(fast)) : pairOf(fast));
  const high = Math.min(dims - 1, isWhole ? Math.ceil(pairOf(slow)) : pairOf(slow));
  const mixed = frequencies.map((frequency, i) => {
    const ramp = Math.min(1, Math.max(0, (i - low) / (high === low ? 0.001 : high - low)));
    return (frequency / factor) * ramp + frequency * (1 - ramp);
  });
  const scaleOf = (scale: number) => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  const [over, all] = [numberOf(values.get('mscale')), numberOf(values.get('mscale_all_dim'))];
  const stock = over && all ? scaleOf(over) / scaleOf(all) : scaleOf(1);
  return { frequencies: mixed, factor: attentionFactor(values, stock), reach: null };
}

/** Ding et al., LongRoPE: a factor a pair. Inputs that are longer than the pretraining's take others, so these end there. */
function longrope(input: ScalingInput): RotaryScaling {
  const { key, values, sizes, frequencies } = input;
  const original = originalPositions(input);
  const list = values.get('short_factor');
  const factors = isJsonList(list) ? list.map(numberOf) : [];
  if (factors.length !== frequencies.length || factors.some((x) => x === null || !(x > 0)))
    return invalid(`${key}.short_factor`, list, `a list of ${frequencies.length} positive numbers`);
  const factor = values.has('factor') ? required(input, 'factor') : sizes.positions / original;
  const stock = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  return {
    frequencies: frequencies.map((frequency, i) => frequency / (factors[i] ?? 1)),
    factor: attentionFactor(values, stock),
    reach: original,
  };
}

function attentionFactor(values: Config, stock: number): number {
  return (values.get('attention_factor') ?? null) === null ? stock : readPositive(values, 'attention_factor', stock);
}
