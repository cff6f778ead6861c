/** Where a text is given, answers are no louder than a seed may cost it, unless they were asked to be. */
import { expect, test } from 'vitest';
import { quieterOn } from '../../../src/cli/seed/quieter.ts';
import { USUAL_CONFIDENCE } from '../../../src/cli/seed/seed-options.ts';
import type { SeedPlan } from '../../../src/seed/program/seed-plan.ts';

const plan = {
  config: { sizes: { vocab: 50257 } },
  outputs: [
    { output: { name: 'copy' }, logit: 18 },
    { output: { name: 'seen' }, logit: null },
    { output: { name: 'quiet' }, logit: 3 },
  ],
} as unknown as SeedPlan;
const options = { confidence: USUAL_CONFIDENCE } as never;
const text = (more: number) => ({ loss: { seeded: 10 + more, twin: 10 } }) as never;

test('what costs a text more than a tenth of a nat is said at the strength that does not', () => {
  const found = quieterOn(text(0.4), plan, options);
  expect([...(found?.options.strength ?? [])]).toEqual([['copy', expect.closeTo(Math.log1p(50257 * Math.expm1(0.1)), 2)]]);
  expect(found?.why).toContain('0.400 nats');
  expect(quieterOn(text(0.05), plan, options)).toBeNull();
  expect(quieterOn(text(0.4), plan, { confidence: USUAL_CONFIDENCE, strength: new Map([['copy', 18]]) } as never)).toBeNull();
  expect(quieterOn(text(0.4), plan, { confidence: 0.9 } as never)).toBeNull();
  expect(quieterOn(undefined, plan, options)).toBeNull();
});
