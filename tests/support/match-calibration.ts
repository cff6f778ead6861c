/**
 * Models in which it is known what the heads compute, and how often `raspc match` finds that: circuits that were seeded, as they are and with
 * noise on every weight, compiled ones, and models of the same forms without any.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/verify/random.ts';
import { cli } from '../cli/run-cli.ts';

const SIZES = { vocab_size: 96, initializer_range: 0.02, bos_token_id: 95, eos_token_id: 95 };
const LLAMA = {
  ...SIZES,
  hidden_size: 192,
  num_hidden_layers: 3,
  num_attention_heads: 6,
  intermediate_size: 384,
  max_position_embeddings: 64,
  rope_theta: 10000,
  tie_word_embeddings: false,
};
const CONFIGS: Readonly<Record<string, object>> = {
  gpt2: {
    ...SIZES,
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    n_positions: 64,
    n_embd: 192,
    n_layer: 3,
    n_head: 6,
    tie_word_embeddings: true,
  },
  llama: { ...LLAMA, architectures: ['LlamaForCausalLM'], model_type: 'llama', num_key_value_heads: 6 },
  qwen2: { ...LLAMA, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', num_key_value_heads: 3 },
  'gpt-neox': {
    ...LLAMA,
    architectures: ['GPTNeoXForCausalLM'],
    model_type: 'gpt_neox',
    rotary_pct: 0.5,
    use_parallel_residual: true,
    hidden_act: 'gelu',
  },
};
export const FAMILIES = Object.keys(CONFIGS);

/** Programs with what a head of theirs is called, and as what it may be found. */
const SEEDS: readonly { readonly file: string; readonly heads: Readonly<Record<string, readonly string[]>> }[] = [
  { file: 'previous_token', heads: { previous_token: ['previous_token'] } },
  { file: 'three_back', heads: { three_back: ['three_back'] } },
  { file: 'induction', heads: { previous: ['previous_token'], induction: ['induction'] } },
  // a place strictly before is found from the position behind it, so that its head attends as induction does
  { file: 'duplicate_token', heads: { previous: ['previous_token'], duplicate_token: ['induction'] } },
];
const COMPILED = ['previous_token', 'induction', 'duplicate_token'];

export const KINDS = ['seeded', 'noisy', 'compiled', 'nothing'] as const;
export type Kind = (typeof KINDS)[number];

export interface Case {
  readonly kind: Kind;
  readonly family: string;
  readonly number: number;
}

export interface Outcome extends Case {
  /** Heads that compute something known, and of them those that were found with its name, and that are said to be it. */
  readonly planted: number;
  readonly found: number;
  readonly said: number;
  /** Other heads, and those of them that are said to be something, or to resemble it. */
  readonly others: number;
  readonly wrong: number;
  readonly resembling: number;
}

export function casesOf(count: number): Case[] {
  return Array.from({ length: count }, (_, number) => ({
    kind: KINDS[number % KINDS.length] as Kind,
    family: FAMILIES[Math.floor(number / KINDS.length) % FAMILIES.length] as string,
    number,
  }));
}

/** Noise of so much of each tensor's deviation on every entry. */
const NOISE = 0.25;

export async function tryCase({ kind, family, number }: Case): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-calibration-'));
  try {
    const out = join(folder, 'model');
    const turn = Math.floor(number / (KINDS.length * FAMILIES.length));
    const { file, heads } = SEEDS[(turn + number) % SEEDS.length] as (typeof SEEDS)[number];
    if (kind === 'compiled') {
      const program = COMPILED[turn % COMPILED.length] as string;
      await succeed(['compile', `programs/${program}.rasp`, '--target', family, '-o', out]);
    } else {
      writeFileSync(join(folder, 'config.json'), JSON.stringify(CONFIGS[family]));
      const seed = ['seed', `programs/seeds/${file}.rasp`, '--like', join(folder, 'config.json'), '--bos', '95', '--seed', String(number)];
      await succeed([...seed, ...(kind === 'nothing' ? ['--unseeded'] : []), '-o', out]);
      if (kind === 'noisy') addNoise(join(out, 'model.safetensors'), number);
    }
    const map = JSON.parse(readFileSync(join(out, 'raspc.json'), 'utf8')) as {
      heads: { name?: string; layer: number; head: number }[];
    };
    const planted = new Map<string, readonly string[]>();
    if (kind === 'seeded' || kind === 'noisy')
      for (const { name = '', layer, head } of map.heads) planted.set(`${layer}.${head}`, heads[name] ?? [name]);
    const { stdout } = await cli([
      'match',
      out,
      '--format',
      'json',
      '--quiet',
      '--windows',
      '6',
      '--positions',
      kind === 'compiled' ? '17' : '48',
    ]);
    const report = JSON.parse(stdout) as { heads: { layer: number; head: number; verdict: string; function: string | null }[] };
    const right = (layer: number, head: number, name: string | null) => planted.get(`${layer}.${head}`)?.includes(name ?? '') === true;
    // a compiled model's heads all do something: of them only is asked whether what they are called for is among them
    const isCompiled = kind === 'compiled';
    const wanted = isCompiled ? /previous_token|duplicate|induction/ : null;
    const named = report.heads.filter(({ layer, head, function: name }) =>
      wanted === null ? right(layer, head, name) : wanted.test(name ?? ''),
    );
    const rest = isCompiled ? [] : report.heads.filter(({ layer, head }) => !planted.has(`${layer}.${head}`));
    return {
      ...{ kind, family, number },
      planted: isCompiled ? 1 : planted.size,
      found: isCompiled ? Math.min(1, named.length) : named.length,
      said: isCompiled
        ? Math.min(1, named.filter(({ verdict }) => verdict === 'is').length)
        : named.filter(({ verdict }) => verdict === 'is').length,
      others: rest.length,
      wrong: rest.filter(({ verdict }) => verdict === 'is').length,
      resembling: rest.filter(({ verdict }) => verdict === 'resembles').length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function succeed(argv: readonly string[]): Promise<void> {
  const { code, stderr } = await cli(argv);
  if (code !== 0) throw new Error(`raspc ${argv.join(' ')}: ${stderr}`);
}

function addNoise(path: string, seed: number): void {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<string, { data_offsets?: [number, number]; dtype?: string }>;
  const random = new Random(seed, 7);
  for (const { data_offsets: offsets, dtype } of Object.values(header)) {
    if (offsets === undefined || dtype !== 'F32') continue;
    const [from, to] = offsets;
    let squares = 0;
    for (let at = from; at < to; at += 4) squares += bytes.readFloatLE(start + at) ** 2;
    const size = NOISE * Math.sqrt((squares * 4) / (to - from));
    for (let at = from; at < to; at += 4) {
      // of deviation 1: the sum of three even numbers between -1 and 1
      const noise = [0, 0, 0].reduce((sum) => sum + random.bits() / 2 ** 31 - 1, 0);
      bytes.writeFloatLE(bytes.readFloatLE(start + at) + size * noise, start + at);
    }
  }
  writeFileSync(path, bytes);
}

export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = KINDS.flatMap((kind) =>
    FAMILIES.flatMap((family) => {
      const own = outcomes.filter((each) => each.kind === kind && each.family === family);
      if (own.length === 0) return [];
      const sum = (key: 'planted' | 'found' | 'said' | 'others' | 'wrong' | 'resembling'): number =>
        own.reduce((n, each) => n + each[key], 0);
      return [
        `| ${[kind, family, own.length, sum('planted'), sum('found'), sum('said'), sum('others'), sum('wrong'), sum('resembling')].join(' | ')} |`,
      ];
    }),
  );
  return [
    '| kind | family | models | heads planted | found | said to be it | other heads | said to be something | resembling |',
    `|${'---|'.repeat(9)}`,
    ...rows,
  ].join('\n');
}
