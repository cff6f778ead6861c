/** Reads config.json: which family and class a model is, its sizes, and every choice that changes its arithmetic. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';

import type { Loading } from '../../targets/loading.ts';

import { changedTraits, type ModelConfig, type ModelNumbers, plainNumbers } from '../../targets/model-config.ts';

import { OBSTACLES, TARGETS, targetOfConfig } from '../../targets/registry.ts';
import type { FactorKey, Json, NumberKeys, SizeRule, Target, Traits } from '../../targets/target.ts';
import type { Sizes } from '../../weights/roles.ts';
import { readRequiredJson } from '../json/read-json.ts';
import { describeJson, isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import { CONFIG_FILE, type Config, invalid, readPositive, wholeOf } from './config-value.ts';
import { checkOtherKeys, readLoading } from './other-keys.ts';
import { readLayerAttention } from './read-layers.ts';
import { readRotary } from './read-rotary.ts';

/** Beyond this no array of the sizes could be indexed. */
const LARGEST_SIZE = 2 ** 31 - 1;

function sameJson(tree: JsonTree, json: Json): boolean {
  return typeof tree === 'bigint' ? Number(tree) === json : tree === json;
}

function listed(values: readonly Json[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length < 2 ? texts.join() : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

function labelCount(config: Config): number {
  const labels = config.get('id2label');
  // stock classes take `num_labels` where the config names none, and two where it does not count them either
  if (labels === undefined || labels === null) {
    const count = config.get('num_labels') ?? 2n;
    const whole = wholeOf(count);
    return whole !== null && whole >= 1 && whole <= LARGEST_SIZE ? whole : invalid('num_labels', count, 'a whole number');
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
    const { key, otherwise, plus = 0 } = target.config.sizes[name];
    const value = key === null ? undefined : config.get(key);
    if (key !== null && value !== undefined && value !== null) {
      const whole = wholeOf(value);
      if (whole === null || whole < 1 || whole > LARGEST_SIZE) invalid(key, value, `a whole number from 1 to ${LARGEST_SIZE}`);
      known[name] = (whole as number) + plus;
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
    // a class does not take null for its default
    const value = config.has(key) ? config.get(key) : absent;
    const chosen = values.find((choice) => sameJson(value as JsonTree, choice.value));
    if (chosen === undefined) return invalid(key, value as JsonTree, listed(values.map((choice) => choice.value)));
    traits = changedTraits(traits, chosen.traits);
  }
  return traits;
}

export interface DescribedModel extends Omit<ModelConfig, 'tied'> {
  readonly tied: boolean | null;
  readonly loading: Loading;
}

function readEpsilon({ config: { epsilon } }: Target, config: Config): number {
  if (epsilon.key === null) return epsilon.absent;
  const value = readPositive(config, epsilon.key, epsilon.absent);
  const stored = config.get(epsilon.key);
  return typeof stored === 'bigint' ? invalid(epsilon.key, stored, 'a number with a fraction, such as 0.00001') : value;
}

function checkRepeated({ config: { sameAs } }: Target, config: Config, sizes: Sizes): void {
  for (const [key, name] of Object.entries(sameAs ?? {})) {
    const value = config.get(key) ?? null;
    if (value !== null && wholeOf(value) !== sizes[name]) invalid(key, value, `${sizes[name]}, as the model is wide`);
  }
}

/** The numbers of config.json that the model multiplies by. */
function readNumbers(target: Target, config: Config, traits: Traits, sizes: Sizes): ModelNumbers {
  const plain = plainNumbers(traits, sizes);
  const keys = target.config.numbers ?? {};
  const factor = (spec: FactorKey | undefined, without: number): number => {
    if (spec === undefined) return without;
    const value = readPositive(config, spec.key, spec.absent);
    return spec.as === 'factor' ? value : spec.as === 'divisor' ? 1 / value : value ** -0.5;
  };
  const cap = (spec: NumberKeys['scoreCap']): number | null => {
    if (spec === undefined) return null;
    const value = config.has(spec.key) ? config.get(spec.key) : spec.absent;
    return value === null ? null : readPositive(config, spec.key, spec.absent ?? 1);
  };
  return {
    embedding: factor(keys.embedding, plain.embedding),
    scores: factor(keys.scores, plain.scores),
    writes: factor(keys.writes, plain.writes),
    logits: factor(keys.logits, plain.logits),
    scoreCap: cap(keys.scoreCap),
    logitCap: cap(keys.logitCap),
  };
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
  checkRepeated(target, config, sizes);
  const rotary = readRotary(target, config, sizes);
  checkOtherKeys(config, target, sizes);
  const tied = config.get('tie_word_embeddings');
  if (tied !== undefined && typeof tied !== 'boolean') return invalid('tie_word_embeddings', tied, 'true or false');
  return {
    target,
    sizes,
    traits,
    epsilon: readEpsilon(target, config),
    rotary: rotary.main,
    numbers: readNumbers(target, config, traits, sizes),
    layerAttention: readLayerAttention(target, config, sizes, rotary),
    tied: tied ?? null,
    loading: readLoading(config),
  };
}
