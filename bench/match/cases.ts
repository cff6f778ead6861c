/**
 * Models in which it is known what the heads compute, and what `raspc match` says of one: circuits that were seeded, as they are, with noise
 * on every weight and after training, compiled and disguised ones, and models of the same forms without any.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/verify/random.ts';
import { raspc } from './raspc.ts';

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
export const CONFIGS: Readonly<Record<string, object>> = {
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
/** What the one circuit of a compiled program may be found as. */
const NAMED = /previous_token|duplicate|induction/;

/** Ways to plant a circuit, and ways to have none; those that end in `trained` need a Python with torch. */
export const KINDS = ['compiled', 'disguised', 'seeded', 'noisy', 'trained', 'unseeded', 'unseeded, trained'] as const;
export type Kind = (typeof KINDS)[number];

export interface Case {
  readonly kind: Kind;
  readonly family: string;
  /** Among those of its kind and family. */
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

/** So many of each kind, the families in turn. */
export function casesOf(each: number, kinds: readonly Kind[] = KINDS): Case[] {
  return Array.from({ length: each }, (_, at) =>
    kinds.map((kind) => ({ kind, family: FAMILIES[at % FAMILIES.length] ?? '', number: Math.floor(at / FAMILIES.length) })),
  ).flat();
}

/** Noise of so much of each tensor's deviation on every entry. */
const NOISE = 0.25;

/** Trains the model in a folder, in place, its circuits held where it has any. */
export type Trainer = (folder: string, seed: number, held: boolean) => Promise<void>;

export async function tryCase({ kind, family, number }: Case, train: Trainer | null): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-calibration-'));
  try {
    const out = join(folder, 'model');
    const isCompiled = kind === 'compiled' || kind === 'disguised';
    const planted = isCompiled ? new Map<string, readonly string[]>() : await draw(kind, { folder, out, family, number });
    if (isCompiled) {
      await raspc(['compile', `programs/${COMPILED[number % COMPILED.length]}.rasp`, '--target', family, '-o', out]);
    }
    if (kind === 'disguised') {
      const key = ['--key', join(folder, 'key'), '--seed', `${family} ${number}`];
      await raspc(['disguise', out, ...key, '-o', join(folder, 'disguised')]);
    }
    if (kind === 'noisy') addNoise(join(out, 'model.safetensors'), number);
    if (kind.endsWith('trained')) {
      if (train === null) throw new Error('trained models need a Python with torch');
      await train(out, number, kind === 'trained');
    }
    const sizes = ['--windows', '6', '--positions', isCompiled ? '17' : '48'];
    const said = await raspc(['match', kind === 'disguised' ? join(folder, 'disguised') : out, '--format', 'json', '--quiet', ...sizes]);
    const { heads } = JSON.parse(said) as {
      heads: { layer: number; head: number; verdict: string; function: string | null }[];
    };
    const of = (some: typeof heads, verdict: string): number => some.filter((head) => head.verdict === verdict).length;
    if (isCompiled) {
      // all heads of a compiled model do something: of them only is asked whether what it was compiled for is among them
      const named = heads.filter(({ function: name }) => NAMED.test(name ?? ''));
      const counts = { found: Math.min(1, named.length), said: Math.min(1, of(named, 'is')) };
      return { kind, family, number, planted: 1, ...counts, others: 0, wrong: 0, resembling: 0 };
    }
    const named = heads.filter(({ layer, head, function: name }) => planted.get(`${layer}.${head}`)?.includes(name ?? '') === true);
    const rest = heads.filter(({ layer, head }) => !planted.has(`${layer}.${head}`));
    return {
      ...{ kind, family, number },
      ...{ planted: planted.size, found: named.length, said: of(named, 'is') },
      ...{ others: rest.length, wrong: of(rest, 'is'), resembling: of(rest, 'resembles') },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Drawn {
  readonly folder: string;
  readonly out: string;
  readonly family: string;
  readonly number: number;
}

/** A model of its family with a circuit seeded into it or none, and what the heads of the circuit may be found as, by their place. */
async function draw(kind: Kind, { folder, out, family, number }: Drawn): Promise<Map<string, readonly string[]>> {
  const { file, heads } = SEEDS[number % SEEDS.length] as (typeof SEEDS)[number];
  const like = join(folder, 'config.json');
  writeFileSync(like, JSON.stringify(CONFIGS[family]));
  const none = kind === 'unseeded' || kind === 'unseeded, trained';
  const seed = String(KINDS.indexOf(kind) + KINDS.length * number);
  const argv = ['seed', `programs/seeds/${file}.rasp`, '--like', like, '--bos', '95', '--seed', seed];
  await raspc([...argv, ...(none ? ['--unseeded'] : []), '-o', out]);
  if (none) return new Map();
  const map = JSON.parse(readFileSync(join(out, 'raspc.json'), 'utf8')) as { heads: { name?: string; layer: number; head: number }[] };
  return new Map(map.heads.map(({ name = '', layer, head }) => [`${layer}.${head}`, heads[name] ?? [name]]));
}

export function addNoise(path: string, seed: number): void {
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
