/** What the circuit map claims of a checkpoint, with its nodes rebuilt as nodes of the program's own graph. Nothing here is trusted. */
import type { CircuitMap, MapOutput, MapVariable } from '../../checkpoint/map/circuit-map.ts';
import type { MapValue } from '../../checkpoint/map/map-value.ts';
import { type Graph, type GraphNode, isSelector, type SOp } from '../../graph/graph.ts';
import { rebuildGraph } from './rebuild-graph.ts';
import { Unproven } from './unproven.ts';

/** A variable that a component is said to write. */
export interface ClaimedVariable {
  /** Its number in the circuit map. */
  readonly index: number;
  readonly name: string;
  readonly span: string;
  /** Null for the one that marks BOS. */
  readonly node: SOp | null;
  readonly dims: readonly number[];
  readonly values: readonly MapValue[];
  /** `[dimension, value]`: the numbers that stand for values; none where values are not listed. */
  readonly levels: readonly (readonly number[])[];
}

export interface ClaimedHead {
  readonly layer: number;
  readonly head: number;
  readonly name: string;
  readonly span: string;
  readonly writes: readonly ClaimedVariable[];
}

/** Neurons `from` to `to` (not included). */
export interface ClaimedNeurons {
  readonly layer: number;
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly span: string;
  readonly writes: readonly ClaimedVariable[];
}

export interface ClaimedOutput {
  readonly output: MapOutput;
  readonly node: SOp;
  readonly span: string;
}

export interface Claims {
  readonly heads: readonly ClaimedHead[];
  readonly neurons: readonly ClaimedNeurons[];
  readonly outputs: readonly ClaimedOutput[];
}

export function readClaims(map: CircuitMap, graph: Graph): Claims {
  const { meaning } = map;
  if (meaning === undefined) throw new Unproven('its circuit map does not say what its variables mean');
  const nodes = rebuildGraph(meaning, graph);
  const sop = (number: number): SOp => {
    const node: GraphNode | undefined = nodes[number];
    if (node === undefined || isSelector(node)) throw new Unproven(`node ${number} of its circuit map is no s-op`);
    return node;
  };
  const variables = map.variables.map((variable, index): ClaimedVariable => {
    const { name, span, dims, values } = variable;
    const code = meaning.variables[index];
    const node = code?.node ?? null;
    return { index, name, span, dims, values, node: node === null ? null : sop(node), levels: levelsOf(variable, code?.levels ?? []) };
  });
  const written = (numbers: readonly number[] | undefined) => (numbers ?? []).flatMap((number) => variables[number] ?? []);
  return {
    heads: map.heads.map((head, index) => ({ ...head, writes: written(meaning.heads[index]) })),
    neurons: map.neurons.map((group, index) => ({ ...group, writes: written(meaning.neurons[index]) })),
    outputs: map.outputs.map((output, index) => {
      const node = meaning.outputs[index];
      if (node === undefined) throw new Unproven(`its circuit map does not say what the output \`${output.name}\` means`);
      return { output, node: sop(node), span: meaning.nodes[node]?.span ?? '' };
    }),
  };
}

/** Of variables with a dimension each value the map lists none. */
function levelsOf({ encoding, values, dims }: MapVariable, listed: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return encoding === 'one-hot' || encoding === 'dummy' ? dims.map((_, dim) => values.map((_, value) => (dim === value ? 1 : 0))) : listed;
}
