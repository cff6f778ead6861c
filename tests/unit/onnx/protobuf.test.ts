/** Expected bytes are those of protobuf.dev, "Encoding". */
import { describe, expect, test } from 'vitest';
import { floatField, joined, messageField, numberField, textField } from '../../../src/onnx/protobuf.ts';

const hex = (pieces: readonly Uint8Array[]) => Buffer.from(joined(pieces)).toString('hex');

describe('fields of Protocol Buffers', () => {
  test('a number, seven bits a byte', () => {
    expect(hex(numberField(1, 150))).toBe('089601');
    expect(hex(numberField(1, 0))).toBe('0800');
    expect(hex(numberField(20, 2 ** 40))).toBe('a001808080808020');
  });

  test('a text, with its length in bytes', () => {
    expect(hex(textField(2, 'testing'))).toBe('120774657374696e67');
    expect(hex(textField(2, 'é'))).toBe('1202c3a9');
  });

  test('a message inside another', () => {
    expect(hex(messageField(3, numberField(1, 150)))).toBe('1a03089601');
  });

  test('a float', () => {
    expect(hex(floatField(2, 1))).toBe('150000803f');
  });
});
