/** `raspc match` on models in which it is known what heads compute, a sample of them with every commit; RASPC_MATCH_MODELS=1000 tries so many. */
import process from 'node:process';
import { expect, test } from 'vitest';
import { casesOf, type Outcome, tableOf, tryCase } from '../support/match-calibration.ts';
import { someOf, TAKES_ALL } from '../support/sampling.ts';

const MODELS = Number(process.env.RASPC_MATCH_MODELS ?? 64);

test('planted circuits are found, and models without have none', { timeout: 3_600_000 }, async () => {
  const all = casesOf(MODELS);
  const cases = TAKES_ALL || process.env.RASPC_MATCH_MODELS !== undefined ? all : someOf(all, 13, 0);
  const outcomes: Outcome[] = [];
  for (const each of cases) outcomes.push(await tryCase(each));
  const sum = (kinds: readonly string[], key: 'planted' | 'found' | 'said' | 'others' | 'wrong' | 'resembling') =>
    outcomes.filter(({ kind }) => kinds.includes(kind)).reduce((n, each) => n + each[key], 0);
  if (process.env.RASPC_MATCH_MODELS !== undefined) process.stdout.write(`${tableOf(outcomes)}\n`);
  // of heads that compute what they were made for
  expect(sum(['seeded', 'compiled'], 'found')).toBeGreaterThanOrEqual(0.98 * sum(['seeded', 'compiled'], 'planted'));
  expect(sum(['seeded', 'nothing'], 'wrong')).toBeLessThanOrEqual(0.01 * sum(['seeded', 'nothing'], 'others'));
  expect(sum(['nothing'], 'resembling')).toBeLessThanOrEqual(0.01 * sum(['nothing'], 'others'));
});
