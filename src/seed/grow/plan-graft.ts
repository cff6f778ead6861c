/**
 * Circuits for a model that is there, in room of their own: how much larger it has to become, in which layers they lie, and what is written. What
 * was there is planned around, never over.
 */

import { type ModelConfig, type StoredTensor, storedTensors } from '../../targets/model-config.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { ModelRole } from '../../weights/roles.ts';
import type { Host } from '../draw/seed-tensors.ts';
import { every } from '../draw/slices.ts';
import { embeddingFactor } from '../draw/stored-units.ts';
import { type ChosenCodes, type CodeKind, chooseCodes } from '../own/choose-codes.ts';
import { needsOf, planSeed } from '../plan-seed.ts';
import type { Needs, SeedRoom } from '../program/circuit-room.ts';
import { earliestLayer, nameHeads } from '../program/place-heads.ts';
import type { SeedOptions, SeedPlan } from '../program/seed-plan.ts';
import type { SeedProgram } from '../program/seed-program.ts';
import { type MeasuredStream, measureStream } from '../stream/measure-stream.ts';
import { grownConfig } from './grown-config.ts';
import { grownHost } from './grown-host.ts';
import { assertGrows, grownSizes, normCorrection } from './growth.ts';

export interface GraftOptions extends Omit<SeedOptions, 'grown' | 'layers' | 'beside'> {
  /** How tokens are read, and windows of the text whose tokens are to be told apart. */
  readonly codes: CodeKind;
  readonly text: readonly Int32Array[];
  /** Tokens on which the model's stream is measured. */
  readonly probe: Int32Array;
  /** What the weights are stored as from now on; null: as they were. */
  readonly dtype: Dtype | null;
  /** What the circuits of other programs need, which are compiled. */
  readonly beside: Needs;
}

export interface Graft {
  /** Of programs over any token; null where there is none. */
  readonly plan: SeedPlan | null;
  /** How those read tokens; null where there are none. */
  readonly codes: ChosenCodes | null;
  /** Where compiled circuits lie. */
  readonly room: SeedRoom;
  /** The larger model without circuits. */
  readonly host: Host;
  readonly before: ModelConfig;
  /** config.json of the larger model. */
  readonly config: string;
  /** How much the circuits of the plan raise the scale that norms divide by, as a part of it: what old features shrink by at most. */
  readonly raised: number;
}

export const NO_NEEDS: Needs = { groups: 0, dims: 0, neurons: 0 };

/** Layers in which a match may lie are the first ones: one part in so many. */
const EARLY = 3;
/** A layer further behind has to be so much steadier. */
const STEADIER = 0.02;

/** @param text config.json of the model that is there */
export function planGraft(asWritten: SeedProgram | null, host: Host, text: string, options: GraftOptions): Graft {
  const before = host.config;
  assertGrows(before);
  const { sizes } = before;
  const { probe, dtype, beside, codes: _, text: __, ...asked } = options;
  const codes = asWritten === null ? null : chooseCodes(asWritten, host, options);
  const [program, own] = codes === null ? [null, null] : [codes.program, codes.own];
  const depth = [...options.exports.values()].every((place) => place === 'feature') ? Math.ceil(sizes.layers / EARLY) + 1 : sizes.layers;
  const measured = padded(measureStream(host, [], Math.min(depth, sizes.layers), options.bos, probe), sizes.layers);
  const layers = program === null ? new Map<string, number>() : steadyLayers(program, before, measured, options);
  const grown = { from: sizes, levels: isTurning(before) ? () => 1 : null, probe, own, besides: beside.groups > 0 };
  const bare = { ...asked, beside: 0, layers, grown };
  const needed = program === null ? NO_NEEDS : { ...needsOf(program, before, bare), neurons: 0 };
  const needs: Needs = { groups: needed.groups + beside.groups, dims: needed.dims + beside.dims, neurons: needed.neurons + beside.neurons };
  const after = grownConfig(text, before, grownSizes(before, needs), dtype);
  const larger = grownHost(host, after.config);
  const { gain } = normCorrection(sizes, after.config.sizes);
  const scaled = ({ first, typical }: Readonly<Record<'first' | 'typical', number>>) => ({ first: first * gain, typical: typical * gain });
  const known = measured.map((own) => ({ ...scaled(own), neurons: scaled(own.neurons ?? own) }));
  const levels = isTurning(before) ? levelsOf(host, (measured[0] as MeasuredStream[number]).typical) : null;
  const plan = program === null ? null : planSeed(program, larger, { ...bare, grown: { ...grown, levels } }, known);
  const room: SeedRoom = {
    end: after.config.sizes.width - needed.dims,
    kvHead: sizes.kvHeads + needed.groups,
    neuron: sizes.hidden,
    oldDim: after.config.sizes.dim === sizes.dim ? null : sizes.dim,
    scale: (known[0] as MeasuredStream[number]).typical,
    levels: levels ?? levelsOf(host, (measured[0] as MeasuredStream[number]).typical),
  };
  return { plan, codes, room, host: larger, before, config: after.text, raised: plan === null ? 0 : raisedBy(plan, known) };
}

function isTurning({ traits }: ModelConfig): boolean {
  return traits.positions.kind === 'rotary';
}

/** Layers behind those that were run are taken to be like the last. */
function padded(measured: MeasuredStream, layers: number): MeasuredStream {
  return Array.from({ length: layers + 1 }, (_, layer) => measured[Math.min(layer, measured.length - 1)] as MeasuredStream[number]);
}

/** A match compares keys that are as loud as their positions are, so it lies where these are most alike. */
function steadyLayers(
  program: SeedProgram,
  config: ModelConfig,
  measured: MeasuredStream,
  placing: Pick<SeedOptions, 'places' | 'bos' | 'context'>,
): Map<string, number> {
  const names = nameHeads(program);
  const chosen = new Map<string, number>();
  const room = { from: config.sizes, layers: chosen };
  for (const head of program.heads) {
    const name = names.get(head.key) as string;
    if (head.kind !== 'match' || placing.places.has(name)) continue;
    const earliest = earliestLayer(program, config, placing, room)(head);
    const last = Math.max(earliest, Math.floor(config.sizes.layers / EARLY));
    const cost = (layer: number): number => (measured[layer]?.spread ?? 1) * (1 + STEADIER * (layer - earliest));
    let best = earliest;
    for (let layer = earliest + 1; layer <= last && layer < config.sizes.layers; layer++) if (cost(layer) < cost(best)) best = layer;
    chosen.set(name, best);
  }
  return chosen;
}

/**
 * How loud each token's embedding is beside the usual one, which is what the first norm divides by: all of it where nothing is added, and with a table
 * of positions nearly, since a position has in the mean nothing in common with a token. Rows are read when they are asked for.
 */
function levelsOf(host: Host, typical: number): (token: number) => number {
  const { width, vocab } = host.config.sizes;
  const { traits, epsilon } = host.config;
  const factor = embeddingFactor(host.config) ** 2;
  const tables = [...storedTensors(host.config)];
  const tableOf = (role: ModelRole) => tables.find(({ spec }) => spec.holds.includes(role));
  const table = tableOf('tokenEmbedding') as StoredTensor;
  const energyOf = (row: Float32Array): number => {
    const mean = traits.norm === 'layer-norm' ? row.reduce((sum, value) => sum + value, 0) / width : 0;
    return row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
  };
  const positions = tableOf('positionEmbedding');
  const rows = positions?.shape[0] ?? 0;
  // the first positions of trained models are many times as loud as all others
  const energies = every(rows).map((row) => energyOf(host.values(positions as StoredTensor, row * width, width)));
  const added = energies.toSorted((a, b) => a - b)[Math.floor(rows / 2)] ?? 0;
  const known = new Float64Array(vocab);
  return (token) => {
    if (known[token] === 0)
      known[token] = Math.sqrt(factor * energyOf(host.values(table, token * width, width)) + added + epsilon) / typical;
    return known[token] as number;
  };
}

/** By half of what their energy is to that of the stream, where that is most. */
function raisedBy({ blocks, config }: SeedPlan, known: MeasuredStream): number {
  const part = (scale: number, last: number): number => {
    const energy = blocks.reduce((sum, { written, dims, amplitude }) => sum + (written <= last ? dims.length * amplitude ** 2 : 0), 0);
    return energy / (2 * config.sizes.width * scale ** 2);
  };
  return Math.max(
    ...known.flatMap(({ typical, neurons }, layer) => [part(typical, layer - 1), part((neurons ?? { typical }).typical, layer)]),
  );
}
