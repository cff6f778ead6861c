/** Programs over `@vocab any`: what an aggregate of tokens is that selects nothing or several positions, and what may be done with it. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { brokenAssumption } from '../../../src/graph/evaluate/assumptions.ts';
import { checkExamples } from '../../../src/graph/evaluate/check-examples.ts';
import { evaluate, evaluationOptions } from '../../../src/graph/evaluate/evaluate.ts';
import { generate } from '../../../src/graph/evaluate/generate.ts';
import { mixtureText } from '../../../src/graph/evaluate/open-tokens.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import type { Value } from '../../../src/graph/value.ts';
import { runText } from '../../../src/library/run-text.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { cli } from '../../cli/run-cli.ts';

const PREVIOUS = 'p = aggregate(select(indices, indices - 1, ==), tokens); t = aggregate(select(indices, indices - 2, ==), tokens);';

function load(source: string) {
  return loadProgram({ file: sourceFile('open.rasp', `@vocab any;${source}`), loader: () => null });
}

/** The values of `x`; where it is not a single token, the shares as text. */
function run(source: string, input: string | readonly Value[]): unknown[] {
  const program = load(`${PREVIOUS} x = ${source};`);
  const node = program.names.get('x');
  if (node === undefined) throw new Error('x is no s-op');
  const { values, mixtures } = evaluate([node], [...input], evaluationOptions(program)).get(node) as Sequence;
  return values.map((value, i) => {
    const mixture = mixtures?.get(i);
    return mixture === undefined ? value : mixtureText(mixture);
  });
}

function codes(source: string, input: string | readonly Value[]): string[] {
  try {
    run(source, input);
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
}

describe.each([
  ['characters', ['a', 'a', 'a', 'b'], ['a', 'b']],
  ['numbers', [0n, 0n, 0n, 7n], ['0', '7']],
] as const)('no token among %s', (_, input, [a, b]) => {
  test('is what an empty selection gives', () => {
    expect(run('t', input)).toEqual(['no token', 'no token', a, a]);
    expect(run('aggregate(select(indices, 9, ==), tokens)', input)).toEqual(new Array(4).fill('no token'));
  });

  test('equals nothing, not even itself', () => {
    expect(run('t == tokens', input)).toEqual([false, false, true, false]);
    expect(run('t != tokens', input)).toEqual([true, true, false, true]);
    expect(run('t == p', input)).toEqual([false, false, true, true]);
    expect(run('t == t', input)).toEqual([false, false, true, true]);
  });

  test('is not selected by equality, and is by its contrary', () => {
    expect(run('selector_width(select(t, t, ==))', input)).toEqual([0n, 0n, 2n, 2n]);
    expect(run('selector_width(select(t, tokens, ==))', input)).toEqual([2n, 2n, 2n, 0n]);
    expect(run('selector_width(select(t, tokens, !=))', input)).toEqual([2n, 2n, 2n, 4n]);
  });

  test('is moved as any token, and scores nothing in a mixture', () => {
    expect(run('aggregate(select(indices, indices - 1, ==), p)', input)).toEqual(['no token', 'no token', a, a]);
    expect(run('t if indices < 3 else tokens', input)).toEqual(['no token', 'no token', a, b]);
    expect(run('aggregate(full_s, t)', input)[0]).toMatch(/^0\.5 \S+$/);
    expect(run('aggregate(select(indices, 2, <), t)', input)).toEqual(new Array(4).fill('no token'));
  });

  test.each(['t < tokens', '1 if t else 0', 'selector_width(select(t, tokens, <))', 'not t', 'max_over(full_s, t)'])(
    '%s is refused',
    (source) => {
      expect(codes(source, input)).toEqual(['R3512']);
    },
  );
});

describe('a mixture', () => {
  test('has each token by its share', () => {
    expect(run('aggregate(full_s, tokens)', 'aab')).toEqual(new Array(3).fill('0.667 "a" + 0.333 "b"'));
    expect(run('aggregate(select(indices, indices, <=), tokens)', [1n, 3n])).toEqual(['1', '0.5 "1" + 0.5 "3"']);
    expect(run('aggregate(select(indices, indices, <=), tokens_asis)', [1n, 3n])).toEqual([1n, '0.5 1 + 0.5 3']);
    expect(run('aggregate(full_s, aggregate(select(indices, indices, <=), tokens))', 'ab')).toEqual(
      new Array(2).fill('0.75 "a" + 0.25 "b"'),
    );
  });

  test.each([
    'aggregate(full_s, tokens) == tokens',
    'tokens != aggregate(full_s, tokens)',
    'selector_width(select(aggregate(full_s, tokens), tokens, ==))',
    'selector_width(select(tokens, aggregate(full_s, tokens), !=))',
    'aggregate(full_s, tokens) + tokens',
  ])('%s is refused', (source) => {
    expect(codes(source, 'ab')).toEqual(['R3512']);
    expect(codes(source, [1n, 2n])).toEqual(['R3512']);
  });

  test.each(['rightmost', 'leftmost'])('is a single token again by %s', (choose) => {
    expect(run(`aggregate(${choose}(full_s), tokens) == tokens`, 'ab')).toEqual(choose === 'rightmost' ? [false, true] : [true, false]);
  });
});

test('a default that the program gives is its own, and what is no token is computed on as ever', () => {
  expect(run('aggregate(select(indices, indices - 1, ==), tokens, "-")', 'ab')).toEqual(['-', 'a']);
  expect(run('aggregate(full_s, indices)', 'abc')).toEqual([1, 1, 1]);
  expect(run('aggregate(select(indices, indices - 1, ==), indices)', 'abc')).toEqual([0n, 0n, 1n]);
  expect(codes('aggregate(full_s, tokens == "a")', 'ab')).toEqual(['R3502']);
});

test('what is run says it: as text, in JSON and in the library', async () => {
  const source = `@vocab any; ${PREVIOUS} m = aggregate(full_s, tokens); @export p; @export m;`;
  const { stdout } = await cli(['run', '-', '--input', 'ab'], { stdin: source });
  expect(stdout).toContain('p("ab") = [no token, a] (strings)');
  expect(stdout).toContain('m("ab") = [0.5 a + 0.5 b, 0.5 a + 0.5 b] (strings)');
  const json = await cli(['run', '-', '--input', 'ab', '--format', 'json'], { stdin: source });
  const half = [
    { token: 'a', share: 0.5 },
    { token: 'b', share: 0.5 },
  ];
  const [p, m] = JSON.parse(json.stdout) as { results: { output: unknown }[] }[];
  expect(p?.results[0]?.output).toEqual([null, 'a']);
  expect(m?.results[0]?.output).toEqual([{ mixture: half }, { mixture: half }]);
  const [previous] = runText(source, 'ab');
  expect([...(previous?.mixtures ?? [])]).toEqual([[0, []]]);
});

test('examples, assumptions and steps know no token', () => {
  const example = (name: string, expected: string) =>
    checkExamples(
      load(
        `${PREVIOUS} e = t == tokens; m = aggregate(full_s, p); s = aggregate(full_s, tokens); @export ${name}; @example ${name}("aaa") == ${expected};`,
      ),
    );
  expect(example('e', '[False, False, True]')).toEqual([]);
  expect(example('e', '[False, True, True]').map(({ code }) => code)).toEqual(['R3034']);
  const [wrong] = example('t', '[0, 0, "a"]');
  expect(wrong?.message).toContain('[no token, no token, "a"]');
  expect(example('m', '["a", "a", "a"]').map(({ code }) => code)).toEqual(['R3034']); // the first position has no token before it
  expect(example('s', '["a", "a", "a"]')).toEqual([]);
  const assumed = load(`${PREVIOUS} @assume p;`);
  expect(brokenAssumption(assumed, ['a', 'b'])?.code).toBe('R3510');
  const step = load(`@context 6; @causal; ${PREVIOUS} @export t; @step t;`);
  if (step.generation === null) throw new Error('it has a step');
  const { generation } = step;
  const grow = (input: string) => generate(step, generation, [...input], { context: 6, most: 2 });
  expect(grow('abc').output).toEqual(['a', 'b']);
  expect(() => grow('ab')).toThrow(DiagnosticError);
});

test.each(readdirSync('programs/seeds').filter((file) => readFileSync(`programs/seeds/${file}`, 'utf8').includes('@vocab any')))(
  'the seed %s has a value on every input',
  (file) => {
    const program = loadProgram({ file: sourceFile(file, readFileSync(`programs/seeds/${file}`, 'utf8')), loader: () => null });
    for (const input of ['a', 'ab', 'abcab', 'aabaabaa']) {
      for (const { node } of program.exports) {
        const value = evaluate([node], [...input], evaluationOptions(program)).get(node) as Sequence;
        expect(value.values).toHaveLength(input.length);
      }
    }
  },
);
