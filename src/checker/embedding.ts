/** What the embeddings put into the stream: a vector by token and one by position, and what is the same at all of them. */

import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import { castToken } from '../graph/evaluate/evaluate.ts';
import { reachable, type SOp, type Tokens } from '../graph/graph.ts';
import { valueKey } from '../graph/value.ts';
import { numberAt, numberOf } from '../tensor/number-at.ts';
import type { ModelParts } from './bounds/model-parts.ts';
import { isOnGrid, LARGEST_EXACT, SAFETY, UNIT } from './bounds/rounding.ts';
import type { Producer, Stream } from './bounds/stream.ts';
import { lengthOf } from './bounds/turned.ts';
import { Unproven } from './claim/unproven.ts';
import type { NodeValues } from './meaning/node-values.ts';

/** @param outputs claimed nodes, which say how the program reads its tokens */
export function embeddedStream(parts: ModelParts, map: CircuitMap, values: NodeValues, outputs: readonly SOp[]): Stream {
  const { width } = parts.config.sizes;
  const { tokenEmbedding, positionEmbedding, typeEmbedding: types } = parts.whole;
  const { graph, context } = values.assumptions;
  const constant = new Float64Array(width);
  const producers: Producer[] = [];
  const tokens = tokensNode(outputs, values);
  const factor = embeddingScale(parts);
  const rowOf = (id: number) => {
    const row = parts.row(tokenEmbedding, id);
    if (parts.turned !== null) return row.map((x) => x * factor);
    return factor === 1 ? row : row.map((x) => Math.fround(x * factor));
  };
  const idOf = new Map(map.vocabulary.map(({ id, value }) => [valueKey(castToken(value, tokens.cast)), id]));
  const ids = values.valuesOf(tokens).map((value) => numberOf(idOf, valueKey(value)));
  if (ids.length !== map.vocabulary.length) throw new Unproven('two tokens of the vocabulary have one value');
  const tables = [{ name: 'tokens', node: tokens as SOp, rows: ids.map(rowOf), bos: rowOf(map.bos.id) }];
  if (positionEmbedding !== null) {
    const { positions } = parts.config.traits;
    const skipped = positions.kind === 'learned' ? positions.skipped : 0;
    const position = (i: number) => parts.row(positionEmbedding, skipped + i);
    const rows = Array.from({ length: context }, (_, i) => position(i + 1));
    tables.push({ name: 'indices', node: graph.indices(), rows, bos: position(0) });
  }
  for (const { name, node, rows, bos } of tables) producers.push(...tableProducers(name, node, rows, bos, constant));
  if (types !== null) for (let dim = 0; dim < width; dim++) constant[dim] = numberAt(constant, dim) + numberAt(types, dim);
  const noise = sumNoise([...tables.map(({ rows, bos }) => [...rows, bos]), ...(types === null ? [] : [[types]])], width);
  return {
    width,
    constant,
    noise: parts.turned?.stream ? turnedNoise(noise, [...tables, ...(types === null ? [] : [{ rows: [types], bos: types }])]) : noise,
    producers,
    shared: [],
  };
}

/** What storing and adding turned rows rounds: no dimension is off by more than the length of that. */
function turnedNoise(
  noise: Float64Array,
  tables: readonly { readonly rows: readonly ArrayLike<number>[]; readonly bos: ArrayLike<number> }[],
): Float64Array {
  const total = tables.reduce((sum, { rows, bos }) => sum + Math.max(lengthOf(bos), ...rows.map(lengthOf)), 0);
  // each is stored, scaled where that is done, and added to the others
  const off = SAFETY * (tables.length + 1) * UNIT * total;
  return noise.map((x) => x + off);
}

/** What rows of the token embedding are multiplied by. */
export function embeddingScale({ config }: ModelParts): number {
  return config.traits.scaledEmbedding ? Math.fround(Math.sqrt(config.sizes.width)) : 1;
}

/** Rows of the token embedding that no input reads; one of them may be what pads inputs. */
export function unusedRows(parts: ModelParts, { vocabulary, bos }: CircuitMap): Float64Array[] {
  const used = new Set([bos.id, ...vocabulary.map(({ id }) => id)]);
  const rows = Array.from({ length: parts.config.sizes.vocab }, (_, id) => id).filter((id) => !used.has(id));
  return rows.map((id) => parts.row(parts.whole.tokenEmbedding, id));
}

/** What adding tables rounds, in whatever order: nothing where only one has a number, or where every sum is exact. */
function sumNoise(tables: readonly (readonly ArrayLike<number>[])[], width: number): Float64Array {
  return Float64Array.from({ length: width }, (_, dim) => {
    let [added, absolute, isExact] = [0, 0, true];
    for (const rows of tables) {
      let most = 0;
      for (const row of rows) {
        const x = numberAt(row, dim);
        most = Math.max(most, Math.abs(x));
        isExact &&= isOnGrid(x);
      }
      absolute += most;
      if (most > 0) added++;
    }
    return added < 2 || (isExact && absolute < LARGEST_EXACT) ? 0 : SAFETY * (added - 1) * UNIT * absolute;
  });
}

function tokensNode(outputs: readonly SOp[], { assumptions }: NodeValues): Tokens {
  const found = reachable(outputs).filter((node) => node.kind === 'tokens');
  if (found.length > 1) throw new Unproven('the program reads its tokens in several ways');
  return found[0] ?? assumptions.graph.tokens('asis');
}

/** A table's rows as producers: dimensions in which tokens differ, and those in which only BOS does; the rest is constant. */
function tableProducers(
  name: string,
  node: NonNullable<Producer['node']>,
  rows: readonly ArrayLike<number>[],
  bos: ArrayLike<number>,
  constant: Float64Array,
): Producer[] {
  const [first = bos] = rows;
  const varying: number[] = [];
  const marking: number[] = [];
  for (let dim = 0; dim < constant.length; dim++) {
    const own = numberAt(first, dim);
    if (rows.some((row) => row[dim] !== own)) varying.push(dim);
    else {
      constant[dim] = numberAt(constant, dim) + own;
      if (bos[dim] !== own) marking.push(dim);
    }
  }
  const producer = (dims: number[], own: SOpOrBos): Producer[] => {
    if (dims.length === 0) return [];
    const center =
      own === null ? new Float64Array(dims.length) : Float64Array.from(rows.flatMap((row) => dims.map((dim) => numberAt(row, dim))));
    const bosCenter = Float64Array.from(dims, (dim) => numberAt(bos, dim) - (own === null ? numberAt(first, dim) : 0));
    const count = own === null ? 1 : rows.length;
    const radius = new Float64Array(center.length);
    const bosRadius = new Float64Array(dims.length);
    return [
      {
        name: own === null ? 'bos' : name,
        span: '',
        node: own,
        dims: Int32Array.from(dims),
        count,
        isLine: false,
        center,
        radius,
        bosCenter,
        bosRadius,
        claim: null,
      },
    ];
  };
  return [...producer(varying, node), ...producer(marking, null)];
}

type SOpOrBos = Producer['node'];
