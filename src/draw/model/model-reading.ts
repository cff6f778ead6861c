/** How to read a compiled model: the program of its circuit map as a graph, the variables that can be watched, and what each should be. */
import { rebuildGraph } from '../../checker/claim/rebuild-graph.ts';
import { type CircuitMap, MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { Evaluation } from '../../graph/evaluate/evaluate.ts';
import type { GraphNode, Selector, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { type Watched, watchedVariables } from '../../verify/circuits/watched-variables.ts';
import type { Expected } from './model-states.ts';

/** A head of a model and what the map says that it writes. */
export interface MappedHead {
  readonly layer: number;
  readonly head: number;
  readonly name: string;
  readonly spans: readonly string[];
  /** Numbers of variables. */
  readonly writes: readonly number[];
  /** Where it should look; null where what it writes is made of no selector. */
  readonly selector: Selector | null;
}

export interface ModelReading {
  readonly map: CircuitMap;
  readonly nodes: readonly GraphNode[];
  readonly watched: readonly Watched[];
  readonly heads: readonly MappedHead[];
  /** The s-op that a variable holds; null for the one that marks BOS. */
  nodeOf(variable: number): SOp | null;
  /** What s-ops are called that the program gives no name: by the head that writes them, or else by the map. */
  readonly names: ReadonlyMap<GraphNode, string>;
  /** What a variable is called. */
  nameOf(variable: number): string;
  evaluate(input: readonly Value[]): Evaluation;
}

/** Diagnostics: R7403 where the map's own program is none, R7406 where the map does not say what its variables mean. */
export function readModel(map: CircuitMap): ModelReading {
  const { meaning } = map;
  if (meaning === undefined) return fail('R7406', { file: MAP_FILE });
  const nodes = rebuildGraph(meaning);
  const watched = watchedVariables({ variables: map.variables, meaning }, nodes);
  const nodeOf = (variable: number): SOp | null => {
    const number = meaning.variables[variable]?.node ?? null;
    return number === null ? null : (nodes[number] as SOp);
  };
  const heads = new Map<string, MappedHead>();
  for (const [index, { layer, head, name, span }] of map.heads.entries()) {
    const writes = meaning.heads[index] ?? [];
    const selector = writes.map((variable) => selectorOf(nodeOf(variable))).find((found) => found !== null) ?? null;
    const key = `${layer}.${head}`;
    const known = heads.get(key);
    const spans = span === '' ? [] : [span];
    heads.set(
      key,
      known === undefined
        ? { layer, head, name, spans, writes, selector }
        : {
            ...known,
            name: `${known.name}, ${name}`,
            spans: [...known.spans, ...spans],
            writes: [...new Set([...known.writes, ...writes])],
            selector: known.selector ?? selector,
          },
    );
  }
  const evaluate = (input: readonly Value[]): Evaluation => new Evaluation(input, { causal: map.causal });
  const names = namesOfNodes(map, [...heads.values()], nodeOf);
  const nameOf = (variable: number): string => {
    const node = nodeOf(variable);
    const known = node === null ? undefined : (names.get(node) ?? node.name ?? undefined);
    return known === undefined || known.startsWith('tokens_') ? (map.variables[variable]?.name ?? '') : known;
  };
  return { map, nodes, watched, heads: [...heads.values()], nodeOf, names, nameOf, evaluate };
}

function namesOfNodes(map: CircuitMap, heads: readonly MappedHead[], nodeOf: (variable: number) => SOp | null): Map<GraphNode, string> {
  const names = new Map<GraphNode, string>();
  for (const { layer, head, writes } of heads) {
    const unnamed = writes.flatMap((variable) => nodeOf(variable) ?? []).filter(({ name }) => name === null);
    for (const [at, node] of unnamed.entries()) {
      if (!names.has(node)) names.set(node, `⟨${layer}.${head}${unnamed.length > 1 ? 'abcdefgh'.charAt(at) : ''}⟩`);
    }
  }
  for (const [variable, { name }] of map.variables.entries()) {
    const node = nodeOf(variable);
    if (node !== null && node.name === null && name !== '' && !names.has(node)) names.set(node, name);
  }
  return names;
}

function selectorOf(node: SOp | null): Selector | null {
  return node?.kind === 'aggregate' || node?.kind === 'width' || node?.kind === 'reduction' ? node.selector : null;
}

/** The program's value of each variable on the input of an evaluation. */
export function expectedOf(reading: ModelReading, evaluation: Evaluation): Expected {
  return (index) => {
    const node = reading.nodeOf(index);
    return node === null ? null : evaluation.sequence(node).values;
  };
}
