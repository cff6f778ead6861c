/** Sums of counts that have more values together than can be listed: extremes by the sum, and what is proven with them. */
import { describe, expect, test } from 'vitest';
import { extremesOf, type Summed } from '../../../src/checker/sums/summed.ts';
import { Random } from '../../../src/verify/random.ts';
import { modelToCheck } from '../../support/check-model.ts';

describe('extremes by the sum', () => {
  const random = new Random(7, 0);
  const SIZES = [4, 3, 5];

  /** Every combination of values, by their sum. */
  function listed({ addends, cases, targets }: Summed, reads: readonly Float64Array[]): { low: number[]; high: number[] } {
    const low = targets.map(() => Number.NaN);
    const high = targets.map(() => Number.NaN);
    for (const ranges of cases) {
      let known = [{ at: 0, read: 0 }];
      for (const [c, { first, last }] of ranges.entries())
        known = known.flatMap(({ at, read }) =>
          Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => ({
            at: at + (addends[c]?.[first + i] as number),
            read: read + (reads[c]?.[first + i] as number),
          })),
        );
      for (const { at, read } of known) {
        low[at] = Math.min(low[at] || read, read);
        high[at] = Math.max(high[at] || read, read);
      }
    }
    return { low, high };
  }

  test.each([0, 1, 2, 3, 4])('are those of all combinations (%i)', (number) => {
    const addends = SIZES.map((size) => Int32Array.from({ length: size }, () => random.below(6)));
    const reads = SIZES.map((size) => Float64Array.from({ length: size }, () => 1 + random.below(1000)));
    const cases = Array.from({ length: 1 + number }, () =>
      SIZES.map((size) => {
        const first = random.below(size);
        return { first, last: first + random.below(size - first) };
      }),
    );
    const most = addends.reduce((sum, own) => sum + Math.max(...own), 1);
    const summed = { carriers: [], addends, cases, targets: Array.from({ length: most }, () => null) };
    const { low, high } = extremesOf(summed, reads);
    const all = listed(summed, reads);
    expect([...low]).toEqual(all.low);
    expect([...high]).toEqual(all.high);
  });
});

const DIGITS = '@vocab range(0, 10); @context 32; @causal;';

describe('what is proven', () => {
  test.each([
    ['a running sum', 'total = sum_over(full_s, tokens_int);'],
    ['a sum of what may be less than nothing', 'total = sum_over(full_s, tokens_int - 3);'],
    ['a sum that neurons read', 'total = sum_over(full_s, tokens_int) % 7;'],
  ])('%s', (_, text) => {
    const { check } = modelToCheck(`${DIGITS} ${text} @export total;`);
    expect(check()).toMatchObject({ kind: 'checked', holds: true });
  });

  test('a wrong weight is refuted, or not proven', () => {
    const { check } = modelToCheck(`${DIGITS} total = sum_over(full_s, tokens_int); @export total;`);
    const changed = check((tensors) => {
      const head = [...tensors].find(([role]) => /unembed|lm_head/.test(role))?.[1];
      if (head === undefined) throw new Error('no logits');
      const { data } = head;
      const [rows, width] = head.shape as [number, number];
      // two neighbouring answers change places
      for (let i = 0; i < width; i++) {
        const [a, b] = [(rows - 3) * width + i, (rows - 4) * width + i];
        [data[a], data[b]] = [data[b] as number, data[a] as number];
      }
    });
    expect(changed.kind === 'checked' && changed.holds).toBe(false);
  });

  test('a head that counts too loudly', () => {
    const { check } = modelToCheck(`${DIGITS} total = sum_over(full_s, tokens_int) % 7; @export total;`);
    const changed = check((tensors) => {
      const [, out] = [...tensors].find(([role]) => /^0\..*(attention.*out|attn.*o|out)/i.test(role)) ?? [];
      if (out === undefined) throw new Error(`no head among ${[...tensors.keys()].join(' ')}`);
      for (let i = 0; i < out.data.length; i++) out.data[i] = (out.data[i] as number) * 1.05;
    });
    expect(changed.kind === 'checked' && changed.holds).toBe(false);
  });
});
