/** Which inputs a verification tries: all there are, or examples, those made to break things and random ones; or a part of them. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import { vocabularyValue } from '../../graph/vocabulary-value.ts';
import { withCommas } from '../../source/with-commas.ts';
import { repairedInputs } from '../../verify/assumed-inputs.ts';
import {
  adversarialInputs,
  allInputs,
  concatenate,
  countInputs,
  type InputSource,
  listedInputs,
  randomInputs,
  shard,
} from '../../verify/inputs.ts';

/** Up to so many inputs, all of them are tried. */
export const FEW_INPUTS = 50_000;
/** More than this nobody can wait for. */
const MOST_INPUTS = 1e9;
export const DEFAULT_SAMPLES = 10_000;

export interface PlanOptions {
  readonly exhaustive?: true;
  readonly samples?: number;
  readonly seed: number;
  readonly shard?: Shard;
  /** Seconds. */
  readonly budget?: number;
}

export interface Shard {
  readonly index: number;
  readonly of: number;
}

export interface Plan {
  readonly inputs: InputSource;
  readonly exhaustive: boolean;
  /** Whether others do other parts of the work. */
  readonly isPart: boolean;
  /** Whether the time alone says when to stop. */
  readonly endless: boolean;
  /** What is tried, in words. */
  readonly words: string;
  /** The program's own examples: how many there are, and how many of them are among the inputs. */
  readonly examples: { readonly all: number; readonly tried: number };
}

/** Refuses options that contradict each other (R8005). */
export function checkPlanOptions({ exhaustive, samples }: PlanOptions): void {
  if (!exhaustive || samples === undefined) return;
  fail('R8005', { first: '--exhaustive', second: '--samples', why: 'all inputs are tried, or a sample of them' });
}

/** Diagnostics: R8010 for more inputs than can be tried. */
export function planInputs(map: CircuitMap, program: Program, options: PlanOptions): Plan {
  const vocabulary = map.vocabulary.length;
  const all = countInputs(vocabulary, map.context);
  const exhaustive = options.exhaustive ?? (options.samples === undefined && all <= FEW_INPUTS);
  const { index, of } = options.shard ?? { index: 1, of: 1 };
  const part = of === 1 ? '' : `, part ${index} of ${of}`;
  const given = exampleInputs(map, program);
  const examples = { all: program.examples.length, tried: given.length };
  if (exhaustive) {
    if (all > MOST_INPUTS) fail('R8010', { count: all, limit: MOST_INPUTS });
    return {
      inputs: shard(allInputs(vocabulary, map.context), index, of),
      exhaustive,
      endless: false,
      words: `every input there is${part}`,
      examples,
      isPart: of > 1,
    };
  }
  const endless = options.samples === undefined && options.budget !== undefined;
  const samples = options.samples ?? (endless ? MOST_INPUTS : DEFAULT_SAMPLES);
  const made = concatenate(adversarialInputs(vocabulary, map.context), randomInputs(vocabulary, map.context, samples, options.seed));
  const values = map.vocabulary.map(({ value }) => value);
  const inputs = concatenate(listedInputs(given), repairedInputs(made, program, values));
  const count = endless ? '' : `${withCommas(samples)} `;
  const words = `${count}random inputs of every length (seed ${options.seed}), and those at the edges${part}`;
  return { inputs: shard(inputs, index, of), exhaustive, endless, words, examples, isPart: of > 1 };
}

/** The inputs of the program's own examples, where the checkpoint can take them. */
function exampleInputs(map: CircuitMap, program: Program): Uint32Array[] {
  const vocabulary = map.vocabulary.map(({ value }) => value);
  const indexOf = new Map<Value | undefined, number>(vocabulary.map((value, index) => [value, index]));
  return program.examples
    .map(({ input }) => input.map((token) => indexOf.get(vocabularyValue(vocabulary, token))))
    .filter((input): input is number[] => input.length <= map.context && input.every((index) => index !== undefined))
    .map((input) => Uint32Array.from(input));
}
