/** What a refusal says would hold, and how much it plans to find out. */
import { describe, expect, test } from 'vitest';
import { loadExample } from '../../../bench/speed/load-example.ts';
import { type Change, checkPrecision, type Trial } from '../../../src/compiler/check-precision.ts';
import { plan } from '../../../src/compiler/plan.ts';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import type { Certificate } from '../../../src/predict/certificate.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';

const CONTEXT = 1024;
const MOST = 16_000_000;
const FAILED: Certificate = {
  holds: false,
  worstMargin: -1,
  errorBound: 2,
  worst: { name: 'x', spans: [], kind: 'step', error: 2, allowed: 1 },
  sums: 'any-order',
  failures: [],
};

/** What is said of a program that takes so many turns that holds up to a context, and the contexts that were planned for it. */
function refused(
  planned: number,
  holdsUpTo: number,
  trial?: (change: Change) => Trial,
): { readonly help: string; readonly tried: readonly number[]; readonly cost: number } {
  const tried: number[] = [];
  let cost = 0;
  const attempt = ({ context = CONTEXT }: Change): Trial => {
    tried.push(context);
    const own = planned * (context / CONTEXT) ** 2;
    cost += own;
    return { holds: context <= holdsUpTo, planned: own };
  };
  try {
    const asked = {
      certificate: FAILED,
      precision: { stored: 'f32', computed: 'f32' },
      context: CONTEXT,
      planned,
      left: MOST,
      effort: 1,
      isGivenUp: false,
    } as const;
    checkPrecision(asked, trial ?? attempt);
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { help: error.diagnostics[0]?.help.join('\n') ?? '', tried, cost };
  }
  throw new Error('nothing was refused');
}

describe('the longest context', () => {
  test('of a small model is found', () => {
    expect(refused(10_000, 333).help).toContain('the longest context that holds is 333: `--context 333`');
    expect(refused(10_000, 0).help).toContain('no shorter context holds either');
  });

  test('of a large one is looked for as far as that is cheap', () => {
    const { help, tried, cost } = refused(200_000_000, 700);
    expect(help).toContain('what lies between is too large to be tried');
    expect(help).toMatch(/context \d+ holds/);
    expect(tried).not.toContain(CONTEXT);
    expect(cost).toBeLessThanOrEqual(MOST);
  });

  test('is not said to be too long where finding out took too much', () => {
    const spent = ({ context = CONTEXT }: Change): Trial => ({ holds: context <= 8 ? true : null, planned: 1 });
    expect(refused(10_000, 0, spent).help).toContain('context 8 holds and 1024 does not');
  });
});

test('what positions have written is cut clean where a head compares them, in place of being refused', () => {
  const { certificate } = plan(loadExample('duplicate_token', { context: 128 }), { target: llama, dtype: 'f32', compute: 'f32' });
  expect(certificate.holds).toBe(true);
});
