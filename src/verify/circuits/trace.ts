/**
 * Where a model goes wrong on one input: its residual stream, decoded layer by layer by the circuit map, against the values that the
 * program gives the same s-ops. The first that differs is the fault; what comes after may be its consequence.
 */

import { rebuildGraph } from '../../checker/claim/rebuild-graph.ts';
import type { CircuitMap, MapHead, MapNeurons, MapOutput, Place } from '../../checkpoint/map/circuit-map.ts';
import type { MapMeaning } from '../../checkpoint/map/map-meaning.ts';
import { evaluator } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import type { SOp } from '../../graph/graph.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import {
  furthest,
  isLive,
  levelOf,
  NUMBER_TOLERANCE,
  placeOf,
  type StreamView,
  smallestStep,
  sopOf,
  squaredDistance,
  type Watched,
  watchedVariables,
} from './watched-variables.ts';

/** One variable that does not hold what it should. */
export interface WrongVariable {
  readonly name: string;
  /** As `programs/hist.rasp:4:8-4:50`, empty where it is of no expression. */
  readonly span: string;
  /** Where it was first seen wrong. */
  readonly place: Place;
  /** Whether it was right before: then something wrote over it. */
  readonly overwritten: boolean;
  /** In the input; -1 is BOS. */
  readonly position: number;
  /** Null at BOS, and for what marks it. */
  readonly expected: Value | null;
  /** The values whose code is nearest to what is there; none where it has no values. */
  readonly nearest: readonly Value[];
  /** The dimension that is furthest off, what it should hold, and what it holds. */
  readonly dimension: number;
  readonly wanted: number;
  readonly held: number;
  /** The heads or neurons that wrote that dimension there, the largest contributions first. */
  readonly writers: readonly Writer[];
}

/** A head, or neurons in a row, with what they added together. */
export interface Writer {
  readonly kind: 'head' | 'neurons';
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly amount: number;
  /** What the map says they compute; null where it claims nothing there. */
  readonly name: string | null;
}

export interface TraceStep {
  readonly place: Place;
  /** Names of the variables that are right here and were written here. */
  readonly right: readonly string[];
  readonly wrong: readonly string[];
}

export interface Trace {
  readonly steps: readonly TraceStep[];
  /** The first one; null where every variable holds what it should. */
  readonly first: WrongVariable | null;
  /** Outputs for which the simplified program of the map says something else than the program verified against. */
  readonly otherwise: readonly string[];
  /** Variables whose values the map does not list. */
  readonly skipped: readonly string[];
}

export interface TraceRequest {
  readonly map: Pick<CircuitMap, 'variables' | 'heads' | 'neurons' | 'outputs' | 'causal'> & { readonly meaning: MapMeaning };
  readonly input: readonly Value[];
  /** What the program says: for each output a value for each token. */
  readonly program: readonly (readonly Value[])[];
  /** Runs the model on the input and shows its stream, in order. */
  readonly show: (observe: (view: StreamView) => void) => void;
}

/** Writers that are listed. */
const LISTED = 4;

/** Diagnostics: R7403 where the map's own program is none. */
export function traceInput({ map, input, program, show }: TraceRequest): Trace {
  const { meaning } = map;
  const nodes = rebuildGraph(meaning);
  const variables = watchedVariables(map, nodes);
  const roots = [
    ...new Set([...variables.flatMap(({ node }) => (node === null ? [] : [node])), ...meaning.outputs.map((n) => sopOf(nodes[n]))]),
  ];
  const values = evaluator(roots, { causal: map.causal })(input);
  const valuesOf = (node: SOp) => (values.get(node) as Sequence).values;
  const steps: TraceStep[] = [];
  const known = new Set<Watched>();
  let first: WrongVariable | null = null;
  show((view) => {
    const right: string[] = [];
    const wrong: string[] = [];
    for (const watched of variables) {
      if (!isLive(watched.variable, view)) continue;
      const expected = watched.node === null ? null : valuesOf(watched.node);
      const fault = firstFault(watched, expected, view, input.length);
      if (fault !== null) {
        first ??= describeFault(map, watched, view, fault, known.has(watched));
        wrong.push(watched.variable.name);
      } else if (!known.has(watched)) right.push(watched.variable.name);
      known.add(watched);
    }
    if (right.length > 0 || wrong.length > 0) steps.push({ place: placeOf(view), right, wrong: [...new Set(wrong)] });
  });
  const otherwise = map.outputs.filter((_, index) => {
    const own = valuesOf(sopOf(nodes[meaning.outputs[index] as number]));
    return !own.every((value, position) => valuesEqual(value, program[index]?.[position] ?? ''));
  });
  const skipped = map.variables.filter((variable) => !variables.some((watched) => watched.variable === variable));
  return { steps, first, otherwise: otherwise.map((output: MapOutput) => output.name), skipped: skipped.map(({ name }) => name) };
}

interface Fault {
  readonly position: number;
  readonly expected: Value | null;
  readonly nearest: readonly Value[];
  readonly dimension: number;
  readonly wanted: number;
  readonly held: number;
}

/** The first position at which some other value's code is nearer than that of the value it should hold. */
function firstFault(watched: Watched, expected: readonly Value[] | null, view: StreamView, tokens: number): Fault | null {
  const { variable, code, node } = watched;
  const width = view.residual.length / (tokens + 1);
  const { dims, values } = variable;
  for (let position = -1; position < tokens; position++) {
    const held = dims.map((dim) => view.residual[(position + 1) * width + dim] as number);
    const value = position < 0 || expected === null ? null : (expected[position] as Value);
    if (position < 0 || node === null) {
      const wanted = dims.map((_, d) => (position < 0 ? (code.bos[d] as number) : levelOf(watched, d, 0)));
      const fault = furthest(dims, wanted, held);
      if (!(fault.off <= smallestStep(watched) / 2)) return { position, expected: null, nearest: [], ...fault };
      continue;
    }
    if (value === null) continue;
    if (values.length === 0) {
      const fault = furthest(dims, [Number(value) / code.unit], held);
      if (!(fault.off <= NUMBER_TOLERANCE)) return { position, expected: value, nearest: [], ...fault };
      continue;
    }
    const own = values.findIndex((known) => valuesEqual(known, value));
    if (own < 0) continue;
    const wanted = dims.map((_, d) => levelOf(watched, d, own));
    const distances = values.map((_, v) => squaredDistance(watched, held, v));
    const least = Math.min(...distances);
    if (distances[own] === least && Number.isFinite(least)) continue;
    const nearest = Number.isFinite(least) ? values.filter((_, v) => distances[v] === least) : [];
    return { position, expected: value, nearest, ...furthest(dims, wanted, held) };
  }
  return null;
}

function describeFault(
  map: TraceRequest['map'],
  { variable }: Watched,
  view: StreamView,
  fault: Fault,
  overwritten: boolean,
): WrongVariable {
  const { position, expected, nearest, dimension, wanted, held } = fault;
  const writers = writersOf(map, view, position + 1, dimension);
  return {
    name: variable.name,
    span: variable.span,
    place: placeOf(view),
    overwritten,
    position,
    expected,
    nearest,
    dimension,
    wanted,
    held,
    writers,
  };
}

/** Neighbouring neurons of one circuit are one writer: a step is made of two. */
function writersOf(map: TraceRequest['map'], view: StreamView, position: number, dimension: number): Writer[] {
  const parts = [...view.contributions(position, dimension)].sort((a, b) => a.part - b.part);
  const writers: Writer[] = [];
  for (const { part, amount } of parts) {
    if (view.sublayer === 'attention') {
      const name = map.heads.find((head: MapHead) => head.layer === view.layer && head.head === part)?.name ?? null;
      writers.push({ kind: 'head', from: part, to: part + 1, amount, name });
      continue;
    }
    const group = map.neurons.find((some: MapNeurons) => some.layer === view.layer && some.from <= part && part < some.to);
    const name = group?.name ?? null;
    const last = writers.at(-1);
    const isStep =
      group !== undefined && last?.to === part && last.to - last.from === 1 && (part - group.from) % 2 === 1 && last.from >= group.from;
    if (isStep) writers.splice(-1, 1, { ...last, to: part + 1, amount: last.amount + amount });
    else writers.push({ kind: 'neurons', from: part, to: part + 1, amount, name });
  }
  return writers
    .filter(({ amount }) => Math.abs(amount) > 1e-6)
    .sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount))
    .slice(0, LISTED);
}
