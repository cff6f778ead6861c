/** Reads the index of a checkpoint in shards: which file, beside the index, holds each tensor. */
import { fail } from '../../diagnostics/catalog.ts';
import { describeJson, isJsonObject, type JsonTree } from '../json/strict-json.ts';

/** File names and nothing else: no folder, no drive, no character that ends a name early. */
const SHARD_NAME = /^[^/\\:\0]+\.safetensors$/;

/** The shard of each tensor. `file` names the index in diagnostics (R7301, R7304). */
export function readShardPlaces(index: JsonTree, file: string): ReadonlyMap<string, string> {
  const weightMap = isJsonObject(index) ? index.get('weight_map') : undefined;
  if (!isJsonObject(weightMap)) {
    return fail('R7304', { file, why: `its \`weight_map\` is ${describeJson(weightMap)}, but must be an object` });
  }
  const places = new Map<string, string>();
  for (const [tensor, shard] of weightMap) {
    if (typeof shard !== 'string') {
      return fail('R7304', { file, why: `the shard of \`${tensor}\` is ${describeJson(shard)}, but must be a file name` });
    }
    if (!SHARD_NAME.test(shard)) fail('R7301', { file, path: shard });
    places.set(tensor, shard);
  }
  return places;
}
