/** Every rewrite of the graph, in the order in which they are tried: one file each, with its law. */
import type { Rewrite } from './rewrite.ts';
import { chosenExtremes } from './rewrites/chosen-extremes.ts';
import { comparedMeans } from './rewrites/compared-means.ts';
import { constantPositions } from './rewrites/constant-positions.ts';
import { countedOnce } from './rewrites/counted-once.ts';
import { eitherPosition } from './rewrites/either-position.ts';
import { everything } from './rewrites/everything.ts';
import { extremePositions } from './rewrites/extreme-positions.ts';
import { guardedIntegers } from './rewrites/guarded-integers.ts';
import { joinedPresence } from './rewrites/joined-presence.ts';
import { knownByLength } from './rewrites/known-by-length.ts';
import { laterPositions } from './rewrites/later-positions.ts';
import { movedConstants } from './rewrites/moved-constants.ts';
import { onePosition } from './rewrites/one-position.ts';
import { oneReading } from './rewrites/one-reading.ts';
import { presence } from './rewrites/presence.ts';
import { reductions } from './rewrites/reductions.ts';
import { shares } from './rewrites/shares.ts';
import { shorterSums } from './rewrites/shorter-sums.ts';
import { splitWidths } from './rewrites/split-widths.ts';

export const REWRITES: readonly Rewrite[] = [
  oneReading,
  comparedMeans,
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
