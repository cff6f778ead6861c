/** What is wrong with a circuit, found by putting right one thing at a time: what brings it back is what it was lost by. */
import { changedSubject, type Edit, type Subject } from './changed-checkpoint.ts';
import type { Part, ProgrammedEntries } from './programmed-parts.ts';
import type { Loudness } from './run-circuits.ts';

/**
 * The model with some parts of its circuits as they were seeded. `scale` puts the norms' gains back, and makes them larger by as much as the
 * stream is louder than it was at step 0, so that heads read what they read then.
 *
 * @param now the stream of a run beside that of the seeded model, `then`: what the gains have to make up for
 */
export function repaired(
  subject: Subject,
  entries: readonly ProgrammedEntries[],
  parts: ReadonlySet<Part>,
  now: Loudness,
  then: Loudness,
  flags: ReadonlySet<number>,
): Subject {
  const edits = new Map<string, Edit[]>();
  for (const { tensor, layer, roles, part, at, seeded } of entries) {
    if (!parts.has(part)) continue;
    const isGain = roles.some((role) => role === 'attentionNormGain' || role === 'mlpNormGain');
    const louder = (list: 'rms' | 'firstRms'): number =>
      part === 'scale' && isGain && layer !== null ? (now[list][layer] as number) / (then[list][layer] as number) : 1;
    const [factor, first] = [louder('rms'), louder('firstRms')];
    const edit: Edit = (values) => {
      at.forEach((place, i) => {
        values[place] = part === 'others' ? 0 : (seeded[i] as number) * (flags.has(place) ? first : factor);
      });
    };
    edits.set(tensor, [...(edits.get(tensor) ?? []), edit]);
  }
  return changedSubject(subject, edits);
}

/** The share of what is missing that one part has to bring back to be a cause by itself. */
export const ENOUGH = 0.5;

export interface Cause {
  readonly part: Part;
  /** What putting it right by itself brings the circuit to; where nothing does so alone: what it falls to when all but this is put right. */
  readonly gains: number;
}

/**
 * @param alone what the circuit comes to when one part is put right
 * @param allBut what it comes to when all parts but one are; what falls to no more than it is now may be any number as small
 * @param before what it is now; `most` when all is put right
 */
export function causesOf(
  before: number,
  most: number,
  alone: ReadonlyMap<Part, number>,
  allBut: () => ReadonlyMap<Part, number>,
): readonly Cause[] {
  const missing = most - before;
  if (missing <= 0) return [];
  const single = [...alone].map(([part, works]) => ({ part, gains: (works - before) / missing })).sort((a, b) => b.gains - a.gains);
  const enough = single.filter(({ gains }) => gains >= ENOUGH);
  if (enough.length > 0) return enough;
  const joint = [...allBut()]
    .map(([part, works]) => ({ part, gains: Math.min(1, (most - works) / missing) }))
    .sort((a, b) => b.gains - a.gains);
  return joint.filter(({ gains }) => gains >= 0.25);
}
