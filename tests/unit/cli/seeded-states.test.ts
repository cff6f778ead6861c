/** Why a seeded circuit fails is said by what its heads do, and not by what might have been. */
import { expect, test } from 'vitest';
import type { SeedMap } from '../../../src/checkpoint/map/seed/seed-map.ts';
import { measuredStandings } from '../../../src/cli/verify/seeded/seeded-states.ts';
import type { SeededMeasurement } from '../../../src/verify/seeded/measure-seeded.ts';

const map = {
  circuits: [{ name: 'induction', heads: ['previous'], promise: null }],
  heads: [{ name: 'previous', layer: 0, head: 0, streamAtMost: 0.05 }],
} as unknown as SeedMap;

const why = (loudness: number, attention: number | null): string | undefined => {
  const measured = {
    circuits: [{ name: 'induction', kind: 'token', accuracy: 0 }],
    heads: [{ name: 'previous', layer: 0, head: 0, attention }],
    rms: [loudness],
  } as unknown as SeededMeasurement;
  return measuredStandings(map, measured)[0]?.why;
};

test('a head that attends to what it should is not too quiet for the stream, however loud that is', () => {
  expect(why(0.12, 0.99)).toContain('its heads attend to what they should, so what they move, or what reads it, has changed');
  expect(why(0.12, 0.7)).toContain('has the scale 0.120, and it works up to 0.0500');
  expect(why(0.12, null)).toContain('has the scale 0.120, and it works up to 0.0500');
  expect(why(0.04, 0.3)).toContain('the scores of `previous` (0.0), which attends 0.30 to what it should');
});
