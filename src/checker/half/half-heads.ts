/** What the heads of a layer write in half precision, by the value of the s-ops that each is said to compute. */

import type { Selector, SOp } from '../../graph/graph.ts';
import type { LayerAttention, ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Affine, LayerParts } from '../bounds/model-parts.ts';
import type { Range } from '../bounds/rounding.ts';
import type { ClaimedHead, ClaimedVariable } from '../claim/claims.ts';
import type { Decisions } from '../claim/report.ts';
import { Unproven } from '../claim/unproven.ts';
import { type NodeValues, nameOf } from '../meaning/node-values.ts';
import { type HalfArithmetic, NOTHING, plus, SINGLE, sizeOf, times, widened, ZERO } from './half-interval.ts';
import { type HalfMixed, mixed } from './half-mixed.ts';
import type { HalfReader, HalfRow } from './half-reader.ts';
import { HalfRotary } from './half-rotary.ts';
import { type HalfSelection, type HeadRows, selectionOf } from './half-selection.ts';
import type { HalfPart } from './half-stream.ts';

export interface HalfHeadsInput {
  readonly config: ModelConfig;
  /** How the layer attends. */
  readonly attention: LayerAttention;
  readonly layer: LayerParts;
  readonly reader: HalfReader;
  readonly claims: readonly ClaimedHead[];
  readonly values: NodeValues;
  readonly decisions: Decisions;
  readonly half: HalfArithmetic;
  /** The stored tensor with the queries. */
  readonly tensor: string;
}

interface ValueDimension {
  readonly row: HalfRow;
  /** What it is written with, by dimension of the stream. */
  readonly column: Float64Array;
}

export function halfHeads(input: HalfHeadsInput): HalfPart[] {
  const { heads, kvHeads } = input.config.sizes;
  return Array.from({ length: heads }, (_, head) => head).flatMap((head) => headParts(head, Math.floor((head * kvHeads) / heads), input));
}

function headParts(head: number, shared: number, input: HalfHeadsInput): HalfPart[] {
  const { config, layer, reader, values, half, tensor } = input;
  const { dim, width } = config.sizes;
  const claims = input.claims.filter((claim) => claim.head === head);
  const rows = ({ weights, bias }: Affine, index: number) =>
    Array.from({ length: dim }, (_, d) => {
      const row = index * dim + d;
      return reader.read(weights.subarray(row * width, (row + 1) * width), bias?.[row] ?? 0, `head ${head} of \`${tensor}\``);
    });
  const value = rows(layer.value, shared);
  const variables = claims.flatMap((claim) => claim.writes);
  const byVariable = new Map<ClaimedVariable, ValueDimension[]>();
  for (const [d, row] of value.entries()) {
    const column = layer.output.weights.subarray((head * dim + d) * width, (head * dim + d + 1) * width);
    if (column.every((x) => x === 0)) continue;
    if (row.isNothing) continue;
    const variable = variableOf(column, variables);
    if (variable === undefined) throw new Unproven(`head ${head} of \`${tensor}\` writes something that no claim is about`);
    byVariable.set(variable, [...(byVariable.get(variable) ?? []), { row, column }]);
  }
  if (byVariable.size === 0) return [];
  const { rotary } = input.attention;
  const sides: HeadRows = {
    query: rows(layer.query, head),
    key: rows(layer.key, shared),
    rotary: rotary === null ? null : new HalfRotary(rotary, values.assumptions.context),
    factor: config.numbers.scores,
    seesAll: config.traits.attention === 'bidirectional',
  };
  const selections = new Map<SOp, HalfSelection>();
  return [...byVariable].map(([variable, dimensions]) => {
    const node = variable.node as SOp;
    let selection = selections.get(node);
    if (selection === undefined) {
      selection = selectionOf(selectorOf(node, values), sides, values, half);
      selections.set(node, selection);
      const claim = claims.find((c) => c.writes.includes(variable)) as ClaimedHead;
      const isCounted = node.kind !== 'aggregate';
      input.decisions.add({
        kind: 'selection',
        name: claim.name === '' ? nameOf(node) : claim.name,
        span: claim.span,
        tensor,
        part: `head ${head}`,
        error: selection.leak + (isCounted ? 0 : selection.overBos),
        allowed: 0.5,
      });
    }
    const own = selection;
    return writtenBy(
      variable.name,
      node,
      dimensions,
      dimensions.map(({ row }) => mixed(node, row, own, values, half)),
      values,
    );
  });
}

function selectorOf(node: SOp, values: NodeValues): Selector {
  const { graph } = values.assumptions;
  return node.kind === 'aggregate' || node.kind === 'width' ? node.selector : graph.select(graph.constant(1n), graph.constant(1n), '==');
}

/** The variable that a column mostly writes. */
function variableOf(column: Float64Array, variables: readonly ClaimedVariable[]): ClaimedVariable | undefined {
  let [best, most]: [ClaimedVariable | undefined, number] = [undefined, 0];
  for (const variable of variables) {
    const weight = variable.node === null ? 0 : Math.max(0, ...variable.dims.map((dim) => Math.abs(column[dim] ?? 0)));
    if (weight > most) [best, most] = [variable, weight];
  }
  return best;
}

function writtenBy(
  name: string,
  node: SOp,
  dimensions: readonly ValueDimension[],
  mixtures: readonly HalfMixed[],
  values: NodeValues,
): HalfPart {
  const width = dimensions[0]?.column.length ?? 0;
  const dims = Array.from({ length: width }, (_, dim) => dim).filter((dim) => dimensions.some(({ column }) => column[dim] !== 0));
  const combined = (of: (mixture: HalfMixed) => Range) =>
    dims.map((dim) => {
      let [range, size, terms] = [ZERO, 0, 0];
      for (const [i, { column }] of dimensions.entries()) {
        const weight = numberAt(column, dim);
        if (weight === 0) continue;
        const own = of(mixtures[i] as HalfMixed);
        if (own.low > own.high) return NOTHING;
        const term = times(own, weight);
        range = plus(range, term);
        size += sizeOf(term);
        terms++;
      }
      return terms > 1 ? widened(range, SINGLE * terms * size) : range;
    });
  return {
    name,
    node,
    dims,
    values: values.valuesOf(node).map((_, value) => combined((mixture) => mixture.values[value] as Range)),
    bos: combined((mixture) => mixture.bos),
  };
}
