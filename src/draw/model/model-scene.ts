/** The scene of a compiled model: its own attention on an input beside what its heads should look at, and what its variables hold. */
import type { MapVariable } from '../../checkpoint/map/circuit-map.ts';
import { numericValue } from '../../graph/domain.ts';
import type { Evaluation } from '../../graph/evaluate/evaluate.ts';
import type { SelectorMatrix } from '../../graph/evaluate/selector-matrix.ts';
import { valueText } from '../../graph/evaluate/values/python-text.ts';
import { type GraphNode, type Reduction, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import { elementText } from '../../graph/show/display-text.ts';
import type { Value } from '../../graph/value.ts';
import { compareOutput, decodeOutput } from '../../verify/decode.ts';
import { nodeLabel, nodeText } from '../scene/node-text.ts';
import { conditionsOf, resultOf, sharesOf } from '../scene/program-scene.ts';
import { type MeasuredGrid, type Row, readersOf, type Scene, type SceneHead, type SceneLayer, type SceneStep } from '../scene/scene.ts';
import type { MappedHead, ModelReading } from './model-reading.ts';
import { expectedOf } from './model-reading.ts';
import { headKey, type ModelRun } from './model-run.ts';
import { type PlaceState, statesOf } from './model-states.ts';

/** A share of attention that is off by more than this is marked. */
export const SHARE_TOLERANCE = 0.02;

export interface ModelSceneRequest {
  readonly title: string;
  readonly reading: ModelReading;
  readonly run: ModelRun;
  readonly input: readonly Value[];
  /** Only what the variable or output of this name is made of. */
  readonly only?: string | undefined;
  readonly layer?: number | undefined;
}

/** Names of variables and outputs, as `only` takes them. */
export function namesOf({ map }: ModelReading): string[] {
  return [...new Set([...map.outputs, ...map.variables].map(({ name }) => name))].filter((name) => name !== '' && name !== 'bos');
}

export function modelScene({ title, reading, run, input, only, layer }: ModelSceneRequest): Scene {
  const { map } = reading;
  const evaluation = reading.evaluate(input);
  const states = statesOf(run, reading.watched, expectedOf(reading, evaluation));
  const part = only === undefined ? null : partOf(reading, only);
  const { names } = reading;
  const rowOf = rowMaker(reading, evaluation, states, names);
  const isShown = (variable: number): boolean => {
    const node = reading.nodeOf(variable);
    return node !== null && (part === null || part.has(node));
  };
  const layers = Array.from({ length: lastLayer(reading) + 2 }, (_, at): SceneLayer => {
    const number = at - 1;
    if (number < 0) {
      const steps = map.variables.flatMap((variable, index) =>
        variable.written.sublayer === 'embedding' && isShown(index) ? [stepOf(index, variable, rowOf, reading, names, '')] : [],
      );
      return { number, title: 'the embedding', heads: [], steps, folded: 0 };
    }
    const heads = reading.heads
      .filter((head) => head.layer === number && (part === null || head.writes.some(isShown)))
      .sort((a, b) => a.head - b.head)
      .map((head) => headOf(head, reading, run, evaluation, rowOf, names));
    const steps = map.neurons.flatMap((group, index) =>
      group.layer !== number
        ? []
        : (map.meaning?.neurons[index] ?? []).filter(isShown).map((variable) => {
            const where = group.to - group.from === 1 ? `neuron ${group.from}` : `neurons ${group.from} to ${group.to - 1}`;
            return stepOf(variable, map.variables[variable] as MapVariable, rowOf, reading, names, where);
          }),
    );
    return { number, title: `layer ${number}`, heads, steps, folded: 0 };
  }).filter(({ heads, steps }) => heads.length + steps.length > 0);
  const outputs = outputRows(reading, run, evaluation).filter(({ label }) => only === undefined || label === only);
  const readers = readersOf(layers, outputs);
  const kept = layer === undefined ? layers : layers.filter(({ number }) => number === layer);
  return { title, input: input.map(valueText), causal: map.causal, layers: kept, outputs, readers };
}

function lastLayer({ map }: ModelReading): number {
  return Math.max(-1, ...map.heads.map(({ layer }) => layer), ...map.neurons.map(({ layer }) => layer));
}

/** What the variable or output of a name is made of. */
function partOf(reading: ModelReading, name: string): ReadonlySet<GraphNode> {
  const { map, nodes } = reading;
  const roots = [
    ...map.variables.flatMap((variable, index) => (variable.name === name ? (reading.nodeOf(index) ?? []) : [])),
    ...map.outputs.flatMap((output, index) => (output.name === name ? (nodes[map.meaning?.outputs[index] ?? -1] ?? []) : [])),
  ];
  return new Set(reachable(roots));
}

/** Values as the program has them, with what the model holds in their place, where it was written. */
function rowMaker(
  reading: ModelReading,
  evaluation: Evaluation,
  states: readonly PlaceState[],
  names: ReadonlyMap<GraphNode, string>,
): (node: SOp) => Row {
  const heldBy = new Map<GraphNode, readonly (string | null)[]>();
  for (const { place, variables } of states) {
    for (const { index, variable, held } of variables) {
      const node = reading.nodeOf(index);
      const isFirst = place.layer === variable.written.layer && place.sublayer === variable.written.sublayer;
      if (node !== null && isFirst)
        heldBy.set(
          node,
          held.map(({ isWrong, value }) => (isWrong ? value : null)),
        );
    }
  }
  return (node) => {
    const held = heldBy.get(node);
    const row: Row = { id: node.id, label: nodeLabel(node, names), values: evaluation.sequence(node).values.map(elementText) };
    return held === undefined ? row : { ...row, held };
  };
}

function stepOf(
  index: number,
  { name }: MapVariable,
  rowOf: (node: SOp) => Row,
  reading: ModelReading,
  names: ReadonlyMap<GraphNode, string>,
  where: string,
): SceneStep {
  const node = reading.nodeOf(index) as SOp;
  const held = new Set(reading.map.variables.flatMap((_, at) => reading.nodeOf(at) ?? []));
  const reads = new Set<number>();
  const visit = (argument: GraphNode): void => {
    if (argument.kind === 'elementwise' && !held.has(argument)) argument.args.forEach(visit);
    else reads.add(argument.id);
  };
  if (node.kind === 'elementwise') node.args.forEach(visit);
  const row = rowOf(node);
  const text = nodeText(node, names);
  const shown = text === row.label || text === name ? '' : text;
  return { row, text: [shown, where === '' ? '' : `(${where})`].filter(Boolean).join(' '), reads: [...reads], folded: [] };
}

function headOf(
  head: MappedHead,
  reading: ModelReading,
  run: ModelRun,
  evaluation: Evaluation,
  rowOf: (node: SOp) => Row,
  names: ReadonlyMap<GraphNode, string>,
): SceneHead {
  const { selector } = head;
  const nodes = head.writes.flatMap((variable) => reading.nodeOf(variable) ?? []);
  const extreme = nodes.find((node): node is Reduction => node.kind === 'reduction');
  const ideal = selector === null ? null : sharesOf(attendedBy(evaluation, selector, extreme));
  const results = nodes.map((node) => resultOf(node, rowOf));
  const asked = selector === null ? head.name : nodeText(selector, names);
  return {
    number: head.head,
    name: selector?.name ?? '',
    text:
      extreme === undefined
        ? asked
        : `${asked}, the ${extreme.operator === 'max' ? 'largest' : 'smallest'} ${nodeLabel(extreme.value, names)}`,
    conditions: selector === null ? [] : conditionsOf(selector, rowOf),
    ideal,
    measured: measuredGrid(run, head, ideal, extreme !== undefined),
    results,
    folded: [],
  };
}

/** The keys that share the weight: of an extreme those that have it. */
function attendedBy(evaluation: Evaluation, selector: Selector, extreme: Reduction | undefined): SelectorMatrix {
  const matrix = evaluation.matrix(selector);
  if (extreme === undefined) return matrix;
  const sign = extreme.operator === 'max' ? 1 : -1;
  return matrix.highest(evaluation.sequence(extreme.value).values.map((value) => sign * numericValue(value)));
}

/**
 * BOS is left out, and what it does not take is taken as the whole; of a query that selects nothing, shares are as they are.
 *
 * @param sharesFreely whether the keys that are wanted may share as they like, since they hold the same
 */
export function measuredGrid(
  run: ModelRun,
  { layer, head }: Pick<MappedHead, 'layer' | 'head'>,
  ideal: readonly (readonly number[])[] | null,
  sharesFreely = false,
): MeasuredGrid | null {
  const rows = run.attention.get(headKey(layer, head));
  if (rows === undefined) return null;
  const differs: [number, number][] = [];
  const bos: number[] = [];
  const weights = rows.slice(1).map((row, query) => {
    const own = row[0] ?? 0;
    bos.push(own);
    const wanted = ideal?.[query];
    const selectsNone = wanted?.every((share) => share === 0) ?? false;
    const rest = row.slice(1).reduce((sum, weight) => sum + weight, 0);
    const whole = selectsNone || !(rest > 0) ? 1 : rest;
    const shares = Array.from(row.slice(1), (weight) => weight / whole);
    if (wanted !== undefined) {
      if (selectsNone && !(1 - own <= SHARE_TOLERANCE)) differs.push([query, -1]);
      const found = sharesFreely ? shares.reduce((sum, share, key) => sum + ((wanted[key] ?? 0) > 0 ? share : 0), 0) : null;
      const isFound = found !== null && (selectsNone || Math.abs(found - 1) <= SHARE_TOLERANCE);
      for (const [key, share] of shares.entries())
        if (!isFound && !(Math.abs(share - (wanted[key] ?? 0)) <= SHARE_TOLERANCE)) differs.push([query, key]);
    }
    return shares;
  });
  return { weights, bos, differs };
}

/** What the logits say, beside what the program says. */
function outputRows(reading: ModelReading, run: ModelRun, evaluation: Evaluation): Row[] {
  const { map, nodes } = reading;
  const outputs = run.logits.length / run.ids.length;
  return map.outputs.map((output, index) => {
    const node = nodes[map.meaning?.outputs[index] ?? -1] as SOp;
    const logits = { data: run.logits, outputs };
    const { values: said } = decodeOutput(output, logits);
    const { values } = evaluation.sequence(node);
    const held = values.map((value, at) =>
      compareOutput(output, logits, at, value, Number.POSITIVE_INFINITY).right ? null : elementText(said[at] as Value),
    );
    return { id: node.id, label: output.name, values: values.map(elementText), held };
  });
}
