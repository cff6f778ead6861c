/** Refuses a model whose certificate does not hold, and finds the longest context at which it would. */

import { fail } from '../diagnostics/catalog.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Precision } from '../placement/storage.ts';
import type { Certificate } from '../predict/certificate.ts';
import { DTYPES, type Dtype } from '../tensor/dtype.ts';

/**
 * @param holds whether the certificate would hold with another context or other dtypes
 */
export function checkPrecision({ certificate, precision, context, isLarge }: PrecisionRequest, holds: (change: Change) => boolean): void {
  const { worst } = certificate;
  if (certificate.holds || worst === null) return;
  const { stored, computed } = precision;
  const dtype = computed === 'f32' ? (stored === 'f32' ? 'f32' : `${stored} weights`) : computed;
  const facts = { what: `${worst.kind} \`${worst.name}\``, error: worst.error, allowed: worst.allowed, dtype, context };
  const others = isLarge ? [] : otherPrecisions(precision).filter(({ change }) => succeeds(() => holds(change)));
  const longest = isLarge ? 'not looked for' : longestContext(context, (shorter) => holds({ context: shorter }));
  fail('R6001', { ...facts, longest, others: others.map((o) => o.option) }, { span: worst.spans[0] });
}

export interface PrecisionRequest {
  readonly certificate: Certificate;
  readonly precision: Precision;
  readonly context: number;
  /** Whether to plan the model again at other contexts would take longer than anyone waits for a refusal. */
  readonly isLarge: boolean;
}

/** What may be asked for in place of a context or a precision that does not hold. */
export interface Change {
  readonly context?: number;
  readonly dtype?: Dtype;
  readonly compute?: Dtype;
}

/** Other ways to store the weights, or to compute, and the options that ask for them. */
function otherPrecisions({ stored, computed }: Precision): { readonly option: string; readonly change: Change }[] {
  if (computed !== 'f32') {
    return DTYPES.filter((d) => d !== computed).map((d) => ({ option: `--compute ${d}`, change: { compute: d, dtype: d } }));
  }
  return DTYPES.filter((d) => d !== stored).map((d) => ({ option: `--dtype ${d}`, change: { dtype: d } }));
}

/** By bisection: a longer context never has a wider margin. */
function longestContext(tooLong: number, holdsAt: (context: number) => boolean): number | null {
  let low = 0;
  let high = tooLong;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (succeeds(() => holdsAt(middle))) low = middle;
    else high = middle;
  }
  return low === 0 ? null : low;
}

function succeeds(attempt: () => boolean): boolean {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof DiagnosticError) return false;
    throw error;
  }
}
