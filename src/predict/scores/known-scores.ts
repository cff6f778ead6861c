/** What groups of a head's dimensions were found to be off by: heads compare positions alike, and the same heads are bounded for either order of sums. */
import type { Form, Register, ScorePair } from '../../circuit/circuit.ts';
import type { InheritedScoreError } from './inherited-error.ts';

export class KnownScores {
  /** By the first query of a group. */
  readonly #known = new WeakMap<Form, Known[]>();

  /** What is known of the group's forms, or what is measured; all that the error depends on besides has to be the same each time. */
  of(group: readonly ScorePair[], { mean, rewritten }: Stream, measure: () => InheritedScoreError): InheritedScoreError {
    const [first] = group;
    if (first === undefined || group.some(({ query, key }) => reads(query, rewritten) || reads(key, rewritten))) return measure();
    const alike = this.#known.get(first.query) ?? [];
    const known = alike.find((each) => each.mean === mean && isSame(each.group, group));
    if (known !== undefined) return known.error;
    const error = measure();
    this.#known.set(first.query, [...alike, { group, mean, error }]);
    return error;
  }
}

/** What of the stream may change what a group is off by. */
interface Stream {
  /** What its mean can be off zero. */
  readonly mean: number;
  /** Registers that hold more than what was embedded. */
  readonly rewritten: ReadonlySet<Register>;
}

interface Known {
  readonly group: readonly ScorePair[];
  readonly mean: number;
  readonly error: InheritedScoreError;
}

function reads({ terms }: Form, registers: ReadonlySet<Register>): boolean {
  return terms.some(({ register }) => registers.has(register));
}

function isSame(group: readonly ScorePair[], other: readonly ScorePair[]): boolean {
  return group.length === other.length && group.every(({ query, key }, i) => other[i]?.query === query && other[i]?.key === key);
}
