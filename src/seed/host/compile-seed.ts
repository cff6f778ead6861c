/** From programs over small alphabets to the slices of a host: the whole way on one screen. */

import type { Circuit, Component, Form, Register } from '../../circuit/circuit.ts';
import { codeEntry, cosineSpectrum, type TokenCode, tokenCode } from '../../codes/token-code.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { classMembers, memberAt } from '../../graph/class-members.ts';
import type { Value } from '../../graph/value.ts';
import { checkCompilable } from '../../passes/check/check-compilable.ts';
import { INLINE_LIMIT, inferFacts } from '../../passes/facts/infer-facts.ts';
import { ALL_OPTIMIZATIONS, type Optimization } from '../../passes/optimizations.ts';
import { simplify } from '../../passes/simplify/simplify.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { codeLevel } from '../discipline/codes/token-codes.ts';
import type { SeedFeature } from '../discipline/export-features.ts';
import type { SeedTraits } from '../discipline/lowering-source.ts';
import { lowerSeed } from '../discipline/seed-lowering.ts';
import { type SharedRegisters, sharedRegisters } from '../discipline/shared-registers.ts';
import { assertTakesAlphabets, drawOf, initRules } from '../draw/init-rules.ts';
import type { Host } from '../draw/seed-tensors.ts';
import type { RoleSlice } from '../draw/slices.ts';
import { embeddingFactor } from '../draw/stored-units.ts';
import { grownHead, type Needs, type SeedRoom, type TakenRoom } from '../program/circuit-room.ts';
import type { ExportRequest } from '../program/export-request.ts';
import { type AlphabetSource, classesOf, vocabularyOf, wholeIds } from './alphabet-source.ts';
import { groupSources } from './group-sources.ts';
import { placeCircuit } from './place-circuit.ts';
import { type HostRun, runHost } from './run-host.ts';
import { type Saying, sayingOf, sayingSlices } from './sayings.ts';
import { availableDims, dimOf, neededDims, type Scale, type SeedFrame, type StreamScales, seedFrame } from './seed-frame.ts';
import { tokenSayings } from './token-sayings.ts';
import { type HostCircuit, type TokenIds, writeCircuit } from './weights/write-circuit.ts';
import { contentSlots } from './weights/write-heads.ts';

/**
 * Scores that rise with a value would rise with the stream's scale: an extreme is told by thresholds. And of several things at once one head counts
 * less well there than a head for each: a rank over 15 positions was 11 for 12 in a GPT-NeoX.
 */
const NOT_IN_A_HOST: readonly Optimization[] = ['extreme-heads', 'counted-once'];
export const SEED_OPTIMIZATIONS: ReadonlySet<Optimization> = new Set(
  [...ALL_OPTIMIZATIONS].filter((each) => !NOT_IN_A_HOST.includes(each)),
);

export interface SeedCompileOptions {
  /** Tokens over which the circuits have to hold, the first position of a window not counted. */
  readonly context: number;
  /** The config's `initializer_range`. */
  readonly range: number;
  /** The token that stands first; null where the first position is known by itself. */
  readonly bos: number | null;
  /** Inputs of each source on which the stream's scale is measured, as indices into its vocabulary. */
  readonly probes: readonly (readonly Uint32Array[])[];
  /** Where exports go that are to be more than features, by name. */
  readonly requests?: ReadonlyMap<string, ExportRequest>;
  /** Where the circuits lie in a model that was made larger for them; absent: over what was there. */
  readonly room?: SeedRoom;
  /** What other circuits have taken of the model before. */
  readonly taken?: TakenRoom;
}

/** One program's part of a seed. */
export interface SeedPart {
  readonly source: AlphabetSource;
  readonly features: readonly SeedFeature[];
}

export interface CompiledSeed {
  readonly parts: readonly SeedPart[];
  readonly sayings: readonly Saying[];
  readonly circuit: Circuit;
  readonly placed: HostCircuit;
  readonly frame: SeedFrame;
  readonly scales: StreamScales;
  readonly slices: readonly RoleSlice[];
}

/** Weights depend on the scale of the stream, and that a little on them. */
const ROUNDS = 2;

/** Diagnostics: R7701, R7703, R7706, R7707, R7717, and those of compiling. */
export function compileSeed(sources: readonly AlphabetSource[], host: Host, options: SeedCompileOptions): CompiledSeed {
  const { config } = host;
  const room = options.room ?? null;
  const batch = sources.flatMap((source, s) => (options.probes[s] ?? []).map((probe) => idsOf(probe, source, options.bos)));
  const energy = room !== null ? 0 : host.isDrawn ? embeddingEnergy(host, options.range) : measuredEnergy(host, batch);
  const { parts, placed } = placeSeed(sources, host, options, energy);
  const { frame, layers, sayings, circuit } = placed;
  let scales = guessed(frame, config.sizes.width, layers.length);
  let slices = writeCircuit(placed, scales);
  // what stands at the first position follows from what is read there, a sublayer after the other
  for (let round = 0; round < (room === null ? ROUNDS : ROUNDS * layers.length); round++) {
    const run = runHost(host, slices, layers.length, batch);
    scales = room === null ? run.scales : heardScales(run, frame, room);
    slices = writeCircuit(placed, scales);
  }
  // how loud the stream is in the end says how strongly the output has to read it
  if (sayings.length > 0) {
    const { attention } = runHost(host, slices, config.sizes.layers, batch).scales;
    slices = [...slices, ...sayingSlices(config, frame, sayings, attention.at(-1)?.typical ?? 1)];
  }
  return { parts, sayings, circuit, placed, frame, scales, slices };
}

/** The scales of a stream in which nothing of the circuit is loud: what stands at the first position is heard, and the first layer's scale is known. */
function heardScales({ scales, firsts }: HostRun, frame: SeedFrame, room: SeedRoom): StreamScales {
  const heardOf = (first: FloatArray | undefined): ReadonlyMap<number, number> => {
    const mean = frame.zero === null ? 0 : (first?.[frame.zero] ?? 0);
    return new Map(frame.reserved.flatMap((dim) => (dim === frame.flag.dim ? [] : [[dim, (first?.[dim] ?? 0) - mean] as const])));
  };
  const heard = (kind: 'attention' | 'mlp') => (scale: Scale, layer: number) => ({ ...scale, heard: heardOf(firsts[kind][layer]) });
  const attention = scales.attention.map(heard('attention'));
  const [first, ...later] = attention;
  const known = first === undefined || room.levels === null ? attention : [{ ...first, typical: room.scale, isEven: true }, ...later];
  return { attention: known, mlp: scales.mlp.map(heard('mlp')) };
}

/** What has dimensions because it is exported. */
function exportedForms(parts: readonly SeedPart[], sayings: readonly Saying[]): Form[] {
  return [...parts.flatMap(({ features }) => features.flatMap(formsOfFeature)), ...sayings.flatMap(formsOfSaying)];
}

/** More heads than a circuit takes, and more neurons than one should. */
const MANY = 2 ** 12;

/** A model with as many more heads and neurons as circuits may take at most, its heads as large as they become. */
export function roomyConfig(config: ModelConfig): ModelConfig {
  const { sizes } = config;
  const group = sizes.heads / sizes.kvHeads;
  return { ...config, sizes: { ...sizes, dim: grownHead(config), kvHeads: MANY, heads: group * MANY, hidden: sizes.hidden + MANY } };
}

/** What the circuits of programs need beside what a model has. Diagnostics: those of lowering a program and giving it layers. */
export function circuitNeeds(
  sources: readonly AlphabetSource[],
  config: ModelConfig,
  context: number,
  requests: ReadonlyMap<string, ExportRequest>,
): Needs {
  const roomy = roomyConfig(config);
  const oldDim = roomy.sizes.dim === config.sizes.dim ? null : config.sizes.dim;
  const { circuit, parts, sayings } = lowerSources(sources, roomy, context, requests, { isGrown: true, oldDim });
  const layers = placeCircuit(circuit, roomy);
  const anywhere: SeedRoom = { end: MANY, kvHead: 0, neuron: 0, oldDim, scale: 1, levels: null };
  return {
    groups: Math.max(0, ...layers.map(({ heads }) => heads.length)),
    neurons: Math.max(0, ...layers.map(({ neurons }) => neurons)),
    dims: seedFrame(circuit, exportedForms(parts, sayings), config, 0, anywhere).reserved.length,
  };
}

/** Beside heads over any token circuits have half of what there is for both, if codes can be shorter. */
const SHARED = 4;

/** Dimensions that the circuits of programs take over what a model has. Diagnostics: those of lowering a program, and R7706. */
export function circuitDims(
  sources: readonly AlphabetSource[],
  config: ModelConfig,
  context: number,
  requests: ReadonlyMap<string, ExportRequest>,
): number {
  const { width } = config.sizes;
  const { circuit, parts, sayings } = lowerSources(sources, config, context, requests, { available: Math.floor(width / SHARED) });
  return seedFrame(circuit, exportedForms(parts, sayings), config, 1).reserved.length;
}

/** Everything that follows from the programs and the host's shape, before any scale is known. @param energy as in {@link seedFrame} */
export function placeSeed(
  sources: readonly AlphabetSource[],
  host: Host,
  options: Pick<SeedCompileOptions, 'context' | 'bos' | 'requests' | 'room' | 'taken'>,
  energy: number,
): { readonly parts: readonly SeedPart[]; readonly placed: HostCircuit } {
  const { config } = host;
  const { context, bos } = options;
  const room = options.room ?? null;
  if (room === null) assertTakesAlphabets(config);
  const taken = options.taken ?? null;
  const { width } = config.sizes;
  const within = {
    isGrown: room !== null,
    oldDim: room?.oldDim ?? null,
    available: room === null ? availableDims(width, taken?.end ?? width) : UNBOUNDED,
  };
  const { parts, sayings, circuit, ids } = lowerSources(sources, config, context, options.requests, within);
  const layers = placeCircuit(circuit, config, room ?? taken);
  const frame = seedFrame(circuit, exportedForms(parts, sayings), config, energy, room, taken);
  const passing = new Set(sayings.flatMap(({ name, isFeature }) => (isFeature ? [] : [name])));
  const lasting = parts.flatMap(({ features }) => features.flatMap((each) => (passing.has(each.name) ? [] : formsOfFeature(each))));
  const said = sayings.flatMap(formsOfSaying);
  const kept = new Set([...lasting, ...said].flatMap(({ terms }) => terms.map((term) => dimOf(frame, term))));
  const lastRead = new Map(frame.reserved.map((d) => [d, kept.has(d) ? config.sizes.layers : layers.length]));
  const names = parts.flatMap(({ features }) => features.map(({ name }) => name));
  return { parts, placed: { host, circuit, layers, frame, context, bos, ids, names, lastRead, sayings, room } };
}

export interface LoweredSources {
  readonly parts: readonly SeedPart[];
  readonly sayings: readonly Saying[];
  readonly circuit: Circuit;
  readonly ids: ReadonlyMap<Register, TokenIds>;
}

/** Entries of a code of tokens: as many as there is room for. */
const CODE_LENGTHS = [63, 57, 50, 44, 38, 32, 28, 24, 20, 16, 12] as const;
/** A model that is made larger has as many dimensions as are asked for. */
const UNBOUNDED = Number.POSITIVE_INFINITY;
/** A code for so few tokens takes as many dimensions as one for all. */
const FEW_TOKENS = 16;

/**
 * The circuits of all programs, and which ids their registers of tokens are about.
 *
 * @param available dimensions that they may take, where a shorter code of tokens takes less
 */
export function lowerSources(
  sources: readonly AlphabetSource[],
  config: ModelConfig,
  context: number,
  requests: ReadonlyMap<string, ExportRequest> = new Map(),
  {
    isGrown = false,
    oldDim = null,
    available = isGrown ? UNBOUNDED : availableDims(config.sizes.width, config.sizes.width),
  }: LoweringRoom = {},
): LoweredSources {
  const coded = sources.find((source) => wholeIds(source) !== null);
  if (coded === undefined) return lowerWith(sources, config, context, requests, { isGrown, oldDim }, null);
  const fits = (length: number): boolean => {
    const { circuit, parts, sayings } = lowerWith(sources, config, context, requests, { isGrown, oldDim }, tokenCode(FEW_TOKENS, length));
    return neededDims(circuit, exportedForms(parts, sayings), config, !isGrown) <= available;
  };
  const codeOf = (length: number): TokenCode => tokenCode(config.sizes.vocab, length);
  // where none fits it is the width that is refused, by what the shortest takes that tells tokens apart
  const length = CODE_LENGTHS.find(fits) ?? CODE_LENGTHS.findLast((each) => cosineSpectrum(codeOf(each)).largest < 1);
  return lowerWith(sources, config, context, requests, { isGrown, oldDim }, codeOf(length ?? CODE_LENGTHS[0]));
}

export interface LoweringRoom {
  /** Whether a model was made larger for the circuits. */
  readonly isGrown?: boolean;
  /** As in {@link SeedRoom}. */
  readonly oldDim?: number | null;
  readonly available?: number;
}

function lowerWith(
  sources: readonly AlphabetSource[],
  config: ModelConfig,
  context: number,
  requests: ReadonlyMap<string, ExportRequest>,
  { isGrown, oldDim }: Required<Pick<LoweringRoom, 'isGrown' | 'oldDim'>>,
  code: TokenCode | null,
): LoweredSources {
  const traits: SeedTraits = {
    positions: config.traits.positions.kind,
    contentDims: contentSlots(config, context, oldDim).length,
    headDims: config.sizes.dim,
    neurons: config.sizes.hidden,
  };
  const shared: SharedRegisters = sharedRegisters();
  const ids = new Map<Register, TokenIds>();
  assertNames(sources);
  const output = { vocab: config.sizes.vocab, keepsMean: isGrown && config.tied && config.traits.norm === 'layer-norm' };
  const sayings: Saying[] = [];
  const groups = groupSources(sources).map(({ source, graph, exports: all, members }) => {
    const { program } = source;
    const assumptions = { vocabulary: vocabularyOf(program), context, causal: true };
    const { exports, splits } = simplify(graph, all, assumptions, 'causal', SEED_OPTIMIZATIONS);
    const facts = inferFacts(graph, assumptions, { splits, inlineLimit: INLINE_LIMIT });
    checkCompilable({ graph, exports, facts, target: config.target });
    const whole = wholeIds(source);
    const codes = code === null || whole === null ? null : { code, ids: whole };
    const lowered = lowerSeed(graph, facts, exports, traits, { shared, codes });
    const { circuit, features, coded } = lowered;
    for (const { register, source: from } of circuit.embeddings) {
      if (from !== 'token') continue;
      const entries = codes !== null && register === coded ? { entryOf: entryOf(codes.code) } : {};
      ids.set(register, { ids: source.ids, classOf: classesOf(source), ...entries });
    }
    const told = tokenSayings(lowered, requests, output, shared);
    sayings.push(...told.sayings);
    const spoken = features.flatMap((feature): Component[] => {
      const request = requests.get(feature.name);
      if (feature.code.kind === 'token' || request === undefined || request.place === 'feature') return [];
      const { saying, group } = sayingOf(feature, request, (value) => idsOfValue(source, value), output, shared);
      sayings.push(saying);
      return [group];
    });
    return { circuit: { ...circuit, components: [...told.components, ...spoken] }, features: told.features, members };
  });
  const parts = sources.map((source): SeedPart => {
    const own = groups.find(({ members }) => members.includes(source))?.features ?? [];
    return { source, features: own.filter(({ name }) => source.program.exports.some((each) => each.name === name)) };
  });
  const circuit: Circuit = {
    embeddings: [
      ...groups.flatMap(({ circuit: own }) => own.embeddings.filter(({ source }) => source === 'bos')).slice(0, 1),
      ...groups.flatMap(({ circuit: own }) => own.embeddings.filter(({ source }) => source !== 'bos')),
    ],
    components: groups.flatMap(({ circuit: own }) => own.components),
    readouts: groups.flatMap(({ circuit: own }) => own.readouts),
    bos: shared.bos,
  };
  return { parts, sayings, circuit, ids };
}

/** What a token has of its code. */
function entryOf(code: TokenCode): (id: number, feature: number) => number {
  const level = codeLevel(code);
  return (id, feature) => level * codeEntry(code, id, feature);
}

/** Diagnostics: R7702, R7703. */
function assertNames(sources: readonly AlphabetSource[]): void {
  const known = new Set<string>();
  for (const { program } of sources) {
    if (program.exports.length === 0) fail('R7702', { file: program.source.path });
    for (const { name, span } of program.exports) {
      if (known.has(name)) fail('R7703', { name }, { span });
      known.add(name);
    }
  }
}

/** The tokens that a value names. */
function idsOfValue({ program, ids, named }: AlphabetSource, value: Value): readonly number[] {
  if (named !== undefined) return named(value);
  const id = ids[vocabularyOf(program).findIndex((each) => String(each) === String(value))];
  return id === undefined || id === null ? [] : [id];
}

/** The dimensions of what is said, each by itself. */
function formsOfSaying({ register }: Saying): Form[] {
  return register.features.map((_, feature) => ({ constant: 0, terms: [{ register, feature, weight: 1 }] }));
}

export function formsOfFeature({ code }: SeedFeature): readonly Form[] {
  return code.kind === 'numeric' ? [code.numerator, code.denominator] : code.forms;
}

/** Ids of a model's input: what stands first, and the tokens. */
export function idsOf(tokens: ArrayLike<number>, source: AlphabetSource, bos: number | null): Int32Array {
  const first = bos ?? 0;
  const whole = wholeIds(source);
  if (whole !== null) return Int32Array.from([first, ...Array.from(tokens, (token) => whole[token] ?? 0)]);
  const classOf = classesOf(source);
  if (classOf !== null) {
    const members = classMembers(classOf, vocabularyOf(source.program).length, bos);
    return Int32Array.from([first, ...Array.from(tokens, (token, at) => memberAt(members[token] ?? [], at + tokens.length))]);
  }
  const other = otherToken(source.ids, bos);
  return Int32Array.from([first, ...Array.from(tokens, (token) => source.ids[token] ?? other)]);
}

/** Some token that has no value of its own. */
function otherToken(ids: readonly (number | null)[], bos: number | null): number {
  let id = 0;
  while (ids.includes(id) || id === bos) id++;
  return id;
}

/** The expected square of the length of a drawn embedding. */
function embeddingEnergy({ config }: Host, range: number): number {
  const draw = drawOf('tokenEmbedding', initRules(config.target), range, config.sizes);
  const deviation = (draw.kind === 'normal' ? draw.deviation : range) * embeddingFactor(config);
  return config.sizes.width * deviation ** 2 * (config.traits.positions.kind === 'learned' ? 2 : 1);
}

/** The same of a model that is there. */
function measuredEnergy(host: Host, batch: readonly Int32Array[]): number {
  const { typical } = runHost(host, [], 0, batch).scales.attention[0] as Scale;
  return host.config.sizes.width * typical ** 2;
}

function guessed({ constant, flag }: SeedFrame, width: number, layers: number): StreamScales {
  const scale: Scale = { first: flag.amplitude / Math.sqrt(width), typical: (1.15 * constant.amplitude) / Math.sqrt(width) };
  const all = Array.from({ length: layers + 1 }, () => scale);
  return { attention: all, mlp: all };
}
