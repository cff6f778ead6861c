/**
 * A layer whose matrices are made anew whenever they are multiplied, for models of which not even one layer is to be held in memory. It
 * computes what `buildLayer`'s would, number for number: what that leaves out as all zero adds zeros here.
 */
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { attentionOf, isLayerRole, rolePart } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { parseLayout, unpackParts } from '../tensor/layout.ts';
import { Scratch } from '../tensor/scratch.ts';
import type { LayerRole } from '../weights/roles.ts';
import type { AttentionHead, Rotation } from './attention.ts';
import type { MadeMatrix, MadePart } from './float32/matrix.ts';
import { buildNorm, type Layer, type LayerRoles } from './layer.ts';
import type { RowNorm } from './norm.ts';

/** The roles that are made; in which order of axes they are rows of a matrix. */
const MATRICES: Readonly<Partial<Record<LayerRole, readonly string[]>>> = {
  query: ['head', 'dim', 'width'],
  key: ['head', 'dim', 'width'],
  value: ['head', 'dim', 'width'],
  output: ['width', 'head', 'dim'],
  gate: ['hidden', 'width'],
  up: ['hidden', 'width'],
  down: ['width', 'hidden'],
};

const range = (from: number, count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => from + i);

/** @param scratch where parts of fused tensors go, which are overwritten by the next layer's */
export function madeLayer(checkpoint: OpenCheckpoint, layer: number, scratch = new Scratch()): Layer {
  const { config } = checkpoint;
  const { heads, kvHeads, dim, width, hidden } = config.sizes;
  const small: LayerRoles = {};
  const makers = new Map<LayerRole, () => FloatArray>();
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== layer) continue;
    const { holds, layout } = tensor.spec;
    if (!holds.some((role) => isLayerRole(role) && MATRICES[role] !== undefined)) {
      for (const { role, data } of readRoles(checkpoint, tensor)) if (isLayerRole(role)) small[role] = data;
      continue;
    }
    const parts = holds.map((role) => {
      const { axes, shape } = rolePart(role, config.sizes);
      const order = (isLayerRole(role) ? MATRICES[role] : undefined) ?? axes;
      return { axes: order, shape: order.map((axis) => shape[axes.indexOf(axis)] as number) };
    });
    for (const [index, role] of holds.entries()) {
      if (!isLayerRole(role)) continue;
      makers.set(role, () => unpackParts(parseLayout(layout), parts, valuesOf(checkpoint, tensor), scratch, 'part')[index] as FloatArray);
    }
  }
  const part = (role: LayerRole, rows: number): MadePart => ({ rows, make: makers.get(role) as MadePart['make'] });
  const rowsOf = { query: heads * dim, key: kvHeads * dim, value: kvHeads * dim };
  const bias = (role: LayerRole, rows: number): FloatArray => small[role] ?? new Float32Array(rows);
  const matrix = (parts: readonly MadePart[], biases: readonly FloatArray[], columns: number): MadeMatrix => ({
    kind: 'made',
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    columns,
    bias: Float32Array.from(biases.flatMap((each) => [...each])),
    reads: range(0, columns),
    parts,
  });
  const seeing = attentionOf(config, layer);
  const norm = (gain: FloatArray | undefined, own?: FloatArray) => (gain === undefined ? null : buildNorm(config, 'f32', gain, own));
  const attentionNorm = norm(small.attentionNormGain, small.attentionNormBias);
  const shape = { heads, kvHeads, dim };
  return {
    seeing,
    attentionNorm,
    attention: {
      project: matrix(
        [part('query', rowsOf.query), part('key', rowsOf.key), part('value', rowsOf.value)],
        [bias('queryBias', rowsOf.query), bias('keyBias', rowsOf.key), bias('valueBias', rowsOf.value)],
        width,
      ),
      norms: headNorms(checkpoint, small),
      rotation: seeing.rotary === null ? null : rotationOf(shape, seeing.rotary.dims),
      heads: headsOf(shape, seeing.rotary?.dims ?? 0),
      write: matrix([part('output', width)], [bias('outputBias', width)], heads * dim),
      headOf: range(0, heads * dim).map((row) => Math.floor(row / dim)),
      mixedRows: heads * dim,
    },
    attentionWrite: norm(small.attentionWriteGain),
    mlpNorm: config.traits.sharedNorm ? attentionNorm : norm(small.mlpNormGain, small.mlpNormBias),
    mlp: {
      up: matrix([part('up', hidden)], [bias('upBias', hidden)], width),
      gate: config.traits.mlp === 'gated' ? matrix([part('gate', hidden)], [bias('gateBias', hidden)], width) : null,
      down: matrix([part('down', width)], [bias('downBias', width)], hidden),
      neuronOf: range(0, hidden),
      reads: range(0, width),
    },
    mlpWrite: norm(small.mlpWriteGain),
  };
}

function valuesOf(checkpoint: OpenCheckpoint, tensor: OpenCheckpoint['tensors'][number]): FloatArray {
  if (checkpoint.made === undefined) throw new Error('these tensors are read, not made');
  return checkpoint.made(tensor);
}

interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly dim: number;
}

/** Dimensions of a head in the order in which their products are summed: pairs that turn together, then the others. */
function inPairs(dim: number, turned: number): number[] {
  const pairs = Array.from({ length: turned / 2 }, (_, i) => [i, i + turned / 2]).flat();
  return [...pairs, ...range(turned, dim - turned)];
}

/** Rows of the projected block: all queries, then all keys, then all values. */
function headsOf({ heads, kvHeads, dim }: HeadShape, turned: number): AttentionHead[] {
  const order = inPairs(dim, turned);
  return Array.from({ length: heads }, (_, head) => {
    const shared = heads * dim + Math.floor(head / (heads / kvHeads)) * dim;
    return {
      number: head,
      queries: Int32Array.from(order, (d) => head * dim + d),
      keys: Int32Array.from(order, (d) => shared + d),
      values: range(shared + kvHeads * dim, dim),
      mixed: range(head * dim, dim),
    };
  });
}

/** All queries and keys turn. */
function rotationOf({ heads, kvHeads, dim }: HeadShape, turned: number): Rotation {
  const pairs = Array.from({ length: heads + kvHeads }, (_, head) =>
    Array.from({ length: turned / 2 }, (_, i) => ({ first: head * dim + i, frequency: i })),
  ).flat();
  return {
    firsts: Int32Array.from(pairs, ({ first }) => first),
    seconds: Int32Array.from(pairs, ({ first }) => first + turned / 2),
    frequencies: Int32Array.from(pairs, ({ frequency }) => frequency),
  };
}

function headNorms({ config }: OpenCheckpoint, { queryNormGain, keyNormGain, queriesNormGain, keysNormGain }: LayerRoles): RowNorm[] {
  const { heads, kvHeads, dim } = config.sizes;
  const kind = config.traits.headNorms;
  if (kind === 'none') return [];
  const one = (gain: FloatArray | undefined, from: number, count: number): RowNorm => ({
    rows: range(from, count),
    count,
    norm: buildNorm(config, 'f32', Float64Array.from(gain ?? []), undefined),
  });
  if (kind === 'all') return [one(queriesNormGain, 0, heads * dim), one(keysNormGain, heads * dim, kvHeads * dim)];
  return Array.from({ length: heads + kvHeads }, (_, head) => one(head < heads ? queryNormGain : keyNormGain, head * dim, dim));
}
