/** What the neurons of one layer say of classes of tokens: by their numbers on windows, with permuted weights, and from the weights alone. */
import { activate } from '../../runtime/activation.ts';
import type { LayerRoles } from '../../runtime/layer.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Random } from '../../verify/random.ts';
import type { Hidden } from '../effect/run-layer.ts';
import { normedRows } from '../head-weights.ts';
import { type NeuronFit, neuronFit } from './neuron-fit.ts';
import { type TokenIndex, tokenMeans } from './token-index.ts';

/** One neuron beside the class that it fits best. */
export interface NeuronLook {
  readonly layer: number;
  readonly neuron: number;
  readonly class: number;
  readonly fit: NeuronFit;
  /** The overlap on random tokens and on text alone, with the same sign; null where there are too few tokens. */
  readonly random: number | null;
  readonly text: number | null;
  /** The overlap if the columns of the neuron's input weights were permuted: the middle one of some draws. */
  readonly permuted: number;
  /** The overlap on tokens as the embedding has them, without running anything before. */
  readonly weights: number;
  /** What it says on tokens of the class, and on others, in the mean. */
  readonly inside: number;
  readonly outside: number;
  readonly counterexamples: readonly NeuronCounterexample[];
}

/** A token that is louder than its class says, or quieter. */
export interface NeuronCounterexample {
  readonly token: number;
  readonly isMember: boolean;
  readonly value: number;
}

/** Tokens of all windows, of random ones and of text. */
export interface TokenIndexes {
  readonly all: TokenIndex;
  readonly random: TokenIndex;
  readonly text: TokenIndex;
}

export interface NeuronInput {
  readonly config: ModelConfig;
  readonly layer: number;
  readonly roles: LayerRoles;
  readonly indexes: TokenIndexes;
  /** `[token, width]`: the tokens of `indexes.all` as the embedding has them. */
  readonly embedded: Float32Array;
  /** What fits worse is not looked at further. */
  readonly least: number;
  readonly leastLogP: number;
  readonly random: Random;
  /** Of each class how many neurons have an overlap of so many hundredths; counted on. */
  readonly overlaps: readonly Uint32Array[];
}

const DRAWS = 3;
const COUNTEREXAMPLES = 3;
/** Places in a histogram of overlaps. */
export const BINS = 101;

export function lookAtNeurons(input: NeuronInput, hidden: Hidden): NeuronLook[] {
  const { config, layer, roles, indexes, embedded, least, leastLogP, random, overlaps } = input;
  const { all } = indexes;
  const { width } = config.sizes;
  const found: NeuronLook[] = [];
  const { sharedNorm } = config.traits;
  const gain = sharedNorm ? roles.attentionNormGain : roles.mlpNormGain;
  const bare = normedRows(config, gain, sharedNorm ? roles.attentionNormBias : roles.mlpNormBias, embedded);
  hidden.neuronOf.forEach((neuron, row) => {
    const own = hidden.values.subarray(row * hidden.tokens, (row + 1) * hidden.tokens);
    const means = tokenMeans(all, own);
    const sorted = means.slice().sort();
    let [best, fit]: [number, NeuronFit | null] = [0, null];
    all.members.forEach((members, number) => {
      const each = neuronFit(means, sorted, members);
      if (each === null) return;
      const bin = Math.max(0, Math.floor(each.overlap * (BINS - 1)));
      const counted = overlaps[number];
      if (counted !== undefined) counted[bin] = (counted[bin] ?? 0) + 1;
      if (each.overlap > (fit?.overlap ?? 0)) [best, fit] = [number, each];
    });
    const chosen = fit as NeuronFit | null;
    if (chosen === null || chosen.overlap < least || chosen.logP > leastLogP) return;
    const weights = inputsOf(config, roles, neuron);
    const overlap = (values: Float32Array, members: Int32Array): number | null => {
      const other = neuronFit(values, values.slice().sort(), members);
      return other === null ? null : other.sign === chosen.sign ? other.overlap : 0;
    };
    const members = all.members[best] ?? new Int32Array(0);
    const permuted = Array.from({ length: DRAWS }, () => {
      const order = random.shuffle(Array.from({ length: width }, (_, w) => w));
      const said = saidBy(config, weights, (at, w) => hidden.input[numberAt(order, w) * hidden.tokens + numberAt(all.positions, at)] ?? 0, {
        count: all.positions.length,
        width,
      });
      const spread = new Float32Array(hidden.tokens);
      all.positions.forEach((position, at) => {
        spread[position] = numberAt(said, at);
      });
      return overlap(tokenMeans(all, spread), members) ?? 0;
    }).sort((a, b) => a - b);
    const alone = saidBy(config, weights, (at, w) => bare[at * width + w] ?? 0, { count: all.ids.length, width });
    const part = (index: TokenIndex): number | null => overlap(tokenMeans(index, own), index.members[best] ?? new Int32Array(0));
    found.push({
      ...{ layer, neuron, class: best, fit: chosen },
      ...{ random: part(indexes.random), text: part(indexes.text) },
      permuted: permuted[Math.floor(DRAWS / 2)] ?? 0,
      weights: overlap(alone, members) ?? 0,
      ...sidesOf(means, members),
      counterexamples: counterexamplesOf(all, means, members, chosen),
    });
  });
  return found;
}

interface Inputs {
  readonly up: FloatArray;
  readonly upBias: number;
  readonly gate: FloatArray | null;
  readonly gateBias: number;
}

function inputsOf({ sizes: { width }, traits }: ModelConfig, roles: LayerRoles, neuron: number): Inputs {
  const row = (matrix: FloatArray | undefined): FloatArray =>
    (matrix ?? new Float32Array(0)).subarray(neuron * width, (neuron + 1) * width);
  return {
    up: row(roles.up),
    upBias: roles.upBias?.[neuron] ?? 0,
    gate: traits.mlp === 'gated' ? row(roles.gate) : null,
    gateBias: roles.gateBias?.[neuron] ?? 0,
  };
}

/** What a neuron says of so many inputs. */
function saidBy(
  { traits }: ModelConfig,
  { up, upBias, gate, gateBias }: Inputs,
  read: (at: number, w: number) => number,
  { count, width }: { readonly count: number; readonly width: number },
): Float32Array {
  const product = (weights: FloatArray, bias: number): Float32Array => {
    const sums = new Float32Array(count).fill(bias);
    for (let w = 0; w < width; w++) {
      const weight = weights[w] ?? 0;
      if (weight !== 0) for (let at = 0; at < count; at++) sums[at] = numberAt(sums, at) + weight * read(at, w);
    }
    return sums;
  };
  const said = product(gate ?? up, gate === null ? upBias : gateBias);
  activate(traits.activation, said, count);
  if (gate === null) return said;
  const by = product(up, upBias);
  return said.map((value, at) => value * numberAt(by, at));
}

function sidesOf(means: Float32Array, members: Int32Array): { inside: number; outside: number } {
  const total = means.reduce((a, b) => a + b, 0);
  let inside = 0;
  for (const place of members) inside += numberAt(means, place);
  return { inside: inside / members.length, outside: (total - inside) / (means.length - members.length) };
}

/** The loudest tokens that are not of the class, and the quietest that are, of those on the wrong side. */
function counterexamplesOf({ ids }: TokenIndex, means: Float32Array, members: Int32Array, { sign }: NeuronFit): NeuronCounterexample[] {
  const own = new Set(members);
  const order = Array.from(means.keys()).sort((a, b) => sign * (numberAt(means, b) - numberAt(means, a)));
  const top = order.slice(0, members.length).filter((place) => !own.has(place));
  const low = order.slice(members.length).filter((place) => own.has(place)).reverse(); // biome-ignore format: a line
  const wrong = top.flatMap((place, i) => [place, ...low.slice(i, i + 1)]).slice(0, COUNTEREXAMPLES);
  return wrong.map((place) => ({ token: numberAt(ids, place), isMember: own.has(place), value: numberAt(means, place) }));
}
