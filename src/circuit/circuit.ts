/**
 * A program as attention heads and neuron groups over named subspaces of the residual stream: encodings are chosen, layers and
 * dimensions are not. Position 0 holds BOS; input token i stands at position i + 1.
 */

import type { SOp } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { Span } from '../source/source-file.ts';

/** One dimension of a register: a real number for each value of the variable that the register encodes. */
export interface Feature {
  /** By value index; null for a variable whose values are not enumerated, which has one linear feature. */
  readonly levels: Float64Array | null;
  /** By value index, how far from its level the number may lie because of how it is computed; null where it is the level. */
  readonly spread: Float64Array | null;
  /** Bounds of the number at any position, BOS included. */
  readonly low: number;
  readonly high: number;
  /** The number at BOS. */
  readonly bos: number;
  /** The value that the number 1 stands for, where values are not enumerated. */
  readonly unit: number;
}

/** A subspace: the code of one variable. */
export interface Register {
  readonly id: number;
  readonly name: string;
  readonly spans: readonly Span[];
  /** The s-op whose value it holds, of the simplified graph; null for BOS's own register. */
  readonly node: SOp | null;
  /** How the dimensions encode values: one each (`one-hot`), one each but for the last (`dummy`), or any other set of features. */
  readonly encoding: 'one-hot' | 'dummy' | 'features';
  /** The variable's values, in the order of every feature's levels; null where they are not enumerated. */
  readonly values: readonly Value[] | null;
  readonly features: readonly Feature[];
  /** The choices that it is a branch of. */
  readonly branchOf?: readonly Branch[];
}

/** A branch of a choice: at every position exactly one of them has another value than `none`, an index into its own values. */
export interface Branch {
  readonly branches: readonly SOp[];
  readonly none: number;
}

export interface Term {
  readonly register: Register;
  readonly feature: number;
  readonly weight: number;
}

/** `constant + Σ weight × register[feature]`. */
export interface Form {
  readonly constant: number;
  readonly terms: readonly Term[];
}

/** What the embeddings write: one column a feature, by token of the vocabulary or by index; BOS has its own number. */
export interface Embedding {
  readonly register: Register;
  readonly source: 'token' | 'index' | 'bos';
}

export interface Write {
  readonly register: Register;
  readonly feature: number;
  readonly weight: number;
}

/** One dimension of a head's value vector: the number that a key contributes, and where the average of them goes. */
export interface HeadValue {
  readonly form: Form;
  readonly write: Write;
}

/** A condition on the distance of query and key, which rotary positions score by themselves: 0 at `offset`, else at most `-gap`. */
export interface RelativeScore {
  /** Query position minus key position. */
  readonly offset: number;
  /** Nats. */
  readonly gap: number;
}

/** A score by the distance of query and key that rotary positions make by themselves: of two keys, the one nearer to the end scores more. */
export interface TurnedOrder {
  readonly end: 'rightmost' | 'leftmost';
  /** Nats from one position to the next: at least. */
  readonly step: number;
  /** The largest distance of a query and a key. */
  readonly reach: number;
}

/** How BOS scores: `score` for every query, `toItself` more for its own, where it sees other positions. */
export interface BosScore {
  readonly score: number;
  readonly toItself: number;
}

/** `score(query, key) = Σ query form × key form`, in nats; the result is the softmax average of the keys' values. */
export interface Head {
  readonly kind: 'head';
  readonly name: string;
  readonly spans: readonly Span[];
  /** Every key form is 0 at BOS. */
  readonly scores: readonly ScorePair[];
  readonly relative: RelativeScore | null;
  /** By how many nats a key's score falls for each position that it lies further back (rises, where negative), BOS aside; absent: 0. */
  readonly recency?: number;
  /** Of an extreme, where positions turn its order: from 0 for the key that is furthest from the end up; absent: none. */
  readonly order?: TurnedOrder;
  readonly bos: BosScore;
  readonly values: readonly HeadValue[];
  readonly semantics: HeadSemantics;
}

/** One head dimension. */
export interface ScorePair {
  readonly query: Form;
  readonly key: Form;
}

/** What certification has to know of a head. Gaps and scores in nats. */
export interface HeadSemantics {
  /** `copy`: one key has all the weight. `extreme`: those that hold the same extreme have it together. `mean`: the selected share it equally. `width`: they share it with BOS, weighted `bosWeight`. */
  readonly kind: 'copy' | 'extreme' | 'mean' | 'width';
  /** The score of a selected key (of `copy` by slope: the least one), above the best of the others by `gap`. */
  readonly selected: number;
  /** The largest score of any key: of an extreme, beyond `selected` by as much as its slope rises. */
  readonly highest: number;
  readonly gap: number;
  /** Whether every query finds a key: if not (or nothing is said), BOS has to stand above keys that are not selected, too. */
  readonly nonempty?: boolean;
  /** BOS counts as this many selected keys in `width`. */
  readonly bosWeight: number;
  /** Of `width`: how many keys are selected, by value of the register written. */
  readonly counts: readonly number[] | null;
  /** Of an extreme whose selected keys have scores of their own by position, each a number that is not rounded; null for any other. */
  readonly ladder: Ladder | null;
}

/** Scores, in nats, that half precision keeps apart however many there are. */
export interface Ladder {
  /** The least distance of two selected keys. */
  readonly rung: number;
  /** How much less a key scores that is not selected than it would if it were: at least, and at most. */
  readonly penalty: { readonly least: number; readonly most: number };
}

/** 0 where the input is at most `low`, 1 where it is at least `high`; it is never between. */
export interface Step {
  readonly input: Form;
  /** By value of the register written: the largest input that occurs with it. */
  readonly ceilings: Float64Array;
  /** By value: all inputs that occur with it, in one interval or several. Those of one number go through the same ones in the same order. */
  readonly intervals: readonly (readonly { readonly low: number; readonly high: number }[])[];
  readonly low: number;
  readonly high: number;
  readonly writes: readonly Write[];
}

/** Piecewise-constant functions of linear forms: `base`, plus every step taken. */
export interface NeuronGroup {
  readonly kind: 'neurons';
  readonly name: string;
  readonly spans: readonly Span[];
  readonly steps: readonly Step[];
  readonly base: readonly Write[];
}

export type Component = Head | NeuronGroup;

/**
 * Logits that are lines over one number: at every number that occurs the right one is above its neighbours by at least 1, and by at least as
 * much again above each that follows. Of several numbers one is the right logit's; all lines rise, and those over other numbers are lower by
 * at least twice their slope.
 */
export interface NearestLevel {
  readonly number: Form;
  /** The logits in the order of their numbers. */
  readonly order: readonly number[];
  /** What each, in that order, weighs the number by. */
  readonly slopes: readonly number[];
}

/** How one export is read from the logits. */
export type Readout =
  | {
      readonly kind: 'categorical';
      readonly name: string;
      readonly spans: readonly Span[];
      readonly logits: readonly { readonly value: Value; readonly form: Form }[];
      /** How the logits come from one number, or from one of several; null where each is larger by 1 for its value than all others are, whatever it is made of. */
      readonly nearest: readonly NearestLevel[] | null;
    }
  /** The value is `form` itself. */
  | {
      readonly kind: 'numeric';
      readonly name: string;
      readonly spans: readonly Span[];
      readonly form: Form;
      /** What the form is divided by; absent: nothing. */
      readonly per?: Form;
    };

export interface Circuit {
  readonly embeddings: readonly Embedding[];
  readonly components: readonly Component[];
  readonly readouts: readonly Readout[];
  /** 1 at BOS, 0 elsewhere. */
  readonly bos: Register;
}
