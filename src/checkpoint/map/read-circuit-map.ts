/** Reads raspc.json strictly, and checks it against the model it lies beside. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
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
  type MapOutput,
  type NumericOutput,
  type Place,
} from './circuit-map.ts';
import { meaningShape } from './map-meaning.ts';
import { valueShape } from './map-value.ts';

const identifiedShape = objectShape<Identified>({ id: countShape, value: valueShape });
const typeShape = wordShape(['int', 'float', 'bool', 'string']);

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

const outputShape: Shape<MapOutput> = (tree, at, refuse) => {
  const { kind } = objectShape({ kind: wordShape(['categorical', 'numeric']) })(tree, at, refuse);
  return kind === 'categorical' ? categoricalShape(tree, at, refuse) : numericShape(tree, at, refuse);
};

const placeShape = objectShape<Place>({ layer: countShape, sublayer: wordShape(['embedding', 'attention', 'mlp', 'output']) });

function plainJson(tree: JsonTree): Json {
  if (isJsonObject(tree)) return Object.fromEntries([...tree].map(([key, value]) => [key, plainJson(value)]));
  if (isJsonList(tree)) return tree.map(plainJson);
  return typeof tree === 'bigint'
    ? Number(tree)
    : (tree as Exclude<typeof tree, bigint | readonly JsonTree[] | ReadonlyMap<string, JsonTree>>);
}

const certificateShape: Shape<{ readonly [key: string]: Json }> = (tree, at, refuse) =>
  isJsonObject(tree) ? (plainJson(tree) as { readonly [key: string]: Json }) : refuse(at, describeJson(tree), 'an object');

const mapShape = objectShape<CircuitMap>({
  raspc: textShape,
  program: objectShape({ file: textShape, sha256: textShape, source: textShape }),
  target: textShape,
  dtype: wordShape(['f32', 'f16', 'bf16']),
  compute: optionalShape(wordShape(['f32', 'f16', 'bf16']), 'f32'),
  exactSchedule: optionalShape<CircuitMap['exactSchedule']>(booleanShape, undefined),
  context: countShape,
  causal: booleanShape,
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
    }),
  ),
  heads: listShape(objectShape({ layer: countShape, head: countShape, name: textShape, span: textShape })),
  neurons: listShape(objectShape({ layer: countShape, from: countShape, to: countShape, name: textShape, span: textShape })),
  clears: optionalShape<CircuitMap['clears']>(
    listShape(objectShape({ layer: countShape, from: countShape, to: countShape, variable: countShape })),
    undefined,
  ),
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
  return mapShape(tree, '', refuse);
}

/** Inputs are made up to the context's length, so it must be one that a memory has room for. */
const LONGEST_CONTEXT = 2 ** 20;

/** Whether the map can be of this model: family, ids and positions (R7403). */
export function checkCircuitMap(map: CircuitMap, { target, sizes }: Pick<ModelConfig, 'target' | 'sizes'>): void {
  const wrong = (why: string): never => fail('R7403', { file: MAP_FILE, why });
  if (map.target !== target.name) wrong(`it is of the target \`${map.target}\`, and config.json of \`${target.name}\``);
  if (map.context > LONGEST_CONTEXT) wrong(`its context of ${map.context} tokens is longer than any program is compiled for`);
  if (map.context + 1 > sizes.positions) {
    wrong(`inputs of ${map.context} tokens and BOS need ${map.context + 1} positions, and the model has ${sizes.positions}`);
  }
  const inputs = new Set<number>();
  for (const id of [map.bos.id, ...map.vocabulary.map((token) => token.id)]) {
    if (id >= sizes.vocab) wrong(`it has the token id ${id}, and the model has ${sizes.vocab} tokens`);
    if (inputs.has(id)) wrong(`two tokens have the id ${id}`);
    inputs.add(id);
  }
  for (const { name, dims } of map.variables) {
    const beyond = dims.find((dim) => dim >= sizes.width);
    if (beyond !== undefined) wrong(`\`${name}\` lies in dimension ${beyond}, and the model has ${sizes.width}`);
  }
  const outputs = new Set<number>();
  for (const output of map.outputs) {
    const ids = output.kind === 'categorical' ? output.logits.map(({ id }) => id) : [output.logit];
    if (ids.length === 0) wrong(`the output \`${output.name}\` has no logits`);
    for (const id of ids) {
      if (id >= sizes.outputs) wrong(`\`${output.name}\` reads the logit ${id}, and the model has ${sizes.outputs}`);
      if (outputs.has(id)) wrong(`two values are read from the logit ${id}`);
      outputs.add(id);
    }
  }
}
