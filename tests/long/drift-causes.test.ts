/** `raspc drift` on circuits that were destroyed on purpose, in one way each: it names that way. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SeededFolder, seededFolder } from '../support/seeded-folder.ts';

let folder: SeededFolder;
beforeAll(async () => {
  folder = await seededFolder();
});
afterAll(() => folder.remove());

const WAYS: Readonly<Record<string, () => string>> = {
  scale: () => folder.changed('scale', 'transformer.wte.weight', (value, _, dim) => (folder.reserved.has(dim) ? value : 8 * value)),
  scores: () => folder.changed('scores', 'transformer.h.1.attn.c_attn.weight', (value, _, column) => (column < 32 ? -value : value)),
  values: () =>
    folder.changed('values', 'transformer.h.1.attn.c_attn.weight', (value, _, column) => (column >= 256 && column < 288 ? -value : value)),
  output: () => folder.changed('output', 'transformer.ln_f.weight', (value, dim) => (folder.reserved.has(dim) ? -value : value)),
  others: () =>
    folder.changed('others', 'transformer.h.0.mlp.c_proj.weight', (value, row, dim) =>
      folder.reserved.has(dim) ? 0.3 * Math.sin(row * 37 + dim * 11) : value,
    ),
};

test.each(Object.keys(WAYS))('a circuit that is destroyed by its %s is lost by that', async (way) => {
  const { points } = await folder.drift((WAYS[way] as () => string)(), '--positions', '24');
  const [first, last] = points;
  expect(first?.circuits[0]).toMatchObject({ verdict: 'works', causes: [] });
  expect(last?.circuits[0]?.verdict).toBe('lost');
  expect(last?.circuits[0]?.causes[0]?.part).toBe(way);
  expect(last?.circuits[0]?.causes[0]?.gains).toBeGreaterThan(0.9);
});

test('a sink that takes what matches, too, is the cause', async () => {
  const flag = (
    JSON.parse(readFileSync(folder.at('seeded/raspc.json'), 'utf8')) as { variables: { encoding: string; dims: number[] }[] }
  ).variables.find(({ encoding }) => encoding === 'flag')?.dims[0];
  const path = folder.changed('sink', 'transformer.wpe.weight', (value, _, dim) => (dim === flag ? 8 * value : value));
  const { points } = await folder.drift(path, '--positions', '24');
  expect(points[1]?.circuits[0]?.verdict).not.toBe('works');
  expect(points[1]?.circuits[0]?.causes.map(({ part }) => part)).toEqual(['sink']);
});
