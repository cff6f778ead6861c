/** Which known functions the heads of a checkpoint compute: what each attends to, what its weights say, and what depends on it. */
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { Random } from '../verify/random.ts';
import { type Candidate, eachQuery, type Ideals, idealsOf, shuffledIdeals } from './candidate.ts';
import { blockOf, embedBlock, type Window } from './effect/block.ts';
import { type Dependence, type HeadEffect, intervene } from './effect/intervene.ts';
import type { TokenSample } from './head-weights.ts';
import { type HeadLook, type LookState, lookAtHeads, NO_NEURONS, type Trial } from './look.ts';
import { indexesOf, matchNeurons, type NeuronsMatched, neuronBounds } from './neurons/match-neurons.ts';
import type { TokenClass } from './neurons/token-class.ts';
import { type Composition, compositionsOf, matricesOf } from './paths.ts';
import { readLayerRoles, readModelRoles } from './read-roles.ts';
import { bestTrial, correctedLogP, EVEN, SINK, type Verdict, verdictOf } from './verdict.ts';

export interface HeadMatch {
  readonly look: HeadLook;
  readonly verdict: Verdict;
  /** The program that fits best, and how; null where none is beyond the nulls. */
  readonly candidate: Candidate | null;
  readonly trial: Trial | null;
  /** Corrected for all that was tried; 1 where nothing fits, and null where scores are all equal, which is no matter of chance. */
  readonly p: number | null;
  /** Part of the other heads that fit the program less well. */
  readonly rank: number;
  /** Deviations by which the weights prefer what the program selects; null where they do not tell by themselves. */
  readonly matches: number | null;
  readonly effect: HeadEffect | null;
}

export interface Path {
  readonly from: HeadMatch;
  readonly to: HeadMatch;
  readonly composition: Composition;
  /** The reader's overlap as it is, and with the writer saying the same everywhere; null where that was not measured. */
  readonly overlap: number | null;
  readonly without: number | null;
}

export interface Matched {
  readonly heads: readonly HeadMatch[];
  readonly paths: readonly Path[];
  readonly neurons: NeuronsMatched | null;
  readonly candidates: readonly Candidate[];
  readonly windows: readonly Window[];
  /** Those of them in which effects were measured, and at which targets. */
  readonly effectWindows: readonly { readonly window: number; readonly targets: readonly number[] }[];
  /** Heads times programs that were tried. */
  readonly tests: number;
  /** Null where numbers of the model's stream were not finite. */
  readonly isSound: boolean;
}

export interface MatchRequest {
  readonly checkpoint: OpenCheckpoint;
  readonly windows: readonly Window[];
  readonly candidates: readonly Candidate[];
  /** What neurons are compared with; none where they are not looked at. */
  readonly classes: readonly TokenClass[];
  /** Tokens of no class: they stand for no text. */
  readonly special: ReadonlySet<number>;
  /** So many neurons are intervened on. */
  readonly neuronEffects: number;
  /** Of each token; null without a tokenizer. */
  readonly texts: readonly string[] | null;
  /** Tokens on which weights are looked at by themselves. */
  readonly sample: Int32Array;
  readonly seed: number;
  /** So many heads are intervened on, in so many windows of each kind. */
  readonly effects: number;
  readonly effectWindows: number;
  /** Where an earlier run was interrupted. */
  readonly state?: LookState | undefined;
  readonly looked: (state: LookState) => void;
  readonly progress: (done: number, total: number) => void;
}

/** A path is told where the composition is so many times its null, or where the reader's pattern falls to so much without the writer. */
const ABOVE = 1.5;
const LEAST = 0.01;
const FALLS = 0.8;
/** Heads that are looked at as writers, and as readers: those that fit best. */
const ENDS = 10;

export function matchCheckpoint(request: MatchRequest): Matched {
  const { checkpoint, windows, candidates, texts, sample, seed, progress } = request;
  const { layers, heads: headCount } = checkpoint.config.sizes;
  const block = blockOf(windows);
  const indexes = request.classes.length === 0 ? null : indexesOf(block, request);
  const { stream, rows } = embedBlock(checkpoint, block, Int32Array.of(...sample, ...(indexes?.all.ids ?? [])));
  const own = sample.length * checkpoint.config.sizes.width;
  const ideals = candidates.map((candidate) => idealsOf(candidate, windows, texts));
  const tried = candidates.flatMap((_, c) => (ideals[c]?.windows.some((ideal) => (ideal?.queries.length ?? 0) > 0) ? [c] : []));
  const total = (indexes === null ? 2 : 3) * layers;
  const looked = lookAtHeads(
    {
      checkpoint,
      block,
      candidates,
      ideals,
      shuffled: ideals.map(shuffledIdeals),
      sample: tokenSample(checkpoint, sample, rows.subarray(0, own)),
      classes: indexes === null ? null : { indexes, embedded: rows.subarray(own), ...neuronBounds(checkpoint, request.classes) },
      seed,
    },
    request.state ?? { layer: 0, heads: [], neurons: NO_NEURONS, stream },
    (state) => {
      request.looked(state);
      progress(state.layer, total);
    },
  );
  const tests = layers * headCount * Math.max(1, tried.length);
  const best = looked.heads.map((look) => bestTrial(look, candidates, tests));
  const chosen = chosenHeads(looked.heads, best, candidates, request.effects);
  const effectBlock = blockOf(someWindows(windows, request.effectWindows));
  const plans = chosen.map((at) => {
    const { layer, head } = looked.heads[at] as HeadLook;
    const candidate = candidates[best[at]?.candidate ?? 0] as Candidate;
    return { layer, head, ideals: idealsOf(candidate, effectBlock.windows, texts) };
  });
  const { effects, dependences } =
    plans.length === 0
      ? { effects: [], dependences: [] }
      : intervene(checkpoint, effectBlock, plans, (layer) => progress(layers + layer, total));
  const matches = looked.heads.map((look, at): HeadMatch => {
    const trial = best[at] ?? null;
    const plan = chosen.indexOf(at);
    const effect = plan < 0 ? null : (effects[plan] ?? null);
    const candidate = trial === null ? null : (candidates[trial.candidate] ?? null);
    return {
      look,
      verdict: verdictOf(trial, effect),
      candidate,
      trial,
      p: trial === null ? 1 : candidate?.name === EVEN ? null : Math.exp(correctedLogP(trial, tests)),
      rank: trial === null ? 0 : rankOf(trial, look, looked.heads),
      matches: trial === null || candidate === null ? null : weightMatch(candidate, ideals[trial.candidate], look),
      effect,
    };
  });
  return {
    heads: matches,
    neurons:
      indexes === null
        ? null
        : matchNeurons(request, looked.neurons, { windows: effectBlock.windows, passed: (layer) => progress(2 * layers + layer, total) }),
    paths: pathsOf(checkpoint, matches, { chosen, dependences, seed }),
    candidates,
    windows,
    effectWindows: effectBlock.windows.map((window) => ({ window: windows.indexOf(window), targets: window.targets })),
    tests,
    isSound: looked.isSound,
  };
}

function tokenSample(checkpoint: OpenCheckpoint, sample: Int32Array, embedded: Float32Array): TokenSample {
  const { config } = checkpoint;
  const { width } = config.sizes;
  const roles = readModelRoles(checkpoint, ['tokenEmbedding', 'unembedding', 'finalNormGain', 'positionEmbedding']);
  const said = config.tied ? roles.tokenEmbedding : roles.unembedding;
  const unembedded = new Float32Array(sample.length * width);
  sample.forEach((id, row) => {
    for (let w = 0; w < width; w++) unembedded[row * width + w] = (said?.[id * width + w] ?? 0) * (roles.finalNormGain?.[w] ?? 1);
  });
  const table = roles.positionEmbedding;
  return {
    count: sample.length,
    embedded,
    unembedded,
    positions: table === undefined ? null : Float32Array.from(table.subarray(0, 64 * width)),
  };
}

/** Heads whose effect is measured: of each function the best first, in turn. */
function chosenHeads(
  looks: readonly HeadLook[],
  best: readonly (Trial | null)[],
  candidates: readonly Candidate[],
  most: number,
): number[] {
  const byFunction = new Map<string, number[]>();
  best.forEach((trial, at) => {
    const name = trial === null ? undefined : candidates[trial.candidate]?.name;
    if (name !== undefined && name !== SINK) byFunction.set(name, [...(byFunction.get(name) ?? []), at]);
  });
  const strength = (at: number): number => (best[at]?.fit.overlap ?? 0) * (1 - (looks[at]?.sink ?? 0) / 2);
  for (const list of byFunction.values()) list.sort((a, b) => strength(b) - strength(a));
  const longest = Math.max(0, ...[...byFunction.values()].map(({ length }) => length));
  const turns = Array.from({ length: longest }, (_, turn) => [...byFunction.values()].flatMap((list) => list.slice(turn, turn + 1)));
  return turns.flat().slice(0, most);
}

function someWindows(windows: readonly Window[], each: number): Window[] {
  return (['random', 'text'] as const).flatMap((kind) => windows.filter((window) => window.kind === kind).slice(0, each));
}

function rankOf(trial: Trial, own: HeadLook, looks: readonly HeadLook[]): number {
  const others = looks.filter((look) => look !== own);
  const below = others.filter((look) => {
    const same = look.trials.find(({ candidate }) => candidate === trial.candidate);
    return (same?.fit.overlap ?? 0) < trial.fit.overlap;
  });
  return others.length === 0 ? 1 : below.length / others.length;
}

/** What the weights say of a program that selects by the same token, or by one distance. */
function weightMatch({ by }: Candidate, ideals: Ideals | undefined, { weights }: HeadLook): number | null {
  if (by === 'token') return weights.same;
  if (by !== 'position' || ideals === undefined) return null;
  const distances = new Set<number>();
  for (const ideal of ideals.windows) {
    if (ideal !== null) {
      eachQuery(ideal, (query, keys) => {
        for (const key of keys) distances.add(query - key);
      });
    }
  }
  const [distance = -1] = distances;
  return distances.size === 1 ? (weights.distances?.[distance] ?? null) : null;
}

interface PathRequest {
  readonly chosen: readonly number[];
  readonly dependences: readonly Dependence[];
  readonly seed: number;
}

/** From heads that match something to later ones that read what others fetched; compositions far above their null, or that carry the pattern. */
function pathsOf(checkpoint: OpenCheckpoint, matches: readonly HeadMatch[], { chosen, dependences, seed }: PathRequest): Path[] {
  const { config } = checkpoint;
  const fits = [...matches].sort((a, b) => (b.trial?.fit.overlap ?? 0) - (a.trial?.fit.overlap ?? 0));
  const ends = (by: Candidate['by']): HeadMatch[] =>
    fits.filter((each) => each.candidate?.by === by && each.candidate.name !== SINK).slice(0, ENDS);
  const [writers, readers] = [ends('position'), ends('fetched')];
  const first = Math.min(...writers.map(({ look }) => look.layer));
  const last = Math.max(...readers.map(({ look }) => look.layer));
  if (!(first < last)) return [];
  const random = new Random(seed, 1);
  const known = new Map<HeadMatch, ReturnType<typeof matricesOf>>();
  const paths: Path[] = [];
  for (let layer = first; layer <= last; layer++) {
    const own = [...writers, ...readers].filter(({ look }) => look.layer === layer);
    if (own.length === 0) continue;
    const roles = readLayerRoles(checkpoint, layer);
    for (const to of readers) {
      if (to.look.layer !== layer) continue;
      const reader = matricesOf(config, roles, to.look.head);
      for (const [from, writer] of known) {
        if (from.look.layer >= layer) continue;
        const [found, reads] = [chosen.indexOf(matches.indexOf(from)), chosen.indexOf(matches.indexOf(to))];
        const dependence = dependences.find((each) => found >= 0 && each.from === found && each.to === reads);
        for (const composition of compositionsOf(reader, writer, config.sizes.dim, random)) {
          const carries = composition.through === 'keys' && dependence !== undefined && dependence.without < FALLS * dependence.overlap;
          if (composition.strength < Math.max(LEAST, ABOVE * composition.chance) && !carries) continue;
          paths.push({ from, to, composition, overlap: dependence?.overlap ?? null, without: dependence?.without ?? null });
        }
      }
    }
    for (const from of writers) if (from.look.layer === layer) known.set(from, matricesOf(config, roles, from.look.head));
  }
  return paths.sort((a, b) => gain(b) - gain(a) || b.composition.strength - a.composition.strength);
}

function gain({ overlap, without }: Path): number {
  return overlap === null || without === null ? 0 : overlap - without;
}
