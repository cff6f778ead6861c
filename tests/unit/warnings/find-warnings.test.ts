/** What is warned of and what is not: each kind in its variants, causes with what follows, and no program of the project at all. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkText } from '../../../src/library/check-text.ts';
import { CORPUS } from '../../corpus/corpus.ts';
import { textOf } from '../../corpus/try-program.ts';

const HEAD = '@vocab "abc";\n@context 8;\n';
const of = (text: string) => checkText(text).map(({ code }) => code);
const exporting = (expression: string, before = '') => of(`${before}x = ${expression};\n@export x;\n`);

describe('precedence', () => {
  test.each([
    ['1 <= indices <= 3', ['W1001']],
    ['(1 <= indices) <= 3', []],
    ['indices + 1 <= 3', []],
    ['tokens == "a" and tokens in ["a"]', ['W1002']],
    ['tokens == "a" and (tokens in ["a"])', []],
    ['(tokens == "a" and indices == 1) in [True]', []],
    ['1 if indices > 2 else tokens in ["a"]', ['W1002']],
    ['indices > 1 or indices < 3 and tokens == "a"', ['W1003']],
    ['indices > 1 and indices < 3 or tokens == "a" or tokens == "b"', ['W1003']],
    ['indices > 1 and indices < 3 and tokens == "a"', []],
    ['(indices > 1 and indices < 3) or tokens == "a"', []],
    ['not tokens == "a"', ['W1004']],
    ['not tokens in ["a"]', ['W1004']],
    ['(not tokens) == True', []],
    ['not (tokens == "a")', []],
    ['-indices == 1', []],
  ])('%s: %j', (expression, codes) => {
    expect(exporting(expression)).toEqual(codes);
  });

  test('what a misreading comes to is a note of it', () => {
    const [only, ...more] = checkText(`${HEAD}x = 1 if 1 <= indices <= 3 else 0;\n@export x;\n`);
    expect([only?.code, more]).toEqual(['W1001', []]);
    expect(only?.notes).toEqual(['and so the condition `1 <= indices <= 3` is true everywhere', 'and so the output `x` is 1 everywhere']);
  });
});

describe('names', () => {
  test.each([
    ['a = 1;\nb = tokens;\n@export b;\n', ['W2001']],
    ['_a = 1;\ndef f(x) {\n  return x;\n}\n', ['W2001']],
    ['a = 1;\ndef f(x) {\n  return x;\n}\n', []],
    ['def f(x) {\n  y = x + 1;\n  return x;\n}\n', ['W2001']],
    ['def f(x) {\n  _y = x + 1;\n  return x;\n}\n', []],
    ['def f(x, _y) {\n  return x;\n}\n', []],
    // read by a function that is called later, and by the loop's next round
    ['def f(x) {\n  return x + later;\n}\nlater = 2;\nz = f(indices);\n@export z;\n', []],
    ['s = 0;\nfor i in [1, 2] {\n  s = s + i;\n}\nx = indices + s;\n@export x;\n', []],
    ['a, b = [1, 2];\nx = indices + a;\n@export x;\n', []],
    ['x = tokens;\n@example x("a") == ["a"];\ny = x;\n@export y;\n', []],
    ['n = 3;\n@context n;\n@vocab "ab";\nx = tokens;\n@export x;\n', []],
    ['def f(seq, count) {\n  return seq + count;\n}\n', ['W2003']],
    ['x = tokens;\n', ['W2004']],
    ['@vocab "ab";\ndef f(x) {\n  return x;\n}\n', ['W2004']],
  ])('%j: %j', (text, codes) => {
    expect(of(text)).toEqual(codes);
  });
});

describe('values', () => {
  test.each([
    // types: what is certain without a vocabulary, and inside of a library function by its caller
    ['tokens == 1', '', ['W3001']],
    ['tokens_int == 1', '', []],
    ['tokens == 1', '@vocab [1, 2];\n', []],
    ['selector_width(select(tokens, 1, ==))', '', ['W3001']],
    ['tokens in [1, 2]', '', ['W3001']],
    ['count(tokens, 1)', '', ['W3001']],
    ['count(tokens, "d")', HEAD, ['W3002']],
    ['count(tokens, "c")', HEAD, []],
    ['tokens in ["d", "e"]', HEAD, ['W3002']],
    ['tokens in ["a", "e"]', HEAD, []],
    ['indices == 8', HEAD, ['W3002']],
    ['indices == 7', HEAD, []],
    ['tokens if tokens != "d" else "a"', HEAD, ['W3002']],
    ['tokens if indices >= 0 else "a"', HEAD, ['W3003']],
    ['selector_width(select(indices, indices, <) and select(indices, indices, ==))', HEAD, ['W3005']],
    ['selector_width(select(1, 1, ==))', HEAD, []],
    ['selector_width(select(1, 2, ==))', HEAD, []],
    ['selector_width(select(indices, 8, <))', HEAD, ['W3006']],
    ['selector_width(select(indices, indices, <=))', `${HEAD}@causal;\n`, []],
    ['selector_width(select(indices, indices, >))', `${HEAD}@causal;\n`, ['W3007']],
    ['shift(tokens, -1, "a")', `${HEAD}@causal;\n`, ['W3007']],
    ['shift(tokens, -1, "a")', HEAD, []],
    ['aggregate(select(indices, indices, <), indices, 0)', `${HEAD}@causal;\n`, []],
    ['aggregate(select(indices, 0, ==), indices, 0)', HEAD, ['W3008']],
    ['aggregate(select(indices, 1, ==), indices, 0)', HEAD, []],
  ])('%s after %j: %j', (expression, before, codes) => {
    const found = exporting(expression, before);
    expect(found).toEqual(codes);
  });

  test('a function is not blamed for what it is called with today', () => {
    const general = 'def from(seq, n) {\n  return seq if indices >= n else "a";\n}\n';
    expect(of(`${HEAD}${general}x = from(tokens, 0);\n@export x;\n`)).toEqual([]);
    expect(of(`${HEAD}def ahead(seq) {\n  return seq if indices >= 0 else "a";\n}\nx = ahead(tokens);\n@export x;\n`)).toEqual(['W3003']);
  });

  test('of a loop only what holds each time', () => {
    const loop = (from: number) =>
      `s = 0;\nfor i in range(${from}, ${from + 3}) {\n  s = s + (1 if indices >= i else 2);\n}\nx = s;\n@export x;\n`;
    expect(of(`${HEAD}${loop(0)}`)).toEqual([]);
    expect(of(`${HEAD}${loop(-3)}`)).toEqual(['W3003']);
  });

  test('a warning of a call points at it', () => {
    const [only] = checkText('x = count(tokens, 1);\n@export x;\n');
    expect(only?.primary?.span).toMatchObject({ start: 4, end: 20 });
    expect(only?.notes).toEqual(['inside `count` of the library']);
  });
});

describe('what is meant', () => {
  test.each([
    ['x = 1 <= indices <= 3;  # raspc: allow W1001\n@export x;\n', []],
    ['# raspc: allow W1001\nx = 1 <= indices <= 3;\n@export x;\n', []],
    ['# raspc: allow W1001, W2001\nx = 1 <= indices <= 3;\ny = tokens;\n@export y;\n', []],
    ['# raspc: allow W1001\ny = 1;\nx = 1 <= indices <= 3 + y;\n@export x;\n', ['W2005', 'W1001']],
    ['# raspc: allow W2002\ndef f(x, y) {\n  return x;\n}\n', []],
    ['x = tokens;  # raspc: allow R2001\n@export x;\n', ['W2005']],
  ])('%j: %j', (text, codes) => {
    expect(of(text)).toEqual(codes);
  });
});

describe('what selects everything', () => {
  test.each([
    ['x = selector_width(select(indices, 8, <));\n@export x;\n', 'full_s'],
    // a local name may be that of the library, and hides it inside of its function
    [
      'def f() {\n  full_s = select(indices, 1, ==);\n  return selector_width(full_s);\n}\nx = selector_width(select(indices, 8, <)) + f();\n@export x;\n',
      'full_s',
    ],
    ['def f() {\n  full_s = 1;\n  return selector_width(select(indices, 8, <)) + full_s;\n}\nx = f();\n@export x;\n', 'select(1, 1, ==)'],
  ])('%j: is written %s', (text, written) => {
    const found = checkText(`${HEAD}${text}`).find(({ code }) => code === 'W3006');
    expect(found?.fixes?.flatMap(({ edits }) => edits.map((edit) => edit.text))).toEqual([written]);
    const fixed = `${HEAD}${text}`.replace('select(indices, 8, <)', written);
    expect(of(fixed)).not.toContain('W3006');
  });
});

describe('no program of the project is warned of', () => {
  const folders = ['programs', 'programs/std', 'programs/generate', 'programs/seeds'];
  const files = folders.flatMap((folder) => readdirSync(folder).flatMap((name) => (name.endsWith('.rasp') ? [`${folder}/${name}`] : [])));
  const load = (path: string) => {
    try {
      return readFileSync(`programs/${path}.rasp`, 'utf8');
    } catch {
      return null;
    }
  };

  test.each(files)('%s', (name) => {
    expect(checkText(readFileSync(name, 'utf8'), { name, load }).map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  });

  test('the corpus', () => {
    const warned = CORPUS.flatMap((program) => of(textOf(program, 8)).map((code) => `${program.name} ${code}`));
    expect(warned).toEqual([]);
  });
});
