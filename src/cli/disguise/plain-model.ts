/** The plain model of a disguise: from a folder that `raspc compile` wrote, or from a key. */
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import { readModelConfig } from '../../checkpoint/config/read-config.ts';
import { readRequiredJson } from '../../checkpoint/json/read-json.ts';
import { isJsonObject } from '../../checkpoint/json/strict-json.ts';
import { checkCircuitMap } from '../../checkpoint/map/check-circuit-map.ts';
import { MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import { readCircuitMap } from '../../checkpoint/map/read-circuit-map.ts';
import { packWeights } from '../../checkpoint/safetensors/pack-weights.ts';
import { weightFiles } from '../../checkpoint/safetensors/weight-files.ts';
import { fileBytes, fileOfText } from '../../checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint, unpackWeights } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { DisguiseKey } from '../../disguise/key.ts';
import type { Plain } from '../../disguise/plain.ts';
import { loadModel } from '../../runtime/model.ts';
import { type ModelFolder, memoryFolder } from '../../source/byte-source.ts';
import { roleShape } from '../../targets/model-config.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';

export interface PlainModel extends Plain {
  /** Ids of the tokens that end a run and that pad; null where there are none. */
  readonly eos: number | null;
  readonly pad: number | null;
}

/** Diagnostics: those of opening a folder, and R7765. */
export function readPlain(folder: ModelFolder): PlainModel {
  const refuse = (why: string): never => fail('R7765', { path: folder.path, why });
  if (folder.open(MAP_FILE) === null) fail('R7010', { file: MAP_FILE, folder: folder.path });
  const map = readCircuitMap(folder);
  const checkpoint = openCheckpoint(folder);
  checkCircuitMap(map, checkpoint);
  if (map.dtype !== 'f32' || map.compute !== 'f32') refuse(`it is stored as ${map.dtype} and computed in ${map.compute}`);
  if (checkpoint.config.tied) refuse('its unembedding is its embedding, and the two would have to be turned apart');
  const config = readRequiredJson(folder, CONFIG_FILE);
  const id = (key: string): number | null => {
    const found = isJsonObject(config) ? config.get(key) : null;
    return typeof found === 'bigint' ? Number(found) : null;
  };
  return {
    config: checkpoint.config,
    weights: unpackWeights(checkpoint),
    map,
    model: loadModel(checkpoint),
    eos: id('eos_token_id'),
    pad: id('pad_token_id'),
  };
}

/** Diagnostics: as {@link readPlain}, and R7764 for weights that are not those of the key's own config. */
export function plainOfKey({ config, map, weights }: DisguiseKey, file: string): PlainModel {
  const texts = [
    [CONFIG_FILE, config],
    [MAP_FILE, map],
  ] as const;
  const bytesOf = new Map(texts.map(([name, text]) => [name as string, fileBytes(fileOfText(text))]));
  const described = readModelConfig(memoryFolder(bytesOf, file));
  const whole = { ...described, tied: false };
  const { sizes } = whole;
  const fits = (roles: Readonly<Record<string, Tensor>>) =>
    Object.entries(roles).every(([role, { shape }]) => String(shape) === String(roleShape(role as ModelRole | LayerRole, sizes)));
  if (weights.layers.length !== sizes.layers || ![weights.model, ...weights.layers].every(fits))
    fail('R7764', { file, why: 'its weights are not of the shapes that its config says' });
  for (const { path, content } of weightFiles(packWeights({ sizes, ...weights }, whole, 'f32'), null))
    bytesOf.set(path, fileBytes(content));
  return readPlain(memoryFolder(bytesOf, file));
}
