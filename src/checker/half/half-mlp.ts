/** What the neurons of a layer write in half precision, by the value of the s-op that each group is said to compute. */

import type { SOp } from '../../graph/graph.ts';
import type { Traits } from '../../targets/target.ts';
import { numberAt, numberOf } from '../../tensor/number-at.ts';
import type { LayerParts } from '../bounds/model-parts.ts';
import type { Range } from '../bounds/rounding.ts';
import type { ClaimedNeurons } from '../claim/claims.ts';
import { Unproven } from '../claim/unproven.ts';
import { distinctRows } from '../meaning/combinations.ts';
import { type NodeValues, nameOf } from '../meaning/node-values.ts';
import { activated } from './half-activation.ts';
import { type HalfArithmetic, hull, NOTHING, plus, product, SINGLE, sizeOf, times, widened, ZERO } from './half-interval.ts';
import { type HalfReader, type HalfRow, variantsAt } from './half-reader.ts';
import type { HalfPart } from './half-stream.ts';

/** What a group may take: some seconds. */
const MOST_TERMS = 2 ** 27;

/** Sums of few multiples of this are exact. */
const GRID = 2 ** -12;

interface Neuron {
  readonly index: number;
  readonly active: HalfRow;
  /** The other factor of a gated MLP; null where there is none. */
  readonly factor: HalfRow | null;
  /** What it writes: dimension and weight. */
  readonly writes: readonly { readonly dim: number; readonly weight: number }[];
}

export interface HalfMlpInput {
  readonly parts: Pick<LayerParts, 'gate' | 'up' | 'down'>;
  readonly width: number;
  readonly hidden: number;
  readonly activation: Traits['activation'];
  readonly reader: HalfReader;
  readonly groups: readonly ClaimedNeurons[];
  readonly values: NodeValues;
  readonly half: HalfArithmetic;
  /** Of the stored tensor with what goes through the activation. */
  readonly tensor: string;
}

export function halfMlp(input: HalfMlpInput): HalfPart[] {
  const { hidden, groups } = input;
  const owner = new Int32Array(hidden).fill(-1);
  for (const [g, { from, to }] of groups.entries()) for (let n = from; n < Math.min(to, hidden); n++) owner[n] = g;
  const neurons = Array.from({ length: hidden }, (_, n) => n).flatMap((n) => neuronOf(n, input) ?? []);
  const parts = groups.flatMap((group, g) => {
    const own = neurons.filter(({ index }) => owner[index] === g);
    if (own.length === 0) return [];
    const nodes = group.writes.flatMap(({ node }) => (node === null ? [] : [node]));
    if (nodes.length === 0) throw new Unproven(`the neurons of \`${group.name}\` are said to write nothing`);
    return gather(
      group.name,
      own,
      group.writes.flatMap(({ node, dims }) => (node === null ? [] : [{ node, dims }])),
      input,
    );
  });
  // what no claim is about takes numbers off the stream again: it goes by what it reads
  const strays = new Map<SOp | null, Neuron[]>();
  for (const neuron of neurons.filter(({ index }) => owner[index] === -1)) {
    const read = [...neuron.active.parts, ...(neuron.factor?.parts ?? [])];
    const [only = null, ...others] = new Set(read.flatMap(({ node }) => (node === null ? [] : [node])));
    if (others.length > 0) throw new Unproven(`neuron ${neuron.index} of \`${input.tensor}\` writes something that no claim is about`);
    strays.set(only, [...(strays.get(only) ?? []), neuron]);
  }
  for (const [node, own] of strays) parts.push(...gather(node === null ? 'constants' : nameOf(node), own, [{ node, dims: [] }], input));
  return parts;
}

/** Null where it writes nothing; what it computes has to stay in range all the same. */
function neuronOf(index: number, { parts: { gate, up, down }, width, reader, tensor }: HalfMlpInput): Neuron | null {
  const row = ({ weights, bias }: LayerParts['up']) =>
    reader.read(weights.subarray(index * width, (index + 1) * width), bias?.[index] ?? 0, `neuron ${index} of \`${tensor}\``);
  const active = row(gate ?? up);
  const factor = gate === null ? null : row(up);
  const writes = Array.from(down.weights.subarray(index * width, (index + 1) * width), (weight, dim) => ({ dim, weight })).filter(
    ({ weight }) => weight !== 0,
  );
  if (writes.length > 0) return { index, active, factor, writes };
  if (!active.isNothing || factor?.isNothing === false)
    throw new Unproven(`neuron ${index} of \`${tensor}\` reads something and writes nothing`);
  return null;
}

function gather(
  name: string,
  neurons: readonly Neuron[],
  targets: readonly { readonly node: SOp | null; readonly dims: readonly number[] }[],
  input: HalfMlpInput,
): HalfPart[] {
  const { values, half, activation } = input;
  const read = [...new Set(neurons.flatMap(({ active, factor }) => [...active.parts, ...(factor?.parts ?? [])]))];
  const carriers = read.flatMap(({ node }) => (node === null ? [] : [node]));
  const { count, column } = values.combinations([...carriers, ...targets.flatMap(({ node }) => node ?? [])]);
  const columns = new Map(read.map((part) => [part, part.node === null ? null : column(part.node)]));
  const targetColumns = targets.map(({ node }) => (node === null ? new Int32Array(count) : column(node)));
  const rows = distinctRows(count, [...targetColumns, ...columns.values()]);
  const written = neurons.reduce((sum, { writes }) => sum + writes.length + 2, 0);
  if (rows.length * written > MOST_TERMS) {
    throw new Unproven(
      `\`${name}\` takes ${rows.length} combinations of values × ${written} numbers, more than are followed in ${half.dtype}: a shorter context could be`,
    );
  }
  const dims = [...new Set(neurons.flatMap(({ writes }) => writes.map(({ dim }) => dim)))].sort((a, b) => a - b);
  // what several variables share goes with the first
  const ownerOf = dims.map((dim) =>
    Math.max(
      0,
      targets.findIndex((target) => target.dims.includes(dim)),
    ),
  );
  const place = new Map(dims.map((dim, at) => [dim, at]));
  const sum = (hidden: readonly Range[]): Range[] => {
    const total = dims.map(() => ({ range: ZERO, size: 0, terms: 0, isExact: true }));
    for (const [n, { writes }] of neurons.entries()) {
      const x = hidden[n] as Range;
      if (x.low === 0 && x.high === 0) continue;
      for (const { dim, weight } of writes) {
        const own = total[numberOf(place, dim)] as (typeof total)[number];
        const term = times(x, weight);
        own.range = plus(own.range, term);
        own.size += sizeOf(term);
        own.terms++;
        own.isExact &&= term.low === term.high && Number.isInteger(term.low / GRID);
      }
    }
    return total.map(({ range, size, terms, isExact }) =>
      terms < 2 || (isExact && size < 2 ** 24 * GRID) ? range : widened(range, SINGLE * terms * size),
    );
  };
  const hiddenAt = (at: (row: HalfRow) => Range): Range[] =>
    neurons.map(({ active, factor }) => {
      const own = activated(activation, at(active), half);
      return factor === null ? own : half.round(product(own, at(factor)), 'a product of neurons');
    });
  const hulls = targets.map(({ node }) => (node === null ? [null] : values.valuesOf(node)).map(() => dims.map(() => NOTHING)));
  for (const at of rows) {
    for (const valueAt of variantsAt(input.reader, read, (part) => columns.get(part)?.[at] ?? 0)) {
      const result = sum(hiddenAt((row) => row.at(valueAt)));
      for (const [t, hullOf] of hulls.entries()) {
        const own = hullOf[numberAt(targetColumns[t] as Int32Array, at)] as Range[];
        for (const [d, range] of result.entries()) if (ownerOf[d] === t) own[d] = hull(own[d] as Range, range);
      }
    }
  }
  const bos = sum(hiddenAt((row) => row.bos));
  return targets.flatMap(({ node }, t) => {
    const own = [...dims.keys()].filter((d) => ownerOf[d] === t);
    if (own.length === 0) return [];
    const only = (row: readonly Range[]) => own.map((d) => row[d] as Range);
    return [{ name, node, dims: own.map((d) => numberAt(dims, d)), values: (hulls[t] as Range[][]).map(only), bos: only(bos) }];
  });
}
