import { describe, expect, test } from 'vitest';
import {
  type Dtype,
  decode,
  dtypeBytes,
  encode,
  largestOf,
  type ReadableDtype,
  roundInto,
  roundTo,
  unitOf,
} from '../../../src/tensor/dtype.ts';

function bits(dtype: Dtype, value: number): number {
  const bytes = encode(dtype, [value]);
  return bytes.reduceRight((word, byte) => word * 256 + byte, 0);
}

function fromBits(dtype: 'f16' | 'bf16', word: number): number {
  return decode(dtype, Uint8Array.of(word & 255, word >> 8))[0] as number;
}

describe.each(['f16', 'bf16'] as const)('%s', (dtype) => {
  test('every one of the 65536 bit patterns survives decode and encode', () => {
    const words = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const bytes = new Uint8Array(words.length * 2);
    for (const [i, word] of words.entries()) bytes.set([word & 255, word >> 8], 2 * i);
    const values = decode(dtype, bytes);
    const again = encode(dtype, values);
    for (let i = 0; i < words.length; i++) {
      const word = (again[2 * i] as number) | ((again[2 * i + 1] as number) << 8);
      if (Number.isNaN(values[i])) expect(Number.isNaN(fromBits(dtype, word))).toBe(true);
      else if (word !== i) expect.fail(`${i.toString(16)} became ${word.toString(16)}`);
    }
  });

  test('halfway between every two neighbours goes to the even one, and the sides of it to the nearer one', () => {
    const top = dtype === 'f16' ? 0x7bff : 0x7f7f;
    for (let word = 0; word < top; word++) {
      const low = fromBits(dtype, word);
      const high = fromBits(dtype, word + 1);
      const middle = (low + high) / 2;
      const below = middle - (high - low) * 2 ** -30;
      const above = middle + (high - low) * 2 ** -30;
      if (bits(dtype, middle) !== word + (word & 1) || bits(dtype, below) !== word || bits(dtype, above) !== word + 1) {
        expect.fail(`between ${low} and ${high}`);
      }
      if (bits(dtype, -middle) !== (0x8000 | (word + (word & 1)))) expect.fail(`between ${-low} and ${-high}`);
    }
  });
});

test('known bits', () => {
  expect(bits('f16', 1)).toBe(0x3c00);
  expect(bits('f16', -2)).toBe(0xc000);
  expect(bits('f16', 65504)).toBe(0x7bff);
  expect(bits('f16', 65519.99)).toBe(0x7bff);
  expect(bits('f16', 65520)).toBe(0x7c00);
  expect(bits('f16', 2 ** -24)).toBe(1);
  expect(bits('f16', 2 ** -25)).toBe(0);
  expect(bits('f16', 2 ** -25 * 1.0001)).toBe(1);
  expect(bits('f16', 0.1)).toBe(0x2e66);
  expect(bits('f16', -0)).toBe(0x8000);
  expect(bits('f16', Number.NEGATIVE_INFINITY)).toBe(0xfc00);
  expect(bits('f16', Number.NaN)).toBe(0x7e00);
  expect(bits('bf16', 1)).toBe(0x3f80);
  expect(bits('bf16', Math.PI)).toBe(0x4049);
  expect(bits('bf16', 1e39)).toBe(0x7f80);
  expect(bits('bf16', 2 ** -133)).toBe(1);
  expect(bits('bf16', Number.MIN_VALUE)).toBe(0);
  expect(bits('bf16', Number.NaN)).toBe(0x7fc0);
  expect(bits('f32', 0.1)).toBe(0x3dcccccd);
});

test('halves of float32 numbers are the same from their bits as from their values', () => {
  const words = new Uint32Array(15_000);
  // every exponent, with significands around the ties of both halves, and both signs
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1) ^ (i % 7 === 0 ? 0x1000 : i % 7 === 1 ? 0x8000 : 0);
  words.set([0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 0x477fefff, 0x477ff000, 0x387fffff, 0x38800000, 1, 0x46ffffff]);
  const values = new Float32Array(words.buffer);
  for (const dtype of ['f16', 'bf16'] as const) {
    expect(encode(dtype, values)).toEqual(encode(dtype, Array.from(values)));
    const rounded = values.slice();
    roundInto(dtype, rounded);
    expect(rounded).toEqual(values.map((value) => roundTo(dtype, value)));
  }
});

test('rounds once: a float64 just above a tie of f16 does not fall to the tie on the way through f32', () => {
  const value = 1 + 2 ** -11 + 2 ** -40;
  expect(Math.fround(value)).toBe(1 + 2 ** -11);
  expect(roundTo('f16', value)).toBe(1 + 2 ** -10);
  expect(roundTo('bf16', 1 + 2 ** -8 + 2 ** -40)).toBe(1 + 2 ** -7);
});

test('roundTo is what a store and a load give', () => {
  for (const dtype of ['f32', 'f16', 'bf16'] as const) {
    for (const value of [0, -0, 1 / 3, -1e-9, 12345.678, 1e-45, 65504, 7e4]) {
      expect(Object.is(roundTo(dtype, value), decode(dtype, encode(dtype, [value]))[0])).toBe(true);
    }
  }
  expect(roundTo('f64', 1 / 3)).toBe(1 / 3);
});

test('sizes and ranges', () => {
  const dtypes: readonly ReadableDtype[] = ['f64', 'f32', 'f16', 'bf16'];
  expect(dtypes.map(dtypeBytes)).toEqual([8, 4, 2, 2]);
  for (const dtype of dtypes) expect(roundTo(dtype, largestOf(dtype))).toBe(largestOf(dtype));
  expect(largestOf('bf16')).toBe(3.3895313892515355e38);
});

test('reads from the middle of a pooled buffer', () => {
  const bytes = new Uint8Array(11);
  bytes.set(encode('f32', [1.5, -2]), 3);
  expect([...decode('f32', bytes.subarray(3))]).toEqual([1.5, -2]);
  const doubles = new Uint8Array(new Float64Array([Math.PI]).buffer);
  expect(decode('f64', doubles)[0]).toBe(Math.PI);
});

test('the unit of a number is its last bit, and 0 where that is below the least', () => {
  for (let exponent = -40; exponent <= 60; exponent++)
    for (const odd of [1, 3, 5, 2 ** 31 - 1, 2 ** 32 + 1, 2 ** 52 + 1]) expect(unitOf(-odd * 2 ** exponent, 2 ** -40)).toBe(2 ** exponent);
  expect(unitOf(3 * 2 ** -41, 2 ** -40)).toBe(0);
  expect(unitOf(1 / 3, 2 ** -40)).toBe(0);
  expect(unitOf(0, 1)).toBe(Number.POSITIVE_INFINITY);
});
