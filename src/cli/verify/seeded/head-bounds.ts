/** What follows from a seeded folder's stored weights about its heads over any token, on every input: by the checker, which shares nothing with the seed. */

import { checkSeedHeads, type SeedHeadBound } from '../../../checker/seed/check-heads.ts';
import type { SeedMap } from '../../../checkpoint/map/seed/seed-map.ts';
import type { OpenCheckpoint } from '../../../checkpoint/unpack-checkpoint.ts';
import type { Session } from '../../session/session.ts';
import type { Json } from '../../terminal/json.ts';
import { textTable } from '../../terminal/text/text-table.ts';

/** No softmax gives everything, in percent. */
const MOST = 99.9;

/** Of every head that is not a compiled circuit's; none where the weights are no longer those of the map. */
export function headBounds(map: SeedMap, checkpoint: OpenCheckpoint, isOriginal: boolean): readonly SeedHeadBound[] {
  return isOriginal && map.scales != null ? checkSeedHeads(map, checkpoint) : [];
}

export function headBoundsJson(bounds: readonly SeedHeadBound[]): Json {
  return bounds.map(({ name, meaning, scale, attention, margin, why }) => ({
    name,
    computes: meaning === null ? null : meaningText(meaning),
    scale,
    attention: scale === null ? null : attention,
    margin,
    why,
  }));
}

export function printHeadBounds(session: Session, bounds: readonly SeedHeadBound[]): void {
  if (bounds.length === 0) return;
  session.print('');
  session.print("  on every input, while the stream's scale stays within the factor: what follows from the stored weights");
  const rows = bounds.map(({ name, meaning, scale, attention, margin, why }) => [
    name,
    meaning === null ? '' : meaningText(meaning),
    scale === null ? 'no bound' : `× ${scale}`,
    scale === null ? '' : `${atLeast(Math.min(100 * attention, MOST), 1)}%`,
    scale === null ? (why ?? '') : margin === null ? '' : atLeast(margin, 2),
  ]);
  for (const line of textTable([['head', 'computes', 'scale', 'attention', 'margin'], ...rows])) session.print(`  ${line}`);
}

function meaningText(meaning: NonNullable<SeedHeadBound['meaning']>): string {
  if (meaning.kind === 'shift') return `${meaning.by} back`;
  return meaning.pairs.map(({ query, key }) => `${query} = ${key}`).join(', ');
}

/** Rounded down, since it is the least. */
function atLeast(value: number, digits: number): string {
  return (Math.floor(value * 10 ** digits + 1e-9) / 10 ** digits).toFixed(digits);
}
