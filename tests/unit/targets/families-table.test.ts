/** docs/reference/families.md is what the families' data and the configs of public models make of it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { acceptanceOf, familiesTable, type PublicConfigs } from '../../../scripts/families/families-table.ts';

const CONFIGS = JSON.parse(readFileSync('tests/fixtures/public-configs.json', 'utf8')) as PublicConfigs;

test('the page is up to date: `npm run families-table` writes it', () => {
  expect(readFileSync('docs/reference/families.md', 'utf8')).toBe(familiesTable(CONFIGS));
});

test.each([
  'mistral-7b-v0.1',
  'phi-3-mini-4k',
  'llama-3.2-1b',
  'starcoder2-3b',
  'phi-2',
  'opt-125m',
  'qwen3-0.6b',
  'tinystories-33m',
  'smollm3-3b',
  'olmo-2-1b',
  'gemma-2-2b',
])('%s is taken', (name) => {
  expect(acceptanceOf(CONFIGS[name] as PublicConfigs[string])).toMatchObject({ isRead: true });
});

test('a window shorter than the model is compared with the context', () => {
  expect(acceptanceOf(CONFIGS['mistral-7b-v0.1'] as PublicConfigs[string]).seedNeeds).toBe('with `--context 4096` or less');
});

test('what is refused says why', () => {
  expect(acceptanceOf(CONFIGS['qwen3-moe-30b'] as PublicConfigs[string]).why).toContain('norms queries and keys');
  for (const config of Object.values(CONFIGS)) {
    const { isRead, why } = acceptanceOf(config);
    expect(isRead || why.length > 10).toBe(true);
  }
});
