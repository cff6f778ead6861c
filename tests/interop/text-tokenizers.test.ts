/** Tokenizers of real models, as raspc reads them and as the official reader does: what tokens say, and which tokens texts are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTokenizer, REAL_TOKENIZERS } from '../support/real-tokenizers.ts';
import { pythonJob } from './python.ts';

interface Official {
  readonly name: string;
  readonly file: string;
  readonly texts: readonly string[];
  readonly cases: readonly { readonly text: string; readonly ids: readonly number[] }[];
}

test('what tokens say, and which tokens texts are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-trained-'));
  try {
    const official = pythonJob('train_tokenizers.py', JSON.stringify({ folder, given: REAL_TOKENIZERS })) as Official[];
    expect(official.map(({ name }) => name)).toContain('GPT-2');
    for (const { name, file, texts, cases } of official) {
      const own = openTokenizer(file);
      expect(cases.length, name).toBeGreaterThan(100);
      const differing = cases.filter(({ text, ids }) => own.encode(text).join() !== ids.join());
      expect(
        differing.slice(0, 3).map((each) => ({ ...each, own: own.encode(each.text) })),
        name,
      ).toEqual([]);
      const misread = texts.flatMap((text, id) => (own.texts[id] === text ? [] : [{ id, text, own: own.texts[id] }]));
      expect(misread.slice(0, 5), name).toEqual([]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
