/** The embedding: what tokens, positions and token types put into the stream. */
import { fail } from '../diagnostics/catalog.ts';
import type { ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { copyView, transposed, viewOf } from '../tensor/strided.ts';

/** Tables are kept feature by feature, `[feature, row]`, as blocks are. */
export interface Embedding {
  readonly width: number;
  readonly vocab: number;
  readonly tokens: FloatArray;
  /** Null with rotary positions. */
  readonly positions: { readonly count: number; readonly skipped: number; readonly table: FloatArray } | null;
  /** The first token type, which every token has; null in families without types. */
  readonly firstType: FloatArray | null;
  /** Features that are zero for every token at every position. */
  readonly isZero: readonly boolean[];
}

/** `[row, width]` as `[width, row]`. */
function byFeature<Data extends FloatArray>(table: Data, width: number): Data {
  const rows = table.length / width;
  const turned = table.slice() as Data;
  copyView(viewOf(turned, [width, rows]), transposed(viewOf(table, [rows, width]), [1, 0]));
  return turned;
}

/** @param skipped rows in front of that of the first position */
export function buildEmbedding(
  tokens: FloatArray,
  positions: FloatArray | null,
  types: FloatArray | null,
  width: number,
  skipped = 0,
): Embedding {
  const tables = [tokens, positions, types].map((table) => (table === null ? null : byFeature(table, width)));
  const [tokenTable, positionTable] = tables;
  const isZeroIn = (table: FloatArray | null | undefined, feature: number): boolean => {
    if (!table) return true;
    const rows = table.length / width;
    return table.subarray(feature * rows, (feature + 1) * rows).every((value) => value === 0);
  };
  return {
    width,
    vocab: tokens.length / width,
    tokens: tokenTable as FloatArray,
    positions: positionTable ? { count: positionTable.length / width, skipped, table: positionTable } : null,
    firstType: types === null ? null : types.slice(0, width),
    isZero: Array.from({ length: width }, (_, feature) => tables.every((table) => isZeroIn(table, feature))),
  };
}

/** That the model knows these tokens and has positions for them behind `before` others. Diagnostics: R7502, R7503. */
export function assertPlaces(config: ModelConfig, embedding: Embedding, ids: Int32Array, before = 0): void {
  const { positions: table, vocab } = config.sizes;
  const reach = config.rotary?.scaling?.reach ?? Number.POSITIVE_INFINITY;
  const positions = embedding.positions === null ? reach : table - embedding.positions.skipped;
  const tokens = before + ids.length;
  if (tokens > positions) fail('R7502', { tokens, positions });
  for (const id of ids) if (id < 0 || id >= vocab) fail('R7503', { id, vocab });
}

/** Writes the embedding of a block's tokens, `[feature, token]`. Sums are stored one by one, since stock models round each. */
export function embed(embedding: Embedding, ids: Int32Array, positionOf: Int32Array, stream: FloatArray, tokens: number): void {
  const { width, vocab, positions, firstType } = embedding;
  for (let feature = 0; feature < width; feature++) {
    const start = feature * tokens;
    if (embedding.isZero[feature]) {
      stream.fill(0, start, start + tokens);
      continue;
    }
    const row = feature * vocab;
    for (let token = 0; token < tokens; token++) stream[start + token] = embedding.tokens[row + (ids[token] as number)] as number;
    if (firstType !== null) {
      const type = firstType[feature] as number;
      for (let at = start; at < start + tokens; at++) stream[at] = (stream[at] as number) + type;
    }
    if (positions !== null) {
      const { table, count, skipped } = positions;
      const positionRow = feature * count + skipped;
      for (let token = 0; token < tokens; token++) {
        stream[start + token] = (stream[start + token] as number) + (table[positionRow + (positionOf[token] as number)] as number);
      }
    }
  }
}
