/** Codes of tokens that a seeded folder keeps in a file beside its map: a row a token. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import { decode } from '../../tensor/dtype.ts';
import { openTensorFile } from '../safetensors/tensor-store.ts';
import { MAP_FILE } from './circuit-map.ts';
import { CODES_FILE, type SeedTokenCode } from './seed/seed-map.ts';

/** Of each graft onto a model there may be one. */
const CODES_NAME = /^codes(-\d+)?\.safetensors$/;

/** The code with the rows of its file, where it names one. Diagnostics: R7401, and those of a file of tensors. */
export function withRows(code: SeedTokenCode, folder: ModelFolder, at = 'code'): SeedTokenCode {
  const { file } = code;
  if (file == null) return code;
  const refuse = (found: string, expected: string): never => fail('R7401', { file: MAP_FILE, at: `${at}.file`, found, expected });
  if (!CODES_NAME.test(file)) return refuse(JSON.stringify(file), JSON.stringify(CODES_FILE));
  const source = folder.open(file);
  if (source === null) return refuse('a file that is not there', `\`${file}\` beside it`);
  const store = openTensorFile(source, file);
  const info = store.tensors.get('codes');
  if (info === undefined || info.dtype !== 'F32' || info.shape.length !== 2)
    return refuse(`a file without \`codes\``, 'a matrix `codes` of float32, a row a token');
  const values = decode('f32', store.read(info));
  const length = info.shape[1] as number;
  return { ...code, rows: (token) => values.subarray(token * length, (token + 1) * length) };
}
