/**
 * What exports say to the output: for each value that names tokens one dimension, which a step of neurons fills and nothing but the unembedding of those
 * tokens reads.
 */
import type { Feature, NeuronGroup, Register, Step } from '../../circuit/circuit.ts';
import { pinnedAtBos } from '../../circuit/form.ts';
import { codeEntry, type TokenCode } from '../../codes/token-code.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { NO_TOKEN } from '../../graph/whole-token.ts';
import { type ModelConfig, storedTensors } from '../../targets/model-config.ts';
import type { ModelRole } from '../../weights/roles.ts';
import type { SeedFeature } from '../discipline/export-features.ts';
import type { SharedRegisters } from '../discipline/shared-registers.ts';
import type { Host } from '../draw/seed-tensors.ts';
import { every, type RoleSlice } from '../draw/slices.ts';
import { embeddingFactor } from '../draw/stored-units.ts';
import { tidy } from '../draw/tidy.ts';
import { type ExportRequest, refuseExport, usualStrength } from '../program/export-request.ts';
import { dimOf, type SeedFrame } from './seed-frame.ts';

/** A value that is said, and the tokens that it names. */
export interface SaidValue {
  readonly value: Value;
  readonly ids: readonly number[];
}

export interface Saying {
  readonly name: string;
  /** A dimension for each value, and two more where what they add up to is to be taken off again; of any token one for each entry of its code. */
  readonly register: Register;
  /** Of any token: some of them. */
  readonly values: readonly SaidValue[];
  /** The code in which any token is said; null where there is a dimension for each value. */
  readonly code: TokenCode | null;
  /** Nats by which a token's logit rises where its value is said. */
  readonly strength: number;
  /** Whether the feature stays in the stream beside it. */
  readonly isFeature: boolean;
}

/** What is said stands so many times as large in the stream as a feature's 1: the output then needs no large weights. */
const LOUD = 4;
/** Of that so much is in the embedding of a token that is said, where the embedding is what unembeds: its own logit rises by as small a part. */
const EMBEDDED = 0.1;
/**
 * What takes off again what the embedding holds of a code is so much quieter, and read so much louder: a token whose entries nearly all have one sign
 * would hear itself otherwise.
 */
const QUIETER = 2 ** -6;
/** What the final norm does to these dimensions where the unembedding has weights of its own. */
const GAIN = 2;

/**
 * Diagnostics: R7717 where a feature names no tokens.
 *
 * @param keepsMean whether the unembedding is an embedding whose new dimensions hold the mean of the others: all tokens then hear a part of what is
 * said, which two more dimensions take off again
 */
export function sayingOf(
  feature: SeedFeature,
  { place, strength }: ExportRequest,
  idsOf: (value: Value) => readonly number[],
  { vocab, keepsMean }: { readonly vocab: number; readonly keepsMean: boolean },
  shared: SharedRegisters,
): { readonly saying: Saying; readonly group: NeuronGroup } {
  const { name, node, code } = feature;
  const span = node.spans[0] ?? null;
  if (code.kind === 'token') throw new Error('any token is said by its code');
  if (code.kind === 'numeric') return refuseExport(name, place, 'it is a number between others, and names no token', span);
  const values = code.values.flatMap((value, v) => {
    const ids = value === NO_TOKEN ? [] : idsOf(value);
    return ids.length === 0 ? [] : [{ value, ids, v }];
  });
  if (values.length === 0) {
    const some = code.values.slice(0, 3).map(sourceText).join(', ');
    return refuseExport(name, place, `none of its values (${some}${code.values.length > 3 ? ', …' : ''}) is what a token says`, span);
  }
  const features = values.map((): Feature => ({ levels: null, spread: null, low: 0, high: LOUD, bos: 0, unit: 1 }));
  if (keepsMean) features.push(...counterFeatures(-LOUD * values.length, 0));
  const register = sayRegister(name, node, features, shared);
  const steps = values.map(({ v }, f): Step => {
    const form = code.forms[v];
    if (form === undefined) throw new Error('a value without a form');
    const writes = [{ register, feature: f, weight: LOUD }, ...(keepsMean ? [{ register, feature: values.length, weight: -LOUD }] : [])];
    return { input: pinnedAtBos(form, 0, shared.bos), ceilings: new Float64Array(0), intervals: [], low: 0, high: 1, writes };
  });
  const named = Math.max(...values.map(({ ids }) => ids.length));
  return {
    saying: {
      name,
      register,
      values: values.map(({ value, ids }) => ({ value, ids })),
      code: null,
      strength: strength ?? usualStrength(vocab, named),
      isFeature: place === 'both',
    },
    group: { kind: 'neurons', name: register.name, spans: node.spans, steps, base: [] },
  };
}

/** Two dimensions more: against what is written, and against what the embedding holds of a token that is said. */
export function counterFeatures(low: number, high: number): Feature[] {
  return [0, 1].map((): Feature => ({ levels: null, spread: null, low, high, bos: 0, unit: 1 }));
}

/** A dimension of a saying, and how much of it each token hears. */
interface SaidDim {
  readonly dim: number;
  /** The number that is written there. */
  readonly level: number;
  /** Of a token that is said, what it hears of that: 1 or nothing, or an entry of its code. */
  readonly heard: (id: number) => number;
}

/** A saying's dimensions, those of its values or of its code. */
export function saidDims(frame: SeedFrame, saying: Saying): SaidDim[] {
  const { register, values, code } = saying;
  return Array.from({ length: saidCount(saying) }, (_, feature) => feature).flatMap((feature): SaidDim[] => {
    const dim = dimOf(frame, { register, feature });
    if (dim === null) return [];
    if (code !== null) return [{ dim, level: levelOf(saying), heard: (id) => codeEntry(code, id, feature) }];
    const ids = new Set(values[feature]?.ids);
    return [{ dim, level: levelOf(saying), heard: (id) => (ids.has(id) ? 1 : 0) }];
  });
}

/** How many of a saying's dimensions say something: the others take off again what these add up to. */
function saidCount({ values, code }: Saying): number {
  return code === null ? values.length : code.length;
}

/** The number that is written to a dimension. */
function levelOf({ code }: Saying): number {
  return code === null ? LOUD : saidLevel(code);
}

/** A code that is said is as loud as a value that is. */
export function saidLevel({ length }: TokenCode): number {
  return LOUD / Math.sqrt(length);
}

/** The dimensions that take off again what a saying's others add up to, where there are any. */
export function counterDims(frame: SeedFrame, saying: Saying): number[] {
  const { register } = saying;
  const count = saidCount(saying);
  return register.features.slice(count).flatMap((_, i) => dimOf(frame, { register, feature: count + i }) ?? []);
}

/** What the token embedding holds of sayings: nothing, but where it is the unembedding as well. */
export function embeddedSayings(config: ModelConfig, frame: SeedFrame, sayings: readonly Saying[]): Map<number, (id: number) => number> {
  if (!config.tied) return new Map();
  return new Map(
    sayings.flatMap((saying) => [
      ...saidDims(frame, saying).map(({ dim, level, heard }) => [dim, (id: number) => ownEntry(frame, level) * heard(id)] as const),
      ...counterDims(frame, saying)
        .slice(1)
        .map((dim) => [dim, takenOff(frame, saying)] as const),
    ]),
  );
}

/** What a token's row holds of a saying's dimensions in all, negative. */
function takenOff(frame: SeedFrame, saying: Saying): (id: number) => number {
  const dims = saidDims(frame, saying);
  const part = quietness(saying);
  return (id) => -part * dims.reduce((sum, { level, heard }) => sum + ownEntry(frame, level) * heard(id), 0);
}

function quietness({ code }: Saying): number {
  return code === null ? 1 : QUIETER;
}

function ownEntry({ amplitude }: SeedFrame, level: number): number {
  return tidy(EMBEDDED * level * amplitude);
}

/** A dimension that the output reads. */
interface ReadDim extends SaidDim {
  /** Nats of a token's logit that it brings where the token is said. */
  readonly nats: number;
  /** How much quieter than the others it is. */
  readonly part: number;
}

/** The final norm and the unembedding in the dimensions that say something. */
export function sayingSlices(config: ModelConfig, frame: SeedFrame, sayings: readonly Saying[], finalScale: number): RoleSlice[] {
  const read = sayings.flatMap((saying) => {
    const nats = saying.strength / (saying.code?.length ?? 1);
    const counters = counterDims(frame, saying).map((dim, i) => ({
      ...{ dim, level: levelOf(saying), heard: () => 0 },
      part: i === 0 ? 1 : quietness(saying),
    }));
    const own = saidDims(frame, saying).map((each) => ({ ...each, part: 1 }));
    return [...own, ...counters].map((each): ReadDim => ({ ...each, nats }));
  });
  if (read.length === 0) return [];
  const byDim = new Map(read.map((each) => [each.dim, each]));
  const dims = [...byDim.keys()].sort((a, b) => a - b);
  const writtenAt = (dim: number): number => byDim.get(dim)?.level ?? LOUD;
  // logit = gain · entry · written / scale
  const product = (dim: number): number =>
    ((byDim.get(dim)?.nats ?? 0) * finalScale) / (writtenAt(dim) * frame.amplitude * config.numbers.logits);
  const common = { layer: null, purpose: 'programmed', circuits: sayings.map(({ name }) => name) } as const;
  // what is stored of an embedding unembeds, and what it is multiplied by does not
  const unembeds = (dim: number): number => ((byDim.get(dim)?.part ?? 1) * ownEntry(frame, writtenAt(dim))) / embeddingFactor(config);
  const gainOf = (dim: number): number => (config.tied ? tidy(product(dim) / unembeds(dim)) : GAIN);
  const gain: RoleSlice = { ...common, role: 'finalNormGain', indices: [dims], value: (dim) => gainOf(dim as number) };
  const bias: RoleSlice = { ...common, role: 'finalNormBias', indices: [dims], value: () => 0 };
  const norms = config.traits.biases.norm ? [gain, bias] : [gain];
  if (config.tied) return norms;
  const rows: RoleSlice = {
    ...common,
    role: 'unembedding',
    indices: [every(config.sizes.vocab), dims],
    value: (id, dim) => {
      const heard = byDim.get(dim as number)?.heard(id as number) ?? 0;
      return heard === 0 ? 0 : heard * tidy(product(dim as number) / GAIN);
    },
  };
  return [...norms, rows];
}

/** What of a host reads the stream in the end. @param rowOf the row of a token's id, where the vocabulary is cut */
export function outputWeights(host: Host, rowOf: (id: number) => number = (id) => id) {
  const { config } = host;
  const { width } = config.sizes;
  const tensors = [...storedTensors(config)];
  const values = (role: ModelRole, from: number): Float32Array => {
    const tensor = tensors.find(({ spec }) => spec.holds.includes(role));
    if (tensor === undefined) throw new Error(`the model has no ${role}`);
    const offset = tensor.spec.offset ?? 0;
    return host.values(tensor, from, width).map((value) => value - offset);
  };
  const role = config.tied ? 'tokenEmbedding' : 'unembedding';
  return { config, finalGain: values('finalNormGain', 0), unembeds: (id: number) => values(role, rowOf(id) * width) };
}

/** Where the values of an export, or the entries of what it says, lie for the output to read them. */
export function sayRegister(name: string, node: SOp, features: readonly Feature[], shared: SharedRegisters): Register {
  return { id: shared.next++, name: `say ${name}`, spans: node.spans, node, encoding: 'features', values: null, features };
}
