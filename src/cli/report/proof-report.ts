/** What came of re-establishing a certificate from the bytes. */
import type { CheckResult } from '../../checker/check-checkpoint.ts';
import { type CheckedDecision, marginOf } from '../../checker/claim/report.ts';
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { parseSpan, type SourceFile } from '../../source/source-file.ts';
import { withCommas } from '../../source/with-commas.ts';
import type { Json } from '../terminal/json.ts';

const ARITHMETIC = {
  'any-order': 'sums in any order',
  lanes: 'sums in eight lanes or more',
  alike: 'sums in any order, equal rows alike',
  'in-order': 'sums in order, equal rows alike',
} as const;

/** In a line. */
export function proofText(proof: CheckResult): string {
  if (proof.kind === 'unproven') return `not re-established from the bytes: ${proof.why}`;
  const [first] = proof.failures;
  if (first !== undefined) return `not re-established from the bytes: ${failureText(first)}`;
  const each = proof.inputs === undefined ? '' : `, on each of ${withCommas(proof.inputs)} inputs`;
  return `re-established from the bytes${each}: margin ${proof.margin.toPrecision(3)} (float32, ${ARITHMETIC[proof.semantics]})`;
}

function failureText({ kind, name, tensor, part, error, allowed }: CheckedDecision): string {
  // what leaves every range has no size that could be said
  const off = Number.isFinite(error) ? `may be off by ${error.toPrecision(3)}` : 'is bounded by nothing that could be shown';
  const room = allowed > 0 ? `${off}, and ${allowed.toPrecision(3)} is allowed` : 'has no margin at all';
  return `${WHAT[kind]} \`${name}\` (${tensor}, ${part}) ${room}`;
}

const WHAT: Readonly<Record<CheckedDecision['kind'], string>> = {
  selection: 'the attention of',
  step: 'a step of',
  code: 'what is written for',
  'categorical output': 'the output',
  'numeric output': 'the output',
};

/** Null where every margin is there, or nothing can be said. Points at the expression whose margin is the first to be gone. */
export function proofFault(path: string, source: SourceFile, proof: CheckResult): Diagnostic | null {
  if (proof.kind === 'unproven') return null;
  const [first, ...more] = proof.failures;
  if (first === undefined) return null;
  const span = parseSpan(source, first.span);
  return diagnose(
    'R7607',
    { path, what: failureText(first) },
    {
      ...(span === null ? {} : { span, label: 'the margin of this is gone' }),
      notes: more.slice(0, 4).map((each) => `so is ${failureText(each)}`),
    },
  );
}

export function proofJson(proof: CheckResult): Json {
  if (proof.kind === 'unproven') return { holds: false, why: proof.why };
  const { holds, semantics, margin, errorBound, decisions, inputs } = proof;
  return {
    holds,
    semantics,
    margin: finite(margin),
    errorBound: finite(errorBound),
    ...(inputs === undefined ? {} : { inputs }),
    decisions: decisions.map((decision) => ({
      ...decision,
      error: finite(decision.error),
      allowed: finite(decision.allowed),
      margin: finite(marginOf(decision)),
    })),
  };
}

function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
