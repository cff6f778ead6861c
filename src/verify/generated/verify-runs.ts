/** Whole runs of a model on its own output, against the interpreter's. */
import type { MapValue } from '../../checkpoint/map/map-value.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { type GeneratedRun, type GenerationLimits, generate } from '../../graph/evaluate/generate.ts';
import type { Generation, Program } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { Model } from '../../runtime/model.ts';
import type { InputSource } from '../inputs.ts';
import { generateModel, type RunMap } from './generate-model.ts';

export interface RunsResult {
  readonly runs: number;
  /** Tokens that were appended, in all runs together. */
  readonly tokens: number;
  /** Runs that the program itself does not have: they leave what it assumes, or a step is no token. */
  readonly without: number;
  readonly failed: number;
  readonly first: { readonly input: readonly Value[]; readonly expected: GeneratedRun; readonly actual: GeneratedRun | null } | null;
}

export interface RunsRequest {
  readonly map: RunMap;
  readonly model: Model;
  readonly program: Program;
  readonly generation: Generation;
  readonly limits: GenerationLimits;
}

/** @param isOver asked after each run: once it says so, no more are tried */
export function verifyRuns(
  { map, model, program, generation, limits }: RunsRequest,
  inputs: InputSource,
  isOver: () => boolean,
): RunsResult {
  const vocabulary: readonly MapValue[] = map.vocabulary.map(({ value }) => value);
  const result = { runs: 0, tokens: 0, without: 0, failed: 0, first: null as RunsResult['first'] };
  for (let i = 0; i < inputs.count && !isOver(); i++) {
    const input = Array.from(inputs.at(i), (token) => vocabulary[token] as Value);
    const expected = runOf(program, generation, input, limits);
    if (expected === null) {
      result.without++;
      continue;
    }
    const actual = generateModel(map, model, input, limits);
    result.runs++;
    result.tokens += expected.output.length;
    if (actual !== null && isSame(actual, expected)) continue;
    result.failed++;
    result.first ??= { input, expected, actual };
  }
  return result;
}

function runOf(program: Program, generation: Generation, input: readonly Value[], limits: GenerationLimits): GeneratedRun | null {
  try {
    return generate(program, generation, input, limits);
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
}

function isSame(a: GeneratedRun, b: GeneratedRun): boolean {
  return a.end === b.end && a.output.length === b.output.length && a.output.every((value, i) => valuesEqual(value, b.output[i] as Value));
}
