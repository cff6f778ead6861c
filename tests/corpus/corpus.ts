/** Every program of the corpus. */
import { ARRANGING } from './arranging.ts';
import { CHOOSING } from './choosing.ts';
import type { CorpusProgram } from './corpus-program.ts';
import { COUNTING } from './counting.ts';
import { EDITING } from './editing.ts';
import { MATCHING } from './matching.ts';
import { MOVING } from './moving.ts';
import { PHRASING } from './phrasing.ts';

export const CORPUS: readonly CorpusProgram[] = [...COUNTING, ...MOVING, ...CHOOSING, ...MATCHING, ...ARRANGING, ...EDITING, ...PHRASING];
