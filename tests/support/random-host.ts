/** A model with random weights on disk, for what takes a trained model in: its stream is loud where tokens are embedded, as a trained one's is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfigJson } from '../../src/checkpoint/config/write-config.ts';
import { packWeights } from '../../src/checkpoint/safetensors/pack-weights.ts';
import { weightFiles } from '../../src/checkpoint/safetensors/weight-files.ts';
import { fileBytes } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { drawNormal, randomFor } from '../../src/disguise/turn/draw-numbers.ts';
import { newModelConfig, roleShape, storedTensors } from '../../src/targets/model-config.ts';
import { findTarget } from '../../src/targets/registry.ts';
import type { Target } from '../../src/targets/target.ts';
import { zeros } from '../../src/tensor/tensor.ts';
import { LAYER_ROLES, type LayerRole, MODEL_ROLES, type ModelRole } from '../../src/weights/roles.ts';

const SIZES = { vocab: 24, positions: 16, width: 64, layers: 2, heads: 4, kvHeads: 4, dim: 16, hidden: 64, types: 0, outputs: 24 };

export function writeRandomHost(path: string, { seed = 'a host', target = 'gpt2', matrices = 0.03 } = {}): void {
  const config = newModelConfig(findTarget(target) as Target, SIZES);
  const there = new Set([...storedTensors(config)].flatMap(({ spec }) => spec.holds));
  const random = randomFor(seed, 'weights');
  const drawn = (role: ModelRole | LayerRole) => {
    const tensor = zeros(...roleShape(role, SIZES));
    const size = role.endsWith('Embedding') ? 1 : role.endsWith('Bias') ? 0.01 : matrices;
    return {
      ...tensor,
      data: tensor.data.map(() => (role.endsWith('NormGain') ? 1 + drawNormal(random) / 10 : drawNormal(random) * size)),
    };
  };
  const wanted = <Role extends string>(roles: Readonly<Record<Role, unknown>>) =>
    (Object.keys(roles) as Role[]).filter((role) => (there as ReadonlySet<string>).has(role));
  const model = Object.fromEntries(wanted(MODEL_ROLES).map((role) => [role, drawn(role)]));
  const layers = Array.from({ length: SIZES.layers }, () => Object.fromEntries(wanted(LAYER_ROLES).map((role) => [role, drawn(role)])));
  mkdirSync(path, { recursive: true });
  writeFileSync(
    join(path, 'config.json'),
    writeConfigJson({ config, special: { bos: 0, eos: null, pad: null }, compute: 'f32', labels: [] }),
  );
  for (const file of weightFiles(packWeights({ sizes: SIZES, model, layers }, config, 'f32'), null))
    writeFileSync(join(path, file.path), fileBytes(file.content));
}
