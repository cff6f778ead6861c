/** `raspc match` on models in which it is known what heads compute: a sample of what `npm run bench:match` tries with every commit. */
import { expect, test } from 'vitest';
import { casesOf, type Kind, type Outcome, tryCase } from '../../bench/match/cases.ts';
import { someOf } from '../support/sampling.ts';

test('planted circuits are found, and models without have none', { timeout: 3_600_000 }, async () => {
  const all = casesOf(12, ['compiled', 'disguised', 'seeded', 'noisy', 'unseeded']);
  const outcomes: Outcome[] = [];
  for (const each of someOf(all, 13, 0)) outcomes.push(await tryCase(each, null));
  const sum = (kinds: readonly Kind[], key: 'planted' | 'found' | 'said' | 'others' | 'wrong' | 'resembling') =>
    outcomes.filter(({ kind }) => kinds.includes(kind)).reduce((n, each) => n + each[key], 0);
  // of heads that compute what they were made for
  const planted = ['seeded', 'compiled', 'disguised'] as const;
  expect(sum(planted, 'found')).toBeGreaterThanOrEqual(0.98 * sum(planted, 'planted'));
  expect(sum(['seeded', 'unseeded'], 'wrong')).toBeLessThanOrEqual(0.01 * sum(['seeded', 'unseeded'], 'others'));
  expect(sum(['unseeded'], 'resembling')).toBeLessThanOrEqual(0.01 * sum(['unseeded'], 'others'));
});
