/** `--tokenizer`: texts as inputs, what is asked of tokens in classes, and these in a seeded model. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallTokenizer } from '../support/small-tokenizer.ts';
import { cli } from './run-cli.ts';

let folder: string;
const at = (name: string) => join(folder, name);
const TOKENS = smallTokenizer([' the', ' cat', 'The', ' Monday', ' Tuesday', ' 12', '34']);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-tokenizer-'));
  writeFileSync(at('tokenizer.json'), TOKENS);
  writeFileSync(
    at('ids.txt'),
    `${Array.from({ length: 12 }, (_, i) => Array.from({ length: 8 }, (_, j) => 256 + ((5 * i + j) % 20)).join(' ')).join('\n')}\n`,
  );
  for (const family of ['gpt2']) {
    const config = JSON.parse(readFileSync(`tests/fixtures/seeds/${family}/config.json`, 'utf8')) as object;
    mkdirSync(at(family));
    writeFileSync(at(`${family}/config.json`), JSON.stringify({ ...config, vocab_size: tokens(), bos_token_id: tokens() - 1 }));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How many tokens the tokenizer has. */
function tokens(): number {
  const { model, added_tokens } = JSON.parse(TOKENS) as { model: { vocab: object }; added_tokens: unknown[] };
  return Object.keys(model.vocab).length + added_tokens.length;
}

function program(name: string, body: string): string {
  writeFileSync(at(name), `@vocab tokenizer;\n@context 8;\n@causal;\n${body}`);
  return at(name);
}

const NUMBERS = `digits = matches(tokens, "^ ?[0-9]+$");
goes_on = digits and aggregate(select(indices, indices - 1, ==), digits, False);
days = 1 if tokens == " Monday" else (2 if tokens == " Tuesday" else 0);
last_day = max_over(select(indices, indices, <=), days);
@export goes_on;
@export last_day;
@example goes_on([" 12", "34", " cat"]) == [False, True, False];
`;

describe('run and check', () => {
  test('a text is cut as the tokenizer cuts it', async () => {
    const file = program('numbers.rasp', NUMBERS);
    const { stdout } = await cli(['run', file, '--export', 'goes_on', '--input', 'The 1234 cat', '--tokenizer', at('tokenizer.json')]);
    expect(stdout).toBe('goes_on(["The", " 12", "34", " cat"]) = [F, F, T, F] (bools)\n');
    expect((await cli(['run', file, '--input', 'The'])).stderr).toContain('error[R8205]');
    expect((await cli(['check', file, '--tokenizer', folder])).stdout).toContain('1 example holds');
  });

  test('what no token says is told', async () => {
    const lacking = program('lacking.rasp', 'x = tokens in [" cat", " dog"];\n@export x;');
    const { code, stderr } = await cli(['check', lacking, '--tokenizer', at('tokenizer.json')]);
    expect([code, stderr.includes('warning[R7732]'), stderr.includes('`" dog"`')]).toEqual([0, true, true]);
    const empty = program('empty.rasp', 'x = matches(tokens, "^dog$");\n@export x;');
    expect((await cli(['check', empty, '--tokenizer', at('tokenizer.json')])).stderr).toContain('error[R7733]');
  });

  test('a program that fails on what some token says', async () => {
    const fails = program('fails.rasp', 'x = 1 / (1 - indicator(tokens == " cat"));\n@export x;');
    expect((await cli(['check', fails])).code).toBe(0);
    expect((await cli(['check', fails, '--tokenizer', at('tokenizer.json')])).stderr).toContain('error[R3');
  });
});

test('ngrams: a table of a text, as a program that holds over the same tokenizer', async () => {
  writeFileSync(at('text.txt'), ' cat 1234 cat 1234 the cat 1234 the');
  const argv = ['ngrams', at('text.txt'), '--tokenizer', folder, '-o', at('bigrams.rasp'), '--least', '2'];
  const { code, stdout } = await cli(argv);
  expect([code, stdout]).toEqual([0, expect.stringContaining('3 of 3 contexts')]);
  expect((await cli(['check', at('bigrams.rasp'), '--tokenizer', folder])).stdout).toContain('3 examples hold');
  expect((await cli(['fmt', '--check', at('bigrams.rasp')])).code).toBe(0);
  const { stdout: said } = await cli(['run', at('bigrams.rasp'), '--tokenizer', folder, '--input', ' cat 12', '--format', 'json']);
  expect(JSON.parse(said).results[0].output).toEqual([' 12', '34']);
  expect((await cli(argv)).stderr).toContain('error[R8504]');
  expect((await cli([...argv, '--force', '--least', '9'])).stderr).toContain('error[R7735]');
  expect((await cli(['ngrams', at('text.txt'), '-o', at('x.rasp')])).stderr).toContain('error[R8003]');
});

describe('seed', () => {
  test('classes of tokens in a model, measured on tokens of every class', async () => {
    const family = 'gpt2';
    const file = program('numbers.rasp', NUMBERS);
    const model = at(`seeded-${family}`);
    writeFileSync(at('book.txt'), 'The cat 1234 the Monday cat 12 34\n'.repeat(8));
    const text = ['--text', at('book.txt')];
    const { code, stderr } = await cli(['seed', file, '--like', at(family), '--tokenizer', at('tokenizer.json'), '-o', model, ...text]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('book.txt: read as text')]);
    const map = JSON.parse(readFileSync(join(model, 'raspc.json'), 'utf8')) as {
      programs: { classes: { values: string[]; runs: string } }[];
    };
    // digits, the two days, and all others
    expect(map.programs[0]?.classes.values).toHaveLength(4);
    expect(readFileSync(join(model, 'tokenizer.json'), 'utf8')).toBe(TOKENS);
    const verified = await cli(['verify', model, '--format', 'json', ...text]);
    expect([verified.code, verified.stderr]).toEqual([0, expect.stringContaining('book.txt: read as text')]);
    const { features, text: found } = JSON.parse(verified.stdout) as {
      features: { name: string; accuracy: number }[];
      text: { isSame: boolean; loss: number; shares: { name: string; accuracy: number; positions: number; promised: number }[] };
    };
    expect(found).toMatchObject({ isSame: true, shares: [{ name: 'goes_on' }, { name: 'last_day' }] });
    expect(found.shares.map(({ accuracy, positions }) => accuracy === 1 && positions > 32)).toEqual([true, true]);
    // what was expected of the text is held against it, and another text is not this one
    const raw = readFileSync(join(model, 'raspc.json'), 'utf8');
    const expected = JSON.parse(raw) as { text: { shares: { accuracy: number }[]; loss: { seeded: number } } };
    expect(found.loss).toBeCloseTo(expected.text.loss.seeded, 3);
    for (const share of expected.text.shares) share.accuracy = 1.05;
    writeFileSync(join(model, 'raspc.json'), JSON.stringify(expected));
    const missed = await cli(['verify', model, ...text]);
    expect([missed.code, missed.stderr]).toEqual([
      1,
      expect.stringContaining('`goes_on` is weaker: is right at 1.0000 of the positions of this text'),
    ]);
    writeFileSync(join(model, 'raspc.json'), raw);
    const ids = await cli(['verify', model, '--text', at('ids.txt'), '--format', 'json']);
    expect([ids.code, JSON.parse(ids.stdout).text.isSame]).toEqual([0, false]);
    expect(features.map(({ name, accuracy }) => [name, accuracy >= 0.99])).toEqual([
      ['goes_on', true],
      ['last_day', true],
    ]);
  });

  test('which token it is alone is a program over any token', async () => {
    const file = program('again.rasp', 'x = has_focus(select(tokens, tokens, ==) and select(indices, indices, <));\n@export x;');
    const { stdout } = await cli(['seed', file, '--like', at('gpt2'), '--tokenizer', folder, '--plan']);
    expect(stdout).toContain('no neuron');
  });

  test('what is refused', async () => {
    const refusal = async (file: string, ...more: string[]) => (await cli(['seed', file, '--plan', ...more])).stderr;
    const file = program('numbers.rasp', NUMBERS);
    const like = ['--like', at('gpt2')];
    expect(await refusal(file, ...like)).toContain('error[R8003]');
    expect(await refusal(file, '--like', 'tests/fixtures/seeds/gpt2', '--tokenizer', folder)).toContain('error[R7731]');
    const empty = program('empty.rasp', 'x = matches(tokens, "^dog$");\n@export x;');
    expect(await refusal(empty, ...like, '--tokenizer', folder)).toContain('error[R7733]');
    const both = program('both.rasp', 'x = aggregate(rightmost(select(tokens, " cat", ==)), tokens, "-") < tokens;\n@export x;');
    expect(await refusal(both, ...like, '--tokenizer', folder)).toContain('error[R7734]');
    const narrow = (name: string, sizes: object): string[] => {
      const config = JSON.parse(readFileSync(at('gpt2/config.json'), 'utf8')) as object;
      writeFileSync(at(name), JSON.stringify({ ...config, ...sizes }));
      return ['--like', at(name), '--tokenizer', folder];
    };
    expect(await refusal(file, ...narrow('flat.json', { n_layer: 1 }))).toMatch(
      /error\[R7706\]: the circuits need \d layers, and there are 1\n.*a chain: .*\(layer 0\), then .*\(layer 1\)/,
    );
    expect(await refusal(file, ...narrow('bare.json', { n_inner: 4 }))).toMatch(
      /R7706\]: the circuits need \d+ neurons of a layer, and there are 4\n.*needed are \w+ \d+.* in layer \d/,
    );
    const name = program('same.rasp', 'x = aggregate(select(indices, indices - 1, ==), tokens, "-") == tokens;\n@export x;');
    expect(await refusal(name, ...narrow('thin.json', { n_embd: 32, n_head: 2 }))).toMatch(
      /R7706\]: the circuits need \d+ dimensions, half of the width, and there are 16\n.*needed are \w+ \d+ \+ \w+ \d+ \+ \w+ \d+ and \d+ more/,
    );
    expect(await refusal(file, file, ...like, '--tokenizer', folder)).toMatch(/R7703\][\s\S]*give one of them another name/);
  });
});
