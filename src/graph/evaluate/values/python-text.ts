/** Values as Python writes and reads them: `str`, `repr`, `int` and `float` of the reference's host language. */

import type { Value } from '../../value.ts';
import { noResult } from './evaluation-error.ts';

/** Python's `repr` of a float: the shortest digits that read back, with an exponent from 1e16 up and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 16) {
    const text = value.toString();
    if (!text.includes('e')) return text.includes('.') ? text : `${text}.0`;
    // JavaScript turns to exponents at 1e-7 and 1e21 only, so this is out of reach of the range above.
  }
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** Python's `str`. */
export function valueText(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'number':
      return floatText(value);
    case 'boolean':
      return value ? 'True' : 'False';
    default:
      return value;
  }
}

/** The value as it is written in a program: strings in double quotes. */
export function sourceText(value: Value): string {
  return typeof value === 'string' ? `"${value}"` : valueText(value);
}

/** Python's `repr`: strings in single quotes, unless they contain one and no double quote. */
export function pythonRepr(value: Value): string {
  if (typeof value !== 'string') return valueText(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  let text = '';
  for (const character of value) {
    if (character === quote || character === '\\') text += `\\${character}`;
    else if (character === '\n') text += '\\n';
    else if (character === '\r') text += '\\r';
    else if (character === '\t') text += '\\t';
    else if (/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(character) || (/\p{Zs}/u.test(character) && character !== ' '))
      text += escaped(character);
    else text += character;
  }
  return `${quote}${text}${quote}`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

const INT = /^[+-]?[0-9]+(?:_[0-9]+)*$/;
const FLOAT = /^[+-]?(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?$/;
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i;

/** Python's `int`: strings are parsed, floats truncated toward zero. */
export function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return noResult('R3504', { token: `\`${floatText(value)}\``, type: 'int' });
    return BigInt(Math.trunc(value));
  }
  const text = asciiDigits(value.trim());
  if (!INT.test(text)) return noResult('R3504', { token: `\`${sourceText(value)}\``, type: 'int' });
  const digits = text.replaceAll('_', '').replace('+', '');
  return digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits);
}

/** Python's `float`. */
export function toFloat(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') {
    const float = Number(value);
    if (!Number.isFinite(float)) return noResult('R3508', { operation: 'the int' });
    return float;
  }
  const text = asciiDigits(value.trim());
  const special = SPECIAL.exec(text);
  if (special !== null) {
    const magnitude = special[2]?.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
    return special[1] === '-' ? -magnitude : magnitude;
  }
  if (!FLOAT.test(text)) return noResult('R3504', { token: `\`${sourceText(value)}\``, type: 'float' });
  return Number(text.replaceAll('_', ''));
}

/** Python reads the decimal digits of every script. Each script's ten stand in a row, from a code point that ends in 0 or 6. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    if (code >= 0x1d7ce && code <= 0x1d7ff) return String((code - 0x1d7ce) % 10);
    const row = code & ~0xf;
    return String(code - (/\p{Nd}/u.test(String.fromCodePoint(row)) ? row : row + 6));
  });
}
