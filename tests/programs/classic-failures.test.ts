/** Where compilers of RASP to weights have gone wrong before: each of these is compiled, and verified from its bytes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-classics-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CLASSICS: readonly (readonly [what: string, program: string, input: string, output: readonly unknown[]])[] = [
  ['a length beyond ten', '@vocab "ab"; @context 20; n = length;', 'ababababababababab', Array.from({ length: 18 }, (_, i) => i + 1)],
  [
    'a histogram at context 64',
    '@vocab "abcdefgh"; @context 64; n = selector_width(select(tokens, tokens, ==));',
    'a'.repeat(64),
    Array.from({ length: 64 }, (_, i) => i + 1),
  ],
  [
    'a threshold close to a fraction',
    '@vocab "ab"; @context 12; n = aggregate(full_s, indicator(tokens == "a")) > 0.6;',
    'aab',
    [true, true, true],
  ],
  [
    'a default that is a string',
    '@vocab "ab"; @context 6; n = aggregate(select(indices, indices - 1, ==), tokens, "none");',
    'abb',
    ['none', 'a', 'b'],
  ],
  [
    'a default that is a number',
    '@vocab range(0, 4); @context 6; n = aggregate(select(indices, indices - 2, ==), tokens, -7);',
    '[3, 1, 2, 0]',
    [-7, -7, 3, 1],
  ],
  [
    'a default that is a bool',
    '@vocab "ab"; @context 6; n = aggregate(select(indices, indices - 1, ==), tokens == "a", True);',
    'abba',
    [true, true, false, false],
  ],
  [
    'a fraction whose selection can be empty',
    '@vocab "ab"; @context 8; n = aggregate(select(tokens, "a", ==), indices, -1);',
    'babba',
    [-1, 1, 1, 1, 2.5],
  ],
  [
    'a selector made with and',
    '@vocab "abc"; @context 8; n = selector_width(select(tokens, tokens, ==) and select(indices, indices, <));',
    'abaca',
    [0, 0, 1, 0, 2],
  ],
  [
    'a selector made with or',
    '@vocab "abc"; @context 8; n = selector_width(select(tokens, "a", ==) or select(indices, indices, ==));',
    'abaca',
    [1, 2, 2, 3, 3],
  ],
  ['a selector made with not', '@vocab "abc"; @context 8; n = selector_width(not select(tokens, tokens, ==));', 'abaca', [0, 1, 1, 3, 2]],
  [
    'all three at once',
    '@vocab "abc"; @context 8; n = selector_width(not (select(tokens, tokens, ==) or select(tokens, "b", ==)) and not select(indices, 0, ==));',
    'abcab',
    [0, 0, 0, 1, 2],
  ],
  [
    'order between tokens that are numbers',
    '@vocab range(0, 10); @context 8; n = selector_width(select(tokens, tokens, <));',
    '[3, 1, 4, 1, 5]',
    [0, 0, 2, 0, 4],
  ],
  [
    'arithmetic on tokens that are floats',
    '@vocab [0.5, 1.5, 2.0]; @context 4; n = tokens * 2 > 2;',
    '[0.5, 1.5, 2.0]',
    [false, true, true],
  ],
  ['a mean of tokens that are numbers', '@vocab range(0, 4); @context 5; n = aggregate(full_s, tokens);', '[3, 0, 3]', [3, 1.5, 2]],
  ['a program that does not read its tokens', '@vocab "ab"; @context 9; n = indices % 3;', 'abbaa', [0, 1, 2, 0, 1]],
  ['a program that is one value', '@vocab "ab"; @context 3; n = indices * 0 + 7;', 'abb', [7, 7, 7]],
  ['a vocabulary of one token', '@vocab "a"; @context 9; n = length;', 'aaa', [1, 2, 3]],
  ['a context of one', '@vocab "abc"; @context 1; n = tokens;', 'b', ['b']],
  [
    'an int where a float is close',
    '@vocab "ab"; @context 10; n = round(aggregate(full_s, indicator(tokens == "a")) * length);',
    'abaab',
    [1, 1, 2, 3, 3],
  ],
];

describe('what others got wrong', () => {
  test.each(CLASSICS)('%s', async (what, program, input, output) => {
    const name = what.replaceAll(' ', '-');
    const file = join(folder, `${name}.rasp`);
    const model = join(folder, name);
    writeFileSync(file, `@causal; ${program} @export n;\n`);
    const run = await cli(['run', file, '--input', input, '--format', 'json']);
    expect(JSON.parse(run.stdout).results[0].output).toEqual(output);
    const compiled = await cli(['compile', file, '-o', model]);
    expect([compiled.code, compiled.stderr]).toEqual([0, '']);
    const evaluated = await cli(['eval', model, '--input', input, '--format', 'json']);
    const { results } = JSON.parse(evaluated.stdout) as { results: { output: unknown[] }[] };
    const close = output.map((value) => (typeof value === 'number' ? expect.closeTo(value, 3) : value));
    expect(results[0]?.output).toEqual(close);
    const verified = await cli([
      'verify',
      model,
      '--format',
      'json',
      ...(what.includes('64') ? ['--samples', '300'] : ['--samples', '1500']),
    ]);
    expect(JSON.parse(verified.stdout)).toMatchObject({ failed: 0, counterexample: null });
  });

  test('several exports in one model, each right', async () => {
    const file = join(folder, 'several.rasp');
    const model = join(folder, 'several');
    writeFileSync(
      file,
      '@vocab "ab"; @context 6; @causal; n = length; back = tokens[0]; share = aggregate(full_s, indicator(tokens == "a")); @export n; @export back; @export share;',
    );
    expect((await cli(['compile', file, '-o', model])).code).toBe(0);
    const { stdout } = await cli(['eval', model, '--input', 'abb', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'n', results: [{ output: [1, 2, 3] }] },
      { name: 'back', results: [{ output: ['a', 'a', 'a'] }] },
      { name: 'share', results: [{ output: [1, 0.5, expect.closeTo(1 / 3)] }] },
    ]);
    expect(JSON.parse((await cli(['verify', model, '--format', 'json'])).stdout)).toMatchObject({
      failed: 0,
      exhaustive: true,
      checked: 126,
    });
  });
});

test('a chain of reused subexpressions costs milliseconds, not the age of the universe', async () => {
  const file = join(folder, 'chain.rasp');
  const steps = Array.from({ length: 30 }, () => 'x = x and (x or y); y = y or (x and y);').join('\n');
  writeFileSync(file, `@vocab "ab"; @context 8; @causal;\nx = tokens == "a";\ny = indices > 3;\n${steps}\n@export x;\n`);
  const start = performance.now();
  const { code } = await cli(['compile', file, '-o', join(folder, 'chain')]);
  expect(code).toBe(0);
  expect(performance.now() - start).toBeLessThan(2000);
});
