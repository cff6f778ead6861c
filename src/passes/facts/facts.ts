/**
 * What the compiler knows of each s-op: its domain, and how it is a function of *variables*, the nodes that a component of the
 * model will compute. Base s-ops, aggregates and widths are variables; an elementwise node is a table over variables, an
 * integer-linear form of them, or (where both would be too large) becomes a variable for its users.
 */
import type { Domain } from '../../graph/domain.ts';
import type { Selector, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';

export type Shape =
  | { readonly kind: 'variable' }
  /** `values[entries[i]]`, i row-major over the variables' domains; negative where the operation fails or the combination does not occur. */
  | {
      readonly kind: 'table';
      readonly variables: readonly SOp[];
      readonly values: readonly Value[];
      readonly entries: Int32Array;
    }
  /**
   * Whichever of `variables` is not `none`, which no branch ever is: at every position just one of them is something else, and that is the
   * node's value. Each is what one branch of a choice gives where its guard holds.
   */
  | { readonly kind: 'choice'; readonly variables: readonly SOp[]; readonly none: Value }
  /** A linear form of numbers, not enumerated. */
  | { readonly kind: 'affine' }
  /** Neither: its arguments have too many combinations. A program that reaches such a node is refused. */
  | { readonly kind: 'unknown'; readonly combinations: number };

/** `constant + Σ weight × number(node)`: exact for ints and bools, to rounding for floats. */
export interface Affine {
  readonly constant: number;
  readonly terms: ReadonlyMap<SOp, number>;
  /** Whether every term is an int or a bool, so that real arithmetic and the program's agree exactly. */
  readonly exact: boolean;
}

export interface Fact {
  readonly domain: Domain;
  readonly shape: Shape;
  readonly affine: Affine | null;
}

/** How many positions a selector can select in a row. */
export interface SelectionCount {
  /** Every row is sure to select something. */
  readonly nonempty: boolean;
  /** No row selects two positions. */
  readonly single: boolean;
}

/** The facts under which a program is compiled. */
export interface Assumptions {
  readonly vocabulary: readonly Value[];
  /** The longest input in tokens. */
  readonly context: number;
  readonly causal: boolean;
  /** Conditions that hold at every position of every input that is the program's. */
  readonly assumes?: readonly SOp[];
}

export interface Facts {
  readonly assumptions: Assumptions;
  of(node: SOp): Fact;
  /** Whether any table of what was asked for so far has combinations that arguments computed by themselves would save. */
  readonly hasLargeTables: boolean;
  /** Whether the s-op's values are 0, 1, …, n - 1 in some order on every input of n tokens. */
  isPermutation(node: SOp): boolean;
  selectionCount(selector: Selector): SelectionCount;
}
