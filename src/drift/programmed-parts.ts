/** The programmed entries of a seeded model, by what they are for: which entry of which stored tensor belongs to codes, scores, values and so on. */
import type { SeedMap, SeedSlice } from '../checkpoint/map/seed/seed-map.ts';
import { readWeightValues } from '../checkpoint/safetensors/tensor-store.ts';
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { rolePart } from '../targets/model-config.ts';
import { parseLayout, unpackParts } from '../tensor/layout.ts';
import type { LayerRole, ModelRole } from '../weights/roles.ts';

/** What can go wrong with a circuit, and be put right by itself. */
export const PARTS = ['codes', 'sink', 'scores', 'values', 'output', 'scale', 'others'] as const;
export type Part = (typeof PARTS)[number];

const PART_OF: Readonly<Record<ModelRole | LayerRole, Part>> = {
  tokenEmbedding: 'codes',
  positionEmbedding: 'codes',
  typeEmbedding: 'codes',
  embeddingNormGain: 'codes',
  embeddingNormBias: 'codes',
  finalNormGain: 'output',
  finalNormBias: 'output',
  unembedding: 'output',
  unembeddingBias: 'output',
  attentionNormGain: 'scale',
  attentionNormBias: 'scale',
  mlpNormGain: 'scale',
  mlpNormBias: 'scale',
  attentionWriteGain: 'scale',
  mlpWriteGain: 'scale',
  query: 'scores',
  queryBias: 'scores',
  key: 'scores',
  keyBias: 'scores',
  queryNormGain: 'scores',
  keyNormGain: 'scores',
  queriesNormGain: 'scores',
  keysNormGain: 'scores',
  value: 'values',
  valueBias: 'values',
  output: 'values',
  outputBias: 'values',
  gate: 'values',
  gateBias: 'values',
  up: 'values',
  upBias: 'values',
  down: 'values',
  downBias: 'values',
};

/** Entries of one stored tensor, flat, that are for the same thing. */
export interface ProgrammedEntries {
  readonly tensor: string;
  readonly layer: number | null;
  readonly roles: readonly (ModelRole | LayerRole)[];
  readonly part: Part;
  readonly at: Int32Array;
  /** Their values as they were seeded; all 0 for those that were cleared of others. */
  readonly seeded: Float32Array;
}

/** Flat positions that slices of one tensor cover. */
function covered(slices: readonly SeedSlice[], shape: readonly number[]): Uint8Array {
  const width = shape[1] ?? 1;
  const mask = new Uint8Array((shape[0] ?? 1) * width);
  for (const { rows, cols } of slices) {
    const columns = cols.length === 0 ? [[0, 1]] : cols;
    for (const [from = 0, to = 0] of rows) {
      for (let row = from; row < to; row++)
        for (const [first = 0, end = 0] of columns) mask.fill(1, row * width + first, row * width + end);
    }
  }
  return mask;
}

/** Which role each entry of a stored tensor belongs to, as a number into `holds`. */
function ownersOf(original: OpenCheckpoint, tensor: OpenCheckpoint['tensors'][number], count: number): Uint8Array | null {
  const { holds, layout } = tensor.spec;
  if (holds.length === 1) return null;
  const places = Float64Array.from({ length: count }, (_, i) => i);
  const parts = unpackParts(
    parseLayout(layout),
    holds.map((role) => rolePart(role, original.config.sizes)),
    places,
  );
  const owners = new Uint8Array(count);
  parts.forEach((part, number) => {
    for (const place of part) owners[place] = number;
  });
  return owners;
}

/** @param original the seeded model as it was written */
export function programmedEntries(map: SeedMap, original: OpenCheckpoint): ProgrammedEntries[] {
  const flags = new Set(map.variables.filter(({ encoding }) => encoding === 'flag').flatMap(({ dims }) => dims));
  const slices = map.circuits.flatMap((circuit) => circuit.slices);
  return original.tensors.flatMap((tensor) => {
    const own = slices.filter((slice) => slice.tensor === tensor.name);
    const cleared = map.cleared.filter((slice) => slice.tensor === tensor.name);
    if (own.length + cleared.length === 0) return [];
    const stored = readWeightValues(original.store, tensor.located);
    const mask = covered(own, tensor.shape);
    const owners = ownersOf(original, tensor, mask.length);
    const width = tensor.shape[1] ?? 1;
    const groups = new Map<string, { part: Part; role: ModelRole | LayerRole; at: number[] }>();
    const add = (part: Part, role: ModelRole | LayerRole, at: number): void => {
      const key = `${part} ${role}`;
      const group = groups.get(key) ?? { part, role, at: [] };
      group.at.push(at);
      groups.set(key, group);
    };
    const roles = tensor.spec.holds;
    for (let at = 0; at < mask.length; at++) {
      if (mask[at] === 0) continue;
      const role = roles[owners?.[at] ?? 0] as ModelRole | LayerRole;
      const part = PART_OF[role];
      const isFlag = part === 'codes' && flags.has(at % width);
      add(isFlag ? 'sink' : part, role, at);
    }
    const others = covered(cleared, tensor.shape);
    for (let at = 0; at < others.length; at++) if (others[at] === 1 && mask[at] === 0) add('others', roles[0] as LayerRole, at);
    return [...groups.values()].map(({ part, role, at }) => ({
      tensor: tensor.name,
      layer: tensor.layer,
      roles: [role],
      part,
      at: Int32Array.from(at),
      seeded: Float32Array.from(at, (place) => stored[place] as number),
    }));
  });
}
