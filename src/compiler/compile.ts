/** The pipeline on one screen: an elaborated program becomes the weights of a stock transformer, and the map of what is where. */

import type { Certificate } from '../certify/certificate.ts';
import { certify } from '../certify/certify.ts';
import { certifyRounded } from '../certify/certify-rounded.ts';
import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import type { Circuit } from '../circuit/circuit.ts';
import { assertCircuit } from '../circuit/invariants.ts';
import { printCircuit } from '../circuit/print.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { printGraph } from '../graph/print.ts';
import type { Export, Program } from '../graph/program.ts';
import { allocate } from '../passes/allocate/allocate.ts';
import { ownDimensions, type Residence, sharedDimensions } from '../passes/allocate/residence.ts';
import { assemble } from '../passes/assemble/assemble.ts';
import { assignIds, type OutputIds } from '../passes/assemble/assign-ids.ts';
import { checkCompilable } from '../passes/check/check-compilable.ts';
import type { Facts } from '../passes/facts/facts.ts';
import { INLINE_LIMIT, inferFacts, ROUNDED_INLINE_LIMIT } from '../passes/facts/infer-facts.ts';
import { printFacts } from '../passes/facts/print-facts.ts';
import type { LoweringOptions } from '../passes/lower/lower-selectors.ts';
import { lowerToCircuit } from '../passes/lower/lower-to-circuit.ts';
import { type Snap, snapComputed, snapStored, UNSNAPPED } from '../passes/lower/snap.ts';
import { ALL_OPTIMIZATIONS, DENSE_OPTIMIZATIONS, type Optimization } from '../passes/optimizations.ts';
import { type Schedule, schedule } from '../passes/schedule/schedule.ts';
import { simplify } from '../passes/simplify/simplify.ts';
import type { Placement } from '../placement/placement.ts';
import { printPlacement } from '../placement/print.ts';
import { isSingle, type Precision } from '../placement/storage.ts';
import { type ModelConfig, newModelConfig } from '../targets/model-config.ts';
import type { Dtype } from '../tensor/dtype.ts';
import type { Weights } from '../weights/weights.ts';
import { checkCapacity, checkTables, parametersOf } from './check-capacity.ts';
import { type Change, checkPrecision } from './check-precision.ts';
import { describeModel, type ModelSize, measureModel } from './describe-model.ts';
import type { CompileOptions, StageName } from './options.ts';
import { resolveRequest } from './resolve-request.ts';

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

  const { exports, assumptions } = resolveRequest(program, options);
  observe('graph', () => printGraph(exports.map((e) => e.node)));

  const { exports: simplified, splits, laws } = simplify(program.graph, exports, assumptions, traits.attention, optimizationsOf(options));
  observe('simplify', () => printGraph(simplified.map((e) => e.node)));

  const inlineLimit = options.compute === 'f32' ? INLINE_LIMIT : ROUNDED_INLINE_LIMIT;
  const seen = { ...assumptions, causal: assumptions.causal && traits.attention === 'causal' };
  const facts = inferFacts(program.graph, seen, { splits, inlineLimit });
  checkCompilable({ graph: program.graph, exports: simplified, facts, target });
  observe('facts', () => printFacts(simplified, facts));

  const { circuit, placement, ids, certificate } = firstProven(encodingsFor(options), options.sizes !== undefined, (encoding) =>
    place(program, facts, simplified, options, encoding),
  );
  observe('circuit', () => printCircuit(circuit));
  observe('placement', () => printPlacement(placement));
  if (!options.unproven) {
    const precision = { stored: options.dtype, computed: options.compute };
    checkPrecision(certificate, precision, assumptions.context, (change) => wouldHold(program, options, change));
  }
  observe('certificate', () => `${JSON.stringify({ ...certificate, worst: certificate.worst?.name ?? null }, null, 2)}\n`);

  const { vocabulary, context } = assumptions;
  const weights = assemble({ placement, traits, tokens: vocabulary.length, context, ids, exact: options.sizes ?? null });
  const size = measureModel(weights, placement);
  observe('weights', () => `${JSON.stringify(size, null, 2)}\n`);

  const { rotary } = placement;
  const config = newModelConfig(target, weights.sizes, rotary === null ? {} : { rotaryBase: rotary.base, rotaryFraction: rotary.fraction });
  const map = describeModel({ program, simplified, assumptions, placement, ids, certificate });
  return { config, weights, dtype: options.dtype, compute: options.compute, pad: ids.pad, map, placement, certificate, size, laws };
}

type Encoding = Pick<LoweringOptions, 'sharp' | 'decoded' | 'optimizations'>;

/**
 * What is tried, the first whose certificate holds being taken: few dimensions before one a value (which is all that half precision keeps);
 * what is counted cut clean first, and in half precision counts decoded first, only where nothing else is exact, since that takes layers.
 */
function encodingsFor(options: CompileOptions): readonly Encoding[] {
  const dense = optimizationsOf(options);
  const plain = new Set([...dense].filter((each) => !DENSE_OPTIMIZATIONS.has(each)));
  const single = isSingle({ stored: options.dtype, computed: options.compute });
  return (single ? [false] : [false, true]).flatMap((decoded) =>
    [false, true].flatMap((sharp) => (single ? [dense, plain] : [plain]).map((optimizations) => ({ sharp, decoded, optimizations }))),
  );
}

function optimizationsOf({ without }: CompileOptions): ReadonlySet<Optimization> {
  return new Set([...ALL_OPTIMIZATIONS].filter((each) => !without?.includes(each)));
}

/**
 * The first that is proven, else the one with the best margin. One that does not fit into the given sizes leaves the others to be tried, and
 * a refusal of a later one leaves the best.
 */
function firstProven(encodings: readonly Encoding[], isExact: boolean, attempt: (encoding: Encoding) => Placed): Placed {
  let best: Placed | null = null;
  let refusal: DiagnosticError | null = null;
  for (const encoding of encodings) {
    let placed: Placed;
    try {
      placed = attempt(encoding);
    } catch (error) {
      if (!(error instanceof DiagnosticError) || (!isExact && best === null)) throw error;
      refusal ??= error;
      continue;
    }
    if (placed.certificate.holds) return placed;
    if (best === null || placed.certificate.worstMargin > best.certificate.worstMargin) best = placed;
  }
  if (best === null) throw refusal ?? new Error('nothing was tried');
  return best;
}

interface Placed {
  readonly circuit: Circuit;
  readonly placement: Placement;
  readonly ids: OutputIds;
  readonly certificate: Certificate;
}

/** From graph to placement, with the bounds of its errors. */
function place({ graph }: Program, facts: Facts, exports: readonly Export[], options: CompileOptions, encoding: Encoding): Placed {
  const { target, dtype, compute, sizes } = options;
  const { traits } = target;
  const { assumptions } = facts;
  const { optimizations } = encoding;
  const precision: Precision = { stored: dtype, computed: compute };
  const lower = (snap: Snap) => {
    const circuit = lowerToCircuit(graph, facts, exports, { positions: traits.positions, ...encoding, snap });
    assertCircuit(circuit);
    const goals = { leastLayers: sizes?.layers ?? 1, optimizations, solve: options.solve };
    return { circuit, plan: schedule(circuit, traits, goals) };
  };
  const isNarrow = optimizations.has('narrow-frame');
  const allocateTo = (residence: Residence) => allocate(lowered.circuit, residence, target, { precision, isNarrow, exact: sizes ?? null });
  let lowered = lower(UNSNAPPED);
  // The scores that a weight can stand for depend on the size of the heads.
  for (let dim = 0, next = 0; !isSingle(precision); dim = next) {
    next = allocateTo(ownDimensions(lowered.plan)).sizes.dim;
    if (next === dim) break;
    lowered = lower(compute === 'f32' ? snapStored(dtype, next) : snapComputed(compute, next));
  }
  const ids = assignIds(lowered.circuit, assumptions.vocabulary, traits.output);
  const bound = compute === 'f32' ? certify : certifyRounded;
  const finish = (placement: Placement): Placed => {
    if (sizes === undefined) checkCapacity(placement, assumptions, ids);
    else checkTables(sizes, target, assumptions, ids);
    return { circuit: lowered.circuit, placement, ids, certificate: bound(placement, traits, assumptions.context) };
  };
  const mayReuse = compute === 'f32' && sizes === undefined && optimizations.has('reused-dimensions');
  const own = allocateTo(ownDimensions(lowered.plan));
  const smaller = mayReuse ? reusing(lowered.plan, own) : null;
  const first = smaller === null ? null : finish(smaller);
  return first?.certificate.holds ? first : finish(own);

  /** The smallest of what there is where nothing is cleared, as much as neurons are idle for, or everything; null where that is the first. */
  function reusing(plan: Schedule, plain: Placement): Placement | null {
    const rooms = [(layer: number) => plain.sizes.hidden - (plan.layers[layer]?.neurons ?? 0) - 1, () => Number.POSITIVE_INFINITY];
    let best: Placement | null = null;
    let least = parametersOf(plain, assumptions, ids);
    for (const room of rooms) {
      const placement = allocateTo(sharedDimensions(plan, traits, plain.storage, room));
      const parameters = parametersOf(placement, assumptions, ids);
      if (parameters < least) [best, least] = [placement, parameters];
    }
    return best;
  }
}

/** Whether the same program would be exact at another context length, or with other dtypes. */
function wouldHold(program: Program, options: CompileOptions, change: Change): boolean {
  const { observe: _, ...quiet } = options;
  return compile(program, { ...quiet, ...change, unproven: true }).certificate.holds;
}
