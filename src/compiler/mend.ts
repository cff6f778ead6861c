/**
 * Mends a circuit whose certificate fails where it fails: the certificate names the registers and heads that most of an error comes from, the
 * nearest dense code among them is chosen with more care, and all others stay as they are.
 */
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Care, DensePlace } from '../passes/lower/care.ts';
import { parametersOf } from './check-capacity.ts';
import type { Encoding, Placed } from './place.ts';

/** Circuits tried for one way to encode: each one more costs as much as the first. */
const MOST_TRIES = 14;
/** Places that are tried without care again, once the certificate holds. */
const MOST_RELAXED = 4;

export interface Attempt {
  readonly placed: Placed;
  readonly care: Care;
}

/**
 * The first circuit whose certificate holds, on which none of the places that were mended can be as it was; else the one with the best margin.
 * A refusal of the first circuit is thrown, one of a later ends the search.
 */
export function mended(encoding: Encoding, attempt: (encoding: Encoding) => Placed): Placed {
  let { care } = encoding;
  let best = { placed: attempt({ ...encoding, care }), care };
  let latest = best;
  for (let tries = 1; tries < MOST_TRIES && !latest.placed.certificate.holds; tries++) {
    const places = failingPlaces(latest);
    if (places.length === 0) return best.placed;
    care = care.raised(places);
    const placed = unlessRefused(() => attempt({ ...encoding, care }));
    if (placed === null) return best.placed;
    latest = { placed, care };
    if (placed.certificate.holds || placed.certificate.worstMargin > best.placed.certificate.worstMargin) best = latest;
  }
  return latest.placed.certificate.holds ? relaxed(encoding, latest, attempt) : best.placed;
}

/** Of each decision that fails the nearest place that a dense code can be made more careful at. */
function failingPlaces({ placed, care }: Attempt): DensePlace[] {
  const found = new Map<string, DensePlace>();
  for (const { culprits, reads } of placed.certificate.failures) {
    const place = culprits.map((owner) => care.placeOf(owner)).find((each) => each !== null);
    if (!place) continue;
    // Counts that are compared are written alike.
    const alike = place.kind === 'count' ? reads.map((owner) => care.placeOf(owner)).filter((each) => each?.kind === 'count') : [];
    for (const each of [place, ...alike]) if (each) found.set(`${each.kind} ${each.node.id}`, each);
  }
  return [...found.values()];
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

function unlessRefused(attempt: () => Placed): Placed | null {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
}
