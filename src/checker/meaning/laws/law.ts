/** What a law of the checker is: one reason for which a claimed node is, on every input, what a node of the program is. */
import type { Graph, GraphNode, Selector, SOp } from '../../../graph/graph.ts';
import type { NodeValues } from '../node-values.ts';

export interface Setting {
  readonly graph: Graph;
  readonly context: number;
  /** Whether the program's selectors see only the positions so far. */
  readonly causal: boolean;
  /** Whether the claimed ones see all positions, so that those of a causal program must say so themselves. */
  readonly claimsSeeAll: boolean;
}

/** The proof that a law is a step of. */
export interface Proof extends Setting {
  /** Values of claimed nodes. */
  readonly values: NodeValues;
  /** Values of the program's own nodes, whose selectors see what the program's do. */
  readonly meant: NodeValues;
  /** Whether any law shows two nodes to be equal. */
  proves(original: GraphNode, claimed: GraphNode): boolean;
  /** Whether a selector, where it is attended, selects what the program's does. */
  attends(original: Selector, claimed: Selector): boolean;
  /** Whether a node means something else where every position is seen. */
  needsMask(node: GraphNode): boolean;
}

/**
 * Laws share no code with the compiler's rewrites, only names: the law that shows what a rewrite of `src/passes/simplify/rewrites/` did has
 * the name of that rewrite's law. Each answers for the kinds of nodes that it is about.
 */
export interface CheckedLaw {
  readonly name: string;
  readonly sops?: (proof: Proof, original: SOp, claimed: SOp) => boolean;
  readonly selectors?: (proof: Proof, original: Selector, claimed: Selector) => boolean;
  /** Of selectors where they are attended and claims see all positions. */
  readonly attended?: (proof: Proof, original: Selector, claimed: Selector) => boolean;
}
