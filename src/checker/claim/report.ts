/** What the checker finds out about a checkpoint. */

/** One thing that the model decides, and how much of its margin the bounds leave. */
export interface CheckedDecision {
  readonly kind: 'selection' | 'step' | 'code' | 'categorical output' | 'numeric output';
  /** What is decided, as the program names it, and its source as `hist.rasp:6:8-6:34`. */
  readonly name: string;
  readonly span: string;
  /** The stored tensor, and the head, neuron or row in it. */
  readonly tensor: string;
  readonly part: string;
  /** Of a code the number of its variable in the circuit map. */
  readonly variable?: number;
  /**
   * Right while `error` is below `allowed`: a share of attention, units of a pre-activation, of the number that stands for a value, of a
   * logit, or of the output's value.
   */
  readonly error: number;
  readonly allowed: number;
}

export function marginOf({ error, allowed }: Pick<CheckedDecision, 'error' | 'allowed'>): number {
  return allowed > 0 && Number.isFinite(error) ? 1 - error / allowed : Number.NEGATIVE_INFINITY;
}

/** What is left, for every input, of the margin of one variable of the circuit map; null where nothing is known of it. */
export function marginOfVariable(decisions: readonly CheckedDecision[], variable: number): number | null {
  const own = decisions.filter((decision) => decision.variable === variable).map(marginOf);
  return own.length === 0 ? null : Math.min(...own);
}

/** Gathers decisions: of each component, code and output the one with the smallest margin. */
export class Decisions {
  readonly #worst = new Map<string, CheckedDecision>();

  add(decision: CheckedDecision): void {
    const key = [decision.kind, decision.tensor, decision.name, decision.span, decision.variable].join(' ');
    const known = this.#worst.get(key);
    if (known === undefined || marginOf(decision) < marginOf(known)) this.#worst.set(key, decision);
  }

  /** In the order in which the model makes them. */
  get all(): readonly CheckedDecision[] {
    return [...this.#worst.values()];
  }
}
