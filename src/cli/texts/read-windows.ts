/** Windows of a text for `--text`: token ids, a window a line, or a text, which the model's own tokenizer cuts. */
import { readTextTokenizer, type TextTokenizer } from '../../checkpoint/texts/text-tokenizer.ts';
import { TOKENIZER_FILE } from '../../checkpoint/tokenizer/tokenizer-files.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { openFolder } from '../files/model-folder.ts';
import { readText } from '../files/read-source.ts';
import { openTextTokenizer } from '../session/read-tokenizer.ts';
import { assertTokenizer } from '../session/seed-classes.ts';
import type { Session } from '../session/session.ts';

export const CUTTER_OPTION = [
  '--tokenizer <path>',
  'what cuts a text: tokenizer.json, or its folder; by default the one beside the weights',
] as const;

/** What the user gave, and where else a tokenizer may be. */
export interface TextSource {
  readonly path: string;
  /** `--tokenizer`. */
  readonly tokenizer: string | undefined;
  /** Model folders; the first that has a tokenizer.json is asked, where no tokenizer was given. */
  readonly folders: readonly string[];
}

export interface WindowsRequest {
  readonly config: ModelConfig;
  /** What stands first in each window of a text; a list of ids has it already, or not. */
  readonly bos: number | null;
  readonly windows: number;
  readonly positions: number;
  /** With fewer tokens than this in all, nothing is said of a text. */
  readonly least: number;
}

/** Of a file so many characters are looked at to tell a list of ids from a text. */
const HEAD = 2 ** 16;

/** The first windows of a file; what has fewer than two tokens is left out. Diagnostics: R7731, R7741, R7753, and those of a tokenizer. */
export function readWindows(session: Session, source: TextSource, request: WindowsRequest): Int32Array[] {
  const { path } = source;
  const { directory } = session.io;
  const text = readText(path, directory);
  if (text.trim() === '') return fail('R7753', { file: path, why: 'it is empty, and so says nothing of it' });
  const tokenizer = isText(text, source.tokenizer !== undefined) ? findTokenizer(source, directory) : null;
  const read = tokenizer === null ? readIds(text, path, request) : cutText(text, tokenizer, request);
  const windows = read.filter(({ length }) => length >= 2);
  const tokens = windows.reduce((sum, { length }) => sum + length, 0);
  const { least } = request;
  if (tokens < least) fail('R7753', { file: path, why: `${tokens} tokens are too few to say anything of it; ${least} is the least` });
  if (tokenizer !== null) session.remark(`${path}: read as text, ${tokens} tokens in windows of up to ${request.positions}`);
  return windows;
}

/** One wrong word makes no text of a list of ids; with a tokenizer it was said to be a text, if it is no list of ids. */
function isText(text: string, isSaid: boolean): boolean {
  const words = text
    .slice(0, HEAD)
    .split(/[\s,[\]]+/)
    .filter((word) => word !== '');
  const others = words.filter((word) => !/^\d+$/.test(word)).length;
  return isSaid ? others > 0 : 2 * others > words.length;
}

function findTokenizer({ tokenizer, folders }: TextSource, directory: string): TextTokenizer | null {
  if (tokenizer !== undefined) return openTextTokenizer(tokenizer, directory);
  for (const path of folders) {
    const folder = openFolder(path, directory);
    try {
      if (folder.open(TOKENIZER_FILE) !== null) return readTextTokenizer(folder);
    } finally {
      folder.close();
    }
  }
  return null;
}

function readIds(text: string, path: string, { config, windows, positions }: WindowsRequest): Int32Array[] {
  const { vocab } = config.sizes;
  const lines = text
    .split('\n')
    .map((line, number) => ({ line, number }))
    .filter(({ line }) => line.trim() !== '');
  return lines.slice(0, windows).map(({ line, number }) => {
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
}

function cutText(text: string, tokenizer: TextTokenizer, { config, bos, windows, positions }: WindowsRequest): Int32Array[] {
  assertTokenizer(tokenizer, config);
  const start = bos === null ? [] : [bos];
  const room = positions - start.length;
  const ids = firstTokens(text, tokenizer, windows * room);
  return Array.from({ length: Math.ceil(ids.length / room) }, (_, w) => {
    return Int32Array.from([...start, ...ids.slice(w * room, (w + 1) * room)]);
  });
}

/** Where a text is cut off, its last tokens may be others than in the whole: so many are not believed. */
const DOUBTFUL = 64;
/** Characters of a token, mostly. */
const LENGTH = 8;

/** No more of a long text is encoded than is needed. */
function firstTokens(text: string, { encode }: TextTokenizer, needed: number): number[] {
  for (let length = LENGTH * (needed + DOUBTFUL); ; length *= 2) {
    const ids = encode(text.slice(0, length));
    if (length >= text.length || ids.length >= needed + DOUBTFUL) return ids.slice(0, needed);
  }
}
