/**
 * Re-establishes a checkpoint's certificate from its folder alone: the stored weights, config.json, and the circuit map with the program's
 * source. The map says what to look for; everything that is concluded is concluded from the bytes and from the graph's own meaning. The
 * inequalities are in docs/checker.md.
 */
import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import type { Program } from '../graph/program.ts';
import { type ModelConfig, reachOf } from '../targets/model-config.ts';
import { FloatRange } from './bounds/float-range.ts';

import { FormReader } from './bounds/form.ts';
import { ModelParts } from './bounds/model-parts.ts';
import { viewThrough } from './bounds/norm.ts';
import { RUNTIME_SEMANTICS, type RuntimeSemantics } from './bounds/rounding.ts';
import type { Turned } from './bounds/turned.ts';
import { assertTurnedAlong } from './bounds/turned-range.ts';
import { checkOutput } from './check-outputs.ts';
import { type Claims, readClaims } from './claim/claims.ts';
import { type CheckedDecision, Decisions, marginOf } from './claim/report.ts';
import { Unproven } from './claim/unproven.ts';
import { embeddedStream, embeddingScale, unusedRows } from './embedding.ts';
import { checkHalf } from './half/check-half.ts';
import type { HalfDtype } from './half/half-interval.ts';
import { Equivalence } from './meaning/equivalence.ts';
import { NodeValues } from './meaning/node-values.ts';
import { assumedOf } from './meaning/read-assumed.ts';
import { normed } from './post-norm.ts';
import { type CheckedStream, runLayer } from './run-layer.ts';

export type CheckResult =
  | {
      /** Every decision has been checked. */
      readonly kind: 'checked';
      /** Whether every margin is larger than its error, so that the model is right on every input up to the context length. */
      readonly holds: boolean;
      readonly semantics: RuntimeSemantics;
      /** The smallest `1 - error / allowed`. */
      readonly margin: number;
      /** The largest error of any output: of a number, or of how far the right logit leads, as a part of that. */
      readonly errorBound: number;
      readonly decisions: readonly CheckedDecision[];
      /** Decisions whose margin is gone, in the order in which the model makes them. */
      readonly failures: readonly CheckedDecision[];
      /** Where inputs were followed one by one, how many there are. */
      readonly inputs?: number;
    }
  /** The checker cannot follow what is claimed; nothing is said about the model. */
  | { readonly kind: 'unproven'; readonly why: string };

export interface CheckRequest {
  readonly map: CircuitMap;
  readonly checkpoint: OpenCheckpoint;
  /** The program as its source says, elaborated with the map's vocabulary, context and direction. */
  readonly program: Program;
  /** Of a disguised model whose weights `checkpoint` has as they stood before: what was turned then, and that its parts were renumbered. */
  readonly disguise?: { readonly turned: Turned | null };
}

export function checkCheckpoint(request: CheckRequest): CheckResult {
  try {
    const { compute } = request.map;
    checkNumbers(request.checkpoint.config, request.map.context + 1);
    if (request.map.meaning === undefined) throw new Unproven('its circuit map does not say what its variables mean');
    const { disguise } = request;
    const turned = disguise?.turned ?? null;
    const parts = new ModelParts(request.checkpoint, compute, turned);
    parts.assertFinite();
    if (turned !== null) assertTurnedAlong(parts);
    const check = new Check(request, parts);
    if (compute !== 'f32') return check.runHalf(compute);
    // in another order, and turned, nothing is known of the order of sums, nor which rows are alike
    const known = disguise === undefined ? RUNTIME_SEMANTICS : RUNTIME_SEMANTICS.slice(0, 1);
    for (const semantics of known) {
      const result = check.run(semantics, semantics === known.at(-1));
      if (result?.holds) return result;
      if (result !== null && semantics === known.at(-1)) return result;
    }
    throw new Error('the strongest semantics have no result');
  } catch (error) {
    if (error instanceof Unproven) return { kind: 'unproven', why: error.message };
    // the host's stack, on expressions nested too deep
    if (error instanceof RangeError) return { kind: 'unproven', why: 'the program is nested too deep' };
    throw error;
  }
}

/** What raspc does not write into a model is not followed. */
function checkNumbers(config: ModelConfig, tokens: number): void {
  const { embedding, writes, logits, scoreCap, logitCap } = config.numbers;
  if (embedding !== 1 || writes !== 1 || logits !== 1)
    throw new Unproven('it multiplies what is embedded, written or said by numbers of its own');
  if (scoreCap !== null || logitCap !== null) throw new Unproven('it caps its scores or its logits');
  if (reachOf(config) < tokens) throw new Unproven(`its layers do not see ${tokens} positions`);
  if (config.layerAttention.some(({ rotary }) => rotary !== null && rotary.scaling !== null))
    throw new Unproven('it scales its rotary positions');
}

function isOutput({ kind }: CheckedDecision): boolean {
  return kind === 'categorical output' || kind === 'numeric output';
}

function isLost(decision: CheckedDecision): boolean {
  return !(marginOf(decision) > 0);
}

function resultOf({ all }: Decisions, errorBound: number, semantics: RuntimeSemantics): CheckResult & { kind: 'checked' } {
  // whatever happens inside, bounds are carried on to the outputs: those decide, and the others say where a model first goes wrong
  const holds = all.every((decision) => !(isOutput(decision) && isLost(decision)));
  const kept = all.filter((decision) => !holds || !isLost(decision));
  const margin = kept.reduce((least, decision) => Math.min(least, marginOf(decision)), 1);
  return { kind: 'checked', holds, semantics, margin, errorBound, decisions: all, failures: holds ? [] : all.filter(isLost) };
}

class Check {
  readonly #request: CheckRequest;
  readonly #parts: ModelParts;
  readonly #claims: Claims;
  readonly #values: NodeValues;

  constructor(request: CheckRequest, parts: ModelParts) {
    this.#request = request;
    this.#parts = parts;
    this.#claims = readClaims(request.map, request.program.graph);
    this.#values = this.#valuesOf(this.#claims);
  }

  /** Null where a margin is gone and stronger assumptions are left to try: then the layers after it are not looked at. */
  run(semantics: RuntimeSemantics, isLast: boolean): (CheckResult & { kind: 'checked' }) | null {
    const { map } = this.#request;
    const [parts, claims, values] = [this.#parts, this.#claims, this.#values];
    const { config } = parts;
    const decisions = new Decisions();
    const embedded = embeddedStream(
      parts,
      map,
      values,
      claims.outputs.map(({ node }) => node),
    );
    let state: CheckedStream = { stream: embedded, view: null };
    const { embeddingNorm, finalNorm, unembedding } = parts.whole;
    if (embeddingNorm !== null) state = normed(embeddingNorm, embedded, undefined, parts.turned);
    const range = new FloatRange(parts, unusedRows(parts, map), embeddingScale(parts));
    for (let layer = 0; layer < config.sizes.layers; layer++) {
      state = runLayer(state, { parts, layer, claims, values, decisions, semantics, range });
      if (!isLast && decisions.all.some((decision) => decision.kind !== 'code' && isLost(decision))) return null;
    }
    const { stream } = state;
    const view = finalNorm === null ? state.view : viewThrough(finalNorm, stream, parts.turned);
    if (view === null) throw new Unproven('models without a norm before the output are not checked');
    range.output(view);
    const reader = new FormReader(stream, view);
    const { weights, bias } = unembedding;
    const logit = (id: number) => reader.read(parts.row(weights, id), bias?.[id] ?? 0);
    const tensor = parts.tensorName('unembedding', null);
    let errorBound = 0;
    for (const output of claims.outputs)
      errorBound = Math.max(errorBound, checkOutput(output, { logit, values, decisions, tensor, stream, mean: view.mean }));
    return resultOf(decisions, errorBound, semantics);
  }

  runHalf(dtype: HalfDtype): CheckResult {
    const { map, checkpoint } = this.#request;
    const found = checkHalf({ map, checkpoint, parts: this.#parts, claims: this.#claims, values: this.#values, dtype });
    return resultOf(found.decisions, found.errorBound, 'any-order');
  }

  /** The values of s-ops, once every claimed output has been shown to be the program's. */
  #valuesOf(claims: Claims): NodeValues {
    const { map, program } = this.#request;
    const { traits } = this.#parts.config;
    const { graph } = program;
    const vocabulary = map.vocabulary.map(({ value }) => value);
    const common = { graph, vocabulary, context: map.context };
    const claimsSeeAll = traits.attention === 'bidirectional';
    const setting = { graph, context: map.context, causal: map.causal, claimsSeeAll };
    const causal = map.causal && !claimsSeeAll;
    const soFar = graph.select(graph.indices(), graph.indices(), '<=');
    const assumed = assumedOf(
      graph,
      program.assumes.map(({ node }) => node),
      new NodeValues({ ...common, causal: map.causal, originals: new Map() }),
      (selector) => (map.causal && claimsSeeAll ? graph.and(selector, soFar) : selector),
    );
    const equivalence = new Equivalence(setting, new NodeValues({ ...common, causal, assumed, originals: new Map() }));
    for (const { output, node } of claims.outputs) {
      const own = program.exports.find(({ name }) => name === output.name)?.node;
      if (own === undefined) throw new Unproven(`the program does not export \`${output.name}\``);
      if (!equivalence.proves(own, node))
        throw new Unproven(`what its circuit map says of \`${output.name}\` is not shown to be what the program says`);
    }
    if (!map.causal && traits.attention === 'causal') throw new Unproven('the model cannot see what the program sees');
    return new NodeValues({ ...common, causal, assumed, originals: equivalence.originals });
  }
}
