/**
 * `raspc graft` on models of several families as transformers draws them, by what transformers makes of them afterwards: induction and a count of
 * quotes are in their features, no logit is another, and training in mode `held` leaves them what they are. One that is trained and another with every commit.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { someOf } from '../support/sampling.ts';
import { smallTokenizer } from '../support/small-tokenizer.ts';
import { pythonJob } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'raspc-graft-families-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FAMILIES = ['mistral', 'qwen2', 'qwen3', 'phi3', 'gpt2', 'gpt-neox', 'gemma', 'granite'] as const;
const INDUCTION = 'programs/seeds/induction.rasp';
const QUOTE = 5;
const QUOTES = `@vocab ["q", "other"];
@causal;
in_quote = selector_width(select(tokens == "q", True, ==) and select(indices, indices, <=)) % 2 == 1;
@export in_quote;
`;

const STEPS = 40;
/** One with a table of positions, and one in which a count hangs on how loud each token is. */
const TRAINED = ['gpt2', 'qwen2'] as const;

interface Trained {
  readonly first: number;
  readonly last: number;
  readonly rows: number;
  /** What the monitor says of induction's heads, from step 0 on. */
  readonly attention: readonly number[];
}

interface Drifted {
  readonly points: readonly { readonly step: number; readonly circuits: readonly { readonly name: string; readonly verdict: string }[] }[];
}

interface Found {
  readonly largest: number;
  readonly right: Readonly<Record<string, number>>;
}

test('induction and a count of quotes in every family that grows', { timeout: 600_000 }, async () => {
  const families = [...new Set([...someOf(TRAINED, 1, 0), ...someOf(FAMILIES, 1, 1)])];
  pythonJob('check_graft_families.py', JSON.stringify({ make: families, folder }));
  const program = join(folder, 'quotes.rasp');
  writeFileSync(program, QUOTES);
  for (const name of families) {
    const argv = ['--into', join(folder, name), '-o', join(folder, `grafted-${name}`), '--context', '32', '--token', `q=${QUOTE}`];
    const { code, stderr } = await cli(['graft', program, INDUCTION, ...argv, '--quiet']);
    expect([name, code, stderr]).toEqual([name, 0, '']);
  }
  const check = families.map((name) => [join(folder, name), join(folder, `grafted-${name}`), QUOTE]);
  const found = pythonJob('check_graft_families.py', JSON.stringify({ check })) as Found[];
  for (const [i, { largest, right }] of found.entries()) {
    const name = families[i] as string;
    expect([name, largest < 2e-3]).toEqual([name, true]);
    expect([name, (right.in_quote ?? 0) > 0.98]).toEqual([name, true]);
    expect([name, (right.induction ?? 0) > 0.9]).toEqual([name, true]);
  }
  const [name = ''] = families;
  const run = join(folder, `run-${name}`);
  const grafted = join(folder, `again-${name}`);
  // grafted onto once more: one map of all, which mode `held` and drift go by
  const again = [
    'graft',
    'programs/seeds/duplicate_token.rasp',
    '--into',
    join(folder, `grafted-${name}`),
    '-o',
    grafted,
    '--context',
    '32',
  ];
  expect(await cli([...again, '--quiet'])).toMatchObject({ code: 0, stderr: '' });
  const [trained] = pythonJob('check_graft_families.py', JSON.stringify({ train: [[grafted, run, QUOTE, STEPS]] })) as Trained[];
  expect(trained?.last).toBeLessThan(trained?.first ?? 0);
  expect(trained?.rows).toBeGreaterThan(1);
  const { code, stdout } = await cli(['drift', join(grafted, 'raspc.json'), run, '--positions', '32', '--format', 'json']);
  expect(code).toBe(0);
  const { points } = JSON.parse(stdout) as Drifted;
  expect(points.map(({ step }) => step)).toEqual([0, STEPS]);
  const verdicts = Object.fromEntries(points[1]?.circuits.map((circuit) => [circuit.name, circuit.verdict]) ?? []);
  expect([name, verdicts.in_quote, verdicts.duplicate_token]).toEqual([name, 'works', 'works']);
  expect([name, verdicts.induction]).toEqual([name, 'works']);
  // which tokens are alike is for each program to say: induction tells those apart that a count of quotes does not
  for (const attention of trained?.attention ?? [0]) expect(attention, name).toBeGreaterThan(0.9);
});

/** Which token it is, by what tokens say: one that is said to the output, and whether two are the same. */
const BOTH = `@vocab tokenizer;
@context 12;
@causal;
capital = matches(tokens, "^ ?[A-Z]");
last = aggregate(rightmost(select(capital, True, ==) and select(indices, indices, <=)), tokens, "-");
again = aggregate(select(indices, indices - 1, ==), tokens, "-") == tokens and capital;
@export last;
@export again;
`;

test('a program that asks for classes and for any token at once', { timeout: 600_000 }, async () => {
  const own = join(folder, 'both');
  mkdirSync(own);
  const text = smallTokenizer([' The', ' cat', ' Tom', ' Jerry', ' and', ' saw', ' Paris', '“', '”', '\n']);
  const vocab = (JSON.parse(text) as { model: { vocab: Readonly<Record<string, number>> } }).model.vocab;
  const members = Object.entries(vocab).flatMap(([token, id]) => (/^Ġ?[A-Z]/.test(token) ? [id] : []));
  // behind norms of queries and keys a model as narrow as this is refused (R7715)
  const others = FAMILIES.filter((name) => name !== 'qwen3');
  const families = [...new Set([...someOf(TRAINED, 1, 2), ...someOf(others, 1, 3)])];
  const sizes = { vocab: Object.keys(vocab).length + 1, layers: 5 };
  pythonJob('check_graft_families.py', JSON.stringify({ make: families, folder: own, ...sizes }));
  const [program, tokenizer] = [join(own, 'both.rasp'), join(own, 'tokenizer.json')];
  writeFileSync(program, BOTH);
  writeFileSync(tokenizer, text);
  for (const name of families) {
    const argv = ['--into', join(own, name), '-o', join(own, `grafted-${name}`), '--tokenizer', tokenizer, '--context', '13'];
    const { code, stderr } = await cli(['graft', program, ...argv, '--quiet']);
    expect([name, code, stderr]).toEqual([name, 0, '']);
  }
  const said = families.map((name) => [join(own, name), join(own, `grafted-${name}`), members]);
  const found = pythonJob('check_graft_families.py', JSON.stringify({ said })) as Readonly<Record<string, number>>[];
  for (const [i, { last = 0, again = 0 }] of found.entries()) {
    const name = families[i] as string;
    expect([name, last, last > 0.95]).toEqual([name, last, true]);
    expect([name, again, again > 0.98]).toEqual([name, again, true]);
  }
});
