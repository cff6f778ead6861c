/**
 * The key of a disguise: the plain model, whole, and the recipe, from which the disguised one can be made again, byte by byte; and what undoes it
 * in numbers, for readers without raspc.
 */
import {
  countShape,
  listShape,
  numberShape,
  objectShape,
  optionalShape,
  type Refuse,
  type Shape,
  textShape,
} from '../checkpoint/json/json-shape.ts';
import { floatNumber, type JsonData, jsonText } from '../checkpoint/json/json-text.ts';
import type { JsonTree } from '../checkpoint/json/strict-json.ts';
import type { CircuitMap, MapFile } from '../checkpoint/map/circuit-map.ts';
import { fail } from '../diagnostics/catalog.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { LAYER_ROLES, MODEL_ROLES } from '../weights/roles.ts';
import type { Disguised, Undo } from './disguise.ts';
import { type Recipe, recipeShape } from './recipe.ts';
import type { Orthogonal } from './turn/orthogonal.ts';

export const KEY_SCHEMA = 1;

/** A tensor that is mostly 0: places of numbers that are not, counted row by row, and those. */
interface Sparse {
  readonly shape: readonly number[];
  readonly at: readonly number[];
  readonly values: readonly number[];
}

export interface DisguiseKey {
  readonly recipe: Recipe;
  /** Texts of the plain folder's `config.json` and `raspc.json`. */
  readonly config: string;
  readonly map: string;
  readonly weights: {
    readonly model: Readonly<Record<string, Tensor>>;
    readonly layers: readonly Readonly<Record<string, Tensor>>[];
  };
  /** Of the disguised folder. */
  readonly files: readonly MapFile[];
}

export function keyText(
  { recipe, config, map, weights, files }: DisguiseKey,
  { undo }: Pick<Disguised, 'undo'>,
  plain: Pick<CircuitMap, 'heads' | 'neurons'>,
  version: string,
): string {
  const tensors = (roles: Readonly<Record<string, Tensor>>): JsonData =>
    Object.fromEntries(Object.entries(roles).map(([role, tensor]) => [role, sparseData(tensor)]));
  return jsonText({
    schema: KEY_SCHEMA,
    raspc: version,
    recipe: { ...recipe },
    places: placesData(plain, undo),
    undo: undoData(undo),
    files: files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
    plain: { config, map, model: tensors(weights.model), layers: weights.layers.map(tensors) },
  });
}

/** Where the program's heads and neurons stand in the disguised model. */
function placesData({ heads, neurons }: Pick<CircuitMap, 'heads' | 'neurons'>, { layers, order }: Undo): JsonData {
  const layerOf = (layer: number) => layers.indexOf(layer);
  return {
    heads: heads.map(({ layer, head, name }) => ({
      name,
      layer: layerOf(layer),
      head: (order.heads[layerOf(layer)] ?? []).indexOf(head),
    })),
    neurons: neurons.map(({ layer, from, to, name }) => ({
      name,
      layer: layerOf(layer),
      neurons: Array.from({ length: to - from }, (_, i) => (order.neurons[layerOf(layer)] ?? []).indexOf(from + i)),
    })),
  };
}

function undoData({ layers, heads, stream, order }: Undo): JsonData {
  const matrix = (rows: Orthogonal): JsonData => rows.map((row) => Array.from(row, floatNumber));
  const perHead = (all: readonly (readonly Orthogonal[])[]): JsonData => all.map((own) => own.map(matrix));
  return {
    layers,
    order: { heads: order.heads, neurons: order.neurons, width: order.width, vocab: order.vocab, outputs: order.outputs },
    stream: stream === null ? null : matrix(stream),
    values: heads === null ? null : perHead(heads.values),
    scores: heads === null || heads.scores === null ? null : perHead(heads.scores),
  };
}

function sparseData({ shape, data }: Tensor): JsonData {
  const at = [...data.keys()].filter((i) => data[i] !== 0 || Object.is(data[i], -0));
  return { shape, at, values: at.map((i) => floatNumber(data[i] as number)) };
}

const sparseShape = objectShape<Sparse>({ shape: listShape(countShape), at: listShape(countShape), values: listShape(numberShape) });

/** Tensors by role; those that a family lacks are not there. */
function rolesShape(roles: object): Shape<Readonly<Record<string, Sparse | undefined>>> {
  return objectShape(
    Object.fromEntries(Object.keys(roles).map((role) => [role, optionalShape<Sparse | undefined>(sparseShape, undefined)])),
  );
}

const keyShape = objectShape({
  schema: countShape,
  recipe: recipeShape,
  files: listShape(objectShape<MapFile>({ path: textShape, sha256: textShape, bytes: countShape })),
  plain: objectShape({ config: textShape, map: textShape, model: rolesShape(MODEL_ROLES), layers: listShape(rolesShape(LAYER_ROLES)) }),
});

/** Diagnostics: R7764. */
export function readKey(tree: JsonTree, file: string): DisguiseKey {
  const wrong = (why: string): never => fail('R7764', { file, why });
  const refuse: Refuse = (at, found, expected) => wrong(`\`${at}\` is ${found}, but must be ${expected}`);
  const { schema, recipe, files, plain } = keyShape(tree, '', refuse);
  if (recipe.times > 64 || recipe.width > 2 ** 16 || recipe.idleLayers > 2 ** 8)
    wrong('it makes a model that is larger than any that is disguised');
  if (schema !== KEY_SCHEMA) wrong(`its schema is ${schema}, and this raspc reads ${KEY_SCHEMA}`);
  const tensor = (sparse: Sparse, role: string): Tensor => {
    const size = sparse.shape.reduce((product, length) => product * length, 1);
    if (size > LARGEST || sparse.at.length !== sparse.values.length || sparse.at.some((at) => at >= size))
      wrong(`\`${role}\` does not fit its shape`);
    const data = new Float64Array(size);
    for (const [i, at] of sparse.at.entries()) data[at] = sparse.values[i] as number;
    return { shape: sparse.shape, data };
  };
  const dense = (roles: Readonly<Record<string, Sparse | undefined>>) =>
    Object.fromEntries(Object.entries(roles).flatMap(([role, sparse]) => (sparse === undefined ? [] : [[role, tensor(sparse, role)]])));
  return {
    recipe,
    files,
    config: plain.config,
    map: plain.map,
    weights: { model: dense(plain.model), layers: plain.layers.map(dense) },
  };
}

/** Numbers of one tensor. */
const LARGEST = 2 ** 27;
