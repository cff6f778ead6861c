/** From what was looked at of neurons to what is said of them: which class of tokens each tells from all others. */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { type Block, blockOf, type Window } from '../effect/block.ts';
import type { HeadEffect } from '../effect/intervene.ts';
import type { NeuronsLooked } from '../look.ts';
import { BOUNDS, type Verdict } from '../verdict.ts';
import { BINS, type NeuronLook, type TokenIndexes } from './look-at-neurons.ts';
import { neuronEffects } from './neuron-effects.ts';
import type { TokenClass } from './token-class.ts';
import { indexTokens } from './token-index.ts';

export interface NeuronMatch {
  readonly look: NeuronLook;
  readonly verdict: Verdict;
  readonly class: TokenClass;
  /** Corrected for all neurons, classes and signs. */
  readonly p: number;
  /** Part of the other neurons that fit the class less well. */
  readonly rank: number;
  readonly effect: HeadEffect | null;
}

export interface NeuronsMatched {
  readonly classes: readonly TokenClass[];
  /** Those that are or resemble something, the best of each class first in turn. */
  readonly neurons: readonly NeuronMatch[];
  /** Neurons that were looked at, and all that was tried on them. */
  readonly looked: number;
  readonly tests: number;
}

interface NeuronRequest {
  readonly checkpoint: OpenCheckpoint;
  readonly windows: readonly Window[];
  readonly classes: readonly TokenClass[];
  readonly special: ReadonlySet<number>;
  readonly neuronEffects: number;
}

export function indexesOf(block: Block, { classes, special }: Pick<NeuronRequest, 'classes' | 'special'>): TokenIndexes {
  const index = (kinds: readonly Window['kind'][]) => indexTokens(block, classes, kinds, special);
  return { all: index(['random', 'text', 'classes']), random: index(['random', 'classes']), text: index(['text']) };
}

/** All neurons, classes and both signs: by Bonferroni. */
function testsOf({ config: { sizes } }: OpenCheckpoint, classes: readonly TokenClass[]): number {
  return sizes.layers * sizes.hidden * classes.length * 2;
}

/** What a neuron has to reach at least to be looked at further. */
export function neuronBounds(checkpoint: OpenCheckpoint, classes: readonly TokenClass[]): { least: number; leastLogP: number } {
  return { least: BOUNDS.resembles, leastLogP: Math.log(BOUNDS.p) - Math.log(testsOf(checkpoint, classes)) };
}

interface EffectPlan {
  /** Those in which heads were intervened on: they are taken beside all of random tokens of the classes. */
  readonly windows: readonly Window[];
  readonly passed: (layer: number) => void;
}

export function matchNeurons(request: NeuronRequest, { looks, overlaps }: NeuronsLooked, { windows, passed }: EffectPlan): NeuronsMatched {
  const { checkpoint, classes } = request;
  const { layers, hidden } = checkpoint.config.sizes;
  const tests = testsOf(checkpoint, classes);
  const beyond = looks.filter(({ permuted, fit }) => permuted <= BOUNDS.null * fit.overlap);
  const order = inTurn(beyond, classes.length);
  const chosen = order.slice(0, request.neuronEffects);
  const block = blockOf([...request.windows.filter(({ kind }) => kind === 'classes'), ...windows]);
  const plans = chosen.map(({ layer, neuron, class: number }) => ({ layer, neuron, holds: holdsOf(classes, number) }));
  const effects = plans.length === 0 ? [] : neuronEffects(checkpoint, block, plans, passed);
  const neurons = order.map((look, at): NeuronMatch => {
    const effect = effects[at] ?? null;
    const isClass = look.fit.overlap >= BOUNDS.is && effect !== null && effect.explained.low >= BOUNDS.explained;
    const bin = Math.floor(look.fit.overlap * (BINS - 1));
    const below = (overlaps[look.class] ?? []).slice(0, bin).reduce((a, b) => a + b, 0);
    return {
      look,
      verdict: isClass ? 'is' : 'resembles',
      class: classes[look.class] as TokenClass,
      p: Math.exp(Math.min(0, look.fit.logP + Math.log(tests))),
      rank: below / Math.max(1, layers * hidden - 1),
      effect,
    };
  });
  return { classes, neurons, looked: layers * hidden, tests };
}

function holdsOf(classes: readonly TokenClass[], number: number): Uint8Array {
  return classes[number]?.holds ?? new Uint8Array(0);
}

/** Of each class the best first, the classes in turn. */
function inTurn(looks: readonly NeuronLook[], classes: number): NeuronLook[] {
  const lists = Array.from({ length: classes }, (_, number) =>
    looks.filter((look) => look.class === number).sort((a, b) => b.fit.overlap - a.fit.overlap || a.fit.logP - b.fit.logP),
  );
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1))).flat();
}
