/** The JSON of a seeded model's raspc.json: what is taken, and the map that it stands for. */
import { fail } from '../../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../../source/byte-source.ts';
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
} from '../../json/json-shape.ts';
import { readRequiredJson } from '../../json/read-json.ts';
import { describeJson, isJsonObject } from '../../json/strict-json.ts';
import { MAP_FILE, MAP_SCHEMA } from '../circuit-map.ts';
import { nodesShape } from '../map-meaning.ts';
import { typeShape } from '../map-value.ts';
import { withRows } from '../read-codes.ts';
import {
  SEED_WINDOW_KINDS,
  type SeedBesideRecord,
  type SeedBoundRecord,
  type SeedCircuit,
  type SeedClasses,
  type SeedFeatureRecord,
  type SeedHostChange,
  type SeedHostRecord,
  type SeedMap,
  type SeedMeaning,
  type SeedProgramRecord,
  type SeedPromise,
  type SeedSayingRecord,
  type SeedScales,
  type SeedSlice,
  type SeedText,
  type SeedTokenCode,
  type SeedWindowShare,
  type SeedWindows,
} from './seed-map.ts';

/** A layer, or -1 for the embedding. */
const signedShape: Shape<number> = shapeOf({ type: 'integer', minimum: -1 }, (tree, at, refuse) => {
  const value = numberShape(tree, at, refuse);
  return Number.isInteger(value) && value >= -1 ? value : refuse(at, String(value), 'a whole number from -1');
});

/** A value of a program: JSON's true, false, a number or a text. */
const atomShape: Shape<boolean | number | string> = shapeOf({ type: ['boolean', 'string', 'number'] }, (tree, at, refuse) =>
  typeof tree === 'boolean' || typeof tree === 'string' ? tree : numberShape(tree, at, refuse),
);

const codeShape = objectShape<Omit<SeedTokenCode, 'rows'>>({
  bits: countShape,
  columns: listShape(countShape),
  file: optionalShape(nullableShape(textShape), null),
});

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

const scaleListShape = listShape(objectShape({ first: numberShape, typical: numberShape }));
const scalesShape = objectShape<SeedScales>({ attention: scaleListShape, mlp: scaleListShape });

const seedTextShape = objectShape<SeedText>({
  sha256: textShape,
  length: countShape,
  windows: countShape,
  shares: listShape(objectShape({ name: textShape, accuracy: numberShape, positions: countShape })),
  says: listShape(objectShape({ name: textShape, nats: numberShape, accuracy: numberShape, positions: countShape })),
  loss: objectShape({ seeded: numberShape, twin: numberShape }),
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
  code: codeShape,
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
        code: optionalShape(nullableShape(codeShape), null),
        bound: optionalShape(
          nullableShape(objectShape<SeedBoundRecord>({ scale: numberShape, margin: numberShape, moved: numberShape })),
          null,
        ),
      }),
    ),
    [],
  ),
  scales: optionalShape(nullableShape(scalesShape), null),
  beside: optionalShape(nullableShape(objectShape<SeedBesideRecord>({ end: countShape, kvHead: countShape, scales: scalesShape })), null),
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
        code: optionalShape(nullableShape(objectShape({ bits: countShape, columns: listShape(countShape) })), null),
      }),
    ),
    [],
  ),
  text: optionalShape(nullableShape(seedTextShape), null),
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
  const map = seedShape(tree, '', refuse);
  const features = map.features.map((feature, i) =>
    feature.code == null ? feature : { ...feature, code: withRows(feature.code, folder, `features[${i}].code`) },
  );
  return { ...map, code: withRows(map.code, folder), features };
}
