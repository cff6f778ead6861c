/** Every rewrite of the graph, in the order in which they are tried: one file each, with its law. */
import type { Rewrite } from './rewrite.ts';
import { constantPositions } from './rewrites/positions/constant-positions.ts';
import { eitherPosition } from './rewrites/positions/either-position.ts';
import { extremePositions } from './rewrites/positions/extreme-positions.ts';
import { guardedIntegers } from './rewrites/positions/guarded-integers.ts';
import { knownByLength } from './rewrites/positions/known-by-length.ts';
import { laterPositions } from './rewrites/positions/later-positions.ts';
import { movedConstants } from './rewrites/positions/moved-constants.ts';
import { onePosition } from './rewrites/positions/one-position.ts';
import { chosenExtremes } from './rewrites/selections/chosen-extremes.ts';
import { everything } from './rewrites/selections/everything.ts';
import { joinedPresence } from './rewrites/selections/joined-presence.ts';
import { oneReading } from './rewrites/selections/one-reading.ts';
import { presence } from './rewrites/selections/presence.ts';
import { reductions } from './rewrites/selections/reductions.ts';
import { comparedMeans } from './rewrites/sums/compared-means.ts';
import { countedOnce } from './rewrites/sums/counted-once.ts';
import { dividedSums } from './rewrites/sums/divided-sums.ts';
import { shares } from './rewrites/sums/shares.ts';
import { shorterSums } from './rewrites/sums/shorter-sums.ts';
import { splitWidths } from './rewrites/sums/split-widths.ts';

export const REWRITES: readonly Rewrite[] = [
  oneReading,
  comparedMeans,
  dividedSums,
  shares,
  shorterSums,
  chosenExtremes,
  reductions,
  knownByLength,
  onePosition,
  guardedIntegers,
  eitherPosition,
  everything,
  countedOnce,
  movedConstants,
  extremePositions,
  constantPositions,
  laterPositions,
  presence,
  joinedPresence,
  splitWidths,
];
