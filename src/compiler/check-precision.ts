/** Refuses a model whose certificate does not hold, and finds the longest context at which it would. */

import { fail } from '../diagnostics/catalog.ts';
import type { Precision } from '../placement/storage.ts';
import { type Certificate, HOPELESS } from '../predict/certificate.ts';
import { DTYPES, type Dtype } from '../tensor/dtype.ts';
import { unlessRefused } from './unless-refused.ts';

/** How many times the effort is said to be worth a try. */
const MORE = 4;

/** What came of planning the program again: whether its certificate holds, null where that took more than there was, and the turns it took. */
export interface Trial {
  readonly holds: boolean | null;
  readonly planned: number;
}

/** Looks for what would hold in place of what does not: the longest context first, shorter ones being cheaper, then other precisions. */
export function checkPrecision(
  { certificate, precision, context, planned, left: most, effort, isGivenUp }: PrecisionRequest,
  attempt: (change: Change) => Trial,
): void {
  const { worst } = certificate;
  if (certificate.holds || worst === null) return;
  const { stored, computed } = precision;
  const dtype = computed === 'f32' ? (stored === 'f32' ? 'f32' : `${stored} weights`) : computed;
  const facts = {
    what: `${worst.kind} \`${worst.name}\``,
    error: worst.error,
    isLeast: certificate.isLeast ?? false,
    allowed: worst.allowed,
    dtype,
    context,
  };
  let left = most;
  // What is as large as the square of the context is the most that parameters, and the work on them, grow by.
  const expected = (change: Change) => planned * ((change.context ?? context) / context) ** 2;
  // nor need it shrink at all: what the last one took is the least to be expected of a longer one
  let latest = 0;
  const isCheap = (change: Change) => Math.max(latest, expected(change)) <= left;
  const holds = (change: Change) => {
    const trial = unlessRefused(() => attempt(change));
    latest = trial?.planned ?? expected(change);
    left -= latest;
    return trial === null ? false : trial.holds;
  };
  const at = (shorter: number): Change => ({ context: shorter });
  const longest = longestContext(
    context,
    (shorter) => isCheap(at(shorter)),
    (shorter) => holds(at(shorter)),
  );
  const isFinest = stored === 'f32' && computed === 'f32';
  const possible = isFinest || certificate.worstMargin < HOPELESS ? [] : otherPrecisions(precision);
  const others = possible.filter(({ change }) => isCheap(change) && holds(change) === true);
  fail(
    'R6001',
    { ...facts, ...longest, others: others.map((o) => o.option), more: isGivenUp ? MORE * effort : null },
    { span: worst.spans[0] },
  );
}

export interface PrecisionRequest {
  readonly certificate: Certificate;
  readonly precision: Precision;
  readonly context: number;
  /** Turns that planning it took, and those that are left for what is planned again. */
  readonly planned: number;
  readonly left: number;
  /** {@link CompileOptions.effort} */
  readonly effort: number;
  /** Whether a circuit was given up for what it would take. */
  readonly isGivenUp: boolean;
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

/** The longest context of which it is known that it holds, and the shortest of which it is not known. */
interface Longest {
  /** Null where none holds. */
  readonly longest: number | null;
  /** The shortest of which it is known that it does not hold. */
  readonly tooLong: number;
}

/** By doubling from below, then by bisection: a longer context never has a wider margin. Ends where the next would take too much, or did. */
function longestContext(context: number, isCheap: (context: number) => boolean, holdsAt: (context: number) => boolean | null): Longest {
  let low = 0;
  let tooLong = context;
  for (let next = 1; tooLong - low > 1 && isCheap(next); ) {
    const holds = holdsAt(next);
    if (holds === null) break;
    if (holds) low = next;
    else tooLong = next;
    next = tooLong === context && 2 * low < context ? 2 * low : (low + tooLong) >> 1;
  }
  return { longest: low === 0 ? null : low, tooLong };
}
