/** One neuron is planted, as it is or with noise on every weight, or none: how often `raspc match` finds that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addNoise, CONFIGS, FAMILIES, type Outcome } from './cases.ts';
import { CLASSES, plantNeuron, VOCABULARY, vocabularyFile } from './plant-neuron.ts';
import { raspc } from './raspc.ts';

export const NEURON_KINDS = ['neuron', 'neuron, noisy', 'neuron, none'] as const;

interface NeuronCase {
  readonly kind: (typeof NEURON_KINDS)[number];
  readonly family: string;
  readonly number: number;
}

export type NeuronOutcome = NeuronCase & Omit<Outcome, 'kind'>;

/** So many of each kind, the families in turn. */
export function neuronCases(each: number): NeuronCase[] {
  return Array.from({ length: each }, (_, at) =>
    NEURON_KINDS.map((kind) => ({ kind, family: FAMILIES[at % FAMILIES.length] ?? '', number: Math.floor(at / FAMILIES.length) })),
  ).flat();
}

/** Sizes of the models: three layers. */
const LAYERS = 3;
const STEP = 37;

export async function tryNeuronCase({ kind, family, number }: NeuronCase): Promise<NeuronOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-neurons-'));
  try {
    const [like, out] = [join(folder, 'config.json'), join(folder, 'model')];
    const bos = VOCABULARY.length;
    writeFileSync(like, JSON.stringify({ ...CONFIGS[family], vocab_size: bos + 1, bos_token_id: bos, eos_token_id: bos }));
    const seed = NEURON_KINDS.indexOf(kind) + NEURON_KINDS.length * number;
    const argv = ['seed', 'programs/seeds/previous_token.rasp', '--like', like, '--bos', String(bos), '--seed', String(seed), '--unseeded'];
    await raspc([...argv, '-o', out]);
    const names = Object.keys(CLASSES);
    const [layer, neuron, name] = [number % LAYERS, (STEP * number + 5) % 384, names[number % names.length] ?? ''];
    if (kind !== 'neuron, none') plantNeuron(out, { family, layer, neuron, name, seed });
    if (kind === 'neuron, noisy') addNoise(join(out, 'model.safetensors'), seed);
    writeFileSync(join(out, 'tokenizer.json'), vocabularyFile());
    const said = await raspc(['match', out, '--format', 'json', '--quiet', '--windows', '4', '--positions', '48', '--effects', '0']);
    const { neurons } = JSON.parse(said) as { neurons: { layer: number; neuron: number; verdict: string; function: string }[] };
    const isPlanted = (each: (typeof neurons)[number]): boolean =>
      kind !== 'neuron, none' && each.layer === layer && each.neuron === neuron;
    const named = neurons.filter((each) => isPlanted(each) && each.function === name);
    const rest = neurons.filter((each) => !isPlanted(each));
    const of = (some: typeof neurons, verdict: string): number => some.filter((each) => each.verdict === verdict).length;
    const planted = kind === 'neuron, none' ? 0 : 1;
    return {
      ...{ kind, family, number, planted, found: named.length, said: of(named, 'is') },
      ...{ others: LAYERS * (family === 'gpt2' ? 768 : 384) - planted, wrong: of(rest, 'is'), resembling: of(rest, 'resembles') },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
