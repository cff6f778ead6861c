/** A seeded model as the files of its folder. Weights are drawn while they are written, and hashed on the way. */

import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import { MAP_FILE, type MapFile } from '../../checkpoint/map/circuit-map.ts';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { writeSeedMapJson } from '../../checkpoint/map/seed/write-seed-map.ts';
import type { PackedFile } from '../../checkpoint/pack-checkpoint.ts';
import { WEIGHTS_FILE } from '../../checkpoint/safetensors/tensor-store.ts';
import { type FileContent, fileOfText, writeSafetensors } from '../../checkpoint/safetensors/write-safetensors.ts';
import { type NewHasher, newSha256 } from '../../source/sha256.ts';
import { type ModelConfig, storedTensors } from '../../targets/model-config.ts';
import type { Host } from '../draw/seed-tensors.ts';
import type { RoleSlice } from '../draw/slices.ts';
import type { SeedPlan } from '../program/seed-plan.ts';
import { type Change, changesOf, freezeTensors } from './changes.ts';
import { describeSeed } from './describe-seed.ts';
import { seedTensors } from './seeded-tensors.ts';

export const FREEZE_FILE = 'freeze.safetensors';

export interface SeedContent {
  readonly slices: readonly RoleSlice[];
  /** README.md. */
  readonly card: string;
  readonly host: Host;
  /** config.json as the user gave it. */
  readonly config: string;
  readonly facts: Omit<SeedMap, 'files'>;
  /** Files of the tokenizer, copied. */
  readonly tokenizer: readonly PackedFile[];
  /** What computes the SHA-256 of files; the one in plain JavaScript where nothing else is given. */
  readonly newHasher?: NewHasher;
}

/** A file whose bytes are hashed while they are written; `record` is there once they all were. */
function hashed({ path, content }: PackedFile, newHasher: NewHasher): PackedFile & { record(): MapFile } {
  let sha256: string | null = null;
  return {
    path,
    content: {
      size: content.size,
      *chunks() {
        const hash = newHasher();
        for (const chunk of content.chunks()) {
          hash.update(chunk);
          yield chunk;
        }
        sha256 = hash.hex();
      },
    },
    record() {
      if (sha256 === null) throw new Error(`\`${path}\` has not been written yet`);
      return { path, sha256, bytes: content.size };
    },
  };
}

/** What of the map follows from the plan and its sources; `seed` is null where the host was there before. */
export function seedFacts(
  plan: SeedPlan,
  seed: number | null,
  dtype: SeedMap['dtype'],
  about: Pick<SeedMap, 'raspc' | 'programs' | 'tokens'>,
): Omit<SeedMap, 'files'> {
  const drawn = seed === null ? null : { seed, range: plan.options.range };
  return { ...about, ...describeSeed(plan), dtype, causal: true, drawn };
}

/** A new model: config.json, weights and what goes with them. */
export function packSeed({ slices, card, host, config, facts, tokenizer, newHasher = newSha256 }: SeedContent): PackedFile[] {
  const files: PackedFile[] = [
    { path: CONFIG_FILE, content: fileOfText(config) },
    ...tokenizer,
    { path: 'README.md', content: fileOfText(card) },
    freezeFile(host.config, changesOf(host.config, slices)),
    { path: WEIGHTS_FILE, content: writeSafetensors(seedTensors(host, slices, facts.dtype), { format: 'pt' }) },
  ];
  return withMap(files, facts, newHasher);
}

export function freezeFile(config: ModelConfig, changes: readonly Change[]): PackedFile {
  const tensors = new Map(Array.from(storedTensors(config), (tensor) => [tensor.name, tensor]));
  return { path: FREEZE_FILE, content: writeSafetensors(freezeTensors(changes, tensors), { format: 'pt' }) };
}

/** The files with raspc.json after them, which holds the hashes of what was written before it. */
export function withMap(files: readonly PackedFile[], facts: Omit<SeedMap, 'files'>, newHasher: NewHasher = newSha256): PackedFile[] {
  const tracked = files.map((file) => hashed(file, newHasher));
  const map: FileContent = {
    size: 0,
    *chunks() {
      yield* fileOfText(writeSeedMapJson({ ...facts, files: tracked.map((file) => file.record()) })).chunks();
    },
  };
  return [...tracked, { path: MAP_FILE, content: map }];
}
