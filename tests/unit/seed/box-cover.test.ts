import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boxCover } from '../../../src/seed/discipline/box-cover.ts';
import { separatorBetween } from '../../../src/seed/discipline/counts/ratio-code.ts';

test('boxes are disjoint and say what the table says', () => {
  const tables = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })).chain((sizes) => {
    const count = sizes[0] * sizes[1] * sizes[2];
    return fc.tuple(fc.constant(sizes), fc.array(fc.integer({ min: -1, max: 2 }), { minLength: count, maxLength: count }));
  });
  fc.assert(
    fc.property(tables, ([sizes, entries]) => {
      const boxes = boxCover(entries, sizes);
      for (const [at, value] of entries.entries()) {
        if (value < 0) continue;
        const place = [Math.floor(at / (sizes[1] * sizes[2])), Math.floor(at / sizes[2]) % sizes[1], at % sizes[2]];
        const holding = boxes.filter(({ sets }) => sets.every((set, i) => set === null || set.has(place[i] as number)));
        expect(holding.map((box) => box.value)).toEqual([value]);
      }
    }),
    { numRuns: 200, seed: 7 },
  );
});

test('a comparison of two is one box beside the others, whatever their order', () => {
  const less = Array.from({ length: 36 }, (_, at) => (Math.floor(at / 6) < at % 6 ? 1 : 0));
  expect(boxCover(less, [6, 6]).filter(({ value }) => value === 1)).toHaveLength(5);
});

test('a separator of means has room on both sides, for few positions as for many', () => {
  const { slope, offset, margin } = separatorBetween(0.5, 32 / 63, { counted: 'positions', grain: 1 }, 64);
  for (let b = 1; b <= 64; b++) {
    for (let a = 0; a <= b; a++) {
      const above = a / b > 0.5 && a / b >= 32 / 63 - 1e-12;
      if (above || a / b <= 0.5) expect(above ? a - slope * b - offset : offset + slope * b - a).toBeGreaterThanOrEqual(margin - 1e-9);
    }
  }
  expect(margin).toBeGreaterThan(0.2);
});
