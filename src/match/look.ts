/** The first pass over a checkpoint: every head of every layer beside every candidate, a layer in memory at a time. */
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { buildLayer } from '../runtime/layer.ts';
import { attentionOf } from '../targets/model-config.ts';
import { Scratch } from '../tensor/scratch.ts';
import { Random } from '../verify/random.ts';
import type { Candidate, Ideals } from './candidate.ts';
import type { Block } from './effect/block.ts';
import { LayerRunner, type Pattern } from './effect/run-layer.ts';
import { type HeadWeights, type TokenSample, weightsOf } from './head-weights.ts';
import { BINS, lookAtNeurons, type NeuronLook, type TokenIndexes } from './neurons/look-at-neurons.ts';
import { counterexamplesOf, fitOf, type PatternCounterexample, type PatternFit } from './pattern-fit.ts';
import { readLayerRoles } from './read-roles.ts';

/** One head beside one candidate. */
export interface Trial {
  readonly candidate: number;
  readonly fit: PatternFit;
  /** On random tokens and on text alone. */
  readonly random: PatternFit | null;
  readonly text: PatternFit | null;
  /** The overlap with the program's distances of another window; null where these are the same. */
  readonly shuffled: number | null;
  /** The overlap if the columns of the head's query weights were permuted: the middle one of some draws. */
  readonly permuted: number;
  readonly counterexamples: readonly PatternCounterexample[];
}

export interface HeadLook {
  readonly layer: number;
  readonly head: number;
  /** Mean attention on the first position, over all queries but that one. */
  readonly sink: number;
  /** Whether it attends to all positions so far alike, in every window. */
  readonly isEven: boolean;
  readonly weights: HeadWeights;
  readonly trials: readonly Trial[];
}

export interface Looked {
  readonly heads: readonly HeadLook[];
  readonly neurons: NeuronsLooked;
  /** Whether every number of the last stream is finite. */
  readonly isSound: boolean;
}

const COUNTEREXAMPLES = 3;
/** Permutations of query weights. */
const DRAWS = 3;
/** Random streams of neurons begin here, behind those of heads. */
const NEURONS = 2 ** 16;

export interface LookInput {
  readonly checkpoint: OpenCheckpoint;
  readonly block: Block;
  readonly candidates: readonly Candidate[];
  readonly ideals: readonly Ideals[];
  readonly shuffled: readonly (Ideals | null)[];
  readonly sample: TokenSample;
  /** What neurons are compared with; null where they are not looked at. */
  readonly classes: ClassInput | null;
  readonly seed: number;
}

export interface ClassInput {
  readonly indexes: TokenIndexes;
  /** `[token, width]`: the tokens of `indexes.all` as the embedding has them. */
  readonly embedded: Float32Array;
  readonly least: number;
  readonly leastLogP: number;
}

/** Where a pass that was interrupted goes on: the heads of the layers before `layer`, and the stream in front of it. */
export interface LookState {
  readonly layer: number;
  readonly heads: readonly HeadLook[];
  readonly neurons: NeuronsLooked;
  readonly stream: Float32Array;
}

export interface NeuronsLooked {
  /** Those that fit a class beyond chance. */
  readonly looks: readonly NeuronLook[];
  /** Of each class how many neurons have an overlap of so many hundredths. */
  readonly overlaps: readonly (readonly number[])[];
}

export const NO_NEURONS: NeuronsLooked = { looks: [], overlaps: [] };

/**
 * @param state where to begin; its stream is used up
 * @param passed is told after each layer
 */
export function lookAtHeads(input: LookInput, state: LookState, passed: (state: LookState) => void): Looked {
  const { checkpoint, block, sample } = input;
  const { config } = checkpoint;
  const { layers, width } = config.sizes;
  const runner = new LayerRunner(config, block);
  const scratch = new Scratch();
  const heads = [...state.heads];
  let { neurons } = state;
  const { stream } = state;
  for (let layer = state.layer; layer < layers; layer++) {
    const roles = readLayerRoles(checkpoint, layer, scratch);
    const seeing = attentionOf(config, layer);
    const weights = weightsOf(config, roles, seeing, sample);
    const built = buildLayer(config, 'f32', roles, seeing);
    const random = new Random(input.seed, layer);
    const orders = Array.from({ length: DRAWS }, () => Int32Array.from(random.shuffle(Array.from({ length: width }, (_, i) => i))));
    const permuted = new Map<number, number[][]>();
    const { classes } = input;
    runner.run(built, stream, {
      orders,
      seeHidden(hidden) {
        if (classes === null) return;
        // a stream of its own, so that what is said of heads does not hang on whether neurons are looked at
        const drawn = new Random(input.seed, NEURONS + layer);
        const overlaps = classes.indexes.all.members.map((_, i) =>
          Uint32Array.from(neurons.overlaps[i] ?? new Array<number>(BINS).fill(0)),
        );
        const looks = lookAtNeurons({ ...classes, config, layer, roles, random: drawn, overlaps }, hidden);
        neurons = { looks: [...neurons.looks, ...looks], overlaps: overlaps.map((bins) => [...bins]) };
      },
      seePermuted(head, patterns) {
        const overlaps = input.ideals.map((ideals) => fitOf(patterns, block.windows, ideals, null)?.overlap ?? 0);
        permuted.set(head, [...(permuted.get(head) ?? []), overlaps]);
      },
      see(head, patterns) {
        const own = weights[head];
        if (own === undefined) return;
        const trials = input.ideals.flatMap((ideals, candidate): Trial[] => {
          const fit = fitOf(patterns, block.windows, ideals, null);
          if (fit === null) return [];
          const shuffled = input.shuffled[candidate] ?? null;
          return [
            {
              candidate,
              fit,
              random: fitOf(patterns, block.windows, ideals, 'random'),
              text: fitOf(patterns, block.windows, ideals, 'text'),
              shuffled: shuffled === null ? null : (fitOf(patterns, block.windows, shuffled, null)?.overlap ?? null),
              permuted: middle((permuted.get(head) ?? []).map((overlaps) => overlaps[candidate] ?? 0)),
              counterexamples: fit.overlap < 0.2 ? [] : counterexamplesOf(patterns, block.windows, ideals, COUNTEREXAMPLES),
            },
          ];
        });
        heads.push({ layer, head, weights: own, trials, ...evenness(patterns) });
      },
    });
    passed({ layer: layer + 1, heads, neurons, stream });
  }
  return { heads, neurons, isSound: stream.every(Number.isFinite) };
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Weights of one query that differ by no more than float32 rounds are alike. */
const ALIKE = 1 + 1e-4;

function evenness(patterns: readonly Pattern[]): { sink: number; isEven: boolean } {
  let [sink, count, isEven] = [0, 0, true];
  for (const pattern of patterns) {
    const length = Math.sqrt(pattern.length);
    for (let query = 1; query < length; query++) {
      sink += pattern[query * length] ?? 0;
      count++;
      const row = pattern.subarray(query * length, query * length + query + 1);
      const [least, most] = row.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [1, 0]);
      if (most > ALIKE * least) isEven = false;
    }
  }
  return { sink: count === 0 ? 0 : sink / count, isEven };
}
