/**
 * Random well-typed programs, seeded into small random hosts: what is taken is right as promised, and what is not is refused for a reason that a
 * host can have. A run takes some of 300; `RASPC_TESTS=all npx vitest run --config vitest.long.config.ts tests/long/seed-random.test.ts` takes all.
 */
import { expect, test } from 'vitest';
import { seedRandom } from '../support/random-seeds.ts';
import { someOf, TAKES_ALL } from '../support/sampling.ts';

const ALL = Array.from({ length: 300 }, (_, number) => number);
const CIRCUIT_INPUTS = TAKES_ALL ? 2000 : 400;
/** Other inputs than those that were measured may be a little harder. */
const SLACK = 0.01;
/** What a host has no room for, what a program does not give every position, what one is too often wrong in; never that circuit and program differ. */
const REASONS = ['R7701', 'R7706', 'R7715'];

const numbers = someOf(ALL, 24, 0);
const counts = new Map<string, number>();

test.each(numbers)('program %i', (number) => {
  const { source, family, refused, message, promised, right } = seedRandom(number, CIRCUIT_INPUTS);
  const kind = refused ?? 'taken';
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (refused !== null) expect(REASONS, `${family}: ${message}\n${source}`).toContain(refused);
  else expect(right, `${family}\n${source}`).toBeGreaterThanOrEqual(promised - SLACK);
});

const tokenCounts = new Map<string, number>();
const tokenNumbers = someOf(ALL, 12, 1);

test.each(tokenNumbers)('program %i over tokens', (number) => {
  const { source, family, refused, message, promised, right } = seedRandom(number, CIRCUIT_INPUTS, 'tokens');
  const kind = refused ?? 'taken';
  tokenCounts.set(kind, (tokenCounts.get(kind) ?? 0) + 1);
  if (refused !== null) expect(REASONS, `${family}: ${message}\n${source}`).toContain(refused);
  else expect(right, `${family}\n${source}`).toBeGreaterThanOrEqual(promised - SLACK);
});

test('most are taken', () => {
  console.log([counts, tokenCounts].map((each) => [...each].map(([kind, count]) => `${kind} ${count}`).join(', ')).join('; of tokens '));
  expect(counts.get('taken') ?? 0).toBeGreaterThan(numbers.length / 2);
  expect(tokenCounts.get('taken') ?? 0).toBeGreaterThan(tokenNumbers.length / 2);
});
