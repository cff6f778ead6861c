/** What a graft changes in what a model says: the larger model beside the one that was there, on a text or on random tokens. */
import type { SeedHostChange } from '../../checkpoint/map/seed/seed-map.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { type ChangeCost, costOfChange } from '../../match/compare-checkpoints.ts';
import { textWindows } from '../../match/make-windows.ts';
import { positionsOf } from '../../targets/model-config.ts';
import { freshWindows } from '../match/host-cost.ts';
import type { Session } from '../session/session.ts';
import { readWindows, type TextSource } from '../texts/read-windows.ts';

export interface ChangeOptions {
  readonly text: TextSource | undefined;
  readonly bos: number | null;
  readonly seed: number;
  /** Windows of a text. */
  readonly windows: number;
}

/** Tokens of a window, positions of it that are compared, and how many tokens are too few to say anything. */
const [POSITIONS, TARGETS, LEAST] = [64, 32, 16];

export function graftChange(
  session: Session,
  before: OpenCheckpoint,
  after: OpenCheckpoint,
  { text, bos, seed, windows: count }: ChangeOptions,
): SeedHostChange {
  const { config } = before;
  const positions = Math.min(POSITIONS, positionsOf(config));
  const windows =
    text === undefined
      ? freshWindows(config.sizes.vocab, Math.floor(positions / 2), bos, seed).slice(0, count)
      : textWindows(readWindows(session, text, { config, bos, windows: count, positions, least: LEAST }), TARGETS);
  return changeOf(costOfChange(before, after, windows), text !== undefined);
}

function changeOf({ targets, before, after, largest, agreement }: ChangeCost, isText: boolean): SeedHostChange {
  const on = isText ? 'text' : 'random tokens';
  return { on, positions: targets, largest, lossBefore: before, lossAfter: after, agreement };
}

/** One line for people. */
export function changeText({ on, positions, largest, lossBefore, lossAfter, agreement }: SeedHostChange): string {
  const loss = on === 'text' ? `, loss ${lossBefore.toFixed(4)} → ${lossAfter.toFixed(4)} nats` : '';
  const same = agreement === 1 ? 'the likeliest token the same at all' : `the likeliest token the same at ${(100 * agreement).toFixed(1)}%`;
  return `a logit changes by at most ${largest.toExponential(1)} of their spread${loss}, ${same} of ${positions} positions of ${on}`;
}
