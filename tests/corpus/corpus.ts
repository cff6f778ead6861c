/** Every program of the corpus. */
import { ARRANGING } from './arranging.ts';
import type { CorpusProgram } from './corpus-program.ts';
import { COUNTING } from './counting.ts';
import { MATCHING } from './matching.ts';
import { MOVING } from './moving.ts';

export const CORPUS: readonly CorpusProgram[] = [...COUNTING, ...MOVING, ...MATCHING, ...ARRANGING];
