/** What a seed decides outside its heads: the embeddings and the output in the reserved dimensions, and which writers stay away from them. */

import { positionCode } from '../../codes/position-code.ts';
import { codeEntry } from '../../codes/token-code.ts';
import { positionsOf } from '../../targets/model-config.ts';
import { every, type RoleSlice } from '../draw/slices.ts';
import { embeddingFactor } from '../draw/stored-units.ts';
import { tidy } from '../draw/tidy.ts';
import { isReleased, neuronsOf } from '../program/detector.ts';
import type { PlacedHead } from '../program/place-heads.ts';
import type { Block } from '../program/seed-plan.ts';
import { findBlock, needBlock, readsRaw, type SeededModel } from './seeded-model.ts';

const NONE: RoleSlice[] = [];
/** Blocks that are as loud as the token's own embedding, where that is known. */
const EVEN: ReadonlySet<Block['kind']> = new Set(['tokens', 'even', 'values']);

function circuitsOf(model: SeededModel): string[] {
  return model.outputs.map(({ name }) => name);
}

function reservedDims({ blocks }: SeededModel): number[] {
  return blocks.flatMap(({ dims }) => dims);
}

/** Rows of both tables in the reserved dimensions. */
export function embeddingSlices(model: SeededModel, placed: readonly PlacedHead[]): RoleSlice[] {
  const { config, blocks, code } = model;
  const { vocab } = config.sizes;
  const positions = positionsOf(config);
  const skipped = config.sizes.positions - positions;
  const learned = config.traits.positions.kind === 'learned';
  const dims = reservedDims(model);
  const blockOf = new Map(blocks.flatMap((block) => block.dims.map((dim, d) => [dim, { block, d }] as const)));
  const values = new Map(
    placed.flatMap(({ head }) =>
      head.kind === 'mean'
        ? [[head.key, { by: new Map(head.values.map(({ id, value }) => [id, value])), otherwise: head.otherwise }] as const]
        : [],
    ),
  );
  const largest = (key: string): number =>
    Math.max(1e-9, ...[...(values.get(key)?.by.values() ?? [])].map(Math.abs), Math.abs(values.get(key)?.otherwise ?? 0));
  const { levels } = model.options.grown ?? { levels: null };
  const balance = findBlock(model, 'balance')?.dims[0] ?? null;
  const settled = (dim: number, value: (dim: number) => number): number =>
    dim === balance ? -dims.reduce((sum, other) => sum + (other === balance ? 0 : value(other)), 0) : value(dim);
  const ofToken = (token: number, dim: number): number => plainOf(token, dim) * (isEven(dim) ? (levels?.(token) ?? 1) : 1);
  // read in the first layer, where a token's own embedding is all that the norm divides by
  const isEven = (dim: number): boolean => EVEN.has(blockOf.get(dim)?.block.kind ?? 'zero');
  const plainOf = (token: number, dim: number): number => {
    const { block, d } = blockOf.get(dim) as { block: Block; d: number };
    switch (block.kind) {
      case 'tokens':
        // what nobody may match, and what writes nothing where nothing matches
        return token === model.options.bos ? 0 : block.amplitude * codeEntry(code, token, d);
      case 'constant':
      case 'even':
        return learned ? 0 : block.amplitude;
      case 'flag':
        return !learned && token === model.options.bos ? block.amplitude : 0;
      case 'values': {
        const key = block.head as string;
        return (block.amplitude * (values.get(key)?.by.get(token) ?? values.get(key)?.otherwise ?? 0)) / largest(key);
      }
      default:
        return 0;
    }
  };
  const circuits = circuitsOf(model);
  const tokens: RoleSlice = {
    role: 'tokenEmbedding',
    layer: null,
    indices: [every(vocab), dims],
    purpose: 'programmed',
    circuits,
    value: (token, dim) => settled(dim as number, (each) => ofToken(token as number, each)),
  };
  if (!learned) return [tokens];
  const circles = blocks.some(({ kind }) => kind === 'positions')
    ? positionCode(positions, needBlock(model, 'positions').dims.length).dimensions
    : [];
  const ofPosition = (position: number, dim: number): number => {
    const { block, d } = blockOf.get(dim) as { block: Block; d: number };
    switch (block.kind) {
      case 'positions':
        return tidy(block.amplitude * Math.sqrt(block.dims.length) * ((circles[d] as Float64Array)[position] as number));
      case 'constant':
        return block.amplitude;
      case 'flag':
        return position === 0 ? block.amplitude : 0;
      case 'start':
        return position === (model.options.bos === null ? 0 : 1) ? block.amplitude : 0;
      case 'ramp':
        return tidy((block.amplitude * position) / positions);
      default:
        return 0;
    }
  };
  return [
    tokens,
    {
      role: 'positionEmbedding',
      layer: null,
      indices: [every(positions).map((position) => position + skipped), dims],
      purpose: 'programmed',
      circuits,
      value: (row, dim) => settled(dim as number, (each) => ofPosition((row as number) - skipped, each)),
    },
  ];
}

/** How strongly the output reads the token block: the norm's gain does it where the unembedding is the embedding, else both share it. */
export function unembeddingSlices(model: SeededModel, strength: number): RoleSlice[] {
  const { config, code } = model;
  const { dims, amplitude } = needBlock(model, 'tokens');
  const circuits = circuitsOf(model);
  // nats for each unit of what is read, of which the unembedding and the gain have their parts
  const factor = strength / config.numbers.logits;
  const gain = config.tied ? (factor * embeddingFactor(config)) / amplitude : 2;
  const read = [...(findBlock(model, 'counter')?.dims ?? []), ...dims].sort((a, b) => a - b);
  const norm: RoleSlice = { role: 'finalNormGain', layer: null, indices: [read], purpose: 'programmed', circuits, value: () => tidy(gain) };
  const norms: RoleSlice[] = config.traits.biases.norm
    ? [norm, { role: 'finalNormBias', layer: null, indices: [read], purpose: 'programmed', circuits, value: () => 0 }]
    : [norm];
  if (config.tied) return norms;
  const entry = tidy(factor / gain);
  const first = dims[0] as number;
  return [
    ...norms,
    {
      role: 'unembedding',
      layer: null,
      indices: [every(config.sizes.vocab), dims],
      purpose: 'programmed',
      circuits,
      value: (token, dim) => entry * codeEntry(code, token as number, (dim as number) - first),
    },
  ];
}

/** What the norms before programmed heads do to the reserved dimensions: nothing, in a new model and in a trained one. */
export function normSlices(model: SeededModel, placed: readonly PlacedHead[]): RoleSlice[] {
  const circuits = circuitsOf(model);
  const dims = reservedDims(model);
  if (readsRaw(model.config)) return [];
  const plain = (norm: 'attentionNorm' | 'mlpNorm', layer: number): RoleSlice[] => {
    const gain: RoleSlice = { role: `${norm}Gain`, layer, indices: [dims], purpose: 'programmed', circuits, value: () => 1 };
    const bias: RoleSlice = { role: `${norm}Bias`, layer, indices: [dims], purpose: 'programmed', circuits, value: () => 0 };
    return model.config.traits.biases.norm ? [gain, bias] : [gain];
  };
  const { detector } = model;
  const released = detector !== null && isReleased(model.config.traits) ? [detector.releases] : [];
  const neurons = detector === null ? [] : [detector.compares, detector.decides, ...released];
  return [
    ...[...new Set(placed.map(({ layer }) => layer))].flatMap((layer) => plain('attentionNorm', layer)),
    ...neurons.flatMap((layer) => plain('mlpNorm', layer)),
  ];
}

/** Columns of random heads and neurons that would write over a block before its last reader. */
export function clearedSlices(model: SeededModel, placed: readonly PlacedHead[]): RoleSlice[] {
  const { layers, heads, dim, hidden } = model.config.sizes;
  const { biases } = model.config.traits;
  const circuits = circuitsOf(model);
  return every(layers).flatMap((layer) => {
    const dims = model.blocks.filter(({ lastRead }) => layer < lastRead).flatMap((block) => block.dims);
    if (dims.length === 0) return NONE;
    const own = new Set(placed.filter((head) => head.layer === layer).flatMap(({ queryHeads }) => queryHeads));
    const others = every(heads).filter((head) => !own.has(head));
    const free = every(hidden).slice(neuronsOf(model.detector, layer, model.config, model.code.length));
    const value = () => 0;
    const slices: RoleSlice[] = [{ role: 'down', layer, indices: [free, dims], purpose: 'cleared', circuits, value }];
    // new models have no biases to clear, trained ones have
    if (biases.attentionOutput) slices.push({ role: 'outputBias', layer, indices: [dims], purpose: 'cleared', circuits, value });
    if (biases.mlp) slices.push({ role: 'downBias', layer, indices: [dims], purpose: 'cleared', circuits, value });
    if (others.length > 0)
      slices.unshift({ role: 'output', layer, indices: [others, every(dim), dims], purpose: 'cleared', circuits, value });
    return slices;
  });
}
