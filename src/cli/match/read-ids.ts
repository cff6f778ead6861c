/** Token ids of a text, a window a line, as `drift --text` takes them. */
import { fail } from '../../diagnostics/catalog.ts';
import { readText } from '../files/read-source.ts';

/** With fewer tokens than this in all, nothing is said of a text. */
const LEAST = 64;

export interface IdsRequest {
  readonly windows: number;
  readonly positions: number;
  readonly vocab: number;
}

/** Diagnostics: R7741, R7753. */
export function readIds(path: string, directory: string, { windows, positions, vocab }: IdsRequest): Int32Array[] {
  const lines = readText(path, directory)
    .split('\n')
    .map((line, number) => ({ line, number }))
    .filter(({ line }) => line.trim() !== '');
  const read = lines.slice(0, windows).map(({ line, number }) => {
    const words = line
      .replace(/^\s*\[|\]\s*$/g, '')
      .split(/[\s,]+/)
      .filter((word) => word !== '');
    return Int32Array.from(words.slice(0, positions), (word) => {
      if (!/^\d+$/.test(word)) fail('R7741', { file: path, why: `line ${number + 1} has \`${word.slice(0, 20)}\`` });
      const id = Number(word);
      return id < vocab ? id : fail('R7753', { file: path, why: `line ${number + 1} has the id ${id}, and the model ${vocab} tokens` });
    });
  });
  const long = read.filter(({ length }) => length >= 2);
  const tokens = long.reduce((sum, { length }) => sum + length, 0);
  if (tokens < LEAST) fail('R7753', { file: path, why: `${tokens} tokens are too few to tell a head from chance; ${LEAST} is the least` });
  return long;
}
