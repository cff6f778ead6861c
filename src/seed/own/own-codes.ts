/**
 * Codes of tokens out of a model's own embedding: what a head of the first layer reads of a token, by a projection that is fitted to the table, away
 * from what all tokens have in common, from what stands first, and from positions.
 */
import type { CosineSpectrum } from '../../codes/token-code.ts';
import { type ModelConfig, type StoredTensor, storedTensors } from '../../targets/model-config.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { Host } from '../draw/seed-tensors.ts';
import { every } from '../draw/slices.ts';
import { embeddingFactor } from '../draw/stored-units.ts';
import { CLOSE, type OwnCodes } from '../program/own-codes.ts';
import { drawer } from './drawer.ts';
import { fitProjection, projected } from './fit-projection.ts';

export interface OwnRequest {
  readonly length: number;
  readonly bos: number | null;
  /** Windows of a text: codes are fitted to the tokens of every other one first, and tried on the rest. */
  readonly text: readonly Int32Array[];
  /** Tokens over which circuits have to hold. */
  readonly context: number;
}

const MOST_KNOWN = 2048;
const OTHERS = 1024;
const WINDOWS = 48;
const LONGEST_WINDOW = 128;
/** Positions whose rows are noise to the codes. */
const NOISE_ROWS = 256;

export function ownCodes(host: Host, { length, bos, text, context }: OwnRequest): OwnCodes {
  const { vocab, width } = host.config.sizes;
  const read = embeddingReader(host);
  const below = drawer(1);
  const usable = (token: number): boolean => token !== bos && energyOf(read(token)) > 0;
  const isSmall = vocab <= MOST_KNOWN + OTHERS;
  const known = text.filter((_, at) => at % 2 === 0).flatMap((window) => Array.from(window));
  const chosen = new Set((isSmall ? every(vocab) : [...new Set(known)]).filter(usable).slice(0, isSmall ? vocab : MOST_KNOWN));
  const some = (count: number): number[] => {
    const tokens = new Set<number>();
    for (let tries = 0; tokens.size < count && tries < 4 * count; tries++) {
      const token = below(vocab);
      if (usable(token)) tokens.add(token);
    }
    return [...tokens];
  };
  if (!isSmall) for (const token of some(OTHERS)) chosen.add(token);
  const rows = stacked([...chosen].map((token) => read(token)));
  const common = new Float64Array(width);
  for (const [at, value] of rows.entries()) common[at % width] = (common[at % width] as number) + value;
  const away = bos === null ? [common] : [common, read(bos)];
  const projection = fitProjection({ rows, width, length, away, noise: stacked(read.noise(NOISE_ROWS)) });
  const codeOf = (token: number): Float64Array => projected(projection, read(token), width, length);
  const window = Math.min(context, LONGEST_WINDOW, Math.floor(vocab / 2));
  const texts = text.filter((_, at) => at % 2 === 1);
  const tried =
    texts.length > 0 ? texts.map((own) => [...new Set(own.subarray(0, window))].filter(usable)) : every(WINDOWS).map(() => some(window));
  const windows = tried.map((tokens) => stacked(tokens.map(codeOf)));
  return {
    length,
    projection,
    codeOf,
    spectrum: (entries) => spectrumOf(windows, length, entries),
    fit: {
      on: texts.length > 0 ? 'text' : 'random tokens',
      fitted: chosen.size,
      tokens: windows.reduce((sum, codes) => sum + codes.length / length, 0),
      window,
      close: closeShare(windows, length),
    },
  };
}

interface EmbeddingReader {
  /** What a head of the first layer reads where a token stands. */
  (token: number): Float64Array;
  /** By how much that differs from position to position. */
  noise(rows: number): Float64Array[];
}

function embeddingReader(host: Host): EmbeddingReader {
  const { config } = host;
  const { width } = config.sizes;
  const tensors = [...storedTensors(config)];
  const find = (role: ModelRole | LayerRole): StoredTensor | undefined =>
    tensors.find(({ spec, layer }) => spec.holds.includes(role) && (layer ?? 0) === 0);
  const vector = (role: LayerRole): Float32Array | null => {
    const tensor = find(role);
    if (tensor === undefined) return null;
    const offset = tensor.spec.offset ?? 0;
    return host.values(tensor, 0, width).map((value) => value - offset);
  };
  const [gain, bias] = [vector('attentionNormGain'), vector('attentionNormBias')];
  const table = find('tokenEmbedding') as StoredTensor;
  const positions = find('positionEmbedding');
  const skipped = config.sizes.positions - (positions?.shape[0] ?? config.sizes.positions);
  const rowOf = (tensor: StoredTensor, row: number): Float32Array => host.values(tensor, row * width, width);
  const typical = positions === undefined ? null : rowOf(positions, skipped + Math.floor((positions.shape[0] as number) / 2));
  const factor = embeddingFactor(config);
  const normed = (row: Float64Array): Float64Array => {
    const { mean, root } = momentsOf(row, config);
    return row.map((value, d) => ((value - mean) / root) * (gain?.[d] ?? 1) + (bias?.[d] ?? 0));
  };
  const known = new Map<number, Float64Array>();
  const read = (token: number): Float64Array => {
    const found = known.get(token);
    if (found !== undefined) return found;
    const made = normed(Float64Array.from(rowOf(table, token), (value, d) => value * factor + (typical?.[d] ?? 0)));
    if (known.size < MOST_KNOWN + OTHERS) known.set(token, made);
    return made;
  };
  return Object.assign(read, {
    noise: (count: number): Float64Array[] => {
      if (positions === undefined || typical === null) return [];
      const all = positions.shape[0] as number;
      const { root } = momentsOf(
        Float64Array.from(rowOf(table, 0), (value, d) => value + (typical[d] as number)),
        config,
      );
      return every(Math.min(count, all)).map((i) =>
        Float64Array.from(
          rowOf(positions, Math.floor((i * all) / Math.min(count, all))),
          (value, d) => ((value - (typical[d] as number)) / root) * (gain?.[d] ?? 1),
        ),
      );
    },
  });
}

function momentsOf(row: Float64Array, { traits, epsilon }: ModelConfig): { readonly mean: number; readonly root: number } {
  const mean = traits.norm === 'layer-norm' ? row.reduce((sum, value) => sum + value, 0) / row.length : 0;
  return { mean, root: Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length + epsilon) };
}

function energyOf(row: Float64Array): number {
  return row.reduce((sum, value) => sum + value * value, 0);
}

function stacked(rows: readonly Float64Array[]): Float64Array {
  const width = rows[0]?.length ?? 0;
  const whole = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) whole.set(row, i * width);
  return whole;
}

/** Calls `visit` with what another token's code has of the square of each. */
function forEachPair(
  windows: readonly Float64Array[],
  length: number,
  entries: number,
  visit: (part: number, token: number, window: number) => void,
): void {
  for (const [w, codes] of windows.entries()) {
    const count = codes.length / length;
    for (let i = 0; i < count; i++) {
      const product = (j: number): number => {
        let sum = 0;
        for (let d = 0; d < entries; d++) sum += (codes[i * length + d] as number) * (codes[j * length + d] as number);
        return sum;
      };
      const own = product(i);
      for (let j = 0; j < count; j++) if (j !== i) visit(product(j) / own, i, w);
    }
  }
}

function closeShare(windows: readonly Float64Array[], length: number): number {
  const close = new Set<string>();
  forEachPair(windows, length, length, (part, token, window) => {
    if (!(part <= CLOSE)) close.add(`${window} ${token}`);
  });
  return (
    close.size /
    Math.max(
      1,
      windows.reduce((sum, codes) => sum + codes.length / length, 0),
    )
  );
}

/** Products are binned, the largest first; so rare ones that a token in a hundred meets one are left out, which is what the fit's share of close ones says. */
const [BIN, RARE] = [1 / 64, 0.01];

function spectrumOf(windows: readonly Float64Array[], length: number, entries: number): CosineSpectrum {
  const counts = new Map<number, number>();
  let pairs = 0;
  forEachPair(windows, length, entries, (part) => {
    const bin = Math.ceil(part / BIN);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
    pairs++;
  });
  const tokens = windows.reduce((sum, codes) => sum + codes.length / length, 0);
  let met = 0;
  const bins = [...counts]
    .sort(([a], [b]) => b - a)
    .filter(([, count]) => {
      met += count;
      return met > RARE * tokens;
    });
  return {
    cosines: bins.map(([bin]) => bin * BIN),
    shares: bins.map(([, count]) => count / Math.max(1, pairs)),
    largest: (bins[0]?.[0] ?? 0) * BIN,
  };
}
