/** A seeded model as the files of its folder. Weights are drawn while they are written, and hashed on the way. */
import { createHash } from 'node:crypto';
import { MAP_FILE, type MapFile } from '../checkpoint/circuit-map.ts';
import type { PackedFile } from '../checkpoint/pack-checkpoint.ts';
import { CONFIG_FILE } from '../checkpoint/read-config.ts';
import { type SeedMap, writeSeedMapJson } from '../checkpoint/seed-map.ts';
import { WEIGHTS_FILE } from '../checkpoint/tensor-store.ts';
import { type FileContent, fileOfText, writeSafetensors } from '../checkpoint/write-safetensors.ts';
import { describeSeed } from './describe-seed.ts';
import { seedCard } from './seed-card.ts';
import type { SeedPlan } from './seed-plan.ts';
import { freezeTensors, type Host, seedTensors } from './seed-tensors.ts';

export const FREEZE_FILE = 'freeze.safetensors';

export interface SeedContent {
  readonly plan: SeedPlan;
  readonly host: Host;
  readonly seed: number;
  /** config.json as the user gave it. */
  readonly config: string;
  readonly about: Pick<SeedMap, 'raspc' | 'programs' | 'tokens'>;
  /** Files of the tokenizer, copied. */
  readonly tokenizer: readonly PackedFile[];
}

/** A file whose bytes are hashed while they are written; `record` is there once they all were. */
function hashed({ path, content }: PackedFile): PackedFile & { record(): MapFile } {
  let sha256: string | null = null;
  return {
    path,
    content: {
      size: content.size,
      *chunks() {
        const hash = createHash('sha256');
        for (const chunk of content.chunks()) {
          hash.update(chunk);
          yield chunk;
        }
        sha256 = hash.digest('hex');
      },
    },
    record() {
      if (sha256 === null) throw new Error(`\`${path}\` has not been written yet`);
      return { path, sha256, bytes: content.size };
    },
  };
}

/** raspc.json comes last, since it holds the hashes of what was written before it. */
export function packSeed({ plan, host, seed, config, about, tokenizer }: SeedContent): PackedFile[] {
  const { slices, options } = plan;
  const tensors = seedTensors(host, slices);
  const facts = { ...about, ...describeSeed(plan), dtype: 'f32' as const, causal: true, drawn: { seed, range: options.range } };
  const files = [
    { path: CONFIG_FILE, content: fileOfText(config) },
    ...tokenizer,
    { path: 'README.md', content: fileOfText(seedCard(facts, plan)) },
    { path: FREEZE_FILE, content: writeSafetensors(freezeTensors(plan.config, slices), { format: 'pt' }) },
    { path: WEIGHTS_FILE, content: writeSafetensors(tensors, { format: 'pt' }) },
  ].map(hashed);
  const map: FileContent = {
    size: 0,
    *chunks() {
      yield* fileOfText(writeSeedMapJson({ ...facts, files: files.map((file) => file.record()) })).chunks();
    },
  };
  return [...files, { path: MAP_FILE, content: map }];
}
