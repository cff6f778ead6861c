/** Times as they are typed: `90`, `60s`, `2m`, `1h`. */
import { Option } from 'commander';
import { fail } from '../../../diagnostics/catalog.ts';

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };

/** An option that is a time, in seconds. */
export function durationOption(flag: string, description: string): Option {
  return new Option(`${flag} <time>`, description).argParser((value: string): number => {
    const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(value) ?? [];
    const seconds = Number(amount) * (SECONDS[unit] ?? 1);
    if (amount === '' || !(seconds > 0)) fail('R8004', { option: flag, value, expected: 'a time such as `60s`, `5m` or `1h`' });
    return seconds;
  });
}
