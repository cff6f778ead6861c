/** How long a seeded model takes to be drawn and written, beside the same model without circuits, and the most memory it needs. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { readModelConfig } from '../../src/checkpoint/config/read-config.ts';
import { writeSafetensors } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { drawnHost } from '../../src/seed/draw/seed-tensors.ts';
import type { RoleSlice } from '../../src/seed/draw/slices.ts';
import { planSeed } from '../../src/seed/plan-seed.ts';
import { recognize } from '../../src/seed/program/recognize.ts';
import { IN_PLACE } from '../../src/seed/program/seed-plan.ts';
import { seedTensors } from '../../src/seed/write/seeded-tensors.ts';
import { bytesSource } from '../../src/source/byte-source.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import type { InitRules } from '../../src/targets/target.ts';
import type { BenchTable } from './bench-table.ts';
import { rounded } from './median.ts';

export function measureSeeding(): BenchTable {
  const path = packagePath('programs', 'seeds', 'induction.rasp');
  const program = loadProgram({ file: sourceFile(path, readFileSync(path, 'utf8')), loader: () => null });
  const bytes = readFileSync(packagePath('configs', 'gpt2-small', 'config.json'));
  const described = readModelConfig({ path, open: () => bytesSource(bytes) });
  const config = { ...described, tied: true };
  const host = drawnHost({ config, rules: config.target.init as InitRules, range: 0.02, seed: 1 });
  const start = performance.now();
  const { slices } = planSeed(recognize([{ program, ids: new Map() }]), host, {
    mode: 'trainable',
    context: config.sizes.positions,
    range: 0.02,
    amplitude: null,
    margin: null,
    dims: null,
    confidence: 0.99,
    places: new Map(),
    bos: null,
    ...IN_PLACE,
  });
  const planning = performance.now() - start;
  let largest = 0;
  const drawing = (own: readonly RoleSlice[]): number => {
    const from = performance.now();
    for (const _ of writeSafetensors(seedTensors(host, own), { format: 'pt' }).chunks())
      largest = Math.max(largest, process.memoryUsage.rss());
    return performance.now() - from;
  };
  const twin = drawing([]);
  const seeded = drawing(slices);
  return {
    name: 'Seeding GPT-2 small with induction (498 MB, the largest tensor 154 MB)',
    columns: ['step', 'ms'],
    rows: [
      ['plan, with the stream measured', rounded(planning)],
      ['draw the weights', rounded(twin)],
      ['draw the weights with circuits', rounded(seeded)],
      ['memory at most, MB', Math.round(largest / 2 ** 20)],
    ],
  };
}
