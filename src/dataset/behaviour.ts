/** What programs of one vocabulary and context do on the same inputs: two with the same behaviour are one program here. */
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { Evaluation } from '../graph/evaluate/evaluate.ts';
import type { Program } from '../graph/program.ts';
import { type Value, valueKey } from '../graph/value.ts';
import { sha256HexOfText } from '../source/sha256.ts';
import { Random } from '../verify/random.ts';
import type { ProgramSetting } from './random-program.ts';

/** So many inputs are drawn where there are more than that; in a causal program each has all its beginnings in it. */
const PROBES = 192;
/** Not that of any program. */
const STREAM = 0x70726f62;

/** The inputs by which behaviours are told apart, the same whatever the seed. */
export function probesOf({ vocabulary, context, causal }: Omit<ProgramSetting, 'seed'>): readonly (readonly Value[])[] {
  const letters = [...vocabulary];
  const lengths = causal ? [context] : Array.from({ length: context }, (_, i) => i + 1);
  const all = lengths.reduce((sum, length) => sum + letters.length ** length, 0);
  if (all <= PROBES) return lengths.flatMap((length) => everyInput(letters, length));
  const random = new Random(0, STREAM);
  return Array.from({ length: PROBES }, (_, i) => {
    const length = lengths[i % lengths.length] as number;
    // few letters, so that tokens repeat
    const some = 1 + random.below(letters.length);
    const first = random.below(letters.length);
    return Array.from({ length }, () => letters[(first + random.below(some)) % letters.length] as string);
  });
}

function everyInput(letters: readonly string[], length: number): string[][] {
  if (length === 0) return [[]];
  return everyInput(letters, length - 1).flatMap((rest) => letters.map((letter) => [...rest, letter]));
}

export interface Behaviour {
  /** SHA-256 of all outputs on the probes. */
  readonly hash: string;
  readonly outputs: readonly (readonly Value[])[];
}

/** So many probes are enough to know most programs again. */
const FIRST = 48;

/** The behaviours that there are already: of most programs that bring nothing new, a quarter of the probes says so. */
export class Behaviours {
  readonly #probes: readonly (readonly Value[])[];
  readonly #known = new Set<string>();

  constructor(probes: readonly (readonly Value[])[]) {
    this.#probes = probes;
  }

  /** Null for a program that does on the first probes what one before it did, fails on any, or says the same on all. */
  add(program: Program): Behaviour | null {
    const first = outputsOf(program, this.#probes.slice(0, FIRST));
    if (first === null) return null;
    const key = sha256HexOfText(linesOf(first));
    if (this.#known.has(key)) return null;
    const rest = outputsOf(program, this.#probes.slice(FIRST));
    const behaviour = rest === null ? null : behaviourFrom([...first, ...rest]);
    if (behaviour !== null) this.#known.add(key);
    return behaviour;
  }
}

/** Null for a program that fails on an input. */
function outputsOf({ exports, causal }: Program, inputs: readonly (readonly Value[])[]): (readonly Value[])[] | null {
  const outputs: (readonly Value[])[] = [];
  try {
    for (const input of inputs) {
      const evaluation = new Evaluation(input, { causal: causal?.value === true });
      for (const { node } of exports) outputs.push(evaluation.sequence(node).values);
    }
  } catch (fault) {
    if (fault instanceof DiagnosticError) return null;
    throw fault;
  }
  return outputs;
}

function linesOf(outputs: readonly (readonly Value[])[]): string {
  return outputs.map((values) => values.map(valueKey).join(' ')).join('\n');
}

/** Null where the outputs are the same everywhere. */
function behaviourFrom(outputs: readonly (readonly Value[])[]): Behaviour | null {
  const first = outputs[0]?.[0];
  if (first === undefined || outputs.every((values) => values.every((value) => valueKey(value) === valueKey(first)))) return null;
  return { hash: sha256HexOfText(linesOf(outputs)), outputs };
}

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Behaviour decides, so that no program is in two splits, of this dataset or of another of the same inputs: 80, 10 and 10 of a hundred. */
export function splitOf({ hash }: Behaviour): Split {
  const part = Number.parseInt(hash.slice(0, 8), 16) % 100;
  return part < 80 ? 'train' : part < 90 ? 'validation' : 'test';
}
