/** A circuit map against the model it lies beside: the map is a stranger's claim, and what of it cannot be so is refused by name (R7403). */
import { fail } from '../../diagnostics/catalog.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import type { Loading } from '../../targets/loading.ts';
import { type ModelConfig, positionsOf } from '../../targets/model-config.ts';
import { wrongInGraph } from './check-circuit-graph.ts';
import { type CircuitMap, MAP_FILE } from './circuit-map.ts';
import type { HookedModel } from './map-hooks.ts';
import type { MapMeaning } from './map-meaning.ts';
import type { MapValue } from './map-value.ts';

/** Inputs are made up to the context's length, so it must be one that a memory has room for. */
const LONGEST_CONTEXT = 2 ** 20;

function wrong(why: string): never {
  return fail('R7403', { file: MAP_FILE, why });
}

/** What of a model its map is held against. */
export interface MappedModel {
  readonly config: HookedModel;
  readonly loading: Loading;
}

const TORCH_NAMES: Readonly<Record<CircuitMap['dtype'], string>> = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' };

/** Whether the map can be of this model: family, context, ids, names, values, places and dimensions. */
export function checkCircuitMap(map: CircuitMap, { config, loading }: MappedModel): void {
  const { target, sizes } = config;
  if (map.target !== target.name) wrong(`it is of the target \`${map.target}\`, and config.json of \`${target.name}\``);
  checkProgram(map.program);
  const computed = loading.dtype ?? TORCH_NAMES[map.dtype];
  if (computed !== TORCH_NAMES[map.compute]) {
    wrong(`it is of a model that computes in ${TORCH_NAMES[map.compute]}, and config.json has stock loaders compute in ${computed}`);
  }
  if (loading.hasOwnCode) wrong('config.json has an `auto_map`, which puts code of its own in the place of the stock class');
  checkInputs(map, config);
  checkOutputs(map, sizes);
  for (const { name, dims, written, lastRead } of map.variables) {
    const beyond = dims.find((dim) => dim >= sizes.width);
    if (beyond !== undefined) wrong(`\`${name}\` lies in dimension ${beyond}, and the model has ${sizes.width}`);
    // what is read by the output is read after the last layer
    for (const { layer, sublayer } of [written, lastRead]) checkLayer(`\`${name}\``, layer, sizes.layers + Number(sublayer === 'output'));
  }
  for (const { layer, head, name } of map.heads) {
    checkLayer(`the head \`${name}\``, layer, sizes.layers);
    if (head >= sizes.heads) wrong(`\`${name}\` is said to be head ${head}, and a layer has ${sizes.heads}`);
  }
  for (const { layer, from, to, ...rest } of [...map.neurons, ...(map.clears ?? [])]) {
    const what = 'name' in rest ? `\`${String(rest.name)}\`` : 'what clears a variable';
    checkLayer(what, layer, sizes.layers);
    if (from > to || to > sizes.hidden) wrong(`${what} is said to be neurons ${from} to ${to}, and a layer has ${sizes.hidden}`);
  }
  const stray = map.clears?.find(({ variable }) => variable >= map.variables.length);
  if (stray !== undefined) wrong(`it clears variable ${stray.variable}, and has ${map.variables.length}`);
  if (map.meaning !== undefined) checkMeaning(map, map.meaning);
  const inGraph = wrongInGraph(map, config);
  if (inGraph !== null) wrong(inGraph);
  for (const { path } of map.files)
    if (/[/\\]/.test(path) || path === '' || path === '..') wrong(`it lists \`${path}\`, which is no file of its folder`);
}

/** A source that its hash does not name was put there by someone else. */
function checkProgram({ file, sha256, source }: CircuitMap['program']): void {
  const found = sha256HexOfText(source);
  if (found === sha256) return;
  wrong(
    `the source of \`${file}\` in it is not the one that its sha256 names (${found.slice(0, 12)}… in place of ${sha256.slice(0, 12)}…)`,
  );
}

function checkInputs(map: CircuitMap, config: Parameters<typeof positionsOf>[0]): void {
  const { vocab } = config.sizes;
  const positions = positionsOf(config);
  if (map.context < 1) wrong('its context has no token');
  if (map.context > LONGEST_CONTEXT) wrong(`its context of ${map.context} tokens is longer than any program is compiled for`);
  if (map.context + 1 > positions) {
    wrong(`inputs of ${map.context} tokens and BOS need ${map.context + 1} positions, and the model has ${positions}`);
  }
  if (map.vocabulary.length === 0) wrong('its vocabulary is empty');
  const ids = new Set<number>();
  for (const id of [map.bos.id, ...map.vocabulary.map((token) => token.id)]) {
    if (id >= vocab) wrong(`it has the token id ${id}, and the model has ${vocab} tokens`);
    if (ids.has(id)) wrong(`two tokens have the id ${id}`);
    ids.add(id);
  }
  checkDistinct(
    map.vocabulary.map(({ value }) => value),
    'its vocabulary',
  );
  const types = new Set(map.vocabulary.map(({ value }) => kindOf(value)));
  if (types.size > 1) wrong(`its vocabulary mixes ${[...types].join('s and ')}s`);
}

function checkOutputs(map: CircuitMap, sizes: ModelConfig['sizes']): void {
  if (map.outputs.length === 0) wrong('it has no output');
  const names = new Set<string>();
  const ids = new Set<number>();
  for (const output of map.outputs) {
    const { name } = output;
    if (names.has(name)) wrong(`two outputs are called \`${name}\``);
    names.add(name);
    const own = output.kind === 'categorical' ? output.logits.map(({ id }) => id) : [output.logit];
    if (own.length === 0) wrong(`the output \`${name}\` has no logits`);
    for (const id of own) {
      if (id >= sizes.outputs) wrong(`\`${name}\` reads the logit ${id}, and the model has ${sizes.outputs}`);
      if (ids.has(id)) wrong(`two values are read from the logit ${id}`);
      ids.add(id);
    }
    if (output.kind === 'categorical') {
      checkDistinct(
        output.logits.map(({ value }) => value),
        `the output \`${name}\``,
      );
    } else if (output.scale === 0) wrong(`the number \`${name}\` is 0 times its logit`);
  }
}

/** The lists of the meaning go along with those of the map. */
function checkMeaning(map: CircuitMap, meaning: MapMeaning): void {
  for (const list of ['outputs', 'variables', 'heads', 'neurons'] as const) {
    const [found, expected] = [meaning[list].length, map[list].length];
    if (found !== expected) wrong(`\`meaning.${list}\` has ${found} entries, and \`${list}\` has ${expected}`);
  }
}

function checkLayer(what: string, layer: number, layers: number): void {
  if (layer >= layers) wrong(`${what} is said to be in layer ${layer}, and there are ${layers}`);
}

function kindOf(value: MapValue): string {
  return typeof value === 'bigint' ? 'int' : typeof value === 'number' ? 'float' : typeof value;
}

function checkDistinct(values: readonly MapValue[], where: string): void {
  const known = new Set<string>();
  for (const value of values) {
    // 2, 2.0 and, where there are bools, True are one value in RASP
    const key = typeof value === 'string' ? `"${value}` : String(Number(value));
    if (known.has(key)) wrong(`${where} has ${JSON.stringify(typeof value === 'bigint' ? Number(value) : value)} twice`);
    known.add(key);
  }
}
