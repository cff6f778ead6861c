import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activate, erf } from '../../../src/runtime/activation.ts';
import { type AttentionHead, attend, rotaryTable, SparseKeys, scoresLength, TILE_OVERHANG } from '../../../src/runtime/attention.ts';
import { buildMatrix, LANES, multiply, rowMajor } from '../../../src/runtime/float32/matrix.ts';
import { normalize } from '../../../src/runtime/norm.ts';
import { randomNumbers } from '../checkpoint/random-model.ts';

describe('multiply', () => {
  test('gives matrix times input plus bias, sparse and dense, set or added', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 0.1, 0.5, 1),
        fc.boolean(),
        fc.integer(),
        (rows, columns, blocks, density, accumulate, seed) => {
          const random = randomNumbers(seed);
          const tokens = blocks * LANES;
          const draw = (length: number, part = 1) => Float64Array.from({ length }, () => (random() < part ? random() - 0.5 : 0));
          const weights = draw(rows * columns, density);
          const bias = draw(rows, density);
          const input = draw(columns * tokens);
          const output = draw(rows * tokens);
          const expected = Float64Array.from(output, (before, at) => {
            const row = Math.floor(at / tokens);
            let sum = (accumulate ? before : 0) + (bias[row] as number);
            for (let c = 0; c < columns; c++) sum += (weights[row * columns + c] as number) * (input[c * tokens + (at % tokens)] as number);
            return sum;
          });
          const matrix = buildMatrix('f64', rowMajor(weights, rows, columns), (row) => bias[row] as number);
          multiply(matrix, input, output, tokens, accumulate);
          for (const [at, value] of expected.entries()) expect(output[at]).toBeCloseTo(value, 12);
        },
      ),
    );
  });

  test('sums in float64 and in order where it is dense, bit for bit, over several panels', () => {
    const [rows, columns, tokens] = [7, 33, 17 * LANES];
    const random = randomNumbers(3);
    const draw = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
    const [weights, input, output] = [draw(rows * columns), draw(columns * tokens), new Float32Array(rows * tokens)];
    const expected = Float32Array.from(output, (_, at) => {
      let sum = 0;
      for (let c = 0; c < columns; c++) {
        sum += (weights[Math.floor(at / tokens) * columns + c] as number) * (input[c * tokens + (at % tokens)] as number);
      }
      return sum;
    });
    const matrix = buildMatrix('f32', rowMajor(weights, rows, columns));
    multiply(matrix, input, output, tokens, false);
    expect(output).toEqual(expected);
  });

  test('keeps the non-zero entries alone, unless there are many', () => {
    const ones = Float32Array.from({ length: 100 }, (_, at) => (at % 11 === 0 && at !== 33 ? 1 : 0));
    const identity = buildMatrix('f32', rowMajor(ones, 10, 10));
    expect(identity).toMatchObject({ kind: 'sparse', reads: Int32Array.of(0, 1, 2, 4, 5, 6, 7, 8, 9) });
    expect(buildMatrix('f32', rowMajor(new Float32Array(9).fill(1), 3, 3))).toMatchObject({ kind: 'dense', reads: Int32Array.of(0, 1, 2) });
  });
});

test('the error function', () => {
  // DLMF 7.2.1 by Simpson's rule, in steps so small that it is exact to 1e-14
  const integral = (x: number): number => {
    const steps = 4000;
    const f = (t: number): number => (2 / Math.sqrt(Math.PI)) * Math.exp(-t * t);
    let sum = f(0) + f(x);
    for (let i = 1; i < steps; i++) sum += f((i * x) / steps) * (i % 2 === 0 ? 2 : 4);
    return (sum * x) / steps / 3;
  };
  for (const x of [0, 1e-9, 0.1, 0.5, 1, 1.7, 2.5, 3.9, 5, 5.8]) {
    expect(Math.abs(erf(x) - integral(x))).toBeLessThan(3e-14);
    expect(erf(-x)).toBe(-erf(x));
  }
  expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
  expect(erf(7)).toBe(1);
});

describe('activations', () => {
  const apply = (kind: Parameters<typeof activate>[0], x: number, single = false): number => {
    const values = single ? Float32Array.of(x) : Float64Array.of(x);
    activate(kind, values, 1);
    return values[0] as number;
  };

  test('known values', () => {
    expect(apply('gelu-tanh', 1)).toBeCloseTo(0.8411919906082768, 14);
    expect(apply('gelu', 1)).toBeCloseTo(0.8413447460685429, 14);
    expect(apply('silu', 1)).toBeCloseTo(0.7310585786300049, 14);
    for (const kind of ['gelu-tanh', 'gelu', 'silu'] as const) expect(apply(kind, 0)).toBe(0);
  });

  test('saturate exactly, and where they begin to they are as good as saturated', () => {
    for (const kind of ['gelu-tanh', 'gelu'] as const) {
      for (const x of [5.6, 8, 1000]) {
        expect(apply(kind, x, true)).toBe(Math.fround(x));
        expect(apply(kind, -x, true)).toBe(0);
      }
      for (let x = 3; x < 9; x += 0.001) {
        const single = apply(kind, x, true);
        expect(Math.abs(single - apply(kind, x))).toBeLessThan(1e-6);
        expect(Math.abs(apply(kind, -x, true) - apply(kind, -x))).toBeLessThan(1e-6);
      }
    }
    expect(apply('silu', -1000)).toBeCloseTo(0, 12);
  });

  test('only the given count changes', () => {
    const values = Float32Array.of(-9, -9);
    activate('gelu', values, 1);
    expect([...values]).toEqual([0, -9]);
  });
});

test('norms', () => {
  // four tokens, of which the first has the features 1, 3, 3, 2: mean 2.25, variance 0.6875
  const tokens = 4;
  const input = Float64Array.of(1, 2, 5, 9, 3, 3, 5, 8, 3, 3, -1, 7, 2, 4, 0, 6);
  const gain = Float64Array.of(1, 2, 3, 4);
  const bias = Float64Array.of(0, 0, 0, 1);
  const output = new Float64Array(16).fill(7);
  normalize({ kind: 'layer-norm', gain, bias, epsilon: 0, lateGain: null }, input, output, tokens, Int32Array.of(0, 3));
  expect(output[0]).toBeCloseTo(-1.25 / Math.sqrt(0.6875), 12);
  expect(output[12]).toBeCloseTo((-0.25 / Math.sqrt(0.6875)) * 4 + 1, 12);
  expect(output[3]).toBeCloseTo(1.5 / Math.sqrt(1.25), 12);
  expect(output[4]).toBe(7);
  normalize({ kind: 'rms-norm', gain, bias, epsilon: 1e-3, lateGain: null }, input, input, tokens, Int32Array.of(0));
  expect(input[0]).toBeCloseTo(1 / Math.sqrt((1 + 9 + 9 + 4) / 4 + 1e-3), 12);
});

test('rotary angles', () => {
  const table = rotaryTable({ base: 10000, dims: 4, scaling: null }, 5, new Float64Array(0));
  expect(table.cosines[3]).toBeCloseTo(Math.cos(3), 15);
  expect(table.sines[5 + 4]).toBeCloseTo(Math.sin(4 / 100), 15);
  const single = rotaryTable({ base: 10000, dims: 4, scaling: null }, 5, new Float32Array(0));
  expect(single.cosines).toBeInstanceOf(Float32Array);
});

describe('attention in groups of queries', () => {
  const random = randomNumbers(5);
  const tokens = 24;
  const rows = 5;
  const projected = Float64Array.from({ length: rows * tokens + TILE_OVERHANG }, () => random() - 0.5);
  const head: AttentionHead = {
    number: 0,
    queries: Int32Array.of(0, 1),
    keys: Int32Array.of(2, 3),
    values: Int32Array.of(4),
    mixed: Int32Array.of(0),
  };

  /** Query by query, key by key. */
  function plain(data: Float64Array, causal: boolean, from: number, to: number): number[] {
    const at = (feature: number, token: number) => data[feature * tokens + token] as number;
    return Array.from({ length: to - from }, (_, i) => {
      const query = from + i;
      const keys = Array.from({ length: (causal ? query + 1 : to) - from }, (__, k) => from + k);
      const weights = keys.map((key) => Math.exp(0.7 * (at(0, query) * at(2, key) + at(1, query) * at(3, key))));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return keys.reduce((sum, key, k) => sum + ((weights[k] as number) / total) * at(4, key), 0);
    });
  }

  test.each([1, 2, 3, 4, 5, 7, 8, 13])('of %i tokens, both ways, wherever they stand', (length) => {
    for (const from of [0, 3, tokens - length]) {
      for (const causal of [true, false]) {
        const mixed = new Float64Array(tokens).fill(9);
        attend(
          [head],
          { scale: 0.7, cap: null, causal, window: null },
          projected,
          mixed,
          tokens,
          from,
          from + length,
          new Float64Array(scoresLength(length)),
          new SparseKeys(),
          null,
        );
        const expected = plain(projected, causal, from, from + length);
        expected.forEach((value, i) => {
          expect(mixed[from + i]).toBeCloseTo(value, 12);
        });
        // the neighbours are left alone
        expect([...mixed].filter((value) => value === 9)).toHaveLength(tokens - length);
      }
    }
  });

  test('of queries that are zero in some dimensions, or in all', () => {
    const sparse = projected.slice();
    sparse.fill(0, 0, 6);
    sparse.fill(0, tokens, tokens + 9);
    const mixed = new Float64Array(tokens);
    attend(
      [head],
      { scale: 0.7, cap: null, causal: true, window: null },
      sparse,
      mixed,
      tokens,
      0,
      12,
      new Float64Array(scoresLength(12)),
      new SparseKeys(),
      null,
    );
    plain(sparse, true, 0, 12).forEach((value, i) => {
      expect(mixed[i]).toBeCloseTo(value, 12);
    });
  });

  test('of keys that are mostly zero, one head after another of other lengths', () => {
    const oneHot = projected.slice();
    for (let token = 0; token < tokens; token++) {
      oneHot[2 * tokens + token] = token % 5 === 0 ? 1 : 0;
      oneHot[3 * tokens + token] = token % 7 === 3 ? -2 : 0;
    }
    const sparse = new SparseKeys();
    for (const [from, to] of [
      [0, 24],
      [3, 9],
      [1, 23],
    ] as const) {
      for (const causal of [true, false]) {
        const mixed = new Float64Array(tokens);
        attend(
          [head],
          { scale: 0.7, cap: null, causal, window: null },
          oneHot,
          mixed,
          tokens,
          from,
          to,
          new Float64Array(scoresLength(to - from)),
          sparse,
          null,
        );
        plain(oneHot, causal, from, to).forEach((value, i) => {
          expect(mixed[from + i]).toBeCloseTo(value, 12);
        });
      }
    }
    expect(sparse.take(head, oneHot, tokens, 0, tokens)).toBe(true);
    expect(sparse.take(head, projected, tokens, 0, tokens)).toBe(false);
  });
});
