/** Reads raspc.json strictly: its form, and numbers that stand in a range whatever the model. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import type { Json } from '../../targets/target.ts';
import {
  booleanShape,
  countShape,
  listShape,
  numberShape,
  objectShape,
  optionalShape,
  type Refuse,
  type Shape,
  shapeOf,
  textShape,
  wordShape,
} from '../json/json-shape.ts';
import { readRequiredJson } from '../json/read-json.ts';
import { describeJson, isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import {
  type CategoricalOutput,
  type CircuitMap,
  type Identified,
  MAP_FILE,
  MAP_SCHEMA,
  type MapEdge,
  type MapHead,
  type MapOutput,
  type MapVariable,
  type NumericOutput,
  type Place,
  type ValueCode,
} from './circuit-map.ts';
import { hooksShape } from './map-hooks.ts';
import { meaningShape } from './map-meaning.ts';
import { type MapValue, typeShape, valueShape } from './map-value.ts';

export const identifiedShape = objectShape<Identified>({ id: countShape, value: valueShape });

const categoricalShape = objectShape<CategoricalOutput>({
  name: textShape,
  type: typeShape,
  kind: wordShape(['categorical']),
  logits: listShape(identifiedShape),
});

const numericShape = objectShape<NumericOutput>({
  name: textShape,
  type: typeShape,
  kind: wordShape(['numeric']),
  logit: countShape,
  scale: numberShape,
  offset: numberShape,
});

const kindShape = objectShape({ kind: wordShape(['categorical', 'numeric']) });
export const outputShape: Shape<MapOutput> = shapeOf<MapOutput>(
  { anyOf: [categoricalShape.schema, numericShape.schema] },
  (tree, at, refuse) =>
    kindShape(tree, at, refuse).kind === 'categorical' ? categoricalShape(tree, at, refuse) : numericShape(tree, at, refuse),
);

const numbersShape = listShape(numberShape);

const placeShape = objectShape<Place>({ layer: countShape, sublayer: wordShape(['embedding', 'attention', 'mlp', 'output']) });

function plainJson(tree: JsonTree): Json {
  if (isJsonObject(tree)) return Object.fromEntries([...tree].map(([key, value]) => [key, plainJson(value)]));
  if (isJsonList(tree)) return tree.map(plainJson);
  return typeof tree === 'bigint'
    ? Number(tree)
    : (tree as Exclude<typeof tree, bigint | readonly JsonTree[] | ReadonlyMap<string, JsonTree>>);
}

/** A number of a certificate in its range; one that is not finite is written as null. */
function boundShape(least: number, most: number, expected: string): Shape<number | null> {
  const range = {
    ...(least === Number.NEGATIVE_INFINITY ? {} : { minimum: least }),
    ...(most === Number.POSITIVE_INFINITY ? {} : { maximum: most }),
  };
  const schema = { anyOf: [{ type: 'number', ...range }, { type: 'null' }] };
  const read = (...[tree, at, refuse]: Parameters<Shape<number | null>>): number | null => {
    if (tree === undefined || tree === null) return null;
    const number = numberShape(tree, at, refuse);
    return number >= least && number <= most ? number : refuse(at, describeJson(tree), expected);
  };
  return shapeOf(schema, read, true);
}

/** No margin is larger than 1, no error smaller than 0: what says otherwise was not written by a compiler. */
const certificateFields = objectShape({
  holds: optionalShape(booleanShape, false),
  worstMargin: boundShape(Number.NEGATIVE_INFINITY, 1, 'a margin of at most 1'),
  errorBound: boundShape(0, Number.POSITIVE_INFINITY, 'an error of at least 0'),
});

const certificateShape = shapeOf(certificateFields.schema, (tree, at, refuse) => {
  certificateFields(tree, at, refuse);
  return plainJson(tree as JsonTree) as CircuitMap['certificate'];
});

export const mapShape = objectShape<CircuitMap>({
  raspc: textShape,
  program: objectShape({ file: textShape, sha256: textShape, source: textShape }),
  target: textShape,
  dtype: wordShape(['f32', 'f16', 'bf16']),
  compute: optionalShape(wordShape(['f32', 'f16', 'bf16']), 'f32'),
  exactSchedule: optionalShape<CircuitMap['exactSchedule']>(booleanShape, undefined),
  effort: optionalShape<CircuitMap['effort']>(countShape, undefined),
  context: countShape,
  causal: booleanShape,
  assumes: optionalShape<CircuitMap['assumes']>(listShape(textShape), undefined),
  generation: optionalShape<CircuitMap['generation']>(
    objectShape({ output: textShape, halt: optionalShape<MapValue | null>(valueShape, null) }),
    undefined,
  ),
  bos: objectShape({ id: countShape, token: textShape }),
  vocabulary: listShape(identifiedShape),
  outputs: listShape(outputShape),
  variables: listShape(
    objectShape({
      name: textShape,
      span: textShape,
      encoding: textShape,
      values: listShape(valueShape),
      dims: listShape(countShape),
      written: placeShape,
      lastRead: placeShape,
      codes: optionalShape<MapVariable['codes']>(listShape(objectShape<ValueCode>({ value: valueShape, code: numbersShape })), undefined),
      bosCode: optionalShape<MapVariable['bosCode']>(numbersShape, undefined),
      live: optionalShape<MapVariable['live']>(objectShape({ from: placeShape, to: placeShape }), undefined),
    }),
  ),
  heads: listShape(
    objectShape<MapHead>({
      layer: countShape,
      head: countShape,
      name: textShape,
      span: textShape,
      selects: optionalShape<MapHead['selects']>(textShape, undefined),
      bosShare: optionalShape<MapHead['bosShare']>(objectShape({ least: numberShape, most: numberShape }), undefined),
    }),
  ),
  neurons: listShape(objectShape({ layer: countShape, from: countShape, to: countShape, name: textShape, span: textShape })),
  clears: optionalShape<CircuitMap['clears']>(
    listShape(objectShape({ layer: countShape, from: countShape, to: countShape, variable: countShape })),
    undefined,
  ),
  edges: optionalShape<CircuitMap['edges']>(
    listShape(
      objectShape<MapEdge>({
        from: textShape,
        to: textShape,
        variable: textShape,
        clears: optionalShape<MapEdge['clears']>(booleanShape, undefined),
      }),
    ),
    undefined,
  ),
  hooks: optionalShape<CircuitMap['hooks']>(hooksShape, undefined),
  meaning: optionalShape<CircuitMap['meaning']>(meaningShape, undefined),
  certificate: certificateShape,
  files: listShape(objectShape({ path: textShape, sha256: textShape, bytes: countShape })),
});

const refuse: Refuse = (at, found, expected) => fail('R7401', { file: MAP_FILE, at, found, expected });

/** The circuit map of a folder (R7010, R7101, R7401, R7402). */
export function readCircuitMap(folder: ModelFolder): CircuitMap {
  const tree = readRequiredJson(folder, MAP_FILE);
  const schema = isJsonObject(tree) ? tree.get('schema') : undefined;
  if (schema !== undefined && schema !== BigInt(MAP_SCHEMA)) {
    return fail('R7402', { file: MAP_FILE, found: describeJson(schema), known: MAP_SCHEMA });
  }
  objectShape({ schema: countShape })(tree, '', refuse);
  if (isJsonObject(tree) && tree.has('circuits') && !tree.has('program')) return fail('R7407', { folder: folder.path });
  return mapShape(tree, '', refuse);
}
