/** Every law by which claims are shown to be the program's, in the order in which they are tried. */

import type { CheckedLaw } from './laws/law.ts';
import { constantPositions } from './laws/positions/constant-positions.ts';
import { eitherPosition } from './laws/positions/either-position.ts';
import { extremePositions } from './laws/positions/extreme-positions.ts';
import { guardedIntegers } from './laws/positions/guarded-integers.ts';
import { knownByLength } from './laws/positions/known-by-length.ts';
import { laterPositions } from './laws/positions/later-positions.ts';
import { movedConstants } from './laws/positions/moved-constants.ts';
import { onePosition } from './laws/positions/one-position.ts';
import { sameParts } from './laws/same-parts.ts';
import { sameTable } from './laws/same-table.ts';
import { chosenExtremes } from './laws/selections/chosen-extremes.ts';
import { everything } from './laws/selections/everything.ts';
import { joinedPresence } from './laws/selections/joined-presence.ts';
import { oneReading } from './laws/selections/one-reading.ts';
import { presence } from './laws/selections/presence.ts';
import { reductions } from './laws/selections/reductions.ts';
import { comparedMeans } from './laws/sums/compared-means.ts';
import { countedOnce } from './laws/sums/counted-once.ts';
import { dividedSums } from './laws/sums/divided-sums.ts';
import { shares } from './laws/sums/shares.ts';
import { shorterSums } from './laws/sums/shorter-sums.ts';
import { splitWidths } from './laws/sums/split-widths.ts';

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
  dividedSums,
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
