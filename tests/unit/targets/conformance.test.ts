/** The targets against the stock classes of transformers: configs and tensor shapes of stock models, as its own classes make them. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readModelConfig } from '../../../src/checkpoint/config/read-config.ts';
import { writeConfigJson } from '../../../src/checkpoint/config/write-config.ts';
import { fileOfText } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { type ModelConfig, newModelConfig, roleAxes, storedTensors } from '../../../src/targets/model-config.ts';
import { findTarget, TARGETS } from '../../../src/targets/registry.ts';
import { LAYER_ROLES, MODEL_ROLES } from '../../../src/weights/roles.ts';
import { memoryFolder, smallSizes } from '../checkpoint/random-model.ts';

const STOCK = resolve(import.meta.dirname, '../../fixtures/stock');

interface StockModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

function configOf(text: string): ModelConfig {
  const config = readModelConfig(memoryFolder([{ path: 'config.json', content: fileOfText(text) }]));
  return { ...config, tied: config.tied ?? config.target.config.tied };
}

test('there is a stock model of every target', () => {
  expect(readdirSync(STOCK).toSorted()).toEqual(TARGETS.map(({ name }) => `${name}.json`).toSorted());
});

describe.each(TARGETS)('$name', (target) => {
  const stock = JSON.parse(readFileSync(resolve(STOCK, `${target.name}.json`), 'utf8')) as StockModel;

  test('the stock config is read, and gives the tensors of the stock class, name by name and shape by shape', () => {
    const config = configOf(JSON.stringify(stock.config));
    expect(config.target).toBe(target);
    const tied = target.traits.output === 'language-model' && config.tied;
    const found = Object.fromEntries(Array.from(storedTensors({ ...config, tied }), ({ name, shape }) => [name, shape]));
    expect(found).toEqual(stock.tensors);
  });

  test('a config that raspc writes has no key that the stock config does not know, but the ones before release 5', () => {
    const config = newModelConfig(target, smallSizes(target));
    const written = JSON.parse(
      writeConfigJson({ config, special: { bos: 0, eos: null, pad: null }, compute: 'f32', labels: ['a', 'b', 'c', 'd', 'e'] }),
    ) as Record<string, unknown>;
    const legacy = ['rope_theta', 'rotary_emb_base', 'rotary_pct', 'partial_rotary_factor', 'head_dim', 'position_embedding_type'];
    const common = [
      'architectures',
      'dtype',
      'id2label',
      'label2id',
      'tie_word_embeddings',
      'bos_token_id',
      'eos_token_id',
      'pad_token_id',
    ];
    const unknown = Object.keys(written).filter((key) => !(key in stock.config) && !legacy.includes(key) && !common.includes(key));
    expect(unknown).toEqual([]);
  });

  test('a config that raspc writes is read as it was', () => {
    const config = newModelConfig(target, smallSizes(target), {
      ...(target.config.epsilon.key !== null && { epsilon: 1e-7 }),
      ...{ rotaryBase: 1e8, rotaryFraction: 1 },
    });
    const labels = Array.from({ length: config.sizes.outputs }, (_, id) => `label ${id}`);
    expect(configOf(writeConfigJson({ config, special: { bos: 0, eos: null, pad: 10 }, compute: 'f32', labels }))).toMatchObject(config);
  });

  test('every choice of the config is read as it was', () => {
    for (const choice of target.config.choices) {
      for (const { traits } of choice.values) {
        const config = newModelConfig(target, smallSizes(target), { traits });
        const text = writeConfigJson({
          config,
          special: { bos: 0, eos: null, pad: null },
          compute: 'f32',
          labels: ['a', 'b', 'c', 'd', 'e'],
        });
        expect(configOf(text).traits).toEqual(config.traits);
      }
    }
  });

  test('each role of a layer is in one tensor of a layer, each role of the model in one of the model', () => {
    const roles = target.tensors.flatMap(({ holds, name }) => holds.map((role) => ({ role, inLayer: name.includes('{layer}') })));
    expect(new Set(roles.map(({ role }) => role)).size).toBe(roles.length);
    for (const { role, inLayer } of roles) {
      expect(role in (inLayer ? LAYER_ROLES : MODEL_ROLES)).toBe(true);
      expect(roleAxes(role).length).toBeGreaterThan(0);
    }
    expect(target.tensors.every(({ name }) => !name.includes('{layer}') || name.startsWith(target.basePrefix))).toBe(true);
  });

  test('it names what it was checked against', () => {
    expect(target.upstream.path).toMatch(/^src\/transformers\/models\/\w+\/modeling_\w+\.py$/);
    expect(target.upstream.commit).toMatch(/^[0-9a-f]{40}$/);
  });
});

test('targets are found by name', () => {
  for (const target of TARGETS) expect(findTarget(target.name)).toBe(target);
  expect(findTarget('gpt3')).toBe(null);
});
