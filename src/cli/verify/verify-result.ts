/** What a verification found, and the words for it that every report shares. */
import type { CheckResult } from '../../checker/check-checkpoint.ts';
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { ValueType } from '../../graph/value.ts';
import { withCommas } from '../../source/with-commas.ts';
import type { CircuitResult } from '../../verify/circuits/check-circuits.ts';
import type { Trace } from '../../verify/circuits/trace.ts';
import type { Counterexample, Verification } from '../../verify/verify-checkpoint.ts';
import { traceLines } from '../report/trace-report.ts';
import { showInput, showSequence } from '../terminal/text/show-values.ts';
import type { Scope } from './scope.ts';
import type { Plan } from './verify-plan.ts';

export interface Report {
  /** The folder as the user wrote it. */
  readonly path: string;
  readonly map: CircuitMap;
  readonly result: Verification;
  /** Of the counterexample. */
  readonly trace: Trace | null;
  readonly plan: Plan;
  readonly seconds: number;
  /** What ran the model. */
  readonly engine: string;
  /** Files that are not those that the circuit map, and so its certificate, speaks of. */
  readonly changed: readonly string[];
  /** For which inputs the map speaks, and what of the program's own directives that leaves out. */
  readonly scope: Scope;
  /** Whether it is compared with the program of its own map. */
  readonly isOwnProgram: boolean;
  /** Whether a number is further off than the map's certificate claims. */
  readonly isBoundMissed: boolean;
  /** Each circuit by itself, where the weights are not those that the map was written for. */
  readonly circuits: readonly CircuitResult[] | null;
  /** What can be concluded from the bytes alone. */
  readonly proof: CheckResult;
  /** What is not as it was locked; null where that was not asked. */
  readonly lockFaults: readonly Diagnostic[] | null;
  /** The first thing that is wrong with its outputs or its circuits, if something is. */
  readonly fault: Diagnostic | null;
  /** That a proof was asked for, and is not there. */
  readonly proofFault: Diagnostic | null;
}

/** Which inputs were tried. */
export function words({ plan, result, seconds }: Report): string {
  const left = result.excluded === 0 ? '' : `; ${withCommas(result.excluded)} others are left out by what the program assumes`;
  if (result.complete || plan.endless) return `${plan.words}${exampleWords(plan)}${left}`;
  return `${plan.words}: stopped after ${seconds.toFixed(0)} s, ${((100 * (result.checked + result.excluded)) / plan.inputs.count).toPrecision(2)}% of them`;
}

/** The smallest input that is wrong, and where in the model it goes wrong; nothing where nothing does. */
export function failureLines({ map, result: { counterexample }, trace }: Report): string[] {
  if (counterexample === null) return [];
  const type = map.outputs.find(({ name }) => name === counterexample.output)?.type as ValueType;
  return ['', ...mismatch(counterexample, type), ...(trace === null ? [] : ['', ...traceLines(trace)])];
}

function mismatch({ input, output, position, expected, actual }: Counterexample, type: ValueType): string[] {
  return [
    `${output}(${showInput(input)}), at position ${position}:`,
    `  program     ${showSequence(expected, type)}`,
    `  checkpoint  ${showSequence(actual, type)}`,
  ];
}

/** How many of the program's examples are among them; nothing where a run does a part of the work, or there are none. */
function exampleWords({ examples: { all, tried }, isPart }: Plan): string {
  if (isPart || all === 0) return '';
  if (tried === all) return `, ${all === 1 ? 'the example' : `all ${all} examples`} among them`;
  return `, ${tried === 0 ? 'none' : tried} of ${all} example${all === 1 ? '' : 's'} among them`;
}

/** Everything that makes a verification fail. */
export function faultsOf({ lockFaults, fault, proofFault }: Report): Diagnostic[] {
  return [...(lockFaults ?? []), ...(fault === null ? [] : [fault]), ...(proofFault === null ? [] : [proofFault])];
}
