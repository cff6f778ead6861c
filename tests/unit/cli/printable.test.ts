import { expect, test } from 'vitest';
import { printable } from '../../../src/cli/terminal/text/printable.ts';
import { createTheme } from '../../../src/cli/terminal/theme.ts';

test('keeps text, line breaks, tabs and our own colours', () => {
  const text = `a\tb\né 😀 ${createTheme(true).failure('red')}`;
  expect(printable(text)).toBe(text);
});

test.each([
  ['\x1b]0;title\x07', '\\u001b]0;title\\u0007'],
  ['\x1b[2J', '\\u001b[2J'],
  ['a\rb', 'a\\u000db'],
  ['\u202eabc', '\\u202eabc'],
  ['\x9b31m', '\\u009b31m'],
])('writes %j as an escape', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
