/** raspc.json of a seeded model as text. */
import { floatNumber, type JsonData, jsonText } from '../../json/json-text.ts';
import { MAP_SCHEMA } from '../circuit-map.ts';
import { nodesData } from '../map-meaning.ts';
import type {
  SeedFeatureRecord,
  SeedHostRecord,
  SeedMap,
  SeedPromise,
  SeedSayingRecord,
  SeedScales,
  SeedSlice,
  SeedText,
  SeedTokenCode,
} from './seed-map.ts';

function sliceData({ tensor, rows, cols }: SeedSlice): JsonData {
  return { tensor, rows, cols };
}

function codeData({ bits, columns, file }: SeedTokenCode): JsonData {
  return { bits, columns, ...(file == null ? {} : { file }) };
}

function featureData({
  name,
  type,
  kind,
  after,
  dims,
  codes,
  weights,
  per,
  scale,
  offset,
  positions,
  code,
  bound,
}: SeedFeatureRecord): JsonData {
  const where = { name, type, kind, after, dims };
  const proven =
    bound == null ? {} : { bound: { scale: floatNumber(bound.scale), margin: floatNumber(bound.margin), moved: floatNumber(bound.moved) } };
  if (kind === 'tokens') return { ...where, positions, ...(code == null ? {} : { code: codeData(code) }) };
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

function sayingData({ name, dims, strength, nats, accuracy, positions, values, code }: SeedSayingRecord): JsonData {
  const measured = { nats: floatNumber(nats), accuracy: floatNumber(accuracy), positions };
  const list = values.map(({ value, ids }) => ({
    value: typeof value === 'number' && !Number.isInteger(value) ? floatNumber(value) : value,
    ids,
  }));
  const coded = code == null ? {} : { code: { bits: code.bits, columns: code.columns } };
  return { name, dims, strength: floatNumber(strength), ...measured, values: list, ...coded };
}

function promiseData({ accuracy, positions, context, windows }: SeedPromise): JsonData {
  const whole = { accuracy: floatNumber(accuracy), positions, context };
  if (windows === null) return whole;
  const { seed, length, sequences, layers, among, shares } = windows;
  const each = shares.map((share) => ({ kind: share.kind, accuracy: floatNumber(share.accuracy), positions: share.positions }));
  return { ...whole, windows: { seed, length, sequences, layers, among, shares: each } };
}

function textData({ sha256, length, windows, shares, says, loss }: SeedText): JsonData {
  return {
    sha256,
    length,
    windows,
    shares: shares.map(({ name, accuracy, positions }) => ({ name, accuracy: floatNumber(accuracy), positions })),
    says: says.map(({ name, nats, accuracy, positions }) => ({
      name,
      nats: floatNumber(nats),
      accuracy: floatNumber(accuracy),
      positions,
    })),
    loss: { seeded: floatNumber(loss.seeded), twin: floatNumber(loss.twin) },
  };
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
    code: codeData(code),
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
    ...(map.beside == null ? {} : { beside: { ...map.beside, scales: scalesData(map.beside.scales) } }),
    ...((map.says ?? []).length === 0 ? {} : { says: (map.says ?? []).map(sayingData) }),
    cleared: map.cleared.map(sliceData),
    ...(map.text ? { text: textData(map.text) } : {}),
    ...(map.host ? { host: hostData(map.host) } : {}),
    stream: map.stream.map(({ tensor, axis }) => ({ tensor, axis })),
    files: map.files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
  });
}
