/** Hostile model folders: whatever is in them, the answer is a model or a diagnostic, soon and in little memory. */
import { describe, expect, test } from 'vitest';
import { readCircuitMap } from '../../../src/checkpoint/map/read-circuit-map.ts';
import { fileBytes } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint, unpackWeights } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import type { ByteSource, ModelFolder } from '../../../src/source/byte-source.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { damaged } from './hostile.ts';
import { packRandomModel, randomNumbers } from './random-model.ts';

const packed = packRandomModel(gpt2, { density: 0.2 });
const sound = new Map(packed.files.map(({ path, content }) => [path, fileBytes(content)]));

/** A folder that refuses to be read beyond what it has, and counts what is read. */
function watchedFolder(changes: ReadonlyMap<string, Uint8Array>): ModelFolder & { read: number } {
  const folder = {
    path: 'hostile',
    read: 0,
    open(name: string): ByteSource | null {
      const bytes = changes.get(name) ?? sound.get(name);
      if (bytes === undefined) return null;
      return {
        size: bytes.length,
        read(offset, length) {
          if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
            throw new RangeError(`read ${length} bytes at ${offset} of ${bytes.length}`);
          folder.read += length;
          return bytes.subarray(offset, offset + length);
        },
      };
    },
  };
  return folder;
}

/** The codes that opening the folder gives; none where it gives a model. Anything that is no diagnostic is thrown. */
function answer(changes: ReadonlyMap<string, Uint8Array>): { codes: readonly string[]; read: number } {
  const folder = watchedFolder(changes);
  try {
    readCircuitMap(folder);
    unpackWeights(openCheckpoint(folder));
    return { codes: [], read: folder.read };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { codes: error.diagnostics.map(({ code }) => code), read: folder.read };
  }
}

test('the sound folder is a model', () => {
  expect(answer(new Map()).codes).toEqual([]);
});

describe('2000 damaged weights files', () => {
  const bytes = sound.get('model.safetensors') as Uint8Array;
  const seen = new Map<string, number>();

  test('each is a model or a diagnostic of checkpoints, and nothing is read twice or beyond the end', () => {
    for (let seed = 0; seed < 2000; seed++) {
      const file = damaged(bytes, seed);
      const { codes, read } = answer(new Map([['model.safetensors', file]]));
      for (const code of codes.length === 0 ? ['sound'] : codes) seen.set(code, (seen.get(code) ?? 0) + 1);
      const others = [...sound].reduce((sum, [name, { length }]) => sum + (name === 'model.safetensors' ? 0 : length), 0);
      expect(read).toBeLessThanOrEqual(file.length + others);
    }
    expect([...seen.keys()].every((code) => code === 'sound' || /^R7[0-2]/.test(code))).toBe(true);
  });

  test('every rule was needed', () => {
    for (const code of ['R7001', 'R7002', 'R7003', 'R7004', 'R7005', 'R7006', 'R7007', 'R7201'])
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(0);
  });
});

test('every single bit of the weights flipped is a model still, or a weight that is not finite', () => {
  const bytes = sound.get('model.safetensors') as Uint8Array;
  const random = randomNumbers(17);
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  for (let i = 0; i < 300; i++) {
    const changed = Uint8Array.from(bytes);
    const at = start + Math.floor(random() * (bytes.length - start));
    changed[at] = (changed[at] as number) ^ (1 << Math.floor(random() * 8));
    expect(['', 'R7009']).toContain(answer(new Map([['model.safetensors', changed]])).codes.join());
  }
});

test.each(['config.json', 'raspc.json'])('1500 damaged %s are a model or a diagnostic', (name) => {
  const bytes = sound.get(name) as Uint8Array;
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '0',
    '-1',
    '1e999',
    '1e-999',
    'null',
    'true',
    '\\u0000',
    '"a":',
    '[[[[',
    '99999999999999999999',
    '\ufeff',
    '/**/',
  ];
  let refused = 0;
  for (let seed = 0; seed < 1500; seed++) {
    const random = randomNumbers(seed);
    let text = new TextDecoder().decode(bytes);
    for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits--) {
      const at = Math.floor(random() * text.length);
      text = text.slice(0, at) + (pieces[Math.floor(random() * pieces.length)] as string) + text.slice(at + Math.floor(random() * 3));
    }
    const { codes } = answer(new Map([[name, new TextEncoder().encode(text)]]));
    if (codes.length > 0) refused++;
    for (const code of codes) expect(code).toMatch(/^R7/);
  }
  expect(refused).toBeGreaterThan(500);
});

test('sizes that no memory has are refused before anything is allocated', () => {
  const config = new TextDecoder().decode(sound.get('config.json'));
  for (const key of ['vocab_size', 'n_embd', 'n_layer', 'n_positions', 'n_inner']) {
    const huge = new TextEncoder().encode(config.replace(new RegExp(`("${key}": )\\d+`), '$12147483646'));
    const before = process.memoryUsage().rss;
    expect(answer(new Map([['config.json', huge]])).codes).toHaveLength(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  }
});
