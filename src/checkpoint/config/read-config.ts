/** Reads config.json: which family and class a model is, its sizes, and every choice that changes its arithmetic. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import type { Loading } from '../../targets/loading.ts';
import { changedTraits, type ModelConfig } from '../../targets/model-config.ts';
import { OBSTACLES, TARGETS, targetOfConfig } from '../../targets/registry.ts';
import type { Json, SizeRule, Target, Traits } from '../../targets/target.ts';
import type { Sizes } from '../../weights/roles.ts';
import { readRequiredJson } from '../json/read-json.ts';
import { describeJson, isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import { checkOtherKeys, readLoading, sameTree } from './other-keys.ts';

export const CONFIG_FILE = 'config.json';

/** Beyond this no array of the sizes could be indexed. */
const LARGEST_SIZE = 2 ** 31 - 1;

type Config = ReadonlyMap<string, JsonTree>;

function invalid(key: string, found: JsonTree | undefined, expected: string): never {
  return fail('R7104', { file: CONFIG_FILE, key, found: describeJson(found), expected });
}

function sameJson(tree: JsonTree, json: Json): boolean {
  return typeof tree === 'bigint' ? Number(tree) === json : tree === json;
}

function listed(values: readonly Json[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length < 2 ? texts.join() : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

/** A positive finite number, whole or not. */
function readPositive(config: Config, key: string, absent: number): number {
  const value = config.get(key);
  if (value === undefined) return absent;
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !(number > 0) || !Number.isFinite(number)) return invalid(key, value, 'a positive number');
  return number;
}

function labelCount(config: Config): number {
  const labels = config.get('id2label');
  // stock classes take `num_labels` where the config names none, and two where it does not count them either
  if (labels === undefined || labels === null) {
    const count = config.get('num_labels') ?? 2n;
    return typeof count === 'bigint' && count >= 1n && count <= BigInt(LARGEST_SIZE)
      ? Number(count)
      : invalid('num_labels', count, 'a whole number');
  }
  if (!isJsonObject(labels) || labels.size === 0) return invalid('id2label', labels, 'an object from ids to labels');
  const odd = [...labels.keys()].find((id) => !/^(0|[1-9]\d*)$/.test(id));
  return odd === undefined ? labels.size : invalid('id2label', odd, 'an object from ids to labels');
}

function readSizes(target: Target, config: Config): Sizes {
  const known: Partial<Record<keyof Sizes, number>> = {};
  const size = (name: keyof Sizes): number => known[name] as number;
  const derive = (rule: SizeRule): number => {
    switch (rule) {
      case 'heads':
        return size('heads');
      case 'width / heads':
        return Math.trunc(size('width') / size('heads'));
      case '4 × width':
        return 4 * size('width');
      case 'vocab':
        return size('vocab');
      case 'labels':
        return labelCount(config);
      default:
        return rule;
    }
  };
  const read = (name: keyof Sizes): void => {
    const { key, otherwise } = target.config.sizes[name];
    const value = key === null ? undefined : config.get(key);
    if (key !== null && value !== undefined && value !== null) {
      if (typeof value !== 'bigint' || value < 1n || value > BigInt(LARGEST_SIZE))
        invalid(key, value, `a whole number from 1 to ${LARGEST_SIZE}`);
      known[name] = Number(value);
    } else if (otherwise !== null) known[name] = derive(otherwise);
    else fail('R7103', { file: CONFIG_FILE, key: key as string, expected: 'a whole number' });
  };
  // those that others are derived from come first
  for (const name of ['vocab', 'width', 'heads', 'kvHeads', 'dim', 'positions', 'layers', 'hidden', 'types', 'outputs'] as const)
    read(name);
  return known as Sizes;
}

function checkGeometry(traits: Traits, sizes: Sizes): void {
  const { heads, kvHeads, width, dim } = sizes;
  const misfit = (why: string): never => fail('R7105', { file: CONFIG_FILE, why });
  if (dim === 0 || (traits.squareHeads && heads * dim !== width)) misfit(`${heads} heads cannot share a width of ${width} evenly`);
  if (traits.headsDivideWidth && width % heads !== 0) misfit(`the width ${width} is not a multiple of the ${heads} heads`);
  if (heads % kvHeads !== 0) misfit(`${heads} query heads cannot share ${kvHeads} key and value heads evenly`);
}

function readTraits(target: Target, config: Config): Traits {
  let traits = target.traits;
  for (const { key, absent, values } of target.config.choices) {
    const value = config.get(key) ?? absent;
    const chosen = values.find((choice) => sameJson(value as JsonTree, choice.value));
    if (chosen === undefined) return invalid(key, value as JsonTree, listed(values.map((choice) => choice.value)));
    traits = changedTraits(traits, chosen.traits);
  }
  return traits;
}

/** Rotary positions from `rope_parameters` (release 5 on) or from the keys before that; only the unscaled kind is understood. */
function readRotary(target: Target, config: Config, sizes: Sizes): ModelConfig['rotary'] {
  const stock = target.config.rotary;
  if (stock === null) return null;
  const [parametersKey, parameters] = (['rope_parameters', 'rope_scaling'] as const)
    .map((key) => [key, config.get(key) ?? null] as const)
    .find(([, value]) => value !== null) ?? ['rope_parameters', null];
  let nested: Config = new Map();
  const scaling = config.get('rope_scaling') ?? null;
  // release 5 takes `rope_scaling` where both are there, raspc the other: they must not differ
  if (parameters !== null && scaling !== null && !sameTree(parameters, scaling))
    return invalid('rope_scaling', scaling, 'left out, or what `rope_parameters` is');
  if (parameters !== null) {
    if (!isJsonObject(parameters)) return invalid(parametersKey, parameters, 'an object or null');
    // one for each kind of layer
    for (const [key, value] of parameters) if (isJsonObject(value)) return invalid(`${parametersKey}.${key}`, value, 'a number or a word');
    const kind = parameters.get('rope_type') ?? parameters.get('type') ?? 'default';
    if (kind !== 'default') return invalid(`${parametersKey}.rope_type`, kind, '"default"');
    nested = parameters;
  }
  const base = readPositive(nested, 'rope_theta', readPositive(config, stock.baseKey, stock.base));
  const fraction = readPositive(
    nested,
    'partial_rotary_factor',
    stock.fractionKey === null ? stock.fraction : readPositive(config, stock.fractionKey, stock.fraction),
  );
  const dims = Math.trunc(sizes.dim * fraction);
  if (dims % 2 !== 0 || dims < 2 || dims > sizes.dim) {
    return fail('R7104', {
      file: CONFIG_FILE,
      key: stock.fractionKey ?? 'partial_rotary_factor',
      found: `${fraction}, which turns ${dims} of ${sizes.dim} dimensions`,
      expected: 'a part that turns an even number of them',
    });
  }
  return { base, dims };
}

function checkWindow(target: Target, config: Config, sizes: Sizes): void {
  const { window } = target.config;
  const layers = config.get('layer_types');
  if (isJsonList(layers)) {
    const odd = layers.find((layer) => layer !== 'full_attention');
    if (odd !== undefined) invalid('layer_types', odd, 'a list of "full_attention"');
    if (layers.length !== sizes.layers) invalid('layer_types', layers, `a list of ${sizes.layers}, one for each layer`);
  } else if (layers !== undefined && layers !== null) {
    invalid('layer_types', layers, 'a list of "full_attention"');
  }
  if (window === null) return;
  const enabled = window.enabledBy === null ? true : (config.get(window.enabledBy) ?? false);
  if (typeof enabled !== 'boolean') invalid(window.enabledBy as string, enabled, 'true or false');
  const value = config.has(window.key) ? config.get(window.key) : window.absent === null ? null : BigInt(window.absent);
  if (value === null || (typeof value === 'bigint' && !enabled)) return;
  if (typeof value !== 'bigint' || value < BigInt(sizes.positions)) {
    invalid(window.key, value, `null, or at least the ${sizes.positions} positions of the model`);
  }
}

export interface DescribedModel extends Omit<ModelConfig, 'tied'> {
  readonly tied: boolean | null;
  readonly loading: Loading;
}

/**
 * The model that config.json describes. `tied` is null where the file does not say, since releases left the key out whenever it was
 * their default of the time: then the tensors decide. Diagnostics: R7010, R7101 to R7105.
 */
export function readModelConfig(folder: ModelFolder): DescribedModel {
  const config = readRequiredJson(folder, CONFIG_FILE);
  if (!isJsonObject(config)) return fail('R7101', { file: CONFIG_FILE, why: `it is ${describeJson(config)}, but must be an object` });
  const modelType = config.get('model_type');
  if (modelType === undefined) return fail('R7103', { file: CONFIG_FILE, key: 'model_type', expected: 'the name of a model family' });
  if (typeof modelType !== 'string') return invalid('model_type', modelType, 'a string');
  const architectures = config.get('architectures') ?? null;
  const architecture = isJsonList(architectures) ? (architectures[0] ?? null) : architectures;
  if (architecture !== null && typeof architecture !== 'string') return invalid('architectures', architectures, 'a list of class names');
  const target = targetOfConfig(modelType, architecture);
  if (target === null) {
    const known = TARGETS.map((each) => each.architecture);
    return fail('R7102', { file: CONFIG_FILE, found: architecture ?? modelType, known, obstacle: OBSTACLES[modelType] ?? null });
  }
  const sizes = readSizes(target, config);
  const traits = readTraits(target, config);
  checkGeometry(traits, sizes);
  checkWindow(target, config, sizes);
  checkOtherKeys(config, target, sizes);
  const tied = config.get('tie_word_embeddings');
  if (tied !== undefined && typeof tied !== 'boolean') return invalid('tie_word_embeddings', tied, 'true or false');
  return {
    target,
    sizes,
    traits,
    epsilon: readPositive(config, target.config.epsilon.key, target.config.epsilon.absent),
    rotary: readRotary(target, config, sizes),
    tied: tied ?? null,
    loading: readLoading(config),
  };
}
