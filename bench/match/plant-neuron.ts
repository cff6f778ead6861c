/**
 * Models in which one neuron is known to tell a class of tokens from all others: drawn models, and in one place of their weights what a linear
 * fit finds to tell the class from what stands before that layer.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { openFolder } from '../../src/cli/files/model-folder.ts';
import { blockOf, embedBlock } from '../../src/match/effect/block.ts';
import { LayerRunner } from '../../src/match/effect/run-layer.ts';
import { readLayerRoles } from '../../src/match/read-roles.ts';
import { buildLayer } from '../../src/runtime/layer.ts';
import { attentionOf } from '../../src/targets/model-config.ts';
import { Random } from '../../src/verify/random.ts';

/** Twenty tokens of each kind. */
const EACH = 20;
const letters = (i: number, first: string): string => {
  const code = first.charCodeAt(0);
  return String.fromCharCode(code + (i % 26), code + ((7 * i + 3) % 26), code + ((11 * i + Math.floor(i / 26)) % 26));
};
const around = (signs: readonly string[], make: (sign: string, i: number) => string) => (i: number) =>
  make(signs[i % signs.length] ?? '', Math.floor(i / signs.length));
const KINDS: readonly ((i: number) => string)[] = [
  (i) => String(i),
  (i) => `▁${letters(i, 'a')}`,
  (i) => letters(i, 'a'),
  (i) => `▁${letters(i, 'A').slice(0, 1)}${letters(i + 5, 'a')}`,
  (i) => `▁${letters(i, 'A')}`,
  around(['(', '[', '{'], (sign, i) => `${'▁'.repeat(i % 2)}${'='.repeat(i >> 1)}${sign}`),
  around([')', ']', '}'], (sign, i) => `${sign}${'='.repeat(i)}`),
  around(['+', '-', '*', '/'], (sign, i) => sign.repeat(i + 1)),
  around(['é', 'ö', 'ß'], (sign, i) => `${sign}${letters(i, 'a')}`),
];

/** What each token says, and the class that a planted neuron is of by the name of its program. */
export const VOCABULARY: readonly string[] = [...new Set(KINDS.flatMap((make) => Array.from({ length: EACH }, (_, i) => make(i))))];
export const CLASSES: Readonly<Record<string, RegExp>> = {
  number: /^ ?\p{Nd}+$/u,
  capitals: /^ ?\p{Lu}{2,}$/u,
  open_bracket: /[([{]$/u,
  close_bracket: /^ ?[)\]}]/u,
  not_ascii: /[^\p{ASCII}]/u,
};

/** A stock tokenizer.json with that vocabulary, by text alone. */
export function vocabularyFile(): string {
  const vocab = Object.fromEntries(VOCABULARY.map((text, id) => [text, id]));
  return JSON.stringify({ model: { type: 'BPE', vocab, merges: [] }, added_tokens: [], decoder: { type: 'Metaspace' } });
}

interface Names {
  readonly into: readonly string[];
  readonly bias: string | null;
  readonly from: string;
  /** Whether a matrix has a row an input. */
  readonly isTurned: boolean;
}

const NAMES: Readonly<Record<string, (layer: number) => Names>> = {
  gpt2: (layer) => ({
    into: [`transformer.h.${layer}.mlp.c_fc.weight`],
    bias: `transformer.h.${layer}.mlp.c_fc.bias`,
    from: `transformer.h.${layer}.mlp.c_proj.weight`,
    isTurned: true,
  }),
  'gpt-neox': (layer) => ({
    into: [`gpt_neox.layers.${layer}.mlp.dense_h_to_4h.weight`],
    bias: `gpt_neox.layers.${layer}.mlp.dense_h_to_4h.bias`,
    from: `gpt_neox.layers.${layer}.mlp.dense_4h_to_h.weight`,
    isTurned: false,
  }),
};
const gated = (layer: number): Names => ({
  into: [`model.layers.${layer}.mlp.gate_proj.weight`, `model.layers.${layer}.mlp.up_proj.weight`],
  bias: null,
  from: `model.layers.${layer}.mlp.down_proj.weight`,
  isTurned: false,
});

export interface Plant {
  readonly family: string;
  readonly layer: number;
  readonly neuron: number;
  readonly name: string;
  readonly seed: number;
}

/** The rows of the class's tokens in the embedding have one direction in common, this loud beside what they were drawn as. */
const COMMON = 0.6;
/** The deviation of what is drawn, as the configs have it. */
const DRAWN = 0.02;
/** How loud the neuron is on its class, in what it reads, and how far it moves the stream then beside what the embedding is. */
const LOUD = 6;
const MOVES = 1;

export function plantNeuron(folder: string, { family, layer, neuron, name, seed }: Plant): void {
  shareDirection(folder, family, CLASSES[name] ?? /$/u, seed);
  const { rows, width, loudness, hidden } = fitted(folder, layer, CLASSES[name] ?? /$/u, seed);
  const { into, bias, from, isTurned } = (NAMES[family] ?? gated)(layer);
  const random = new Random(seed, 3);
  const weights = new Weights(join(folder, 'model.safetensors'));
  for (const tensor of into)
    for (let w = 0; w < width; w++) weights.set(tensor, isTurned ? w * hidden + neuron : neuron * width + w, LOUD * (rows[w] ?? 0));
  if (bias !== null) weights.set(bias, neuron, 0);
  // gated neurons are as loud as both products
  const size = (MOVES * loudness) / (into.length === 2 ? LOUD ** 2 : LOUD);
  for (let w = 0; w < width; w++)
    weights.set(from, isTurned ? neuron * width + w : w * hidden + neuron, random.below(2) === 0 ? size : -size);
  weights.save();
}

function shareDirection(folder: string, family: string, isOf: RegExp, seed: number): void {
  const weights = new Weights(join(folder, 'model.safetensors'));
  const table = { gpt2: 'transformer.wte.weight', 'gpt-neox': 'gpt_neox.embed_in.weight' }[family] ?? 'model.embed_tokens.weight';
  const random = new Random(seed, 5);
  const signs = Array.from({ length: weights.columns(table) }, () => (random.below(2) === 0 ? 1 : -1));
  VOCABULARY.forEach((text, id) => {
    if (!isOf.test(text.replaceAll('▁', ' '))) return;
    signs.forEach((sign, w) => {
      const at = id * signs.length + w;
      weights.set(table, at, weights.get(table, at) + COMMON * DRAWN * sign);
    });
  });
  weights.save();
}

/** Least squares by steps over one token after the other (Kaczmarz), 1 for the class and -1 for the others. */
function fitted(path: string, layer: number, isOf: RegExp, seed: number) {
  const folder = openFolder(path, '.');
  try {
    const checkpoint = openCheckpoint(folder);
    const { config } = checkpoint;
    const { width, hidden } = config.sizes;
    const random = new Random(seed, 4);
    const ids = VOCABULARY.map((_, id) => id);
    const windows = Array.from({ length: 8 }, () => ({
      kind: 'classes' as const,
      ids: Int32Array.of(VOCABULARY.length, ...random.shuffle([...ids]).slice(0, 47)),
      targets: [],
    }));
    const block = blockOf(windows);
    const { stream } = embedBlock(checkpoint, block, new Int32Array(0));
    const loudness = Math.sqrt(stream.reduce((sum, x) => sum + x * x, 0) / stream.length);
    const runner = new LayerRunner(config, block);
    let inputs = new Float32Array(0);
    for (let at = 0; at <= layer; at++)
      runner.run(buildLayer(config, 'f32', readLayerRoles(checkpoint, at), attentionOf(config, at)), stream, {
        seeHidden: ({ input }) => {
          inputs = input.slice();
        },
      });
    const rows = new Float32Array(width);
    for (let step = 0; step < 40 * windows.length * 47; step++) {
      const [w, position] = [random.below(windows.length), 1 + random.below(47)];
      const at = (block.starts[w] ?? 0) + position;
      const text = (VOCABULARY[windows[w]?.ids[position] ?? 0] ?? '').replaceAll('▁', ' ');
      const read = (d: number): number => inputs[d * block.tokens + at] ?? 0;
      let [said, squares] = [0, 1];
      for (let d = 0; d < width; d++) {
        said += (rows[d] ?? 0) * read(d);
        squares += read(d) ** 2;
      }
      const step1 = (0.5 * ((isOf.test(text) ? 1 : -1) - said)) / squares;
      for (let d = 0; d < width; d++) rows[d] = (rows[d] ?? 0) + step1 * read(d);
    }
    return { rows, width, hidden, loudness };
  } finally {
    folder.close();
  }
}

/** Numbers of a safetensors file of float32, changed in place. */
class Weights {
  readonly #path: string;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #header: Readonly<Record<string, { readonly data_offsets: readonly [number, number]; readonly shape: readonly number[] }>>;

  constructor(path: string) {
    this.#path = path;
    this.#bytes = readFileSync(path);
    this.#start = 8 + Number(this.#bytes.readBigUInt64LE(0));
    this.#header = JSON.parse(this.#bytes.subarray(8, this.#start).toString());
  }

  #entry(tensor: string) {
    const entry = this.#header[tensor];
    if (entry === undefined) throw new Error(`there is no ${tensor}`);
    return entry;
  }

  columns(tensor: string): number {
    return this.#entry(tensor).shape[1] ?? 0;
  }

  get(tensor: string, index: number): number {
    return this.#bytes.readFloatLE(this.#start + this.#entry(tensor).data_offsets[0] + 4 * index);
  }

  set(tensor: string, index: number, value: number): void {
    this.#bytes.writeFloatLE(value, this.#start + this.#entry(tensor).data_offsets[0] + 4 * index);
  }

  save(): void {
    writeFileSync(this.#path, this.#bytes);
  }
}
