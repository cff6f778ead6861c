import { describe, expect, test } from 'vitest';
import type { CircuitMap } from '../../../src/checkpoint/map/circuit-map.ts';
import { type Plan, type PlanOptions, planInputs } from '../../../src/cli/verify/verify-plan.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../../src/source/source-file.ts';

const TEXT =
  '@vocab "abc"; @context 40; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n@example hist("cab") == [1, 1, 1];\n';
const program = loadProgram({ file: sourceFile('hist.rasp', TEXT), loader: () => null });
const map = (context: number) =>
  ({ vocabulary: ['a', 'b', 'c'].map((value, i) => ({ id: i + 1, value })), context }) as unknown as CircuitMap;
const plan = (options: Partial<PlanOptions>, context = 40) => planInputs(map(context), program, { seed: 1, ...options });
const inputsOf = ({ inputs }: Plan) => Array.from({ length: inputs.count }, (_, i) => inputs.at(i).join(' '));

describe('what is tried', () => {
  test.each([
    ['random inputs', { samples: 997 }, 40],
    ['all of them', { exhaustive: true as const }, 6],
    ['few, so all', {}, 7],
  ])('in parts is what one run tries, each input once: %s', (_, options, context) => {
    const whole = inputsOf(plan(options, context)).sort();
    for (const of of [2, 3, 7, 64]) {
      const parts = Array.from({ length: of }, (__, i) => inputsOf(plan({ ...options, shard: { index: i + 1, of } }, context)));
      expect(parts.flat().sort()).toEqual(whole);
      const sizes = parts.map((part) => part.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test('always has the examples and the inputs made to break things', () => {
    const tried = new Set(inputsOf(plan({ samples: 0 })));
    const all = (length: number, at: (i: number) => number) => Array.from({ length }, (_, i) => at(i)).join(' ');
    for (const input of [
      '2 0 1',
      '0',
      all(40, () => 2),
      all(39, () => 0),
      all(3, (i) => i),
      all(40, (i) => (i === 0 ? 1 : 0)),
      all(40, (i) => (i === 39 ? 1 : 0)),
    ]) {
      expect(tried).toContain(input);
    }
    expect(tried.size).toBeGreaterThan(80);
  });

  test('depends on the seed alone', () => {
    const [one, same, other] = [1, 1, 2].map((seed) => inputsOf(plan({ samples: 300, seed })));
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
    expect(inputsOf(plan({ samples: 400, seed: 1 })).slice(0, one?.length)).toEqual(one);
  });

  test('is as much as the time allows where only a budget is given', () => {
    expect(plan({ budget: 5 })).toMatchObject({ endless: true, exhaustive: false });
    expect(plan({ budget: 5 }).words).toMatch(/^random inputs/);
    expect(plan({ budget: 5, samples: 20 })).toMatchObject({ endless: false });
    expect(plan({ budget: 5 }, 6)).toMatchObject({ endless: false, exhaustive: true });
  });

  test('refuses more than can be tried', () => {
    expect(() => plan({ exhaustive: true })).toThrow('R8010');
  });
});
