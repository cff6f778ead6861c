/** Ways to make a seeded folder break its word: weights, mask, and what its map says of them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeedMap } from '../../src/checkpoint/map/seed/seed-map.ts';
import { readSeedMap } from '../../src/checkpoint/map/seed/seed-map-schema.ts';
import { sha256HexOfText } from '../../src/source/sha256.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { type Attack, type Draw, editJson, editWeights, pick } from './attacks.ts';

export interface SeededAttack extends Attack {
  /** Whether the folder breaks its word whatever its weights compute. */
  readonly isAlwaysWrong: boolean;
}

export function seedMapOf(folder: string): SeedMap {
  return readSeedMap(diskFolder(folder)) as SeedMap;
}

/** The columns of the stream that circuits hold. */
function reservedOf(folder: string): ReadonlySet<number> {
  return new Set(seedMapOf(folder).circuits.flatMap(({ dims }) => dims));
}

const QUERIES = /(q_proj|c_attn)\.weight$/;
const INTO_STREAM = /(o_proj|attn\.c_proj)\.weight$/;

/** Negates what a head asks, or what it moves, in either layout. */
function negateHead(folder: string, draw: Draw): string {
  const map = seedMapOf(folder);
  const { layer, head, name } = pick(draw, map.heads);
  const part = pick(draw, [QUERIES, INTO_STREAM]);
  return editWeights(folder, (tensors) => {
    const tensor = tensors.find((each) => part.test(each.name) && each.name.includes(`.${layer}.`)) as (typeof tensors)[number];
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, number>;
    const width = config.n_embd ?? config.hidden_size ?? 0;
    const dim = width / (config.n_head ?? config.num_attention_heads ?? 1);
    // GPT-2 stores input by output, Llama output by input
    const isByRow = (tensor.name.includes('c_attn') || tensor.name.includes('c_proj')) === (part === INTO_STREAM);
    for (let i = 0; i < tensor.rows * tensor.columns; i++) {
      const at = isByRow ? Math.floor(i / tensor.columns) : i % tensor.columns;
      if (at >= head * dim && at < (head + 1) * dim) tensor.set(i, -tensor.get(i));
    }
    return `${name} (${layer}.${head}) has ${tensor.name} negated`;
  });
}

function editMask(folder: string, change: (bytes: Buffer, start: number) => string): string {
  const path = join(folder, 'freeze.safetensors');
  const bytes = readFileSync(path);
  const what = change(bytes, 8 + Number(bytes.readBigUInt64LE(0)));
  writeFileSync(path, bytes);
  return what;
}

type MapJson = {
  programs: { source: string; sha256: string }[];
  circuits: { name: string; promise: { windows: { shares: { kind: string; accuracy: number }[] } } }[];
};

export const SEEDED_ATTACKS: readonly SeededAttack[] = [
  {
    kind: 'what is not programmed is louder',
    isAlwaysWrong: false,
    apply: (folder, draw) => {
      const reserved = reservedOf(folder);
      const factor = pick(draw, [2, 3, 5, 10, 30]);
      return editWeights(folder, (tensors) => {
        for (const tensor of tensors.filter(({ name }) => /(wte|embed_tokens|down_proj|mlp\.c_proj)\.weight$/.test(name)))
          for (let i = 0; i < tensor.rows * tensor.columns; i++)
            if (!reserved.has(i % tensor.columns)) tensor.set(i, factor * tensor.get(i));
        return `others × ${factor}`;
      });
    },
  },
  { kind: 'a head of a circuit is negated', isAlwaysWrong: false, apply: negateHead },
  {
    kind: 'the mask is zeroed or another',
    isAlwaysWrong: true,
    apply: (folder, draw) =>
      editMask(folder, (bytes, start) => {
        if (draw(2) === 0) {
          bytes.fill(0, start);
          return 'all zeros';
        }
        const at = start + draw(bytes.length - start);
        bytes[at] = bytes[at] === 0 ? 1 : 0;
        return `entry ${at - start} is ${bytes[at]}`;
      }),
  },
  {
    kind: 'the promise is raised',
    isAlwaysWrong: true,
    apply: (folder, draw) =>
      editJson(folder, 'raspc.json', (object) => {
        const share = pick(draw, (object as unknown as MapJson).circuits[0]?.promise.windows.shares ?? []);
        share.accuracy += pick(draw, [0.03, 0.1, 1]);
        return `${share.kind} is ${share.accuracy}`;
      }),
  },
  {
    kind: 'the program of a seed is another',
    isAlwaysWrong: true,
    apply: (folder, draw) =>
      editJson(folder, 'raspc.json', (object) => {
        const program = pick(draw, (object as unknown as MapJson).programs);
        const changes = [
          ['indices - 1', 'indices - 2'],
          ['tokens, ==)', 'tokens, !=)'],
          ['full_s', 'select(indices, indices - 1, ==)'],
          ['@export ', 'y = tokens;\n@export y;\n#'],
        ] as const;
        const [from, to] = pick(
          draw,
          changes.filter(([part]) => program.source.includes(part)),
        );
        const source = program.source.replace(from, to);
        const isStale = draw(2) === 0;
        if (!isStale) program.sha256 = sha256HexOfText(source);
        program.source = source;
        return `${from} is ${to}, its hash ${isStale ? 'stale' : 'renewed'}`;
      }),
  },
];

/** A program over any token, of what seeds know and what they do not: it is refused, or does what it says. */
export function randomSeedProgram(draw: Draw): string {
  const selector = (depth: number): string => {
    if (depth === 0 || draw(3) === 0)
      return pick(draw, [
        'select(indices, indices - 1, ==)',
        'select(indices, indices - 2, ==)',
        'select(indices, 0, ==)',
        'select(p, tokens, ==)',
        'select(indices, indices, <)',
        'full_s',
      ]);
    const one = () => selector(depth - 1);
    return pick(draw, [
      () => `rightmost(${one()})`,
      () => `leftmost(${one()})`,
      () => `(${one()} and ${one()})`,
      () => `(${one()} or ${one()})`,
    ])();
  };
  const value = pick(draw, ['tokens', 'tokens', 'p']);
  return `@vocab any; @causal;\np = aggregate(select(indices, indices - 1, ==), tokens);\nx = aggregate(${selector(2)}, ${value});\n@export x;\n`;
}
