/** The page of a seeded folder: its circuits within the model, and what they do on the windows that are given. */
import { basename, resolve } from 'node:path';
import { MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import type { SeedMap } from '../../checkpoint/map/seed-map.ts';
import { readTextTokenizer, type TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { TOKENIZER_FILE } from '../../checkpoint/tokenizer/tokenizer-files.ts';
import { openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { SeededPageData } from '../../page/data/page-data.ts';
import { seededFacts } from '../../page/data/seeded-facts.ts';
import { observeSeeded } from '../../page/data/seeded-observation.ts';
import { loadModel } from '../../runtime/model.ts';
import { OPEN_TOKENS } from '../../verify/seeded/measure-seeded.ts';
import { VERSION } from '../../version.ts';
import { openFolder } from '../files/model-folder.ts';
import { sourceWords } from '../report/source-words.ts';
import { tokenizerOption } from '../session/read-tokenizer.ts';
import type { Session } from '../session/session.ts';
import { programsOf } from '../verify/programs-of.ts';
import { repeatedInput } from '../verify/verify-seeded.ts';
import { measuredFor } from './measured-page.ts';
import { pageText } from './page-text.ts';
import { labelsOf, windowOf } from './seeded-input.ts';

export interface SeededPageOptions {
  readonly input?: readonly string[];
  readonly tokenizer?: string;
  readonly drift?: string;
  readonly match?: string;
}

/** Tokens of the window that is shown where none is given. */
const EXAMPLE = 17;

/** Diagnostics: those of reading the folder and its programs, of inputs (R8201 to R8206), and R7755. */
export function seededPage(session: Session, path: string, map: SeedMap, options: SeededPageOptions): string {
  const { directory } = session.io;
  const programs = programsOf(map, session);
  const folder = openFolder(path, directory);
  try {
    const checkpoint = openCheckpoint(folder);
    const { target, sizes } = checkpoint.config;
    if (target.name !== map.target)
      fail('R7403', { file: MAP_FILE, why: `it is of the target \`${map.target}\`, and config.json of \`${target.name}\`` });
    const beyond = map.heads.find(({ layer, head }) => layer >= sizes.layers || head >= sizes.heads);
    if (beyond !== undefined) fail('R7403', { file: MAP_FILE, why: `the model has no head ${beyond.layer}.${beyond.head}` });
    const dim = map.circuits.flatMap(({ dims }) => dims).find((each) => each >= sizes.width);
    if (dim !== undefined) fail('R7403', { file: MAP_FILE, why: `the model has no dimension ${dim}` });
    const measured = measuredFor(options, directory, { ...sizes, circuits: map.circuits.map(({ name }) => name) });
    const tokenizer = findTokenizer(options.tokenizer, path, directory);
    const isOpen = programs.some(({ vocabulary }) => vocabulary === OPEN_TOKENS);
    const reading = { map, programs, model: loadModel(checkpoint), labelOf: labelsOf(map, tokenizer) };
    const windows = options.input?.map((text) => ({ text, ids: windowOf(text, map, programs, checkpoint.config, tokenizer) })) ?? [
      {
        text: 'random tokens, the second half as the first',
        ids: repeatedInput({ ...map, context: Math.min(map.context, EXAMPLE) }, checkpoint.config, isOpen, 1).ids,
      },
    ];
    const name = basename(resolve(directory, path));
    const data: SeededPageData = {
      kind: 'seeded',
      raspc: VERSION,
      title: `${name}: ${map.circuits.map((circuit) => circuit.name).join(', ')} in ${target.name}`,
      ...measured,
      facts: seededFacts(name, map, checkpoint, map.programs.map(sourceWords)),
      recorded: windows.map(({ text, ids }) => observeSeeded(reading, text, ids)),
    };
    return pageText(data, directory);
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
