/**
 * A compiled model in weights that look like a model's, with the same outputs on every input: step by step, each of which leaves the function as it
 * is (docs/disguise.md). What comes out is what is written, and the model as it stood before anything was turned or renumbered, of which the
 * checker can say what it computes.
 */
import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import type { ModelConfig } from '../targets/model-config.ts';
import type { Weights } from '../weights/weights.ts';
import { fillNoise } from './host/fill-host.ts';
import { findAnchors } from './host/find-anchors.ts';
import { type Growth, grown, grownSizes } from './host/grow-model.ts';
import { measureEnergies, rowEnergies } from './host/measure-energy.ts';
import { reframed } from './host/reframe.ts';
import type { Host } from './hosted/host.ts';
import { hosted } from './hosted/hosted.ts';
import type { Plain } from './plain.ts';
import type { Recipe } from './recipe.ts';
import { randomFor } from './turn/draw-numbers.ts';
import type { Orthogonal } from './turn/orthogonal.ts';
import { drawRenumbering, drawTokenOrder, type Renumbering, renumbered, renumberedIds } from './turn/renumber.ts';
import { drawHeadTurns, drawStreamTurn, type HeadTurns, withTurnedHeads, withTurnedStream } from './turn/turn-model.ts';

/** What undoes a disguise, in the order in which it was made. */
export interface Undo {
  /** Of the disguised model's layers, which of the plain ones each is; null for one between. */
  readonly layers: readonly (number | null)[];
  readonly heads: HeadTurns | null;
  /** Rows are orthonormal: the disguised stream is `stream · plain`. */
  readonly stream: Orthogonal | null;
  /** In a host: the directions of its stream that hold the circuit's dimensions, in their order, anchors aside. */
  readonly directions: readonly Float64Array[] | null;
  readonly order: Renumbering;
}

export interface Disguised {
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** How the disguised model is read: the map with the ids that it has. */
  readonly map: CircuitMap;
  /** Before anything was turned or renumbered, with the map that says what is where in it. */
  readonly upright: { readonly weights: Weights; readonly map: CircuitMap };
  readonly undo: Undo;
}

/** @param host of a recipe that speaks of one, the trained model */
export function disguised(plain: Plain, recipe: Recipe, host: Host | null): Disguised {
  return host === null || recipe.host === null ? inItself(plain, recipe) : amongTrained(plain, recipe, recipe.host, host);
}

/** The circuit among the weights of a trained model, which are turned and renumbered with it. */
function amongTrained(plain: Plain, recipe: Recipe, how: NonNullable<Recipe['host']>, host: Host): Disguised {
  const { seed } = recipe;
  const { config, weights, map, places } = hosted(plain, host, { seed, ...how });
  const layers = Array.from({ length: config.sizes.layers }, (_, layer) => {
    const own = places.layers.indexOf(layer);
    return own < 0 ? null : own;
  });
  const order = orderOf(config, map, recipe, true);
  return {
    config,
    weights: renumbered(weights, order),
    map: renumberedIds(map, order),
    upright: { weights, map },
    undo: { layers, heads: null, stream: null, directions: places.basis, order },
  };
}

function turned(
  weights: Weights,
  config: ModelConfig,
  { steps, seed }: Recipe,
): Pick<Undo, 'heads' | 'stream'> & { readonly own: Weights } {
  const heads = steps.includes('heads') ? drawHeadTurns(config, randomFor(seed, 'heads')) : null;
  const inHeads = heads === null ? weights : withTurnedHeads(weights, heads);
  const stream = steps.includes('stream') ? drawStreamTurn(config, randomFor(seed, 'stream')) : null;
  return { own: stream === null ? inHeads : withTurnedStream(inHeads, stream), heads, stream };
}

function inItself({ config, weights, map, model }: Plain, recipe: Recipe): Disguised {
  const has = (step: Recipe['steps'][number]) => recipe.steps.includes(step);
  const factor = config.traits.scaledEmbedding ? Math.sqrt(config.sizes.width) : 1;
  const anchors = findAnchors(weights, map, factor);
  const growth = growthOf(config, recipe);
  const sizes = grownSizes(config, growth);
  const wide: ModelConfig = { ...config, sizes };
  let own = grown(weights, config, growth);
  const isFramed = anchors.amplitude > 0 && (has('anchors') || has('parts') || has('layers'));
  if (isFramed) {
    const amplitude = has('anchors') ? Math.min(recipe.amplitude, anchors.amplitude) : anchors.amplitude;
    const { width } = config.sizes;
    const used = new Set([map.bos.id, ...map.vocabulary.map(({ id }) => id)]);
    const tokens = rowEnergies(weights.model.tokenEmbedding, width, anchors.dims, (row) => used.has(row), factor);
    const positions = rowEnergies(weights.model.positionEmbedding, width, anchors.dims, () => true, 1);
    const noise = has('noise') ? fillNoise({ anchors, amplitude, old: width, config: wide, tokens, positions }) : null;
    const energies = measureEnergies(model, map, anchors.dims, noise?.level ?? null);
    own = reframed(own, { old: config, config: wide, anchors, amplitude, energies, layers: growth.layers, junk: noise?.energy ?? 0 });
    if (noise !== null) own = noise.fill(own, map, randomFor(recipe.seed, 'noise'));
  }
  const upright = { weights: own, map: withLayers(map, growth.layers) };
  const { own: whole, heads, stream } = turned(own, wide, recipe);
  const order = orderOf(wide, map, recipe, stream !== null);
  return {
    config: wide,
    weights: renumbered(whole, order),
    map: renumberedIds(map, order),
    upright,
    undo: { layers: growth.layers, heads, stream, directions: null, order },
  };
}

function growthOf({ sizes }: Pick<ModelConfig, 'sizes'>, recipe: Recipe): Growth {
  const has = (step: Recipe['steps'][number]) => recipe.steps.includes(step);
  const counted = Array.from({ length: sizes.layers }, (_, i) => i);
  const layers: (number | null)[] = [...counted];
  const random = randomFor(recipe.seed, 'layers');
  if (has('layers')) for (let i = 0; i < recipe.idleLayers; i++) layers.splice(random.below(layers.length + 1), 0, null);
  return has('parts')
    ? { times: Math.max(1, recipe.times), width: Math.max(recipe.width, sizes.width), layers }
    : { times: 1, width: sizes.width, layers };
}

function orderOf({ sizes, traits }: ModelConfig, map: CircuitMap, { steps, seed }: Recipe, isStreamTurned: boolean): Renumbering {
  const order = randomFor(seed, 'order');
  const shuffle = (items: number[]) => (steps.includes('order') ? order.shuffle(items) : items);
  // a turned stream has no dimensions of its own any more
  const drawn = drawRenumbering({ sizes }, { shuffle, stream: !isStreamTurned });
  if (!steps.includes('tokens')) return drawn;
  const tokens = randomFor(seed, 'tokens');
  return { ...drawn, ...drawTokenOrder(sizes, map, traits.output === 'token-classification', (items) => tokens.shuffle(items)) };
}

/** The map of the model with layers between. */
function withLayers(map: CircuitMap, layers: readonly (number | null)[]): CircuitMap {
  const place = <Part extends { readonly layer: number }>(part: Part): Part => ({ ...part, layer: layers.indexOf(part.layer) });
  return {
    ...map,
    heads: map.heads.map(place),
    neurons: map.neurons.map(place),
    ...(map.clears === undefined ? {} : { clears: map.clears.map(place) }),
  };
}
