/** Where the error of a form comes from: the registers and heads that most of it has passed through, the nearest first. */
import type { Form, Head, Register, ScorePair } from '../circuit/circuit.ts';
import { spend } from '../circuit/effort.ts';
import { type ErrorTable, inheritedError, termsByRegister } from './register-errors.ts';

/** What a head's error is made of, for what it writes to a register. */
export interface HeadOrigin {
  readonly head: Head;
  /** From scores: what leaks from keys that are not selected, and what is unequal among those that are. */
  readonly scores: number;
  /** From the values it averages. */
  readonly read: number;
  readonly value: Form;
}

export type Culprit = Register | Head;

/** What putting a term beside others takes. */
const TURNS_A_TERM = 10;

/** @param origins of each register that a head writes */
export function culpritsOf(form: Form, errors: ErrorTable, origins: ReadonlyMap<Register, HeadOrigin>): readonly Culprit[] {
  const found = new Set<Culprit>();
  for (let at: Form | null = form; at !== null; ) {
    const register = worstRegister(at, errors);
    if (register === null || found.has(register)) break;
    found.add(register);
    const origin = origins.get(register);
    if (origin === undefined) break;
    // Not negated, so that an error without limit is blamed on the scores.
    const isRead = origin.read > origin.scores;
    if (!isRead) found.add(origin.head);
    at = isRead ? origin.value : scoresForm(origin.head.scores);
  }
  return [...found];
}

function scoresForm(scores: readonly ScorePair[]): Form {
  for (const { query, key } of scores) spend(TURNS_A_TERM * (query.terms.length + key.terms.length));
  return { constant: 0, terms: scores.flatMap(({ query, key }) => [...query.terms, ...key.terms]) };
}

/** The register by which a form inherits the most; of a form without errors the first. */
function worstRegister(form: Form, errors: ErrorTable): Register | null {
  let worst: { readonly register: Register; readonly error: number } | null = null;
  for (const [register, terms] of termsByRegister(form)) {
    if (register.node === null) continue;
    const error = inheritedError({ constant: 0, terms }, errors);
    if (worst === null || error > worst.error) worst = { register, error };
  }
  return worst?.register ?? null;
}
