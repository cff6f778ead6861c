/** Every law by which claims are shown to be the program's, in the order in which they are tried. */
import { chosenExtremes } from './laws/chosen-extremes.ts';
import { comparedMeans } from './laws/compared-means.ts';
import { constantPositions } from './laws/constant-positions.ts';
import { countedOnce } from './laws/counted-once.ts';
import { eitherPosition } from './laws/either-position.ts';
import { everything } from './laws/everything.ts';
import { extremePositions } from './laws/extreme-positions.ts';
import { guardedIntegers } from './laws/guarded-integers.ts';
import { joinedPresence } from './laws/joined-presence.ts';
import { knownByLength } from './laws/known-by-length.ts';
import { laterPositions } from './laws/later-positions.ts';
import type { CheckedLaw } from './laws/law.ts';
import { movedConstants } from './laws/moved-constants.ts';
import { onePosition } from './laws/one-position.ts';
import { oneReading } from './laws/one-reading.ts';
import { presence } from './laws/presence.ts';
import { reductions } from './laws/reductions.ts';
import { sameParts } from './laws/same-parts.ts';
import { sameTable } from './laws/same-table.ts';
import { shares } from './laws/shares.ts';
import { shorterSums } from './laws/shorter-sums.ts';
import { splitWidths } from './laws/split-widths.ts';

export const CHECKED_LAWS: readonly CheckedLaw[] = [
  sameParts,
  oneReading,
  constantPositions,
  knownByLength,
  movedConstants,
  guardedIntegers,
  presence,
  joinedPresence,
  extremePositions,
  chosenExtremes,
  reductions,
  comparedMeans,
  shares,
  shorterSums,
  countedOnce,
  eitherPosition,
  onePosition,
  everything,
  splitWidths,
  laterPositions,
  sameTable,
];
