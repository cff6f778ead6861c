/** Our reader of safetensors headers and the official one agree on what is a file, damaged and forged ones included. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSafetensorsHeader } from '../../src/checkpoint/safetensors/safetensors-header.ts';
import { fileBytes } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { bytesSource } from '../../src/source/byte-source.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { damaged } from '../unit/checkpoint/hostile.ts';
import { packRandomModel } from '../unit/checkpoint/random-model.ts';
import { pythonJob } from './python.ts';

const FILES = 3000;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-safetensors-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function refusal(bytes: Uint8Array): string | null {
  try {
    readSafetensorsHeader(bytesSource(bytes), 'file');
    return null;
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message;
    throw error;
  }
}

test('the same verdict on thousands of files', () => {
  const { files } = packRandomModel(gpt2, { sizes: { layers: 1, hidden: 4, vocab: 3, outputs: 3, positions: 2 }, pad: 2 });
  const sound = fileBytes((files.find(({ path }) => path === 'model.safetensors') as (typeof files)[number]).content);
  const paths: string[] = [];
  const ours: (string | null)[] = [];
  for (let seed = 0; seed < FILES; seed++) {
    const bytes = damaged(sound, seed);
    const path = join(folder, String(seed));
    writeFileSync(path, bytes);
    paths.push(path);
    ours.push(refusal(bytes));
  }
  const official = pythonJob('check_safetensors.py', JSON.stringify(paths)) as (string | null)[];
  const differences = ours.flatMap((mine, i) =>
    (mine === null) === (official[i] === null) ? [] : [{ seed: i, mine, official: official[i] }],
  );
  expect(official.filter((verdict) => verdict === null).length).toBeGreaterThan(50);
  expect(official.filter((verdict) => verdict !== null).length).toBeGreaterThan(1000);
  expect(differences).toEqual([]);
});
