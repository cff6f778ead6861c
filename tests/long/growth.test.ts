/**
 * Parameters of the example programs, as planned: between neighbouring sizes they grow by at most the square of what grows, and never fall by
 * more than a third where the context grows; where they do that is known, and why. A run plans some of the grid, `RASPC_TESTS=all` all of it.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { growthCell } from '../../bench/growth/growth-cell.ts';
import { GROWTH_EXCEPTIONS } from '../../scripts/documents/growth-exceptions.ts';
import { exceptionFor, GROWTH_FILE, type GrowthCell, jumpBetween, linesOf, sizeOver } from '../../scripts/documents/growth-tables.ts';
import { someOf, TAKES_ALL } from '../support/sampling.ts';

/** Pairs that a run plans, and the longest that one of a pair may take of a processor, as `npm run bench:growth` measured it. */
const PAIRS = 24;
const EXCEPTIONS = 3;
const PATIENCE_S = TAKES_ALL ? Number.POSITIVE_INFINITY : 3;

type Pair = readonly [from: GrowthCell, to: GrowthCell];

const pairs = linesOf(JSON.parse(readFileSync(GROWTH_FILE, 'utf8')) as GrowthCell[]).flatMap((line) =>
  line.flatMap((to, i): Pair[] => {
    const from = line[i - 1];
    return from === undefined || Math.max(from.seconds, to.seconds) > PATIENCE_S ? [] : [[from, to]];
  }),
);

function isException([from, to]: Pair): boolean {
  const over = from.vocabulary === to.vocabulary ? 'N' : 'V';
  const [low, high] = [sizeOver(over, from), sizeOver(over, to)];
  return GROWTH_EXCEPTIONS.some((e) => e.program === from.program && e.over === over && e.from === low && e.to === high);
}

function nameOf([from, to]: Pair): string {
  return from.vocabulary === to.vocabulary
    ? `${from.program}, N ${from.context} to ${to.context}`
    : `${from.program}, V ${from.vocabulary} to ${to.vocabulary}`;
}

function planned([from, to]: Pair) {
  const again = ({ program, context, vocabulary }: GrowthCell) => growthCell(program, context, vocabulary);
  return jumpBetween(again(from), again(to));
}

const smooth = pairs.filter((pair) => !isException(pair));
test.each(someOf(smooth, PAIRS, 0).map((pair) => [nameOf(pair), pair] as const))('%s: no jump', (_, pair) => {
  const jump = planned(pair);
  expect(jump === null ? null : { times: jump.times, least: jump.least, most: jump.most }).toBeNull();
});

test.each(someOf(pairs.filter(isException), EXCEPTIONS, 1).map((pair) => [nameOf(pair), pair] as const))('%s: known', (_, pair) => {
  const jump = planned(pair);
  expect(jump && exceptionFor(jump)?.why).toEqual(expect.any(String));
});
