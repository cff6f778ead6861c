/** Programs over small alphabets as seeds: the inputs that they are tried on, and their parts of a folder's map. */

import type { SeedMap, SeedPromise } from '../../checkpoint/map/seed/seed-map.ts';
import { printCircuit } from '../../circuit/print.ts';
import { withoutFirst } from '../../graph/class-members.ts';
import { type FeatureBound, seedBounds } from '../../seed/bound/seed-bound.ts';
import { roundedSlices } from '../../seed/draw/rounded.ts';
import type { Host } from '../../seed/draw/seed-tensors.ts';
import { type AlphabetSource, vocabularyOf, wholeIds } from '../../seed/host/alphabet-source.ts';
import { checkSeed, type FeatureScore } from '../../seed/host/check-seed.ts';
import { type CompiledSeed, circuitDims, circuitNeeds, compileSeed, idsOf, lowerSources } from '../../seed/host/compile-seed.ts';
import { describeCompiled, type HeardSaying } from '../../seed/host/describe-compiled.ts';
import { placeCircuit } from '../../seed/host/place-circuit.ts';
import { movedBy, runHost } from '../../seed/host/run-host.ts';
import type { Needs, SeedRoom, TakenRoom } from '../../seed/program/circuit-room.ts';
import { assertExported, type ExportRequest } from '../../seed/program/export-request.ts';
import type { SeedSource } from '../../seed/program/recognize.ts';
import { type ModelConfig, positionsOf } from '../../targets/model-config.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { adversarialInputs, type InputSource, listedInputs, randomInputs } from '../../verify/inputs.ts';
import { hearSayings } from './seed-sayings.ts';

/** On how many inputs the circuit is tried by itself, and on how many inside the host. */
const CIRCUIT_INPUTS = 2000;
const HOST_INPUTS = 40;
/** Of the inputs that are made to break things so many, evenly. */
const BROKEN = 12;
/** Of both kinds so many where the host is not right on all of those. */
const MORE_INPUTS = 80;
const PROBES = 4;
/** A context that is not said. */
const USUAL_CONTEXT = 16;

export interface AlphabetOptions {
  readonly context: number | null;
  readonly range: number;
  readonly bos: number | null;
  readonly seed: number;
  readonly requests: ReadonlyMap<string, ExportRequest>;
  /** What the slices are stored as. */
  readonly dtype: Dtype;
  /** Where the circuits lie in a model that was made larger for them. */
  readonly room?: SeedRoom;
  /** What heads over any token have taken of the same model. */
  readonly taken?: TakenRoom;
}

export interface AlphabetSeed {
  readonly seed: CompiledSeed;
  readonly scores: readonly FeatureScore[];
  readonly heard: readonly HeardSaying[];
  readonly bounds: readonly FeatureBound[];
  /** By what factor the scale of the stream moved at most where it is read, on the probes. */
  readonly moved: number;
}

export function isAlphabet({ program }: SeedSource): boolean {
  return program.vocabulary?.kind === 'tokens';
}

function alphabetSource({ program, ids, named }: SeedSource): AlphabetSource {
  const own = { program, ids: vocabularyOf(program).map((value) => ids.get(String(value)) ?? null) };
  return named === undefined ? own : { ...own, named };
}

/** Diagnostics: those of lowering a program and giving it layers, by itself. */
export function assertSeedable(source: SeedSource, config: ModelConfig, context: number | null): void {
  const asked = context ?? source.program.context?.length ?? USUAL_CONTEXT;
  const { circuit } = lowerSources([alphabetSource(source)], config, Math.min(asked, positionsOf(config) - 1));
  placeCircuit(circuit, config);
}

/** Tokens over which circuits have to hold: as many as was said, here or by a program, or the usual number. */
export function alphabetContext(sources: readonly SeedSource[], config: ModelConfig, context: number | null): number {
  const asked = context ?? Math.max(...sources.map(({ program }) => program.context?.length ?? USUAL_CONTEXT));
  return Math.min(asked, positionsOf(config) - 1);
}

/** What the circuits of programs need beside what a model has. Diagnostics: those of compiling. */
export function alphabetNeeds(
  sources: readonly SeedSource[],
  config: ModelConfig,
  { context, requests }: Pick<AlphabetOptions, 'context' | 'requests'>,
): Needs {
  return circuitNeeds(sources.map(alphabetSource), config, alphabetContext(sources, config, context), requests);
}

/** Dimensions that the circuits of programs take. Diagnostics: those of lowering a program and giving it layers. */
export function alphabetDims(
  sources: readonly SeedSource[],
  config: ModelConfig,
  options: Pick<AlphabetOptions, 'context' | 'requests'>,
): number {
  return circuitDims(sources.map(alphabetSource), config, alphabetContext(sources, config, options.context), options.requests);
}

interface Compiled {
  readonly seed: CompiledSeed;
  readonly parts: readonly AlphabetSource[];
  readonly context: number;
  /** Inputs of each program, and those of them on which the stream is measured. */
  readonly random: readonly InputSource[];
  readonly probes: readonly (readonly Uint32Array[])[];
}

/** The circuits in a host, not yet tried. Diagnostics: R7717, and those of compiling. */
export function compileAlphabets(sources: readonly SeedSource[], host: Host, options: AlphabetOptions): CompiledSeed {
  return compiledFor(sources, host, options).seed;
}

function compiledFor(sources: readonly SeedSource[], host: Host, options: AlphabetOptions): Compiled {
  assertExported(
    options.requests,
    sources.flatMap(({ program }) => program.exports.map(({ name }) => name)),
  );
  const context = alphabetContext(sources, host.config, options.context);
  const parts = sources.map(alphabetSource);
  const random = parts.map((part) =>
    sayable(part, options.bos, randomInputs(vocabularyOf(part.program).length, context, CIRCUIT_INPUTS, options.seed)),
  );
  // the longest of each style
  const probes = random.map((source) => Array.from({ length: PROBES }, (_, i) => source.at(i * context)));
  const { range, bos, requests, room, taken } = options;
  const where = { ...(room === undefined ? {} : { room }), ...(taken === undefined ? {} : { taken }) };
  const exact = compileSeed(parts, host, { context, range, bos, probes, requests, ...where });
  return { seed: { ...exact, slices: roundedSlices(exact.slices, options.dtype, host.config) }, parts, context, random, probes };
}

/** Diagnostics: R7717, and those of compiling and trying. */
export function seedAlphabets(sources: readonly SeedSource[], host: Host, options: AlphabetOptions): AlphabetSeed {
  const { seed, parts, context, random, probes } = compiledFor(sources, host, options);
  const { bos, room } = options;
  const inputs = parts.map((part, p) => {
    const broken = sayable(part, bos, adversarialInputs(vocabularyOf(part.program).length, context));
    const own = random[p] as InputSource;
    const edges = someOf(broken, CIRCUIT_INPUTS / 2);
    return {
      circuit: [...edges, ...someOf(own, CIRCUIT_INPUTS - edges.length)],
      host: [...someOf(longestOf(broken), BROKEN), ...someOf(own, HOST_INPUTS - BROKEN)],
      more: [...someOf(broken, MORE_INPUTS), ...someOf(own, MORE_INPUTS)],
    };
  });
  const scores = checkSeed(seed, inputs);
  const heard = hearSayings(
    seed,
    probes,
    inputs.map((own) => own.host),
  );
  // in room of its own a circuit is read beside quiet constants
  if (room !== undefined) return { seed, scores, heard, bounds: [], moved: 1 };
  const batch = parts.flatMap((source, p) => (probes[p] ?? []).map((probe) => idsOf(probe, source, bos)));
  const moved = movedBy(runHost(host, seed.slices, seed.placed.layers.length, batch).scales, seed.scales);
  // how far codes of tokens may be misheard before two are taken for one the bound does not follow
  const bounds = parts.some((part) => wholeIds(part) !== null)
    ? scores.map(({ name }): FeatureBound => ({ name, scale: null, margin: 0, why: 'its program asks which token it is' }))
    : seedBounds(seed, options.dtype);
  return { seed, scores, heard, bounds, moved };
}

/** Where it counts which token it is, what stands first in a model is none of an input. */
function sayable(source: AlphabetSource, bos: number | null, inputs: InputSource): InputSource {
  const ids = wholeIds(source);
  return ids === null ? inputs : { ...inputs, at: (index) => withoutFirst(inputs.at(index), ids, bos) };
}

/** Those of the greatest length, over which counts are largest. */
function longestOf(source: InputSource): InputSource {
  const all = Array.from({ length: source.count }, (_, i) => source.at(i));
  const longest = all.reduce((most, { length }) => Math.max(most, length), 0);
  return listedInputs(all.filter(({ length }) => length === longest));
}

/** So many inputs of a source, evenly over it. */
function someOf(source: InputSource, count: number): Uint32Array[] {
  const all = Math.min(source.count, count);
  return Array.from({ length: all }, (_, i) => source.at(Math.floor((i * source.count) / all)));
}

export function alphabetFacts(
  { seed, scores, heard, bounds, moved }: AlphabetSeed,
  drawn: SeedMap['drawn'],
  dtype: SeedMap['dtype'],
  about: Pick<SeedMap, 'raspc' | 'programs' | 'tokens'>,
): Omit<SeedMap, 'files'> {
  const { context } = seed.placed;
  const promises = new Map(
    scores.map(({ name, right, positions }): [string, SeedPromise] => [
      name,
      { accuracy: right / positions, positions, context, windows: null },
    ]),
  );
  const described = describeCompiled(seed, promises, heard);
  const features = described.features.map((feature) => {
    const bound = bounds.find(({ name }) => name === feature.name);
    // what is said to the output takes neurons that a folder's programs do not tell of
    return bound === undefined || bound.scale === null || seed.sayings.length > 0
      ? feature
      : { ...feature, bound: { scale: bound.scale, margin: bound.margin, moved } };
  });
  return { ...about, ...described, features, dtype, causal: true, drawn };
}

export function circuitText({ seed }: AlphabetSeed): string {
  return printCircuit(seed.circuit);
}
