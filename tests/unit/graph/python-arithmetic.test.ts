/** Arithmetic and text of values against facts recorded from CPython 3.11 (tests/fixtures/python-arithmetic.json). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EvaluationError } from '../../../src/graph/evaluate/values/evaluation-error.ts';
import { applyBinary, applyUnary, compareStrings } from '../../../src/graph/evaluate/values/python-arithmetic.ts';
import { floatText, pythonRepr, toFloat, toInt } from '../../../src/graph/evaluate/values/python-text.ts';
import type { BinaryOperator } from '../../../src/graph/graph.ts';
import { roundToThousandths } from '../../../src/graph/show/display-text.ts';
import { type Value, valueKey } from '../../../src/graph/value.ts';

type Recorded = readonly ['int' | 'float' | 'string', string] | readonly ['bool', boolean] | readonly ['error'];
interface Facts {
  readonly binary: readonly (readonly [BinaryOperator, Recorded, Recorded, Recorded])[];
  readonly unary: readonly (readonly ['-' | '+' | 'round' | 'not', Recorded, Recorded])[];
  /** A float as Python writes it, and rounded to three digits. */
  readonly floats: readonly (readonly [string, string])[];
  /** A text, and what `int` and `float` make of it. */
  readonly casts: readonly (readonly [string, Recorded, Recorded])[];
  /** A string and its `repr`. */
  readonly strings: readonly (readonly [string, string])[];
}

const facts = JSON.parse(readFileSync(new URL('../../fixtures/python-arithmetic.json', import.meta.url), 'utf8')) as Facts;

function float(text: string): number {
  return text === 'inf' ? Number.POSITIVE_INFINITY : text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function value(recorded: Recorded): Value {
  switch (recorded[0]) {
    case 'int':
      return BigInt(recorded[1]);
    case 'float':
      return float(recorded[1]);
    case 'error':
      throw new Error('an error is no value');
    default:
      return recorded[1];
  }
}

/** A result, or `error`. */
function outcome(compute: () => Value): string {
  try {
    return valueKey(compute());
  } catch (error) {
    if (error instanceof EvaluationError) return 'error';
    throw error;
  }
}

function expected(recorded: Recorded): string {
  return recorded[0] === 'error' ? 'error' : valueKey(value(recorded));
}

describe('CPython', () => {
  test.each([...new Set(facts.binary.map(([operator]) => operator))])('%s gives the same results', (operator) => {
    for (const [, left, right, result] of facts.binary.filter(([name]) => name === operator)) {
      const [a, b] = [value(left), value(right)];
      const actual = outcome(() => applyBinary(operator, a, b));
      if (operator === '^' && result[0] === 'float' && actual !== expected(result)) {
        // The power of the C library and JavaScript's may differ in the last digit.
        expect(Math.abs(Number(actual.slice(1)) / float(result[1]) - 1), `${a} ^ ${b}`).toBeLessThan(3e-16);
      } else expect(actual, `${typeof a} ${a} ${operator} ${typeof b} ${b}`).toBe(expected(result));
    }
  });

  test('unary operators give the same results', () => {
    for (const [operator, operand, result] of facts.unary) {
      const a = value(operand);
      expect(
        outcome(() => applyUnary(operator, a)),
        `${operator} ${a}`,
      ).toBe(expected(result));
    }
  });

  test('writes floats the same way, and rounds them the same way', () => {
    for (const [text, rounded] of facts.floats) {
      expect(floatText(float(text))).toBe(text);
      expect(floatText(roundToThousandths(float(text))), text).toBe(rounded);
    }
  });

  test('reads numbers from the same texts', () => {
    for (const [text, int, asFloat] of facts.casts) {
      expect(
        outcome(() => toInt(text)),
        `int of "${text}"`,
      ).toBe(expected(int));
      expect(
        outcome(() => toFloat(text)),
        `float of "${text}"`,
      ).toBe(asFloat[0] === 'float' && asFloat[1] === 'nan' ? 'fNaN' : expected(asFloat));
    }
  });

  test('writes strings the same way', () => {
    for (const [text, repr] of facts.strings) expect(pythonRepr(text)).toBe(repr);
  });
});

test('strings are ordered by code point', () => {
  const codePoints = (text: string): number[] => [...text].map((character) => character.codePointAt(0) ?? 0);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const [x, y] = [codePoints(a), codePoints(b)];
      const at = x.findIndex((code, i) => code !== y[i]);
      const order = at < 0 ? x.length - y.length : y[at] === undefined ? 1 : (x[at] ?? 0) - (y[at] ?? 0);
      expect(Math.sign(compareStrings(a, b))).toBe(Math.sign(order));
    }),
  );
});

test('every script has ten digits', () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    // Surrogates; and Myanmar Extended-C, whose two rows of digits are younger than the reference's Python.
    if ((code >= 0xd800 && code <= 0xdfff) || (code >= 0x116d0 && code <= 0x116e3)) continue;
    const text = String.fromCodePoint(code);
    if (!/\p{Nd}/u.test(text) || !/\p{Nd}/u.test(String.fromCodePoint(code + 1))) continue;
    const step = toInt(String.fromCodePoint(code + 1)) - toInt(text);
    expect(step === 1n || step === -9n, text).toBe(true);
  }
});

test('an int quotient is the float nearest to it', () => {
  const big = fc.bigInt({ min: 1n, max: 10n ** 60n });
  fc.assert(
    fc.property(big, big, (a, b) => {
      const quotient = applyBinary('/', a, b) as number;
      // Compare the distances of the neighbours, scaled to ints: |q * b - a| in units of 2^-1074.
      const scaled = (float: number): bigint => exact(float) * b - a * UNIT;
      const distance = (float: number): bigint => (scaled(float) < 0n ? -scaled(float) : scaled(float));
      expect(distance(quotient) <= distance(neighbour(quotient, 1))).toBe(true);
      expect(distance(quotient) <= distance(neighbour(quotient, -1))).toBe(true);
    }),
  );
});

const UNIT = 2n ** 1074n;

/** A float times 2^1074, which is an int. */
function exact(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const exponent = (bits.getUint32(0) >>> 20) & 0x7ff;
  const fraction = (BigInt(bits.getUint32(0) & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  return exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
}

function neighbour(value: number, step: 1 | -1): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + BigInt(step));
  return bits.getFloat64(0);
}
