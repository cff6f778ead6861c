/** What is claimed of a compiled model: that on every input up to the context length each decision's margin exceeds its error. */
import type { Readout, Register } from '../circuit/circuit.ts';
import type { Span } from '../source/source-file.ts';
import type { Culprit } from './culprits.ts';

/** One decision, and how much of its margin the error bound leaves. */
export interface Decision {
  readonly name: string;
  readonly spans: readonly Span[];
  readonly kind: 'step' | 'categorical output' | 'numeric output';
  /** Largest distance of what is computed from the ideal, in the decision's own units. */
  readonly error: number;
  /** The decision is right while the error is below this. */
  readonly allowed: number;
}

/**
 * In which order what neurons write is added up: in any, or, where that leaves no margin, from the first neuron to the last. All other sums
 * are bounded for any order.
 */
export const SUM_ORDERS = ['any-order', 'in-order'] as const;
export type SumOrder = (typeof SUM_ORDERS)[number];

/** A decision whose error exceeds its margin. */
export interface Failure {
  readonly decision: Decision;
  /** Through what most of the error has come, the nearest first. */
  readonly culprits: readonly (Culprit | Readout)[];
  /** Whatever is read for it. */
  readonly reads: readonly Register[];
}

export interface Certificate {
  readonly holds: boolean;
  /** The smallest `1 - error / allowed` over all decisions. */
  readonly worstMargin: number;
  /** The largest error of any output, in units of the ideal gap (categorical) or of the value (numeric). */
  readonly errorBound: number;
  /** The decision with the smallest margin. */
  readonly worst: Decision | null;
  /** What it assumes of sums. */
  readonly sums: SumOrder;
  /** Every decision that is not shown to be right, as far as it is known why. */
  readonly failures: readonly Failure[];
  /** Whether errors are only bounded from below: enough to fail, whatever what steps write costs besides. */
  readonly isLeast?: true;
}

/** What the error leaves of what is allowed, relative to that. */
export function marginOf({ error, allowed }: Decision): number {
  return allowed > 0 && Number.isFinite(error) ? 1 - error / allowed : Number.NEGATIVE_INFINITY;
}

/** The decision with the smallest margin, and whether all have one. */
export function worstOf(decisions: readonly Decision[]): Pick<Certificate, 'holds' | 'worstMargin' | 'worst'> {
  const worst = decisions.reduce<Decision | null>((w, d) => (w === null || marginOf(d) < marginOf(w) ? d : w), null);
  const worstMargin = worst === null ? 1 : marginOf(worst);
  return { holds: worstMargin > 0, worstMargin, worst };
}

/** A margin that no order of sums, no other place for dimensions and no other dtype makes up for: scores are off by several times their gap. */
export const HOPELESS = -1e30;

/** A numeric output is right to this, relative to the larger of 1 and its magnitude (docs/certificate.md, "Outputs"). */
export const NUMERIC_TOLERANCE = 1e-3;

/** As JSON, with decisions, registers and heads by their names. */
export function printCertificate(certificate: Certificate): string {
  const failures = certificate.failures.map(({ decision, culprits, reads }) => ({
    decision: { name: decision.name, kind: decision.kind, error: decision.error, allowed: decision.allowed },
    culprits: culprits.map(({ name }) => name),
    reads: reads.map(({ name }) => name),
  }));
  return `${JSON.stringify({ ...certificate, worst: certificate.worst?.name ?? null, failures }, null, 2)}\n`;
}
