/** Whether the map of a seeded folder is one of its model, as far as places go. */
import { fail } from '../../../diagnostics/catalog.ts';
import type { ModelConfig } from '../../../targets/model-config.ts';
import { MAP_FILE } from '../circuit-map.ts';
import type { SeedMap } from './seed-map.ts';

/** Diagnostics: R7403 where the model is of another target, or has no such head or dimension. */
export function checkSeedMap(map: SeedMap, { target, sizes }: Pick<ModelConfig, 'target' | 'sizes'>): void {
  const wrong = (why: string): never => fail('R7403', { file: MAP_FILE, why });
  if (target.name !== map.target) wrong(`it is of the target \`${map.target}\`, and config.json of \`${target.name}\``);
  const beyond = map.heads.find(({ layer, head }) => layer >= sizes.layers || head >= sizes.heads);
  if (beyond !== undefined) wrong(`the model has no head ${beyond.layer}.${beyond.head}`);
  const dim = map.circuits.flatMap(({ dims }) => dims).find((each) => each >= sizes.width);
  if (dim !== undefined) wrong(`the model has no dimension ${dim}`);
}
