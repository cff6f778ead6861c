/** Tokenizers of real models, as raspc reads them and as the official reader does: what tokens say, and which tokens texts are. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
      const isAsGood = scorer(file);
      const differing = cases.filter(({ text, ids }) => own.encode(text).join() !== ids.join() && !isAsGood(own.encode(text), ids));
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

/** Training scores pieces anew each time: of two cuts whose sums differ by rounding alone, either reader may take either. */
function scorer(file: string): (own: ArrayLike<number>, ids: ArrayLike<number>) => boolean {
  const { model } = JSON.parse(readFileSync(file, 'utf8')) as {
    model: { type: string; unk_id?: number; vocab: readonly (readonly [string, number])[] };
  };
  if (model.type !== 'Unigram') return () => false;
  const unknown = Math.min(...model.vocab.map(([, score]) => score)) - 10;
  const total = (ids: ArrayLike<number>) =>
    Array.from(ids).reduce((sum, id) => sum + (id === model.unk_id ? unknown : (model.vocab[id]?.[1] ?? 0)), 0);
  return (own, ids) => Math.abs(total(own) - total(ids)) < 1e-6 * Math.abs(total(ids));
}
