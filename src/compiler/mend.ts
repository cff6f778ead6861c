/**
 * Mends a circuit whose certificate fails where it fails: the certificate names the registers and heads that most of an error comes from, the
 * nearest dense code among them is chosen with more care, and all others stay as they are.
 */

import { type Care, type DenseOwner, type DensePlace, placeKey } from '../passes/lower/care.ts';
import type { Failure } from '../predict/certificate.ts';
import { parametersOf } from './check-capacity.ts';
import type { Encoding, Placed } from './place.ts';
import { unlessRefused } from './unless-refused.ts';

/** Circuits tried for one way to encode: each one more costs as much as the first. */
const MOST_TRIES = 14;
/** Parameters of all the circuits that are tried after the first, together: what is large takes long, and is the less worth mending. */
const MOST_PARAMETERS = 8_000_000;
/** An error that changes by less has nothing to do with what was changed. */
const SAME = 0.02;
/** Places that are tried without care again, once the certificate holds. */
const MOST_RELAXED = 4;

export interface Attempt {
  readonly placed: Placed;
  readonly care: Care;
}

/** The circuit to be taken for one way to encode, and whether dense codes may be why its certificate does not hold. */
export interface Mended {
  readonly placed: Placed;
  readonly isDenseAtFault: boolean;
  /** Whether its first circuit says that no other is worth the time to try it. */
  readonly isOver?: true;
}

/**
 * The first circuit whose certificate holds, on which none of the places that were mended can be as it was; else the one with the best margin.
 * A refusal of the first circuit is thrown, one of a later ends the search.
 *
 * @param isOver whether the first circuit, which fails, says that no other is worth the time
 */
export function mended(
  encoding: Encoding,
  attempt: (encoding: Encoding) => Placed,
  isOver: (first: Attempt) => boolean = () => false,
): Mended {
  const { care } = encoding;
  let best = { placed: attempt({ ...encoding, care }), care };
  if (!best.placed.certificate.holds && isOver(best)) return { placed: best.placed, isDenseAtFault: false, isOver: true };
  let latest = best;
  // what is mended next: not what care has made worse, as long as there is another place
  let from = best;
  const idle = new Set<string>();
  const mostTries = Math.min(MOST_TRIES, 1 + Math.floor(MOST_PARAMETERS / sizeOf(best.placed)));
  for (let tries = 1; tries < mostTries && !latest.placed.certificate.holds; tries++) {
    let places = failingPlaces(from, idle);
    if (places.length === 0) {
      // all that is left may need more care than it had
      from = latest;
      places = failingPlaces(from);
    }
    if (places.length === 0) return { placed: best.placed, isDenseAtFault: false };
    const care = from.care.raised(places);
    const placed = unlessRefused(() => attempt({ ...encoding, care }));
    if (placed === null) break;
    if (isHopeless(from, placed)) return { placed: best.placed, isDenseAtFault: false };
    const change = worstExcess(placed) / worstExcess(from.placed);
    if (change < 1 - SAME) idle.clear();
    else for (const place of places) idle.add(placeKey(place));
    if (!(change > 1 + SAME)) from = { placed, care };
    latest = { placed, care };
    if (placed.certificate.holds || placed.certificate.worstMargin > best.placed.certificate.worstMargin) best = latest;
  }
  if (latest.placed.certificate.holds) return { placed: relaxed(encoding, latest, attempt), isDenseAtFault: false };
  return { placed: best.placed, isDenseAtFault: failingPlaces(latest).length > 0 };
}

/**
 * The nearest place at which a dense code of the decision that fails worst can be made more careful: others may fail by what it leaves in
 * dimensions that they use after it.
 *
 * @param idle places at which more care has not helped
 */
function failingPlaces({ placed, care }: Attempt, idle: ReadonlySet<string> = new Set()): readonly DensePlace[] {
  const byMargin = [...placed.certificate.failures].sort((a, b) => excess(b) - excess(a));
  for (const { culprits, reads } of byMargin) {
    const places = culprits.flatMap((owner, i) => densePlace(care, owner, culprits[i + 1]) ?? []);
    const place = places.find((each) => !idle.has(placeKey(each)));
    if (place === undefined) continue;
    // Counts that are compared are written alike.
    const alike = place.kind === 'count' ? reads.map((owner) => care.placeOf(owner)) : [];
    return [place, ...alike.filter((each) => each !== null && each.kind === 'count' && each.node !== place.node)] as DensePlace[];
  }
  return [];
}

/** By how many times what is allowed a decision fails at which nothing is dense, which more care and other codes leave as it is; 0 where none does. */
export function plainExcess({ placed, care }: Attempt): number {
  return plainFailures({ placed, care }).reduce((most, failure) => Math.max(most, excess(failure)), 0);
}

function plainFailures({ placed, care }: Attempt): readonly Failure[] {
  return placed.certificate.failures.filter(({ culprits }) =>
    culprits.every((owner, i) => densePlace(care, owner, culprits[i + 1]) === null),
  );
}

/** Of what fails worst. */
function worstExcess({ certificate }: Placed): number {
  return certificate.failures.reduce((most, failure) => Math.max(most, excess(failure)), 0);
}

/**
 * Where more care would change what comes through a culprit: not a mean whose error is of the scores, nor a head whose error is of a register
 * that it matches one dimension a value.
 */
function densePlace(care: Care, owner: DenseOwner, source: DenseOwner | undefined): DensePlace | null {
  const place = care.placeOf(owner);
  if (place === null || source === undefined) return place;
  if (place.kind === 'mean') return 'semantics' in source ? null : place;
  if (place.kind !== 'match' || !('features' in source) || source.node === null) return place;
  return care.isDenseIn(place, source.node) ? place : null;
}

/** Whether a decision fails at which nothing is dense, by as much as before: more care elsewhere does not help it. */
function isHopeless({ placed, care }: Attempt, next: Placed): boolean {
  const before = plainFailures({ placed, care });
  return next.certificate.failures.some(({ decision }) =>
    before.some(({ decision: { name, error } }) => name === decision.name && Math.abs(error - decision.error) <= SAME * error),
  );
}

/** What is not a number has become so from something without limit. */
function excess({ decision: { error, allowed } }: Failure): number {
  return Number.isNaN(error) ? 0 : error / Math.max(allowed, Number.MIN_VALUE);
}

function relaxed(encoding: Encoding, mended: Attempt, attempt: (encoding: Encoding) => Placed): Placed {
  let best = mended;
  const places = mended.care.raisedPlaces;
  for (const place of places.length > 1 ? places.slice(0, MOST_RELAXED) : []) {
    const care = best.care.without(place);
    const placed = unlessRefused(() => attempt({ ...encoding, care }));
    if (placed?.certificate.holds && sizeOf(placed) < sizeOf(best.placed)) best = { placed, care };
  }
  return best.placed;
}

function sizeOf({ placement, ids, context }: Placed): number {
  return parametersOf(placement, { context }, ids);
}
