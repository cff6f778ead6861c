/**
 * Whether a claimed s-op is, on every input up to the context length, what the program says: by a handful of laws that are checked one
 * by one, structure by structure, whatever rewrote the one into the other.
 */
import { type GraphNode, isSelector, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import type { CheckedLaw, Proof, Setting } from './laws/law.ts';
import { CHECKED_LAWS } from './laws.ts';
import { NodeValues } from './node-values.ts';

export class Equivalence {
  /** What each claimed s-op has been shown to be equal to. */
  readonly originals = new Map<SOp, SOp>();
  readonly #proof: Proof;
  readonly #laws: readonly CheckedLaw[];
  readonly #known = new Map<GraphNode, Map<GraphNode, boolean>>();

  /** @param values of claimed nodes */
  constructor(setting: Setting, values: NodeValues, laws: readonly CheckedLaw[] = CHECKED_LAWS) {
    this.#laws = laws;
    const hidesLater = setting.claimsSeeAll && setting.causal;
    this.#proof = {
      ...setting,
      values,
      meant: new NodeValues({ ...values.assumptions, causal: setting.causal }),
      proves: (original, claimed) => this.proves(original, claimed),
      attends: (original, claimed) =>
        hidesLater ? laws.some(({ attended }) => attended?.(this.#proof, original, claimed)) : this.proves(original, claimed),
      needsMask: (node) =>
        hidesLater && reachable([node]).some(({ kind }) => kind === 'aggregate' || kind === 'width' || kind === 'reduction'),
    };
  }

  proves(original: GraphNode, claimed: GraphNode): boolean {
    let own = this.#known.get(original);
    if (own === undefined) {
      own = new Map();
      this.#known.set(original, own);
    }
    let proven = own.get(claimed);
    if (proven === undefined) {
      proven = isSelector(original)
        ? isSelector(claimed) && this.#selectors(original, claimed)
        : !isSelector(claimed) && this.#sops(original, claimed);
      own.set(claimed, proven);
      if (proven && !isSelector(original) && !isSelector(claimed)) this.originals.set(claimed, original);
    }
    return proven;
  }

  #sops(original: SOp, claimed: SOp): boolean {
    if (original === claimed && !this.#proof.needsMask(original)) return true;
    return this.#laws.some(({ sops }) => sops?.(this.#proof, original, claimed));
  }

  #selectors(original: Selector, claimed: Selector): boolean {
    if (original === claimed && !this.#proof.needsMask(original)) return true;
    return this.#laws.some(({ selectors }) => selectors?.(this.#proof, original, claimed));
  }
}
