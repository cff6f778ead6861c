/**
 * The key of a disguise: the plain model, whole, and the recipe, from which the disguised one can be made again, byte by byte. What it was turned by
 * follows from the recipe's seed, and is written apart for readers without raspc.
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
import type { TensorToWrite } from '../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../diagnostics/catalog.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { LAYER_ROLES, MODEL_ROLES } from '../weights/roles.ts';
import type { Disguised, Undo } from './disguise.ts';
import { fileShape, type Recipe, recipeShape } from './recipe.ts';
import type { Orthogonal } from './turn/orthogonal.ts';

export const KEY_SCHEMA = 2;

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
  { undo, upright }: Pick<Disguised, 'undo' | 'upright'>,
  version: string,
): string {
  const tensors = (roles: Readonly<Record<string, Tensor>>): JsonData =>
    Object.fromEntries(Object.entries(roles).map(([role, tensor]) => [role, sparseData(tensor)]));
  return jsonText({
    schema: KEY_SCHEMA,
    raspc: version,
    recipe: { ...recipe, host: recipe.host === null ? null : { ...recipe.host, files: recipe.host.files.map(fileData) } },
    places: placesData(upright.map, undo),
    undo: undoData(undo),
    files: files.map(fileData),
    plain: { config, map, model: tensors(weights.model), layers: weights.layers.map(tensors) },
  });
}

function fileData({ path, sha256, bytes }: MapFile): JsonData {
  return { path, sha256, bytes };
}

/** Where the program's heads and neurons stand in the disguised model. */
function placesData({ heads, neurons }: Pick<CircuitMap, 'heads' | 'neurons'>, { order }: Undo): JsonData {
  return {
    heads: heads.map(({ layer, head, name }) => ({ name, layer, head: (order.heads[layer] ?? []).indexOf(head) })),
    neurons: neurons.map(({ layer, from, to, name }) => ({
      name,
      layer,
      neurons: Array.from({ length: to - from }, (_, i) => (order.neurons[layer] ?? []).indexOf(from + i)),
    })),
  };
}

function undoData({ layers, order }: Undo): JsonData {
  return {
    layers,
    order: { heads: order.heads, neurons: order.neurons, width: order.width, vocab: order.vocab, outputs: order.outputs },
  };
}

/**
 * What the stream and each head were turned by, as tensors: `stream` has the disguised dimensions as rows, the plain ones as columns;
 * `layers.{layer}.values` and `.scores` are [head, disguised, plain], before heads are renumbered. `directions`, in a host: a row for each dimension
 * of the circuit.
 */
export function undoTensors({ stream, heads, directions }: Undo): TensorToWrite[] {
  const tensor = (name: string, matrices: readonly Orthogonal[], more: readonly number[]): TensorToWrite => {
    const shape = [matrices[0]?.length ?? 0, matrices[0]?.[0]?.length ?? 0];
    const bytes = () => new Uint8Array(Float64Array.from(matrices.flatMap((rows) => rows.flatMap((row) => [...row]))).buffer);
    return { name, dtype: 'F64', shape: [...more, ...shape], bytes };
  };
  const perHead = (name: string, all: readonly (readonly Orthogonal[])[] | null) =>
    (all ?? []).map((own, layer) => tensor(`layers.${layer}.${name}`, own, [own.length]));
  return [
    ...(stream === null ? [] : [tensor('stream', [stream], [])]),
    ...(directions === null ? [] : [tensor('directions', [directions], [])]),
    ...perHead('values', heads?.values ?? null),
    ...perHead('scores', heads?.scores ?? null),
  ];
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
  files: listShape(fileShape),
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
