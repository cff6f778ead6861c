/** Reads the JSON files of a model folder, small ones only, with diagnostics instead of exceptions. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import { FOREIGN_LENGTH, foreignText } from '../../source/foreign-text.ts';
import { JsonError, type JsonTree, parseStrictJson, strictUtf8 } from './strict-json.ts';

/** No JSON file of a model folder that is read whole comes near this many bytes, but an index of a hundred thousand tensors would fit. */
const LARGEST_JSON = 64 * 2 ** 20;

/** The document in `file`, or undefined where the folder has no such file (R7101, R7404). */
export function readJsonFile(folder: ModelFolder, file: string): JsonTree | undefined {
  const source = folder.open(file);
  if (source === null) return undefined;
  if (source.size > LARGEST_JSON) return fail('R7404', { file, bytes: source.size, limit: LARGEST_JSON });
  const text = strictUtf8(source.read(0, source.size));
  if (text === null) return fail('R7101', { file, why: 'it is not UTF-8' });
  const foreign = foreignText(text.slice(0, FOREIGN_LENGTH));
  if (foreign !== null) return fail('R7011', { file, ...foreign });
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonError) return fail('R7101', { file, why: error.message });
    throw error;
  }
}

/** As {@link readJsonFile}, for a file that must be there (R7010). */
export function readRequiredJson(folder: ModelFolder, file: string): JsonTree {
  const tree = readJsonFile(folder, file);
  return tree === undefined ? fail('R7010', { file, folder: folder.path }) : tree;
}
