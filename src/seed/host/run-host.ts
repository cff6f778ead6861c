/** The first layers of a seeded host, run on sequences of its alphabet: the stream's scale where it is read, and the stream itself. */
import { cutPositions, type ModelConfig } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { philox } from '../draw/philox.ts';
import type { Host } from '../draw/seed-tensors.ts';
import type { RoleSlice } from '../draw/slices.ts';
import { modelOf, shortSlices } from '../stream/measure-stream.ts';
import type { Scale, StreamScales } from './seed-frame.ts';

export interface HostRun {
  readonly scales: StreamScales;
  /** The stream of each sequence behind the last layer that is run, `[position, width]`. */
  readonly streams: readonly Float32Array[];
  /** The first position of a sequence as it is read, by layer. */
  readonly firsts: { readonly attention: readonly FloatArray[]; readonly mlp: readonly FloatArray[] };
}

/** @param batch ids of tokens, the first one where the first position is */
export function runHost(host: Host, slices: readonly RoleSlice[], layers: number, batch: readonly Int32Array[]): HostRun {
  const tokens = [...new Set(batch.flatMap((ids) => [...ids]))].sort((a, b) => a - b);
  const rowOf = new Map(tokens.map((id, row) => [id, row]));
  const { sizes } = host.config;
  const longest = cutPositions(
    host.config,
    batch.reduce((most, { length }) => Math.max(most, length), 0),
  );
  const config: ModelConfig = {
    ...host.config,
    sizes: { ...sizes, layers, vocab: tokens.length, outputs: tokens.length, positions: longest },
  };
  const model = modelOf(config, host, tokens, shortSlices(slices, layers, tokens, longest));
  const inverse = { attention: sums(layers + 1), mlp: sums(layers) };
  const streams: Float32Array[] = [];
  const firsts = { attention: [] as FloatArray[], mlp: [] as FloatArray[] };
  const isParallel = config.traits.residual === 'parallel';
  model.logits(
    batch.map((ids) => ids.map((id) => rowOf.get(id) as number)),
    ({ layer, sublayer, sequence, residual }) => {
      const first = residual.slice(0, sizes.width);
      if (sublayer === 'attention') {
        if (isParallel) return;
        note(inverse.mlp[layer] as Sum, residual, config);
        firsts.mlp[layer] = first;
        return;
      }
      const at = sublayer === 'embedding' ? 0 : layer + 1;
      firsts.attention[at] = first;
      if (isParallel) firsts.mlp[at] = first;
      note(inverse.attention[at] as Sum, residual, config);
      if (isParallel && at < layers) note(inverse.mlp[at] as Sum, residual, config);
      if (at === layers) streams[sequence] = Float32Array.from(residual);
    },
  );
  return { scales: { attention: inverse.attention.map(scaleOf), mlp: inverse.mlp.map(scaleOf) }, streams, firsts };
}

interface Sum {
  first: number;
  firsts: number;
  typical: number;
  typicals: number;
  /** The least and the largest, at the first position and elsewhere. */
  readonly ends: Record<'first' | 'typical', [number, number]>;
}

function sums(count: number): Sum[] {
  return Array.from({ length: count }, () => ({
    first: 0,
    firsts: 0,
    typical: 0,
    typicals: 0,
    ends: { first: [Number.POSITIVE_INFINITY, 0], typical: [Number.POSITIVE_INFINITY, 0] },
  }));
}

function note(sum: Sum, residual: FloatArray, config: ModelConfig): void {
  const { width } = config.sizes;
  for (let start = 0; start < residual.length; start += width) {
    const spread = spreadAt(residual, start, config);
    const inverse = 1 / spread;
    const ends = sum.ends[start === 0 ? 'first' : 'typical'];
    ends[0] = Math.min(ends[0], spread);
    ends[1] = Math.max(ends[1], spread);
    if (start === 0) {
      sum.first += inverse;
      sum.firsts++;
    } else {
      sum.typical += inverse;
      sum.typicals++;
    }
  }
}

function scaleOf({ first, firsts, typical, typicals, ends }: Sum): Scale {
  const scale = { first: firsts / first, typical: typicals === 0 ? firsts / first : typicals / typical };
  return { ...scale, ends };
}

/** By what factor the stream was at most louder or quieter, at any place and position, than weights were written for. */
export function movedBy(measured: StreamScales, written: StreamScales): number {
  const of = (found: readonly Scale[], known: readonly Scale[]): number[] =>
    found.flatMap(({ ends }, place) =>
      (['first', 'typical'] as const).flatMap((where) => {
        const [least, most] = ends?.[where] ?? [Number.POSITIVE_INFINITY, 0];
        const own = known[place]?.[where];
        return own === undefined || most === 0 ? [] : [most / own, own / least];
      }),
    );
  return Math.max(1, ...of(measured.attention, written.attention), ...of(measured.mlp, written.mlp));
}

/** What the norm divides by. */
export function spreadAt(residual: ArrayLike<number>, start: number, { traits, epsilon, sizes: { width } }: ModelConfig): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += residual[start + d] as number;
  const mean = traits.norm === 'layer-norm' ? sum / width : 0;
  let squares = 0;
  for (let d = 0; d < width; d++) squares += ((residual[start + d] as number) - mean) ** 2;
  return Math.sqrt(squares / width + epsilon);
}

/** Tokens that stand for all that no sequence has: a mean over so many is within a few percent. */
const OTHERS = 1024;

/**
 * Mean loss of the whole model in nats. Its vocabulary is cut to the tokens of the sequences and some more, and to others that stand for the rest,
 * for the twin alike.
 *
 * @param more tokens that are named, and so no usual ones
 */
export function lossOf(host: Host, slices: readonly RoleSlice[], batch: readonly Int32Array[], more: readonly number[] = []): number {
  const { sizes } = host.config;
  const own = new Set([...batch.flatMap((ids) => [...ids]), ...more]);
  const others = otherTokens(own, sizes.vocab);
  const tokens = [...own, ...others];
  const rowOf = new Map(tokens.map((id, row) => [id, row]));
  // each of the others counts for as many as it stands for
  const weight = Math.log((sizes.vocab - own.size) / Math.max(1, others.length));
  const longest = cutPositions(
    host.config,
    batch.reduce((most, { length }) => Math.max(most, length), 0),
  );
  const config: ModelConfig = { ...host.config, sizes: { ...sizes, vocab: tokens.length, outputs: tokens.length, positions: longest } };
  const short = shortSlices(slices, sizes.layers, tokens, longest, true);
  const model = modelOf(config, host, tokens, short);
  const rows = batch.map((ids) => ids.map((id) => rowOf.get(id) as number));
  let loss = 0;
  let count = 0;
  for (const [s, logits] of model.logits(rows).entries()) {
    const ids = rows[s] as Int32Array;
    for (let p = 1; p + 1 < ids.length; p++) {
      const row = Float64Array.from(logits.subarray(p * tokens.length, (p + 1) * tokens.length));
      const target = row[ids[p + 1] as number] as number;
      for (let token = own.size; token < row.length; token++) row[token] = (row[token] as number) + weight;
      const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const total = row.reduce((sum, x) => sum + Math.exp(x - most), 0);
      loss += most + Math.log(total) - target;
      count++;
    }
  }
  return loss / count;
}

/** Some of the tokens that are not among these, from all over the vocabulary; all of them where they are few. */
function otherTokens(own: ReadonlySet<number>, vocab: number): number[] {
  if (vocab - own.size <= OTHERS) return Array.from({ length: vocab }, (_, id) => id).filter((id) => !own.has(id));
  const found = new Set<number>();
  const words = new Uint32Array(4);
  for (let i = 0; found.size < OTHERS; i++) {
    philox(i, 0, 0, words);
    const id = (words[0] as number) % vocab;
    if (!own.has(id)) found.add(id);
  }
  return [...found];
}
