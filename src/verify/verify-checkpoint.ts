/**
 * A checkpoint against its program, input by input: what the model says, decoded by the circuit map, must be what the program means. The two
 * sides come in as functions, and share nothing but the input.
 */
import type { MapOutput } from '../checkpoint/map/circuit-map.ts';
import type { MapValue } from '../checkpoint/map/map-value.ts';
import type { Value } from '../graph/value.ts';
import { compareOutput, decodeOutput, greatest, type Logits, least } from './decode.ts';
import type { InputSource } from './inputs.ts';
import { shrink } from './shrink.ts';

export interface Subject {
  readonly vocabulary: readonly Value[];
  /** The id of BOS, and of each vocabulary entry. */
  readonly bos: number;
  readonly ids: readonly number[];
  readonly outputs: readonly MapOutput[];
  /** What the model says to several inputs (BOS in front) at once. An engine may take its time. */
  readonly model: (batch: readonly Int32Array[]) => readonly Logits[] | Promise<readonly Logits[]>;
  /** What the program says: for each output a value for each token. */
  readonly program: (input: readonly Value[]) => readonly (readonly Value[])[];
  /** How far a number may be off; the contract's own bound holds besides. */
  readonly tolerance: number;
  /** Whether an input is one of the program's at all: others are not tried. */
  readonly admits: (input: readonly Value[]) => boolean;
}

/** A smallest input on which the two differ, as far as shrinking found one. */
export interface Counterexample {
  readonly input: readonly Value[];
  readonly output: string;
  /** The first position that is wrong. */
  readonly position: number;
  readonly expected: readonly Value[];
  readonly actual: readonly MapValue[];
}

export interface Verification {
  readonly checked: number;
  /** Inputs that the program's assumptions exclude. */
  readonly excluded: number;
  /** Whether every input was tried: not so where time ran out. */
  readonly complete: boolean;
  readonly failed: number;
  /** Tokens that went through the model, BOS not counted. */
  readonly tokens: number;
  /** The smallest margin at any position of any categorical output; null where there is none. */
  readonly worstMargin: number | null;
  /** The largest absolute error of any numeric output; null where there is none. */
  readonly maxError: number | null;
  readonly counterexample: Counterexample | null;
}

/** Tokens in one batch: large enough that starting one costs nothing, small enough to stay in the processor's cache. */
const BATCH_TOKENS = 4096;

/**
 * @param onProgress hears how many inputs are done after each batch
 * @param isOver asked after each batch: once it says so, no more are tried
 */
export async function verifyCheckpoint(
  subject: Subject,
  inputs: InputSource,
  onProgress: (done: number) => void,
  isOver: () => boolean = () => false,
): Promise<Verification> {
  let failed = 0;
  let excluded = 0;
  let tokens = 0;
  let worstMargin: number | null = null;
  let maxError: number | null = null;
  let firstWrong: Uint32Array | null = null;
  let next = 0;
  while (next < inputs.count) {
    const batch: Uint32Array[] = [];
    for (let size = 0; next < inputs.count && size < BATCH_TOKENS; next++) {
      const input = inputs.at(next);
      size += input.length + 1;
      if (subject.admits(valuesOf(subject, input))) batch.push(input);
      else excluded++;
    }
    const said = await subject.model(batch.map((input) => idsOf(subject, input)));
    batch.forEach((input, i) => {
      const result = compareInput(subject, input, said[i] as Logits);
      tokens += input.length;
      worstMargin = least(worstMargin, result.margin);
      maxError = greatest(maxError, result.error);
      if (result.wrong !== null) {
        failed++;
        if (firstWrong === null || input.length < firstWrong.length) firstWrong = input;
      }
    });
    onProgress(next);
    if (isOver()) break;
  }
  const counterexample = firstWrong === null ? null : await explain(subject, await shrink(firstWrong, (input) => isWrong(subject, input)));
  return { checked: next - excluded, excluded, complete: next >= inputs.count, failed, tokens, worstMargin, maxError, counterexample };
}

interface InputResult {
  /** Which output is wrong first, and where. */
  readonly wrong: { readonly output: number; readonly position: number } | null;
  readonly margin: number | null;
  readonly error: number | null;
}

function compareInput(subject: Subject, input: Uint32Array, logits: Logits): InputResult {
  const expected = subject.program(valuesOf(subject, input));
  let wrong: InputResult['wrong'] = null;
  let margin: number | null = null;
  let error: number | null = null;
  subject.outputs.forEach((output, index) => {
    for (let position = 0; position < input.length; position++) {
      const value = expected[index]?.[position] as Value;
      const compared = compareOutput(output, logits, position, value, subject.tolerance);
      margin = least(margin, compared.margin);
      error = greatest(error, compared.error);
      if (!compared.right) wrong ??= { output: index, position };
    }
  });
  return { wrong, margin, error };
}

async function isWrong(subject: Subject, input: Uint32Array): Promise<boolean> {
  if (!subject.admits(valuesOf(subject, input))) return false;
  const [logits] = await subject.model([idsOf(subject, input)]);
  return compareInput(subject, input, logits as Logits).wrong !== null;
}

async function explain(subject: Subject, input: Uint32Array): Promise<Counterexample> {
  const [logits] = await subject.model([idsOf(subject, input)]);
  const { wrong } = compareInput(subject, input, logits as Logits);
  if (wrong === null) throw new Error('a counterexample came right when it was run again');
  const values = valuesOf(subject, input);
  const output = subject.outputs[wrong.output] as MapOutput;
  return {
    input: values,
    output: output.name,
    position: wrong.position,
    expected: subject.program(values)[wrong.output] as readonly Value[],
    actual: decodeOutput(output, logits as Logits).values,
  };
}

function idsOf(subject: Subject, input: Uint32Array): Int32Array {
  const ids = new Int32Array(input.length + 1);
  ids[0] = subject.bos;
  for (let i = 0; i < input.length; i++) ids[i + 1] = subject.ids[input[i] as number] as number;
  return ids;
}

function valuesOf(subject: Subject, input: Uint32Array): Value[] {
  return Array.from(input, (token) => subject.vocabulary[token] as Value);
}
