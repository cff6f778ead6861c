/** Functions for language models over GPT-2's and Llama's tokenizers, seeded and read in transformers on text of the machine. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { causalSubject, readStdLibrary, stdProgram, stdSource } from '../../scripts/library/std-library.ts';
import { evaluate } from '../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../src/graph/evaluate/sequence.ts';
import { asksWhole, classFaults } from '../../src/seed/program/token-classes.ts';
import { cli } from '../cli/run-cli.ts';
import { openTokenizer, REAL_TOKENIZERS } from '../support/real-tokenizers.ts';
import { someOf } from '../support/sampling.ts';
import { pythonJob } from './python.ts';

const LENGTH = 32;
const COUNT = 24;
/** Narrow, so that what others write is loud beside the circuits. */
const HOSTS = {
  'GPT-2': { family: 'gpt2', config: { n_layer: 4, n_embd: 256, n_head: 4, n_positions: 64 } },
  Llama: {
    family: 'llama',
    config: {
      num_hidden_layers: 4,
      hidden_size: 256,
      num_attention_heads: 4,
      num_key_value_heads: 4,
      intermediate_size: 1024,
      max_position_embeddings: 64,
    },
  },
} as const;

interface Found {
  readonly ids: readonly (readonly number[])[];
  readonly features: Readonly<Record<string, readonly (readonly (string | number | boolean)[])[]>>;
  /** The token that is raised most, by what says any token. */
  readonly raised: Readonly<Record<string, readonly (readonly number[])[]>>;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-lm-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const functions = readStdLibrary('lm').flatMap((file) =>
  file.vocabulary === 'tokenizer' ? file.functions.map((each) => ({ file, each, subject: causalSubject(file, each) as string })) : [],
);

describe.each(Object.entries(HOSTS))('%s', (name, { family, config }) => {
  const path = REAL_TOKENIZERS[name as keyof typeof HOSTS];
  const { texts } = openTokenizer(path);
  const own = functions.filter(({ file, subject }) =>
    classFaults(stdProgram(file, [subject], true), texts).every(({ severity }) => severity !== 'error'),
  );

  test('functions are right on text', async () => {
    expect(own.length).toBeGreaterThan(30);
    const like = join(folder, family);
    mkdirSync(like);
    const stock = JSON.parse(readFileSync(`tests/fixtures/seeds/${family}/config.json`, 'utf8')) as object;
    writeFileSync(join(like, 'config.json'), JSON.stringify({ ...stock, ...config, vocab_size: texts.length, bos_token_id: 1 }));
    // one of those that are any token with every run
    const [whole, others] = [true, false].map((isWhole) =>
      own.filter(({ subject, file }) => asksWhole(stdProgram(file, [subject], true)) === isWhole),
    );
    const chosen = [...someOf(others ?? [], 3, name.length), ...someOf(whole ?? [], 1, name.length)];
    const dirs = await Promise.all(
      chosen.map(async ({ file, each, subject }) => {
        const dir = join(folder, family, each.name);
        writeFileSync(`${dir}.rasp`, stdSource(file, [subject], true));
        const { code, stderr } = await cli(['seed', `${dir}.rasp`, '--like', like, '--tokenizer', dirname(path), '-o', dir]);
        expect([code, stderr.includes('error')], `${each.name}: ${stderr}`).toEqual([0, false]);
        return dir;
      }),
    );
    const results = pythonJob('check_lm.py', JSON.stringify({ dirs, length: LENGTH, count: COUNT })) as Found[];
    for (const [i, { file, subject }] of chosen.entries()) {
      const [exported] = stdProgram(file, [subject], true).exports;
      const { ids, features, raised } = results[i] as Found;
      const name = exported?.name as string;
      const said = raised[name]?.map((row) => row.map((id) => texts[id] as string)) ?? features[name] ?? [];
      let [right, positions] = [0, 0];
      for (const [w, window] of ids.entries()) {
        const input = window.map((id) => texts[id] as string);
        const { values } = evaluate([exported?.node as never], input, { causal: true }).get(exported?.node as never) as Sequence;
        // where there is no token, none is raised by much
        const asked = [...values.keys()].filter((at) => raised[name] === undefined || values[at] !== '-');
        right += asked.filter((at) => String(said[w]?.[at]) === String(values[at])).length;
        positions += asked.length;
      }
      // some quotes are seldom closed on it
      expect(right / Math.max(1, positions) + Number(positions === 0), basename(dirs[i] as string)).toBeGreaterThanOrEqual(0.99);
    }
  });
});
