/** A seed with every choice made: where each circuit lies, how strong it is, and which entries of the model it decides. */

import type { TokenCode } from '../../codes/token-code.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { Sizes } from '../../weights/roles.ts';
import type { RoleSlice } from '../draw/slices.ts';
import type { ExportPlace } from './export-request.ts';
import type { OwnCodes } from './own-codes.ts';
import type { PlacedHead, RequestedPlace } from './place-heads.ts';
import type { SeedOutput } from './seed-program.ts';

/** A model that was widened for circuits: what lies beyond its sizes of before is theirs, and nothing else is. */
export interface Grown {
  readonly from: Sizes;
  /** The scale of a token's own embedding beside the usual one, where the first layer's norm divides by it alone; null where it does not. */
  readonly levels: ((token: number) => number) | null;
  /** Tokens on which the stream is measured. */
  readonly probe: Int32Array;
  /** Codes out of the model's own embedding; null: new ones in dimensions of the table. */
  readonly own: OwnCodes | null;
  /** Whether compiled circuits lie beside those of this plan: where queries and keys have norms their gains are shared. */
  readonly besides: boolean;
}

/**
 * What becomes of the circuits in training. `trainable`: the least scores that work at step 0, so that gradients pass. `frozen`: scores so large
 * that heads hold while the rest trains and the stream grows, whose scale divides them.
 */
export const SEED_MODES = ['trainable', 'frozen'] as const;
export type SeedMode = (typeof SEED_MODES)[number];

export interface SeedOptions {
  readonly mode: SeedMode;
  /** Tokens over which the circuits have to hold, BOS counted. */
  readonly context: number;
  /** The config's `initializer_range`. */
  readonly range: number;
  /** Root mean square of a token's code in the embedding; null: chosen. */
  readonly amplitude: number | null;
  /** Score of a match in nats; null: chosen. */
  readonly margin: number | null;
  /** Dimensions of the token code; null: chosen. */
  readonly dims: number | null;
  /** Probability that a right token is to have at step 0. */
  readonly confidence: number;
  /** By export of tokens, what it adds to the logit of its token in nats, negative to lower it; absent: what {@link confidence} takes. */
  readonly strengths?: ReadonlyMap<string, number>;
  readonly places: ReadonlyMap<string, RequestedPlace>;
  /** The token that stands first in every input and takes what matches nothing; null: there is none. */
  readonly bos: number | null;
  /** The model was widened, and what it has was taken from one that was there; null: circuits go over what a model has. */
  readonly grown: Grown | null;
  /** Layers that were chosen for heads, by their names. */
  readonly layers: ReadonlyMap<string, number>;
  /** Where exports of tokens go; those that are not named go to the output. */
  readonly exports: ReadonlyMap<string, ExportPlace>;
  /** Dimensions that compiled circuits of the same model take of the half that circuits may have. */
  readonly beside: number;
}

/** What circuits add to the stream of a model that was there, as a part of what it is: its square is what the norm's scale grows by. */
export const QUIET = 2 ** -6;

/** What circuits over what a model has are: nothing was widened for them, and tokens go to the output. */
export const IN_PLACE = { grown: null, layers: new Map<string, number>(), exports: new Map<string, ExportPlace>(), beside: 0 } as const;

/** Whether an export of tokens is written to the output, and whether it is left in the stream. */
export function goesTo({ exports }: Pick<SeedOptions, 'exports'>, name: string): { readonly logits: boolean; readonly feature: boolean } {
  const place = exports.get(name) ?? 'logits';
  return { logits: place !== 'feature', feature: place !== 'logits' };
}

/** Reserved dimensions of the residual stream that hold one thing. */
export interface Block {
  readonly name: string;
  readonly kind:
    | 'tokens'
    | 'constant'
    | 'even'
    | 'flag'
    | 'start'
    | 'zero'
    | 'positions'
    | 'ramp'
    | 'moved'
    | 'counter'
    | 'balance'
    | 'values'
    | 'presence'
    | 'mean'
    | 'difference'
    | 'floor';
  readonly dims: readonly number[];
  /** Root mean square of an entry where the block holds something. */
  readonly amplitude: number;
  /** The layer whose attention (or neurons) writes it; -1: the embedding. */
  readonly written: number;
  /** The last layer whose attention reads it; the number of layers: the output. */
  readonly lastRead: number;
  /** The head that writes it, by its key. */
  readonly head: string | null;
}

/** What the plan expects of a head. Scores in nats. */
export interface HeadExpectation {
  readonly name: string;
  readonly placed: PlacedHead;
  /** Score of the right position above the mean of the others. */
  readonly margin: number;
  /** Score of the sink; null without one. */
  readonly sink: number | null;
  /** Part of the attention that goes astray at most, where there is a right position. */
  readonly leakage: number;
  /** The head does its work while the norm's scale is at most this many times that at step 0. */
  readonly scaleLimit: number;
  /** The longest distance at which it works; null: any within the context. */
  readonly reach: number | null;
  /** Where it does not work over the whole context: the longest over which it would, found by halving; null where it does, or over none. */
  readonly longestContext: number | null;
  /** Matches this far apart or further are told apart, where the last or the first is preferred; null where none is. */
  readonly resolution: number | null;
  /** Dimensions of the head that compare. */
  readonly compares: number;
  /** Largest cosine of what it compares between two different tokens; null where it compares no tokens. */
  readonly largestCosine: number | null;
}

export interface OutputExpectation {
  readonly output: SeedOutput;
  /** Logit of the right token above the mean of the others, and its probability; null for features. */
  readonly logit: number | null;
  readonly probability: number | null;
}

export interface SeedPlan {
  readonly config: ModelConfig;
  readonly options: SeedOptions;
  readonly code: TokenCode;
  readonly blocks: readonly Block[];
  readonly heads: readonly HeadExpectation[];
  readonly outputs: readonly OutputExpectation[];
  /** Static root mean square of the stream at the input of each layer, and of the final norm. */
  readonly rms: readonly number[];
  /** For which scales of the stream weights were written, before the attention of each layer up to the last of the heads. */
  readonly scales: readonly { readonly first: number; readonly typical: number }[];
  readonly slices: readonly RoleSlice[];
}
