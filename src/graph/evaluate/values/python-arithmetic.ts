/**
 * Arithmetic and comparison of values with Python's meaning: exact ints of any size, true division that rounds correctly,
 * floored remainder, bools as 0 and 1, banker's rounding, and comparisons of ints with floats that never round.
 */

import { assertNever, type BinaryOperator, type ComparisonOperator, type UnaryOperator } from '../../graph.ts';
import { typeOf, type Value, valuesEqual } from '../../value.ts';
import { noResult } from './evaluation-error.ts';
import { sourceText, toFloat } from './python-text.ts';

/** Ints beyond this and longer strings are a mistake rather than a result. */
const MAX_BITS = 1_000_000;
const MAX_CHARACTERS = 1_000_000;

export function truthy(value: Value): boolean {
  return typeof value === 'string'
    ? value !== ''
    : typeof value === 'bigint'
      ? value !== 0n
      : typeof value === 'number'
        ? value !== 0
        : value;
}

/** A value in a message: "the int `3`". Long ones are cut. */
export function describeValue(value: Value): string {
  const text = sourceText(value);
  return `the ${typeOf(value)} \`${text.length > 40 ? `${text.slice(0, 38)}…` : text}\``;
}

/** `and` and `or` give one of their operands; both have been computed already. */
export function applyBinary(operator: BinaryOperator, left: Value, right: Value): Value {
  switch (operator) {
    case '+':
      return add(left, right);
    case '-':
      return arithmetic(
        '-',
        left,
        right,
        (a, b) => a - b,
        (a, b) => a - b,
      );
    case '*':
      return multiply(left, right);
    case '/':
      return divide(left, right);
    case '%':
      return arithmetic('%', left, right, intModulo, floatModulo);
    case '^':
      return arithmetic('^', left, right, intPower, floatPower);
    case 'and':
      return truthy(left) ? right : left;
    case 'or':
      return truthy(left) ? left : right;
    case '==':
    case '!=':
    case '<':
    case '>':
    case '<=':
    case '>=':
      return compareValues(operator, left, right);
    default:
      return assertNever(operator);
  }
}

export function applyUnary(operator: Exclude<UnaryOperator, 'indicator'>, value: Value): Value {
  if (operator === 'not') return !truthy(value);
  if (typeof value === 'string') {
    return operator === 'round'
      ? noResult('R3509', { got: describeValue(value) })
      : noResult('R3027', { operator, got: describeValue(value) });
  }
  const number = typeof value === 'boolean' ? BigInt(value) : value;
  switch (operator) {
    case '-':
      return -number;
    case '+':
      return number;
    case 'round':
      return typeof number === 'bigint' ? number : roundHalfEven(number);
    default:
      return assertNever(operator);
  }
}

/** `==` and `!=` compare anything; the others need two numbers or two strings. Throws an EvaluationError (R3005). */
export function compareValues(operator: ComparisonOperator, left: Value, right: Value): boolean {
  if (operator === '==') return valuesEqual(left, right);
  if (operator === '!=') return !valuesEqual(left, right);
  if (typeof left === 'string' && typeof right === 'string') return holds(operator, compareStrings(left, right));
  if (typeof left === 'string' || typeof right === 'string') {
    return noResult('R3005', { operator, left: describeValue(left), right: describeValue(right) });
  }
  const a = typeof left === 'boolean' ? BigInt(left) : left;
  const b = typeof right === 'boolean' ? BigInt(right) : right;
  // JavaScript compares a bigint with a number exactly; with nan every order is false.
  switch (operator) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    default:
      return assertNever(operator);
  }
}

function holds(operator: '<' | '>' | '<=' | '>=', order: number): boolean {
  return operator === '<' ? order < 0 : operator === '>' ? order > 0 : operator === '<=' ? order <= 0 : order >= 0;
}

/** By code point, as Python orders; JavaScript's own order is by UTF-16 unit. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // A surrogate stands for a code point above every unit that is none.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

type Numeric = bigint | number;

function numeric(value: Value): Numeric | null {
  return typeof value === 'string' ? null : typeof value === 'boolean' ? BigInt(value) : value;
}

function arithmetic(
  operator: BinaryOperator,
  left: Value,
  right: Value,
  ofInts: (a: bigint, b: bigint) => Value,
  ofFloats: (a: number, b: number) => Value,
): Value {
  const a = numeric(left);
  const b = numeric(right);
  if (a === null || b === null) return noResult('R3001', { operator, left: describeValue(left), right: describeValue(right) });
  return typeof a === 'bigint' && typeof b === 'bigint' ? ofInts(a, b) : ofFloats(toFloat(a), toFloat(b));
}

function add(left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    return left.length + right.length > MAX_CHARACTERS
      ? noResult('R3037', { what: 'this string', limit: `${MAX_CHARACTERS} characters` })
      : left + right;
  }
  return arithmetic(
    '+',
    left,
    right,
    (a, b) => a + b,
    (a, b) => a + b,
  );
}

function multiply(left: Value, right: Value): Value {
  if (typeof left === 'string') return repeat(left, right, left, right);
  if (typeof right === 'string') return repeat(right, left, left, right);
  return arithmetic('*', left, right, intProduct, (a, b) => a * b);
}

function repeat(text: string, times: Value, left: Value, right: Value): string {
  const count = numeric(times);
  if (typeof count !== 'bigint') return noResult('R3001', { operator: '*', left: describeValue(left), right: describeValue(right) });
  if (count <= 0n || text === '') return '';
  if (count * BigInt(text.length) > BigInt(MAX_CHARACTERS))
    return noResult('R3037', { what: 'this string', limit: `${MAX_CHARACTERS} characters` });
  return text.repeat(Number(count));
}

const WORD = 1n << 64n;

function bitLength(value: bigint): number {
  const digits = (value < 0n ? -value : value).toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits[0] ?? '0', 16)) + 28;
}

function tooLarge(): never {
  return noResult('R3037', { what: 'this int', limit: `2^${MAX_BITS}` });
}

function intProduct(a: bigint, b: bigint): bigint {
  const small = a < WORD && a > -WORD && b < WORD && b > -WORD;
  return small || bitLength(a) + bitLength(b) <= MAX_BITS ? a * b : tooLarge();
}

function intModulo(a: bigint, b: bigint): bigint {
  if (b === 0n) return noResult('R3503', { operation: 'remainder of a division' });
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
}

function floatModulo(a: number, b: number): number {
  if (b === 0) return noResult('R3503', { operation: 'remainder of a division' });
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

function divide(left: Value, right: Value): Value {
  return arithmetic('/', left, right, intQuotient, (a, b) => (b === 0 ? noResult('R3503', { operation: 'division' }) : a / b));
}

/** The float nearest to the exact quotient, ties to even. */
function intQuotient(a: bigint, b: bigint): number {
  if (b === 0n) return noResult('R3503', { operation: 'division' });
  const x = Number(a);
  const y = Number(b);
  if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x / y;
  const negative = a < 0n !== b < 0n;
  const dividend = a < 0n ? -a : a;
  const divisor = b < 0n ? -b : b;
  if (dividend === 0n) return 0;
  // A quotient of 65 bits or more, whose last bit also says whether anything was cut off: rounding that to a float rounds the
  // exact quotient. Where the result is subnormal there are fewer bits, down to the unit 2^-1074, and they are rounded here.
  const shift = Math.min(66 - (bitLength(dividend) - bitLength(divisor)), 1076);
  const numerator = shift > 0 ? dividend << BigInt(shift) : dividend;
  const denominator = shift < 0 ? divisor << BigInt(-shift) : divisor;
  const quotient = numerator / denominator;
  const sticky = quotient | (numerator % denominator === 0n ? 0n : 1n);
  const magnitude = bitLength(sticky) >= 56 ? scale(Number(sticky), -shift) : Number(roundQuarter(sticky)) * Number.MIN_VALUE;
  if (!Number.isFinite(magnitude)) return noResult('R3508', { operation: 'the quotient' });
  return negative ? -magnitude : magnitude;
}

/** A quarter of an int, rounded half to even. */
function roundQuarter(value: bigint): bigint {
  const floor = value >> 2n;
  const rest = value & 3n;
  return rest > 2n || (rest === 2n && (floor & 1n) === 1n) ? floor + 1n : floor;
}

/** `value * 2^exponent` in steps that do not leave the range of floats before the result does. */
function scale(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

function intPower(base: bigint, exponent: bigint): Value {
  if (exponent < 0n) return floatPower(toFloat(base), toFloat(exponent));
  if (base === 0n || base === 1n || base === -1n) return base ** (exponent === 0n ? 0n : 2n - (exponent & 1n));
  if (exponent > BigInt(MAX_BITS) || bitLength(base) * Number(exponent) > MAX_BITS * 1.01) return tooLarge();
  return base ** exponent;
}

function floatPower(base: number, exponent: number): number {
  if (exponent === 0 || base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent))) return 1;
  if (base === 0 && exponent < 0) return noResult('R3503', { operation: 'zero to a negative power is a division' });
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    return noResult('R3507', { base: `\`${sourceText(base)}\``, exponent: `\`${sourceText(exponent)}\`` });
  }
  const power = base ** exponent;
  if (!Number.isFinite(power) && Number.isFinite(base) && Number.isFinite(exponent)) return noResult('R3508', { operation: 'the power' });
  return power;
}

function roundHalfEven(value: number): bigint {
  if (!Number.isFinite(value)) return noResult('R3509', { got: describeValue(value) });
  const floor = Math.floor(value);
  const rest = value - floor;
  return BigInt(rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor);
}
