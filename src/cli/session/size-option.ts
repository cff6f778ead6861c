/** An option that is a number of bytes, written as transformers takes it: `5GB`, `500MB`, `2GiB`, or the bare number. */
import { Option } from 'commander';
import { fail } from '../../diagnostics/catalog.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

export function sizeOption(flag: string, description: string): Option {
  return new Option(`${flag} <size>`, description).argParser((value: string): number => {
    const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([KMG]i?B)?$/i.exec(value) ?? [];
    const bytes = digits === '' ? 0 : Math.floor(Number(digits) * (UNITS[unit.toUpperCase()] as number));
    if (!(bytes >= 1 && Number.isSafeInteger(bytes)))
      fail('R8004', { option: flag, value, expected: 'a size such as `5GB`, `500MB` or `2GiB`' });
    return bytes;
  });
}
