/**
 * raspc.json of a seeded model (schema 1): which entries of the checkpoint belong to circuits, and how the circuits read and write the
 * stream. A seeded model has no vocabulary and no values of its own, so this is a form beside that of compiled ones; what tells them
 * apart is `circuits`.
 */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import type { StreamAxis } from '../../targets/stream-axes.ts';
import {
  booleanShape,
  countShape,
  listShape,
  nullableShape,
  numberShape,
  objectShape,
  optionalShape,
  type Refuse,
  type Shape,
  shapeOf,
  textShape,
  wordShape,
} from '../json/json-shape.ts';
import { floatNumber, type JsonData, jsonText } from '../json/json-text.ts';
import { readRequiredJson } from '../json/read-json.ts';
import { describeJson, isJsonObject } from '../json/strict-json.ts';
import { MAP_FILE, MAP_SCHEMA, type MapFile, type MapType } from './circuit-map.ts';
import { type MapNode, nodesData, nodesShape } from './map-meaning.ts';
import { typeShape } from './map-value.ts';

/** Entries of a stored tensor: the product of some rows and some columns, as half-open ranges; a vector has rows only. */
export interface SeedSlice {
  readonly tensor: string;
  readonly rows: readonly (readonly number[])[];
  readonly cols: readonly (readonly number[])[];
}

/** What computes one export: its heads, the reserved dimensions it uses and every entry that was programmed for it. */
export interface SeedCircuit {
  readonly name: string;
  /** `tokens` score at the output; an `answer` is a token that is left in the stream, as `features` says; `presence` and `mean` are numbers in the dimension that is listed last; a `feature` is described by itself. */
  readonly kind: 'tokens' | 'answer' | 'presence' | 'mean' | 'feature';
  readonly span: string;
  readonly heads: readonly string[];
  readonly dims: readonly number[];
  readonly slices: readonly SeedSlice[];
  /** As measured when it was written; null where nothing was. */
  readonly promise: SeedPromise | null;
  /** Of tokens whose logits are lowered: by how many nats, a negative number; absent or 0: they are raised. */
  readonly strength?: number;
}

/** How often a circuit is right in the whole model, of so many positions of random inputs of every kind. */
export interface SeedPromise {
  readonly accuracy: number;
  readonly positions: number;
  /** The longest input, in tokens of the program. */
  readonly context: number;
  /** What it expects of windows of each kind, measured in the very model; null in maps of before 0.3. */
  readonly windows: SeedWindows | null;
}

/**
 * `random`: random tokens, the second half as the first; `no-bos`: the same without BOS; `text-like`: a source of order two by Zipf's law, no
 * text; `packed`: two such documents, BOS between them where there is one.
 */
export const SEED_WINDOW_KINDS = ['random', 'text-like', 'no-bos', 'packed'] as const;
export type SeedWindowKind = (typeof SEED_WINDOW_KINDS)[number];

export interface SeedWindowShare {
  readonly kind: SeedWindowKind;
  readonly accuracy: number;
  /** At which the program has an answer. */
  readonly positions: number;
}

/** The share of right answers in windows that follow from `seed`, in the first `layers` of the model, among `among` tokens. */
export interface SeedWindows {
  readonly seed: number;
  readonly length: number;
  /** Windows of each kind. */
  readonly sequences: number;
  readonly layers: number;
  readonly among: number;
  readonly shares: readonly SeedWindowShare[];
}

/** An exported value that is left in the stream for the rest of the model: how it is read from `hidden_states[after]`. */
export interface SeedFeatureRecord {
  readonly name: string;
  readonly type: MapType;
  /** `tokens`: the token whose code (`code` of the map) has the largest cosine; where nothing was found, all of it is next to nothing. */
  readonly kind: 'categorical' | 'numeric' | 'tokens';
  readonly after: number;
  readonly dims: readonly number[];
  /** Of a categorical one: the value is that of the code with the largest cosine. */
  readonly codes: readonly { readonly value: boolean | number | string; readonly code: readonly number[] }[];
  /** Of a numeric one: `scale · (h · weights) / (h · per) + offset`. */
  readonly weights: readonly number[];
  readonly per: readonly number[];
  readonly scale: number;
  readonly offset: number;
  /** `from N`: the program's input begins at position N of a window, and nothing is said of those before. */
  readonly positions: string;
  /** For which scales of the stream it holds on every input; absent where nothing is proven. */
  readonly bound?: SeedBoundRecord | null;
}

/** Root mean square of the stream before attention and before neurons, at the first position and elsewhere. */
export interface SeedScales {
  readonly attention: readonly { readonly first: number; readonly typical: number }[];
  readonly mlp: readonly { readonly first: number; readonly typical: number }[];
}

/** What holds of a feature on every input, as long as nobody else writes into the circuits' dimensions. */
export interface SeedBoundRecord {
  /** By what factor the stream may be louder or quieter, at every place that reads it, than the weights were written for. */
  readonly scale: number;
  /** By how much the right value leads every other one then, of 1. */
  readonly margin: number;
  /** By what factor it moved at most when it was measured. */
  readonly moved: number;
}

/** An export that moves the logits of tokens: its dimensions, which only the output reads, and what each of its values names. */
export interface SeedSayingRecord {
  readonly name: string;
  readonly dims: readonly number[];
  /** Nats by which a named token's logit is to rise; negative: to fall. */
  readonly strength: number;
  /** By how many it did when it was written, at so many positions, of which such a share had each named token on its side of half of it. */
  readonly nats: number;
  readonly accuracy: number;
  readonly positions: number;
  readonly values: readonly { readonly value: boolean | number | string; readonly ids: readonly number[] }[];
}

/** A query head; those of one key-value group that compute the same have one name. */
export interface SeedHeadRecord {
  readonly layer: number;
  readonly head: number;
  readonly name: string;
  readonly span: string;
  /** It attends this many positions after those that the program selects. */
  readonly after: number;
  /** Root mean square of the stream before its layer, up to which it does its work; null where any will do. */
  readonly streamAtMost: number | null;
}

/** Reserved dimensions and what they hold. */
export interface SeedVariable {
  readonly name: string;
  readonly encoding: string;
  readonly dims: readonly number[];
  /** Root mean square of an entry where it holds something. */
  readonly amplitude: number;
  /** -1 is the embedding; the number of layers is the output. */
  readonly written: number;
  readonly lastRead: number;
}

/** A program that was seeded, and its meaning for those who have no raspc: nodes in topological order, and which of them it exports. */
export interface SeedProgramRecord {
  readonly file: string;
  readonly sha256: string;
  readonly source: string;
  readonly meaning?: SeedMeaning | null;
  /** Of a program over the tokens of a tokenizer: its values, and which of them each token is. */
  readonly classes?: SeedClasses | null;
}

/** The tokens of a tokenizer in classes: what one token of each says, and the class of every id as runs, `0*256 1 0*3`. */
export interface SeedClasses {
  readonly values: readonly string[];
  readonly runs: string;
}

export interface SeedMeaning {
  readonly nodes: readonly MapNode[];
  readonly outputs: readonly { readonly name: string; readonly node: number }[];
}

/** The checkpoint that circuits were grafted onto: its weights, its sizes before, and what the graft changed in what it says. */
export interface SeedHostRecord {
  readonly files: readonly MapFile[];
  readonly sizes: { readonly width: number; readonly heads: number; readonly kvHeads: number; readonly hidden: number };
  /** Where norms take a mean off, new dimensions hold that of the old ones beside what is theirs, and this one holds nothing else: null elsewhere. */
  readonly reference: number | null;
  /** Tensors that became larger; of all others only the norms' gains differ. */
  readonly widened: readonly string[];
  readonly change: SeedHostChange;
}

/** As measured when it was written, answers of circuits at the output left out. */
export interface SeedHostChange {
  /** `text`, or `random tokens`. */
  readonly on: string;
  /** Positions that were compared. */
  readonly positions: number;
  /** The largest change of a logit, as a part of the standard deviation of the logits at its position. */
  readonly largest: number;
  readonly lossBefore: number;
  readonly lossAfter: number;
  /** The share of positions at which the likeliest token is the same. */
  readonly agreement: number;
}

export interface SeedMap {
  readonly raspc: string;
  readonly programs: readonly SeedProgramRecord[];
  readonly target: string;
  readonly dtype: 'f32' | 'f16' | 'bf16';
  /** Tokens over which the circuits hold, BOS counted. */
  readonly context: number;
  readonly causal: boolean;
  /** The token that has to stand first; null where none has to. */
  readonly bos: { readonly id: number } | null;
  /** How the rest was drawn; null where the circuits were written into a model that was there. */
  readonly drawn: { readonly seed: number; readonly range: number } | null;
  readonly tokens: readonly { readonly value: string; readonly id: number | null }[];
  /** The token code: entry d of token t is 1 − 2·parity(t AND columns[d]). */
  readonly code: { readonly bits: number; readonly columns: readonly number[] };
  readonly variables: readonly SeedVariable[];
  readonly heads: readonly SeedHeadRecord[];
  readonly circuits: readonly SeedCircuit[];
  /** Entries of others that start at zero, so that nothing writes over the circuits. */
  readonly cleared: readonly SeedSlice[];
  /** Exported values that are left in the stream; none in maps of before 0.3. */
  readonly features: readonly SeedFeatureRecord[];
  /** For what scales of the stream, layer by layer, a compiled circuit's weights were written; null for circuits of other kinds. */
  readonly scales?: SeedScales | null;
  /** Exports that move logits; none in maps of before 0.3. */
  readonly says?: readonly SeedSayingRecord[];
  /** Where the circuits were grafted onto a model that was there; null where nothing was widened. */
  readonly host?: SeedHostRecord | null;
  /** What stands on the residual stream, for training loops that keep others out of it; none in maps of before 0.3. */
  readonly stream: readonly StreamAxis[];
  readonly files: readonly MapFile[];
}

/** A layer, or -1 for the embedding. */
const signedShape: Shape<number> = shapeOf({ type: 'integer', minimum: -1 }, (tree, at, refuse) => {
  const value = numberShape(tree, at, refuse);
  return Number.isInteger(value) && value >= -1 ? value : refuse(at, String(value), 'a whole number from -1');
});

/** A value of a program: JSON's true, false, a number or a text. */
const atomShape: Shape<boolean | number | string> = shapeOf({ type: ['boolean', 'string', 'number'] }, (tree, at, refuse) =>
  typeof tree === 'boolean' || typeof tree === 'string' ? tree : numberShape(tree, at, refuse),
);

const sliceShape = objectShape<SeedSlice>({
  tensor: textShape,
  rows: listShape(listShape(countShape)),
  cols: listShape(listShape(countShape)),
});

const programShape = objectShape<SeedProgramRecord>({
  file: textShape,
  sha256: textShape,
  source: textShape,
  meaning: optionalShape(
    nullableShape(objectShape<SeedMeaning>({ nodes: nodesShape, outputs: listShape(objectShape({ name: textShape, node: countShape })) })),
    null,
  ),
  classes: optionalShape(nullableShape(objectShape<SeedClasses>({ values: listShape(textShape), runs: textShape })), null),
});

const windowsShape = objectShape<SeedWindows>({
  seed: countShape,
  length: countShape,
  sequences: countShape,
  layers: countShape,
  among: countShape,
  shares: listShape(objectShape<SeedWindowShare>({ kind: wordShape(SEED_WINDOW_KINDS), accuracy: numberShape, positions: countShape })),
});

const hostShape = objectShape<SeedHostRecord>({
  files: listShape(objectShape({ path: textShape, sha256: textShape, bytes: countShape })),
  sizes: objectShape({ width: countShape, heads: countShape, kvHeads: countShape, hidden: countShape }),
  reference: nullableShape(countShape),
  widened: listShape(textShape),
  change: objectShape<SeedHostChange>({
    on: textShape,
    positions: countShape,
    largest: numberShape,
    lossBefore: numberShape,
    lossAfter: numberShape,
    agreement: numberShape,
  }),
});

export const seedShape = objectShape<SeedMap>({
  raspc: textShape,
  programs: listShape(programShape),
  target: textShape,
  dtype: wordShape(['f32', 'f16', 'bf16']),
  context: countShape,
  causal: booleanShape,
  bos: nullableShape(objectShape({ id: countShape })),
  drawn: nullableShape(objectShape({ seed: countShape, range: numberShape })),
  tokens: listShape(objectShape({ value: textShape, id: nullableShape(countShape) })),
  code: objectShape({ bits: countShape, columns: listShape(countShape) }),
  variables: listShape(
    objectShape({
      name: textShape,
      encoding: textShape,
      dims: listShape(countShape),
      amplitude: numberShape,
      written: signedShape,
      lastRead: signedShape,
    }),
  ),
  heads: listShape(
    objectShape({
      layer: countShape,
      head: countShape,
      name: textShape,
      span: textShape,
      after: countShape,
      streamAtMost: optionalShape(nullableShape(numberShape), null),
    }),
  ),
  circuits: listShape(
    objectShape<SeedCircuit>({
      name: textShape,
      kind: wordShape(['tokens', 'answer', 'presence', 'mean', 'feature']),
      span: textShape,
      heads: listShape(textShape),
      dims: listShape(countShape),
      slices: listShape(sliceShape),
      promise: optionalShape(
        nullableShape(
          objectShape<SeedPromise>({
            accuracy: numberShape,
            positions: countShape,
            context: countShape,
            windows: optionalShape(nullableShape(windowsShape), null),
          }),
        ),
        null,
      ),
      strength: optionalShape(numberShape, 0),
    }),
  ),
  cleared: listShape(sliceShape),
  features: optionalShape(
    listShape(
      objectShape<SeedFeatureRecord>({
        name: textShape,
        type: typeShape,
        kind: wordShape(['categorical', 'numeric', 'tokens']),
        after: countShape,
        dims: listShape(countShape),
        codes: optionalShape(listShape(objectShape({ value: atomShape, code: listShape(numberShape) })), []),
        weights: optionalShape(listShape(numberShape), []),
        per: optionalShape(listShape(numberShape), []),
        scale: optionalShape(numberShape, 1),
        offset: optionalShape(numberShape, 0),
        positions: textShape,
        bound: optionalShape(
          nullableShape(objectShape<SeedBoundRecord>({ scale: numberShape, margin: numberShape, moved: numberShape })),
          null,
        ),
      }),
    ),
    [],
  ),
  scales: optionalShape(
    nullableShape(
      objectShape<SeedScales>({
        attention: listShape(objectShape({ first: numberShape, typical: numberShape })),
        mlp: listShape(objectShape({ first: numberShape, typical: numberShape })),
      }),
    ),
    null,
  ),
  says: optionalShape(
    listShape(
      objectShape<SeedSayingRecord>({
        name: textShape,
        dims: listShape(countShape),
        strength: numberShape,
        nats: numberShape,
        accuracy: numberShape,
        positions: countShape,
        values: listShape(objectShape({ value: atomShape, ids: listShape(countShape) })),
      }),
    ),
    [],
  ),
  host: optionalShape(nullableShape(hostShape), null),
  stream: optionalShape(listShape(objectShape({ tensor: textShape, axis: countShape })), []),
  files: listShape(objectShape({ path: textShape, sha256: textShape, bytes: countShape })),
});

const refuse: Refuse = (at, found, expected) => fail('R7401', { file: MAP_FILE, at, found, expected });

/** The map of a seeded folder, or null where the folder holds a compiled model (R7010, R7101, R7401, R7402). */
export function readSeedMap(folder: ModelFolder): SeedMap | null {
  const tree = readRequiredJson(folder, MAP_FILE);
  if (!isJsonObject(tree) || !tree.has('circuits')) return null;
  const schema = tree.get('schema');
  if (schema !== BigInt(MAP_SCHEMA)) return fail('R7402', { file: MAP_FILE, found: describeJson(schema), known: MAP_SCHEMA });
  return seedShape(tree, '', refuse);
}

function sliceData({ tensor, rows, cols }: SeedSlice): JsonData {
  return { tensor, rows, cols };
}

function featureData({ name, type, kind, after, dims, codes, weights, per, scale, offset, positions, bound }: SeedFeatureRecord): JsonData {
  const where = { name, type, kind, after, dims };
  const proven =
    bound == null ? {} : { bound: { scale: floatNumber(bound.scale), margin: floatNumber(bound.margin), moved: floatNumber(bound.moved) } };
  if (kind === 'tokens') return { ...where, positions };
  if (kind === 'categorical') {
    const list = codes.map(({ value, code }) => ({
      value: typeof value === 'number' && !Number.isInteger(value) ? floatNumber(value) : value,
      code: code.map(floatNumber),
    }));
    return { ...where, codes: list, positions, ...proven };
  }
  const read = { weights: weights.map(floatNumber), per: per.map(floatNumber), scale: floatNumber(scale), offset: floatNumber(offset) };
  return { ...where, ...read, positions };
}

function scalesData({ attention, mlp }: SeedScales): JsonData {
  const one = ({ first, typical }: SeedScales['mlp'][number]) => ({ first: floatNumber(first), typical: floatNumber(typical) });
  return { attention: attention.map(one), mlp: mlp.map(one) };
}

function sayingData({ name, dims, strength, nats, accuracy, positions, values }: SeedSayingRecord): JsonData {
  const measured = { nats: floatNumber(nats), accuracy: floatNumber(accuracy), positions };
  const list = values.map(({ value, ids }) => ({
    value: typeof value === 'number' && !Number.isInteger(value) ? floatNumber(value) : value,
    ids,
  }));
  return { name, dims, strength: floatNumber(strength), ...measured, values: list };
}

function promiseData({ accuracy, positions, context, windows }: SeedPromise): JsonData {
  const whole = { accuracy: floatNumber(accuracy), positions, context };
  if (windows === null) return whole;
  const { seed, length, sequences, layers, among, shares } = windows;
  const each = shares.map((share) => ({ kind: share.kind, accuracy: floatNumber(share.accuracy), positions: share.positions }));
  return { ...whole, windows: { seed, length, sequences, layers, among, shares: each } };
}

function hostData({ files, sizes, reference, widened, change }: SeedHostRecord): JsonData {
  const { on, positions, largest, lossBefore, lossAfter, agreement } = change;
  return {
    files: files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
    sizes: { width: sizes.width, heads: sizes.heads, kvHeads: sizes.kvHeads, hidden: sizes.hidden },
    reference,
    widened,
    change: {
      on,
      positions,
      largest: floatNumber(largest),
      lossBefore: floatNumber(lossBefore),
      lossAfter: floatNumber(lossAfter),
      agreement: floatNumber(agreement),
    },
  };
}

/** The text of raspc.json. */
export function writeSeedMapJson(map: SeedMap): string {
  const { raspc, programs, target, dtype, context, causal, bos, drawn, tokens, code } = map;
  return jsonText({
    schema: MAP_SCHEMA,
    raspc,
    programs: programs.map(({ file, sha256, source, meaning, classes }) => ({
      file,
      sha256,
      source,
      ...(meaning
        ? { meaning: { nodes: nodesData(meaning.nodes), outputs: meaning.outputs.map(({ name, node }) => ({ name, node })) } }
        : {}),
      ...(classes ? { classes: { values: classes.values, runs: classes.runs } } : {}),
    })),
    target,
    dtype,
    context,
    causal,
    bos: bos === null ? null : { id: bos.id },
    drawn: drawn === null ? null : { seed: drawn.seed, range: drawn.range },
    tokens: tokens.map(({ value, id }) => ({ value, id })),
    code: { bits: code.bits, columns: code.columns },
    variables: map.variables.map(({ name, encoding, dims, amplitude, written, lastRead }) => ({
      name,
      encoding,
      dims,
      amplitude: floatNumber(amplitude),
      written,
      lastRead,
    })),
    heads: map.heads.map(({ layer, head, name, span, after, streamAtMost }) => ({
      layer,
      head,
      name,
      span,
      after,
      streamAtMost: streamAtMost === null ? null : floatNumber(streamAtMost),
    })),
    circuits: map.circuits.map(({ name, kind, span, heads, dims, slices, promise, strength }) => ({
      name,
      kind,
      span,
      heads,
      dims,
      slices: slices.map(sliceData),
      ...(promise === null ? {} : { promise: promiseData(promise) }),
      ...((strength ?? 0) === 0 ? {} : { strength: floatNumber(strength ?? 0) }),
    })),
    ...(map.features.length === 0 ? {} : { features: map.features.map(featureData) }),
    ...(map.scales == null ? {} : { scales: scalesData(map.scales) }),
    ...((map.says ?? []).length === 0 ? {} : { says: (map.says ?? []).map(sayingData) }),
    cleared: map.cleared.map(sliceData),
    ...(map.host ? { host: hostData(map.host) } : {}),
    stream: map.stream.map(({ tensor, axis }) => ({ tensor, axis })),
    files: map.files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
  });
}
