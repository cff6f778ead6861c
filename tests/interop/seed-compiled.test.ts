/**
 * Functions of the library, compiled into models of real architectures that are not trained, and read there by stock transformers through the
 * contract of raspc.json: each as often right as was promised.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { causalSubject, readStdLibrary, stdSource } from '../../scripts/library/std-library.ts';
import type { SeedMap } from '../../src/checkpoint/map/seed/seed-map.ts';
import { readSeedMap } from '../../src/checkpoint/map/seed/seed-map-schema.ts';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { sourceLoader } from '../../src/cli/files/source-loader.ts';
import type { ElaboratedProgram } from '../../src/graph/elaborate/elaborate.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { evaluator } from '../../src/graph/evaluate/evaluate.ts';
import type { Value } from '../../src/graph/value.ts';
import { vocabularyOf } from '../../src/seed/host/alphabet-source.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { adversarialInputs, randomInputs } from '../../src/verify/inputs.ts';
import { cli } from '../cli/run-cli.ts';
import { someOf } from '../support/sampling.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { type PythonServer, startPython } from './python-server.ts';

/** Small models of the sizes that the library's table is measured at, and real ones. */
const SMALL = { width: 384, layers: 12, heads: 6, hidden: 1536, vocab: 300, positions: 128 };
const SMALL_CONFIGS: Readonly<Record<string, object>> = {
  gpt2: {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    n_embd: SMALL.width,
    n_layer: SMALL.layers,
    n_head: SMALL.heads,
    n_inner: SMALL.hidden,
    n_positions: SMALL.positions,
    vocab_size: SMALL.vocab,
    activation_function: 'gelu_new',
    bos_token_id: 5,
    eos_token_id: 5,
  },
  'gpt-neox': {
    architectures: ['GPTNeoXForCausalLM'],
    model_type: 'gpt_neox',
    hidden_size: SMALL.width,
    num_hidden_layers: SMALL.layers,
    num_attention_heads: SMALL.heads,
    intermediate_size: SMALL.hidden,
    max_position_embeddings: SMALL.positions,
    vocab_size: SMALL.vocab,
    hidden_act: 'gelu',
    bos_token_id: 5,
    eos_token_id: 5,
  },
  llama: {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: SMALL.width,
    num_hidden_layers: SMALL.layers,
    num_attention_heads: SMALL.heads,
    num_key_value_heads: SMALL.heads,
    intermediate_size: SMALL.hidden,
    max_position_embeddings: SMALL.positions,
    vocab_size: SMALL.vocab,
    bos_token_id: 5,
    eos_token_id: 6,
    tie_word_embeddings: false,
  },
  opt: {
    architectures: ['OPTForCausalLM'],
    model_type: 'opt',
    hidden_size: SMALL.width,
    word_embed_proj_dim: SMALL.width,
    num_hidden_layers: SMALL.layers,
    num_attention_heads: SMALL.heads,
    ffn_dim: SMALL.hidden,
    max_position_embeddings: SMALL.positions,
    vocab_size: SMALL.vocab,
    activation_function: 'relu',
    bos_token_id: 5,
    eos_token_id: 6,
    pad_token_id: 1,
  },
};
/** Their relatives, each with a function a run; Qwen3's norms of queries and keys are refused in a new model (R7707). */
const RELATIVES: Readonly<Record<string, object>> = Object.fromEntries(
  [
    ['mistral', 'MistralForCausalLM', { sliding_window: null }],
    ['qwen2', 'Qwen2ForCausalLM', {}],
    ['phi3', 'Phi3ForCausalLM', { pad_token_id: 0, original_max_position_embeddings: SMALL.positions }],
    ['gemma', 'GemmaForCausalLM', { head_dim: SMALL.width / SMALL.heads, tie_word_embeddings: true }],
  ].map(([model_type, architecture, more]) => [
    model_type,
    {
      ...SMALL_CONFIGS.llama,
      hidden_act: model_type === 'gemma' ? 'gelu_pytorch_tanh' : 'silu',
      model_type,
      architectures: [architecture],
      ...(more as object),
    },
  ]),
);
const REAL = ['gpt2-small', 'pythia-160m', 'llama-160m'];
/** What a real model is given at once: counts, a lookup and a table of several values. */
const REAL_PROGRAM = `@vocab ["(", ")", "a"];
@context 16;
@causal;
load "std/brackets";
load "std/positions";
depth = bracket_depth(tokens, ["()"]);
before = back(tokens, 2, "none");
seen = selector_width(select(tokens, "a", ==));
@export depth;
@export before;
@export seen;
`;

/** Of both kinds of inputs so many. */
const INPUTS = 20;
/** Other inputs than those that were measured may be a little harder. */
const SLACK = 0.01;

const SUBJECTS = readStdLibrary().flatMap((file) =>
  file.functions.flatMap((each) => {
    const subject = causalSubject(file, each);
    return subject === null ? [] : [{ subject, source: stdSource(file, [subject], true) }];
  }),
);

let folder: string;
let python: PythonServer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-compiled-'));
  python = startPython('check_features.py');
});
afterAll(() => {
  python.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Found {
  readonly loading: readonly string[];
  readonly features: Readonly<Record<string, { readonly right: number; readonly positions: number; readonly first: unknown }>>;
}

/** Null where the program is refused. */
async function seeded(
  source: string,
  like: string,
  others: readonly string[] = [],
): Promise<{ dir: string; map: SeedMap; program: ElaboratedProgram } | null> {
  const file = join(folder, 'program.rasp');
  const dir = join(folder, 'seeded');
  writeFileSync(file, source);
  const program = loadProgram({ file: sourceFile('program.rasp', source), loader: sourceLoader('', packagePath()) });
  const tokens = vocabularyOf(program).flatMap((value, i) => ['--token', `${value}=${17 + 7 * i}`]);
  const { code, stderr } = await cli(['seed', file, ...others, '--like', like, ...tokens, '-o', dir, '--force']);
  if (code === 1 && /^error\[R77(0[16]|15)\]/m.test(stderr)) return null;
  expect([code, stderr]).toEqual([0, '']);
  return { dir, map: readSeedMap(diskFolder(dir)) as SeedMap, program };
}

/** What transformers says of other inputs than those that were measured when it was seeded. */
async function readThere({ dir, map, program }: { dir: string; map: SeedMap; program: ElaboratedProgram }): Promise<Found> {
  const vocabulary = vocabularyOf(program);
  const context = map.context - 1;
  const random = randomInputs(vocabulary.length, context, INPUTS, 77);
  const edges = adversarialInputs(vocabulary.length, context);
  const inputs = Array.from({ length: INPUTS }, (_, i) => [random.at(i), edges.at(Math.floor((i * edges.count) / INPUTS))]).flat();
  const idOf = new Map(map.tokens.map(({ value, id }) => [value, id]));
  const run = evaluator(
    program.exports.map(({ node }) => node),
    { causal: true },
  );
  const results = inputs.map((tokens) => run(Array.from(tokens, (token) => vocabulary[token] as Value)));
  const expected = Object.fromEntries(
    program.exports.map(({ name, node }) => [
      name,
      results.map((each) => (each.get(node) as unknown as { values: readonly Value[] }).values.map(jsonValue)),
    ]),
  );
  // whatever stands first where no BOS has to
  const ids = inputs.map((tokens, i) => [
    map.bos?.id ?? i,
    ...Array.from(tokens, (token) => idOf.get(String(vocabulary[token])) as number),
  ]);
  return (await python.run(JSON.stringify({ folder: dir, inputs: ids, expected }))) as Found;
}

function jsonValue(value: Value): number | string | boolean {
  return typeof value === 'bigint' ? Number(value) : value;
}

function expectKept({ loading, features }: Found, map: SeedMap, about: string): void {
  expect([about, loading]).toEqual([about, []]);
  for (const { name, promise } of map.circuits) {
    const { right = 0, positions = 0, first } = features[name] ?? {};
    expect(positions).toBeGreaterThan(0);
    const promised = promise?.accuracy ?? 1;
    expect(right / positions, `${about}: \`${name}\`, ${JSON.stringify(first)}`).toBeGreaterThanOrEqual(promised - SLACK);
  }
}

describe.each(Object.keys(SMALL_CONFIGS))('%s', (family) => {
  const turn = Object.keys(SMALL_CONFIGS).indexOf(family);
  test.each(someOf(SUBJECTS, 2, 7 * turn))('$subject', async ({ subject, source }) => {
    const like = join(folder, family);
    mkdirSync(like, { recursive: true });
    writeFileSync(join(like, 'config.json'), JSON.stringify(SMALL_CONFIGS[family]));
    const made = await seeded(source, like);
    if (made === null) return;
    expectKept(await readThere(made), made.map, `${subject} in ${family}`);
  });
});

test.each(Object.keys(RELATIVES))('%s', async (family) => {
  const [{ subject, source } = { subject: '', source: '' }] = someOf(SUBJECTS, 1, 11 * Object.keys(RELATIVES).indexOf(family));
  const like = join(folder, family);
  mkdirSync(like, { recursive: true });
  writeFileSync(join(like, 'config.json'), JSON.stringify(RELATIVES[family]));
  const made = await seeded(source, like);
  if (made === null) return;
  expectKept(await readThere(made), made.map, `${subject} in ${family}`);
});

test('heads over any token beside compiled circuits leave these as right as promised', async () => {
  const like = join(folder, 'llama');
  mkdirSync(like, { recursive: true });
  writeFileSync(join(like, 'config.json'), JSON.stringify(SMALL_CONFIGS.llama));
  const made = await seeded(REAL_PROGRAM, like, ['programs/seeds/induction.rasp']);
  if (made === null) throw new Error('it was refused');
  expect(made.map.circuits.map(({ kind }) => kind)).toContain('tokens');
  const compiled = { ...made.map, circuits: made.map.circuits.filter(({ kind }) => kind === 'feature') };
  expectKept(await readThere(made), compiled, 'both kinds');
});

test.each(someOf(REAL, 1, 0))('%s: several functions in a model of real size', async (config) => {
  const made = await seeded(REAL_PROGRAM, `configs/${config}`);
  if (made === null) throw new Error('it was refused');
  expectKept(await readThere(made), made.map, config);
});
