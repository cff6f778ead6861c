/**
 * Values that ask for a class of tokens and for any token at once: seeded into a small host of each family, right in raspc's runtime by `verify`, and
 * lost by `drift` where nothing is said of them any more.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { someOf } from '../support/sampling.ts';
import type { DriftReport } from '../support/seeded-folder.ts';
import { smallTokenizer } from '../support/small-tokenizer.ts';

const folder = mkdtempSync(join(tmpdir(), 'raspc-both-asked-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TOKENIZER = smallTokenizer([' The', ' cat', ' Tom', ' Jerry', ' and', ' saw', ' Paris', '“', '”', '\n']);
const VOCAB = Object.keys((JSON.parse(TOKENIZER) as { model: { vocab: object } }).model.vocab).length + 1;
writeFileSync(join(folder, 'tokenizer.json'), TOKENIZER);

const SIZES = { width: 256, layers: 5, heads: 4, hidden: 768, positions: 64 };
const FAMILIES: Readonly<Record<string, object>> = {
  gpt2: {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    n_embd: SIZES.width,
    n_layer: SIZES.layers,
    n_head: SIZES.heads,
    n_inner: SIZES.hidden,
    n_positions: SIZES.positions,
    vocab_size: VOCAB,
    activation_function: 'gelu_new',
    bos_token_id: VOCAB - 1,
    eos_token_id: VOCAB - 1,
  },
  'gpt-neox': {
    architectures: ['GPTNeoXForCausalLM'],
    model_type: 'gpt_neox',
    hidden_size: SIZES.width,
    num_hidden_layers: SIZES.layers,
    num_attention_heads: SIZES.heads,
    intermediate_size: SIZES.hidden,
    max_position_embeddings: SIZES.positions,
    vocab_size: VOCAB,
    hidden_act: 'gelu',
    bos_token_id: VOCAB - 1,
    eos_token_id: VOCAB - 1,
  },
  llama: {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: SIZES.width,
    num_hidden_layers: SIZES.layers,
    num_attention_heads: SIZES.heads,
    num_key_value_heads: SIZES.heads,
    intermediate_size: SIZES.hidden,
    max_position_embeddings: SIZES.positions,
    vocab_size: VOCAB,
    bos_token_id: VOCAB - 1,
    eos_token_id: VOCAB - 1,
    tie_word_embeddings: false,
  },
};
for (const [name, config] of Object.entries(FAMILIES)) writeFileSync(join(folder, `${name}.json`), JSON.stringify(config));

const GRAFTED = someOf(Object.keys(FAMILIES), 1, 0);

const HEAD = '@vocab tokenizer;\n@context 12;\n@causal;\nso_far = select(indices, indices, <=);\n';

/** The last token of a class; what followed the last of a class; a token found by a class and by which it is; a class of what was found. */
const PROGRAM = `${HEAD}
capital = matches(tokens, "^ ?\\p{Lu}");
last = aggregate(rightmost(select(capital, True, ==) and so_far), tokens, "-");
previous = aggregate(select(indices, indices - 1, ==), tokens, "-");
after = aggregate(rightmost(select(matches(previous, "^ ?\\p{Lu}"), True, ==) and so_far), tokens, "-");
again = aggregate(rightmost(select(previous, tokens, ==) and select(capital, capital, ==) and so_far), tokens, "-");
ends = matches(last, "[a-z]$");
@export last;
@export after;
@export again;
@export ends;
`;

/** Whether two tokens of a position are the same, and one of two by a condition: of tokens as they are, moved, chosen and none. */
const AT_ONE_POSITION = `${HEAD}
capital = matches(tokens, "^ ?\\p{Lu}");
last = aggregate(rightmost(select(capital, True, ==) and so_far), tokens, "-");
previous = aggregate(select(indices, indices - 1, ==), tokens, "-");
doubled = previous == tokens;
chosen = previous if capital else last;
behind = last if aggregate(select(indices, indices - 1, ==), capital, False) else "-";
ended = matches(chosen, "[a-z]$");
both = doubled and chosen != last;
@export doubled;
@export chosen;
@export behind;
@export ended;
@export both;
`;

describe.each(Object.keys(FAMILIES))('%s', (family) => {
  test('what is planned is written, and holds when it is measured again', async () => {
    const [file, dir] = [join(folder, 'both.rasp'), join(folder, `${family}-seeded`)];
    writeFileSync(file, PROGRAM);
    const tokenizer = ['--tokenizer', join(folder, 'tokenizer.json')];
    const seeded = await cli(['seed', file, '--like', join(folder, `${family}.json`), ...tokenizer, '-o', dir, '--format', 'json']);
    expect(seeded.stderr).toBe('');
    expect(seeded.code).toBe(0);
    const { features, says } = JSON.parse(seeded.stdout) as Report;
    expect(features.map(({ name, accuracy }) => [name, accuracy >= 0.99])).toEqual(
      ['last', 'after', 'again', 'ends'].map((name) => [name, true]),
    );
    expect(says.map(({ name }) => name)).toEqual(['last', 'after', 'again']);
    for (const { name, nats, strength, accuracy } of says)
      expect([name, nats / strength > 0.7, accuracy > 0.95]).toEqual([name, true, true]);
    const verified = await cli(['verify', dir, '--format', 'json']);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    const { sayings } = JSON.parse(verified.stdout) as { sayings: { name: string; accuracy: number }[] };
    for (const { name, accuracy } of sayings) expect([name, accuracy > 0.95]).toEqual([name, true]);
    const twin = ['seed', file, '--like', join(folder, `${family}.json`), ...tokenizer, '--unseeded', '-o', `${dir}-twin`];
    expect((await cli(twin)).code).toBe(0);
    const drifted = await cli(['drift', join(dir, 'raspc.json'), dir, `${dir}-twin`, '--format', 'json']);
    expect(drifted.code, drifted.stderr).toBe(0);
    const { points } = JSON.parse(drifted.stdout) as DriftReport;
    for (const { name } of says) {
      const said = points.map(({ circuits }) => circuits.find((each) => each.name === name)?.said ?? Number.NaN);
      expect([name, said.map((share) => share > 0.9)]).toEqual([name, [true, true, false]]);
    }
  });

  // one family with every commit
  test.runIf(GRAFTED.includes(family))('grafted onto a model that is there, they say the same, and it what it said', async () => {
    const [file, host, dir] = [join(folder, 'both.rasp'), join(folder, `${family}-host`), join(folder, `${family}-grafted`)];
    writeFileSync(file, PROGRAM);
    const tokenizer = ['--tokenizer', join(folder, 'tokenizer.json')];
    const like = join(folder, `${family}-there.json`);
    // with a table of positions those of a narrow model are not equally loud
    writeFileSync(like, JSON.stringify(family === 'gpt2' ? { ...FAMILIES[family], n_embd: 2 * SIZES.width } : FAMILIES[family]));
    const drawn = ['seed', file, '--like', like, ...tokenizer, '--unseeded', '-o', host, '--quiet'];
    expect((await cli(drawn)).code).toBe(0);
    rmSync(join(host, 'raspc.json'));
    const grafted = await cli(['graft', file, '--into', host, ...tokenizer, '--context', '13', '-o', dir, '--quiet']);
    expect([grafted.code, grafted.stderr]).toEqual([0, '']);
    const verified = await cli(['verify', dir, '--host', host, '--format', 'json']);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    const report = JSON.parse(verified.stdout) as Verified;
    expect(report.features).toMatchObject([{ name: 'ends', accuracy: 1 }]);
    for (const { name, accuracy } of report.sayings) expect([name, accuracy > 0.98]).toEqual([name, true]);
    expect(report.sayings.length).toBe(3);
    expect(report.host.largest).toBeLessThan(1e-3);
  });

  test('two tokens of one position: which of them by a condition, and whether they are the same', async () => {
    const [file, dir] = [join(folder, 'one.rasp'), join(folder, `${family}-one`)];
    writeFileSync(file, AT_ONE_POSITION);
    const tokenizer = ['--tokenizer', join(folder, 'tokenizer.json')];
    const seeded = await cli(['seed', file, '--like', join(folder, `${family}.json`), ...tokenizer, '-o', dir, '--format', 'json']);
    expect([seeded.code, seeded.stderr]).toEqual([0, '']);
    const { features, says } = JSON.parse(seeded.stdout) as Report;
    expect(features.map(({ name, accuracy }) => [name, accuracy >= 0.99])).toEqual(
      ['doubled', 'chosen', 'behind', 'ended', 'both'].map((name) => [name, true]),
    );
    expect(says.map(({ name, accuracy }) => [name, accuracy > 0.95])).toEqual(['chosen', 'behind'].map((name) => [name, true]));
    const verified = await cli(['verify', dir, '--format', 'json']);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });
});

interface Report {
  readonly features: readonly { readonly name: string; readonly accuracy: number }[];
  readonly says: readonly { readonly name: string; readonly nats: number; readonly strength: number; readonly accuracy: number }[];
}

interface Verified {
  readonly features: readonly { readonly name: string; readonly accuracy: number }[];
  readonly sayings: readonly { readonly name: string; readonly accuracy: number }[];
  readonly host: { readonly largest: number };
}
