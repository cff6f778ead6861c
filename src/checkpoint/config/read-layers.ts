/** What config.json says of attention layer by layer: how far back queries see, and whether they turn. */
import type { LayerAttention, Rotary } from '../../targets/model-config.ts';
import type { LayerKind, LayerKinds, Target } from '../../targets/target.ts';
import type { Sizes } from '../../weights/roles.ts';
import { isJsonList, type JsonTree } from '../json/strict-json.ts';
import { type Config, invalid, readPositive, wholeOf } from './config-value.ts';
import { sameTree } from './other-keys.ts';
import type { ModelRotary } from './read-rotary.ts';

/** No model of layers of several kinds has more. */
const MOST_LAYERS = 2 ** 16;

export function readLayerAttention(target: Target, config: Config, sizes: Sizes, rotary: ModelRotary): readonly LayerAttention[] {
  const { layerKinds } = target.config;
  const window = readWindow(target, config);
  if (layerKinds?.key !== 'layer_types') assertFull(config, sizes.layers);
  // null is no list of layers that all have the window, which is what leaving it out says
  if (layerKinds === undefined && target.config.window !== null && config.get('layer_types') === null)
    return invalid('layer_types', null, 'left out, or a list of "full_attention"');
  if (layerKinds === undefined) return [{ window, rotary: rotary.main }];
  if (sizes.layers > MOST_LAYERS) return invalid('num_hidden_layers', BigInt(sizes.layers), `at most ${MOST_LAYERS}`);
  const turned: Readonly<Record<LayerKind['turns'], Rotary | null>> = { ...rotary, none: null };
  const kinds = kindsOf(layerKinds, config, sizes.layers);
  const listed = config.get(layerKinds.key) ?? null;
  // a mask of no width is not made
  if (listed !== null && window === null && kinds.some(({ windowed }) => windowed))
    return invalid(layerKinds.key, listed, 'a list without windows where the model has none');
  const layers = kinds.map(({ windowed, turns }): LayerAttention => ({ window: windowed ? window : null, rotary: turned[turns] }));
  const [first] = layers;
  const isAlike = first !== undefined && layers.every((layer) => layer.window === first.window && layer.rotary === first.rotary);
  return isAlike ? [first] : layers;
}

/** How many positions a query of a layer with a window sees. */
function readWindow({ config: { window } }: Target, config: Config): number | null {
  if (window === null) return null;
  const flag = window.enabledBy;
  const enabled = flag === null || (config.has(flag) ? config.get(flag) : false);
  if (typeof enabled !== 'boolean') return invalid(window.enabledBy as string, enabled, 'true or false');
  const value = config.has(window.key) ? (config.get(window.key) ?? null) : window.absent;
  if (value === null) return window.isNumber ? invalid(window.key, null, 'a positive whole number') : null;
  const positions = wholeOf(value);
  if (positions === null || positions < 1) return invalid(window.key, value, 'a positive whole number or null');
  return enabled ? positions : null;
}

function kindsOf(kinds: LayerKinds, config: Config, layers: number): readonly LayerKind[] {
  const { key, plain, absent, values } = kinds;
  const list = kinds.listKey === undefined ? null : (config.get(kinds.listKey) ?? null);
  const value = config.get(key) ?? null;
  if (value === null && list !== null) return invalid(kinds.listKey as string, list, `left out where \`${key}\` is`);
  if (value === null) {
    const number = (name: string, otherwise: number) => readPositive(config, name, otherwise);
    return Array.from({ length: layers }, (_, layer) => absent(layer, number));
  }
  const listed = isJsonList(value) ? value : invalid(key, value, 'a list');
  const entries = plain !== null && 'runs' in plain ? expanded(key, listed, layers) : listed;
  if (entries.length !== layers) return invalid(key, value, `a list of ${layers}, one for each layer`);
  if (list !== null && !sameTree(list, entries)) return invalid(kinds.listKey as string, list, `what \`${key}\` says of each layer`);
  return entries.map((entry) => {
    const known = values.find((each) => each.value === (typeof entry === 'bigint' ? Number(entry) : entry));
    return known?.kind ?? invalid(key, entry, values.map((each) => JSON.stringify(each.value)).join(' or '));
  });
}

/** Runs of kinds, `[[["global", "local"], 12]]`, one after the other. */
function expanded(key: string, runs: readonly JsonTree[], layers: number): JsonTree[] {
  return runs.flatMap((run) => {
    const [kinds, times] = isJsonList(run) ? run : [];
    const count = wholeOf(times);
    if (!isJsonList(kinds) || count === null || count < 0 || count * kinds.length > layers)
      return invalid(key, run, `kinds of layers and how often they follow each other, for ${layers} layers`);
    return Array.from({ length: count }, () => [...kinds]).flat();
  });
}

/** Families whose layers are all alike may say so. */
function assertFull(config: Config, count: number): void {
  const layers = config.get('layer_types') ?? null;
  if (layers === null) return;
  const odd = isJsonList(layers) ? layers.find((layer) => layer !== 'full_attention') : layers;
  if (odd !== undefined) invalid('layer_types', odd, 'a list of "full_attention"');
  if (isJsonList(layers) && layers.length !== count) invalid('layer_types', layers, `a list of ${count}, one for each layer`);
}
