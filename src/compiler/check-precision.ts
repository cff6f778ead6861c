/** Refuses a model whose certificate does not hold, and finds the longest context at which it would. */
import type { Certificate } from '../certify/certificate.ts';
import { fail } from '../diagnostics/catalog.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Dtype } from '../tensor/dtype.ts';

export function checkPrecision(certificate: Certificate, dtype: Dtype, context: number, holdsAt: (context: number) => boolean): void {
  const { worst } = certificate;
  if (certificate.holds || worst === null) return;
  const facts = { what: `${worst.kind} \`${worst.name}\``, error: worst.error, allowed: worst.allowed, dtype, context };
  fail('R6001', { ...facts, longest: longestContext(context, holdsAt) }, { span: worst.spans[0] });
}

/** By bisection: a longer context never has a wider margin. */
function longestContext(tooLong: number, holdsAt: (context: number) => boolean): number | null {
  let low = 0;
  let high = tooLong;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (succeeds(holdsAt, middle)) low = middle;
    else high = middle;
  }
  return low === 0 ? null : low;
}

function succeeds(holdsAt: (context: number) => boolean, context: number): boolean {
  try {
    return holdsAt(context);
  } catch (error) {
    if (error instanceof DiagnosticError) return false;
    throw error;
  }
}
