/** Reads the tokenizer that raspc writes beside a model, and checks it against the circuit map: both say which token has which id. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import { readJsonFile } from '../json/read-json.ts';
import { describeJson, isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import type { CircuitMap } from '../map/circuit-map.ts';
import { tokenTexts } from './token-texts.ts';
import { TOKENIZER_FILE } from './tokenizer-files.ts';

export interface Tokenizer {
  /** Ids by text. */
  readonly ids: ReadonlyMap<string, number>;
  /** Ids of tokens that no text spells. */
  readonly special: ReadonlySet<number>;
  /** What is put in front of every text; null for nothing. */
  readonly first: string | null;
}

function member(tree: JsonTree | undefined, ...path: readonly string[]): JsonTree | undefined {
  return path.reduce<JsonTree | undefined>((at, key) => (isJsonObject(at) ? at.get(key) : undefined), tree);
}

function idOf(tree: JsonTree | undefined, at: string): number {
  if (typeof tree === 'bigint' && tree >= 0n && tree < 2n ** 31n) return Number(tree);
  return fail('R7104', { file: TOKENIZER_FILE, key: at, found: describeJson(tree), expected: 'an id' });
}

/** The tokenizer of a folder, or null where there is none or one that is not cut by whole tokens (R7101, R7104). */
export function readTokenizer(folder: ModelFolder): Tokenizer | null {
  const tree = readJsonFile(folder, TOKENIZER_FILE);
  const vocabulary = member(tree, 'model', 'vocab');
  if (member(tree, 'model', 'type') !== 'WordLevel' || !isJsonObject(vocabulary)) return null;
  const added = member(tree, 'added_tokens');
  const template = member(tree, 'post_processor', 'single');
  const first = member(isJsonList(template) ? template[0] : undefined, 'SpecialToken', 'id');
  return {
    ids: new Map([...vocabulary].map(([text, id]) => [text, idOf(id, 'model.vocab')])),
    special: new Set(
      (isJsonList(added) ? added : [])
        .filter((token) => member(token, 'special') === true)
        .map((token) => idOf(member(token, 'id'), 'added_tokens')),
    ),
    first: typeof first === 'string' ? first : null,
  };
}

/** Whether text becomes the ids that the map says (R7405). */
export function checkTokenizer(map: Pick<CircuitMap, 'bos' | 'vocabulary'>, tokenizer: Tokenizer): void {
  const wrong = (at: string, found: string, expected: string): never => fail('R7405', { file: TOKENIZER_FILE, at, found, expected });
  const { texts } = tokenTexts({ ...map, outputs: [] }, Math.max(map.bos.id, ...map.vocabulary.map(({ id }) => id)) + 1, null);
  for (const { id } of [map.bos, ...map.vocabulary]) {
    const text = texts[id] as string;
    const found = tokenizer.ids.get(text);
    const shown = `\`${JSON.stringify(text).slice(1, -1)}\``;
    if (found !== id) wrong('model.vocab', found === undefined ? `has no ${shown}` : `gives ${shown} the id ${found}`, `gives it ${id}`);
  }
  if (tokenizer.first !== map.bos.token) {
    wrong(
      'post_processor',
      tokenizer.first === null ? 'puts nothing in front of an input' : `puts \`${tokenizer.first}\` in front of an input`,
      `begins each with \`${map.bos.token}\``,
    );
  }
}
