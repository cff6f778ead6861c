/** The page of a seeded folder: its circuits within the model, and what they do on the windows that are given. */
import { basename, resolve } from 'node:path';
import { checkSeedMap } from '../../checkpoint/map/seed/check-seed-map.ts';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { readTextTokenizer, type TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { TOKENIZER_FILE } from '../../checkpoint/tokenizer/tokenizer-files.ts';
import { openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import type { SeededPageData } from '../../page/data/page-data.ts';
import { seededFacts } from '../../page/data/seeded-facts.ts';
import { labelsOf, windowOf, windowText } from '../../page/data/seeded-input.ts';
import { observeSeeded } from '../../page/data/seeded-observation.ts';
import { packPrograms, seededProgram, unpackPrograms } from '../../page/data/seeded-program.ts';
import { loadModel } from '../../runtime/model.ts';
import { OPEN_TOKENS } from '../../verify/seeded/right-tokens.ts';
import { VERSION } from '../../version.ts';
import { openFolder } from '../files/model-folder.ts';
import { type PackedFiles, packFiles, UNPACKED } from '../files/pack-files.ts';
import { sourceWords } from '../report/source-words.ts';
import { tokenizerOption, tokenizerPlace } from '../session/read-tokenizer.ts';
import type { Session } from '../session/session.ts';
import { programsOf } from '../verify/programs-of.ts';
import { repeatedInput } from '../verify/seeded/verify-seeded.ts';
import { measuredFor } from './measured-page.ts';
import { pageText } from './page-text.ts';

export interface SeededPageOptions {
  readonly input?: readonly string[];
  readonly tokenizer?: string;
  readonly drift?: string;
  readonly match?: string;
  /** False where the model is to be left out. */
  readonly weights: boolean;
}

export interface SeededPage {
  readonly text: string;
  /** Why the model is not in it; null where it is. */
  readonly why: string | null;
}

const UNLISTED: NonNullable<PackedFiles['why']> =
  'The model is not in the page: its programs have parts that no list of nodes has. What is shown was recorded.';

/** Tokens of the window that is shown where none is given. */
const EXAMPLE = 17;

/** Diagnostics: those of reading the folder and its programs, of inputs (R8201 to R8206), and R7755. */
export function seededPage(session: Session, path: string, map: SeedMap, options: SeededPageOptions): SeededPage {
  const { directory } = session.io;
  const programs = programsOf(map, session);
  const folder = openFolder(path, directory);
  try {
    const checkpoint = openCheckpoint(folder);
    const { target, sizes } = checkpoint.config;
    checkSeedMap(map, checkpoint.config);
    const measured = measuredFor(options, directory, { ...sizes, circuits: map.circuits.map(({ name }) => name) });
    const tokenizer = findTokenizer(options.tokenizer, path, directory);
    const isOpen = programs.some(({ vocabulary }) => vocabulary === OPEN_TOKENS);
    const whole = programs.map((program) => seededProgram(map, program));
    const packed = packPrograms(whole);
    // what is recorded is, to the number of a node, what the page computes
    const evaluated = packed === null ? whole : unpackPrograms(packed);
    const reading = { map, programs: evaluated, model: loadModel(checkpoint), labelOf: labelsOf(map, tokenizer) };
    const texts = options.input ?? [
      windowText(repeatedInput({ ...map, context: Math.min(map.context - 1, EXAMPLE) }, checkpoint.config, isOpen, 1).ids, map, programs),
    ];
    const windows = texts.map((text) => ({ text, ids: windowOf(text, map, programs, checkpoint.config, tokenizer) }));
    const place = tokenizerPlace(options.tokenizer ?? path, directory);
    const beside = tokenizer === null ? [] : [{ ...place, as: TOKENIZER_FILE }];
    const { files, why } = options.weights ? packFiles(path, directory, checkpoint.store.files, beside) : UNPACKED;
    const without = packed === null ? UNLISTED : why;
    const name = basename(resolve(directory, path));
    const data: SeededPageData = {
      kind: 'seeded',
      raspc: VERSION,
      title: `${name}: ${map.circuits.map((circuit) => circuit.name).join(', ')} in ${target.name}`,
      ...measured,
      facts: seededFacts(name, map, checkpoint, map.programs.map(sourceWords)),
      live: files === null || packed === null ? null : { files, programs: packed },
      withoutFiles: without,
      recorded: windows.map(({ text, ids }) => observeSeeded(reading, text, ids)),
    };
    return { text: pageText(data, directory), why: without };
  } finally {
    folder.close();
  }
}

/** The one that was named, or the one beside the weights, where it is of a kind that cuts texts. */
function findTokenizer(given: string | undefined, path: string, directory: string): TextTokenizer | null {
  if (given !== undefined) return tokenizerOption(given, directory);
  const folder = openFolder(path, directory);
  try {
    return folder.open(TOKENIZER_FILE) === null ? null : readTextTokenizer(folder);
  } finally {
    folder.close();
  }
}
