/**
 * The scale of the stream as the weights at hand give it: the first layers of the seeded model, run on a short sequence of random tokens. A
 * single draw differs by some percent from what the initialisation says, most of all at the first position.
 */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { loadMadeModel, loadModel, type Model } from '../../runtime/model.ts';
import { cutPositions, type ModelConfig, positionsOf, type StoredTensor, storedTensors } from '../../targets/model-config.ts';
import { float32Bytes, type Host, sizeOf, storedSlices, writeOver } from '../draw/seed-tensors.ts';
import { every, type RoleSlice } from '../draw/slices.ts';
import type { Place } from './stream-model.ts';

/** Tokens of the sequence, and of the small vocabulary from which it takes each once. */
const LENGTH = 128;
const VOCABULARY = 256;
/** Positions from here on are typical: they average over many others. */
const TYPICAL_FROM = 64;
/** In models of which no layer is held: their width averages in the place of positions. */
const LARGE_LENGTH = 48;
const LARGE_TYPICAL_FROM = 24;

/** Root mean square at the input of each layer from 0 to `layers`, and before the neurons of those below. */
export type MeasuredStream = readonly (Readonly<Record<Place, number>> & {
  readonly neurons?: Readonly<Record<Place, number>>;
  /** How many times as loud the loud positions are as the quiet ones, of nine in ten. */
  readonly spread?: number;
})[];

/**
 * @param layers how many layers are run
 * @param probe tokens to run, in a model in which a few positions may drown all others: then what is typical is the median
 */
export function measureStream(
  host: Host,
  slices: readonly RoleSlice[],
  layers: number,
  bos: number | null,
  probe: Int32Array | null = null,
): MeasuredStream {
  const config = shortened(host.config, layers, probe);
  const { vocab, width } = config.sizes;
  const isLarge = ofLayer(storedTensors(config)) > LARGE_LAYER;
  // the first row of the small table is BOS; the others are tokens of their own
  const tokens =
    probe === null
      ? every(vocab).map((token) => (token === 0 && bos !== null ? bos : token === bos ? 0 : token))
      : [...new Set(probe)].sort((a, b) => a - b);
  const ids =
    probe === null
      ? Int32Array.from({ length: Math.min(isLarge ? LARGE_LENGTH : LENGTH, positionsOf(config)) }, (_, i) => i % vocab)
      : probe.map((id) => tokens.indexOf(id));
  const model = modelOf(config, host, tokens, shortSlices(slices, layers, tokens, config.sizes.positions));
  const measured: (Record<Place, number> & { spread: number })[] = [];
  const beforeNeurons: Record<Place, number>[] = [];
  model.logits([ids], ({ layer, sublayer, residual }) => {
    const spread = every(ids.length).map((position) => spreadOf(residual.subarray(position * width, (position + 1) * width), config));
    const typical = spread.slice(Math.min(probe === null ? (isLarge ? LARGE_TYPICAL_FROM : TYPICAL_FROM) : 1, ids.length - 1));
    const order = typical.toSorted((a, b) => a - b);
    const share = (part: number): number => order[Math.floor(part * (order.length - 1))] as number;
    const found = {
      first: spread[0] as number,
      typical: probe === null ? Math.sqrt(typical.reduce((sum, value) => sum + value ** 2, 0) / typical.length) : share(0.5),
      spread: share(0.95) / share(0.05),
    };
    if (sublayer === 'attention') beforeNeurons[layer] = found;
    else measured[sublayer === 'embedding' ? 0 : layer + 1] = found;
  });
  // neurons beside a head read what it reads
  const isParallel = config.traits.residual === 'parallel';
  return measured.map((own, layer) => ({ ...own, neurons: (isParallel ? own : beforeNeurons[layer]) ?? own }));
}

/** What the norm divides by. */
function spreadOf(row: Float32Array | Float64Array, { traits, epsilon }: ModelConfig): number {
  let sum = 0;
  for (const value of row) sum += value;
  const mean = traits.norm === 'layer-norm' ? sum / row.length : 0;
  let squares = 0;
  for (const value of row) squares += (value - mean) ** 2;
  return Math.sqrt(squares / row.length + epsilon);
}

function shortened(config: ModelConfig, layers: number, probe: Int32Array | null): ModelConfig {
  const { sizes } = config;
  const vocab = probe === null ? Math.min(VOCABULARY, sizes.vocab) : new Set(probe).size;
  const positions = Math.min(cutPositions(config, probe?.length ?? LENGTH), sizes.positions);
  return { ...config, sizes: { ...sizes, layers, vocab, outputs: vocab, positions } };
}

const OUTPUT: ReadonlySet<RoleSlice['role']> = new Set(['unembedding', 'finalNormGain', 'finalNormBias']);

/** The slices of the first layers, for the small vocabulary; those of the output where it is asked. */
export function shortSlices(
  slices: readonly RoleSlice[],
  layers: number,
  tokens: readonly number[],
  positions: number,
  hasOutput = false,
): RoleSlice[] {
  return slices
    .filter(({ role, layer }) => (layer ?? 0) < layers && (hasOutput || !OUTPUT.has(role)))
    .map((slice): RoleSlice => {
      const [rows, ...others] = slice.indices as [readonly number[], ...(readonly number[])[]];
      switch (slice.role) {
        case 'tokenEmbedding':
        case 'unembedding':
          return {
            ...slice,
            indices: [every(tokens.length), ...others],
            value: (token, dim) => slice.value(tokens[token as number] as number, dim as number),
          };
        case 'positionEmbedding':
          return { ...slice, indices: [rows.filter((row) => row < positions), ...others] };
        default:
          return slice;
      }
    });
}

/** Entries of a layer from which on no layer is held in memory. */
const LARGE_LAYER = 2 ** 25;

/** The host's first layers with the slices over them, ready to run. */
export function modelOf(config: ModelConfig, host: Host, tokens: readonly number[], slices: readonly RoleSlice[]): Model {
  return runnable(checkpointOf(config, host, tokens, slices));
}

/** A checkpoint that was made here, ready to run. */
export function runnable(checkpoint: OpenCheckpoint): Model {
  return ofLayer(checkpoint.tensors) > LARGE_LAYER ? loadMadeModel(checkpoint) : loadModel(checkpoint);
}

/** Entries of the first layer. */
function ofLayer(tensors: Iterable<StoredTensor>): number {
  let size = 0;
  for (const tensor of tensors) if (tensor.layer === 0) size += sizeOf(tensor);
  return size;
}

/** The same as a checkpoint whose tensors are made when they are read. */
export function checkpointOf(config: ModelConfig, host: Host, tokens: readonly number[], slices: readonly RoleSlice[]): OpenCheckpoint {
  const { width } = config.sizes;
  const placed = storedSlices(config, slices);
  const valuesOf = (tensor: StoredTensor, into?: Float32Array): Float32Array => {
    const isTable = tensor.spec.holds.some((role) => role === 'tokenEmbedding' || role === 'unembedding');
    const values = isTable ? new Float32Array(sizeOf(tensor)) : host.values(tensor, 0, sizeOf(tensor), into);
    if (isTable) for (const [row, token] of tokens.entries()) values.set(host.values(tensor, token * width, width), row * width);
    writeOver(values, placed.get(tensor.name) ?? []);
    host.finish?.(tensor, values);
    return values;
  };
  const tensors = Array.from(storedTensors(config), (tensor) => ({
    ...tensor,
    located: { name: tensor.name, dtype: 'F32' as const, shape: tensor.shape, offset: 0, bytes: 4 * sizeOf(tensor), file: '' },
  }));
  const inLayers = tensors.filter(({ layer }) => layer !== null).map(sizeOf);
  let room: Float32Array | null = null;
  let kept: { readonly name: string; readonly bytes: Uint8Array } | null = null;
  return {
    config,
    saysTied: false,
    loading: { dtype: null, hasOwnCode: false },
    tensors,
    made(tensor) {
      room ??= new Float32Array(Math.max(0, ...inLayers));
      return valuesOf(tensor, room.subarray(0, sizeOf(tensor)));
    },
    store: {
      file: '',
      files: [],
      tensors: new Map(tensors.map(({ name, located }) => [name, located])),
      read({ name }, start = 0, length) {
        if (kept?.name !== name)
          kept = { name, bytes: float32Bytes(valuesOf(tensors.find((tensor) => tensor.name === name) as StoredTensor)) };
        return kept.bytes.subarray(start, start + (length ?? kept.bytes.length - start));
      },
    },
  };
}
