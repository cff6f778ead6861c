/**
 * A circuit with its place in a transformer: the layer and head of every component, the residual dimensions of every register, and
 * the sizes of the model.
 */
import type {
  BosScore,
  Circuit,
  Head,
  HeadValue,
  NeuronGroup,
  Register,
  RelativeScore,
  ScorePair,
  TurnedOrder,
} from '../circuit/circuit.ts';
import type { RotaryPlan } from './head-layout.ts';
import type { Storage } from './storage.ts';

export interface Slot {
  readonly layer: number;
  readonly sublayer: 'attention' | 'mlp';
  /** The head's number, or the first neuron's. */
  readonly index: number;
}

/** One head of the model; components of one layer whose scores are the same share it. */
export interface PlacedHead {
  readonly index: number;
  readonly components: readonly Head[];
  readonly scores: readonly ScorePair[];
  readonly relative: RelativeScore | null;
  readonly order: TurnedOrder | null;
  readonly bos: BosScore;
  readonly values: readonly HeadValue[];
}

export interface PlacedGroup {
  readonly group: NeuronGroup;
  /** Neurons `from` to `to - 1`. */
  readonly from: number;
  readonly to: number;
}

/**
 * Takes what a register holds off the stream again, so that others may have its dimensions: two neurons a feature, which add up to its number,
 * act(G·x) - act(-G·x) = G·x.
 */
export interface PlacedClear {
  readonly register: Register;
  /** G. */
  readonly gain: number;
  /** Neurons `from` to `to - 1`. */
  readonly from: number;
  readonly to: number;
}

export interface PlacedLayer {
  readonly heads: readonly PlacedHead[];
  readonly groups: readonly PlacedGroup[];
  readonly clears: readonly PlacedClear[];
  /** Neurons in use. */
  readonly neurons: number;
}

/** When a register is written and last read. */
export interface Lifetime {
  readonly written: Slot | 'embedding';
  /** The last sublayer that reads it; `output`: the unembedding. Null: nobody does. */
  readonly lastRead: { readonly layer: number; readonly sublayer: 'attention' | 'mlp' | 'output' } | null;
  /** The layer whose MLP clears it; null where it stays. */
  readonly cleared: number | null;
}

/** Dimensions that hold the residual stream's norm and mean in place (docs/norm.md). */
export interface Frame {
  /** Dimensions with +C and, where the norm subtracts the mean, as many with -C behind them. */
  readonly anchors: readonly number[];
  /** C. */
  readonly amplitude: number;
  /** What the norm divides by, but for what lies outside the anchors: a power of two. */
  readonly sigma: number;
  /** Takes the negative sum of every write, so that the mean is zero; null where the norm subtracts none. */
  readonly balance: number | null;
  /**
   * Registers whose every feature has a balance dimension of its own: where activations are rounded, a number and its negative round
   * alike, and a sum of numbers does not.
   */
  readonly ownBalance: ReadonlyMap<Register, readonly number[]>;
  /**
   * A dimension that nobody writes: readers take the negative sum of their weights from it, which cancels the errors of the means that have
   * been taken off every dimension. Null where the norm subtracts none.
   */
  readonly reference: number | null;
}

/** An anchor; where the norm subtracts the mean, one with +C and one with -C, read with opposite weights. */
export function anchorUnits({ anchors, balance }: Pick<Frame, 'anchors' | 'balance'>): number {
  return balance === null ? anchors.length : anchors.length / 2;
}

/** What a weight of 1 on an anchor unit reads. */
export function unitReading({ amplitude, balance }: Frame): number {
  return balance === null ? amplitude : 2 * amplitude;
}

export interface PlacementSizes {
  readonly width: number;
  readonly heads: number;
  /** Key and value heads. Placed heads stand that far apart, so that each has keys and values of its own. */
  readonly kvHeads: number;
  readonly dim: number;
  readonly hidden: number;
}

/** What schedules of as few layers are compared by, in this order: the most of any layer, and the most values of a head. */
export const GOALS = ['heads', 'neurons', 'values'] as const;

export interface ReachedGoal {
  readonly name: (typeof GOALS)[number];
  readonly value: number;
  /** No schedule that is as good in the goals before has less. */
  readonly bound: number;
}

export interface Placement {
  readonly circuit: Circuit;
  readonly layers: readonly PlacedLayer[];
  /** Null where the best schedule has not been looked for, or is too large a question. */
  readonly goals: readonly ReachedGoal[] | null;
  /** Residual dimension of each feature. */
  readonly dimensions: ReadonlyMap<Register, readonly number[]>;
  readonly lifetimes: ReadonlyMap<Register, Lifetime>;
  readonly frame: Frame;
  readonly rotary: RotaryPlan | null;
  readonly sizes: PlacementSizes;
  /** The norm's epsilon. */
  readonly epsilon: number;
  readonly storage: Storage;
}
