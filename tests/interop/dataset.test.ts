/** python/raspc reads what `raspc dataset` wrote: splits, and models that unpack to the folders that `raspc compile` would have written. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { pythonJob } from './python.ts';

interface Found {
  readonly count: number;
  readonly splits: Readonly<Record<string, readonly number[]>>;
  readonly right: number;
  readonly runs: number;
}

test('a dataset is read, and its models run in transformers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-dataset-'));
  try {
    const output = join(folder, 'data');
    expect((await cli(['dataset', '--count', '12', '--per-shard', '5', '--target', 'llama', '-o', output])).code).toBe(0);
    const found = pythonJob('check_dataset.py', JSON.stringify({ folder: output, out: join(folder, 'models') })) as Found;
    expect(found.count).toBe(12);
    expect(
      Object.values(found.splits)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(found.runs).toBeGreaterThan(16);
    expect(found.right).toBe(found.runs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
