/**
 * Which part of a suite a run takes, where all of it is too much: another one with every commit, so that in time everything has its turn, and
 * the same one whenever a commit is tested again. `RASPC_TESTS=all` takes everything, `RASPC_SAMPLE=NUMBER` the part of that number.
 */
import { execFileSync } from 'node:child_process';
import process from 'node:process';

/** Whether nothing is left out. */
export const TAKES_ALL = process.env.RASPC_TESTS === 'all';

/** What the choice follows from. */
export const SAMPLE = sampleNumber();

function sampleNumber(): number {
  const given = Number(process.env.RASPC_SAMPLE);
  if (Number.isInteger(given) && given > 0) return given;
  try {
    return Number.parseInt(
      execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).slice(0, 7),
      16,
    );
  } catch {
    // no repository: the tests of a tarball
    return 1;
  }
}

/** Every `of`-th item, beginning with another one for each `turn` and each commit; everything where all was asked for. */
export function inTurn<Item>(items: readonly Item[], of: number, turn: number): Item[] {
  return TAKES_ALL ? [...items] : items.filter((_, index) => (index + turn + SAMPLE) % of === 0);
}

/** About `count` of the items, spread evenly. */
export function someOf<Item>(items: readonly Item[], count: number, turn: number): Item[] {
  return inTurn(items, Math.max(1, Math.round(items.length / count)), turn);
}
