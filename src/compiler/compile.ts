/** The pipeline on one screen: an elaborated program becomes the weights of a stock transformer, and the map of what is where. */

import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import { Effort, EffortSpent } from '../circuit/effort.ts';
import { printCircuit } from '../circuit/print.ts';
import type { Program } from '../graph/program.ts';
import { assemble } from '../passes/assemble/assemble.ts';
import type { Placement } from '../placement/placement.ts';
import { printPlacement } from '../placement/print.ts';

import { type Certificate, printCertificate } from '../predict/certificate.ts';
import { type ModelConfig, newModelConfig } from '../targets/model-config.ts';

import type { Dtype } from '../tensor/dtype.ts';
import type { Weights } from '../weights/weights.ts';
import { type Change, checkPrecision, type Trial } from './check-precision.ts';
import { describeModel, type ModelSize, measureModel } from './describe/describe-model.ts';
import type { CompileOptions, StageName } from './options.ts';
import { mostTurns, plan, planWithin } from './plan.ts';

export interface CompiledModel {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly dtype: Dtype;
  readonly compute: Dtype;
  /** An id that stands for no token. */
  readonly pad: number;
  readonly map: Omit<CircuitMap, 'raspc' | 'dtype' | 'compute' | 'target' | 'files'>;
  readonly placement: Placement;
  readonly certificate: Certificate;
  readonly size: ModelSize;
  /** The laws by which the program was simplified. */
  readonly laws: readonly string[];
}

/**
 * Compiles a program. Throws every diagnostic of the first stage that has any: facts that are missing (R4001, R5001, R4009), what
 * cannot be compiled exactly (R4…), what does not fit (R5…), what the arithmetic cannot tell apart (R6…).
 */
export function compile(program: Program, options: CompileOptions): CompiledModel {
  const { target } = options;
  const { traits } = target;
  const observe = (stage: StageName, print: () => string) => options.observe?.(stage, print);
  const effort = new Effort();
  const { simplified, laws, assumptions, facts, circuit, placement, ids, certificate, ...tried } = plan(program, options, effort);
  const { vocabulary, context } = assumptions;
  observe('circuit', () => printCircuit(circuit));
  observe('placement', () => printPlacement(placement));
  if (!options.unproven) {
    const precision = { stored: options.dtype, computed: options.compute };
    const { planned, isGivenUp } = tried;
    const left = mostTurns(options) - effort.spent;
    checkPrecision({ certificate, precision, context, planned, left, isGivenUp, effort: options.effort ?? 1 }, (change) =>
      planAgain(program, options, change, effort),
    );
  }
  options.onStage?.('writing weights');
  observe('certificate', () => printCertificate(certificate));

  const types = target.config.sizes.types.key === null ? 0 : TOKEN_TYPES;
  const weights = assemble({ placement, traits, tokens: vocabulary.length, types, context, ids, exact: options.sizes ?? null });
  const size = measureModel(weights, placement);
  observe('weights', () => `${JSON.stringify(size, null, 2)}\n`);

  const { rotary } = placement;
  const config = newModelConfig(target, weights.sizes, rotary === null ? {} : { rotaryBase: rotary.base, rotaryFraction: rotary.fraction });
  const described = describeModel({ program, simplified, assumptions, facts, placement, ids, certificate });
  const map = usesMore(options) ? { ...described, effort: options.effort } : described;
  return { config, weights, dtype: options.dtype, compute: options.compute, pad: ids.pad, map, placement, certificate, size, laws };
}

/** Whether it was more than the usual effort that was asked for, without which it may not be compiled again. */
function usesMore({ effort = 1 }: CompileOptions): boolean {
  return effort !== 1;
}

/** Kinds of tokens that stock encoders tell apart; a compiled model has but one. */
const TOKEN_TYPES = 2;

/** Whether the same program would be exact at another context length, or with other dtypes. */
function planAgain(program: Program, options: CompileOptions, change: Change, effort: Effort): Trial {
  const { observe: _, ...quiet } = options;
  options.onStage?.(`looking for what would hold: ${Object.entries(change).flat().join(' ')}`);
  const before = effort.spent;
  const spent = () => ({ holds: null, planned: effort.spent - before });
  try {
    const { certificate, planned, isSpent } = effort.within(mostTurns(options), () => planWithin(program, { ...quiet, ...change }, effort));
    return isSpent && !certificate.holds ? spent() : { holds: certificate.holds, planned };
  } catch (error) {
    if (error instanceof EffortSpent) return spent();
    throw error;
  }
}
