/**
 * What the heads of a seed do on every input, from their stored weights: which positions each attends to, how much of its attention these get while the
 * stream's scale stays near what it was, and that it moves the token. Heads that move a token some positions on, and heads that match tokens, or what such
 * heads moved, with each other are followed; of others it is said that nothing is shown.
 */
import type { SeedHeadRecord, SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { Unproven } from '../claim/unproven.ts';
import { Match } from './match-head.ts';
import { type Scales, type SeedHeadMeaning, SeedKnown } from './seed-known.ts';
import { SeedParts } from './seed-parts.ts';
import { Shift } from './shift-head.ts';

export interface SeedHeadBound {
  readonly name: string;
  readonly meaning: SeedHeadMeaning | null;
  /** The stream may be so many times as loud as it was measured, or as quiet, at each place and position by itself; null: nothing is shown. */
  readonly scale: number | null;
  /** The right positions have at least so much of the attention then, on every input. */
  readonly attention: number;
  /** By how much the code of the right token leads every other token's in what is moved, of 1; null where no token is moved, or more than tokens. */
  readonly margin: number | null;
  readonly why: string | null;
}

/** What right positions have to keep. */
const LEAST_ATTENTION = 0.75;
/** Factors that are tried, the largest first. */
const SCALES = [4, 3, 2.5, 2, 1.75, 1.5, 1.35, 1.25, 1.2, 1.15, 1.12, 1.1, 1.08, 1.06, 1.05, 1.04, 1.03, 1.02, 1.01, 1.005, 1.002, 1];

/** One for each head of the map, those of one key-value group together. */
export function checkSeedHeads(map: SeedMap, checkpoint: OpenCheckpoint): SeedHeadBound[] {
  const names = [...new Set(map.heads.toSorted((a, b) => a.layer - b.layer).map(({ name }) => name))];
  const none = (name: string, why: string): SeedHeadBound => ({ name, meaning: null, scale: null, attention: 0, margin: null, why });
  if (names.length === 0) return [];
  let known: SeedKnown;
  try {
    if (map.scales == null) throw new Unproven("the map says nothing of the stream's scale");
    known = new SeedKnown(map, new SeedParts(map, checkpoint), map.scales.attention as Scales);
  } catch (error) {
    if (!(error instanceof Unproven)) throw error;
    return names.map((name) => none(name, error.message));
  }
  return names.map((name): SeedHeadBound => {
    try {
      return boundOf(
        known,
        name,
        map.heads.filter((head) => head.name === name),
      );
    } catch (error) {
      if (!(error instanceof Unproven)) throw error;
      return none(name, error.message);
    }
  });
}

function boundOf(known: SeedKnown, name: string, records: readonly SeedHeadRecord[]): SeedHeadBound {
  const isPositional = known.isPositional(records[0] as SeedHeadRecord);
  const head = isPositional ? new Shift(known, name, records) : new Match(known, name, records);
  known.learn(name, head);
  for (const scale of SCALES) {
    const attention = head.attention(scale);
    // what is no number shows nothing
    if (!(attention >= LEAST_ATTENTION)) continue;
    return { name, meaning: head.meaning, scale, attention, margin: head.margin(attention), why: null };
  }
  const attention = head.attention(1);
  const why = `its right positions keep ${(100 * attention).toFixed(0)}% of the attention at the least where nothing moves the scale`;
  return { name, meaning: head.meaning, scale: null, attention, margin: null, why };
}
