/**
 * What the neurons of a layer write, by the value of the s-op that each group is said to compute: every combination of values that a group
 * reads is tried, and of each neuron it is known then whether its activation is 0, the identity, or neither.
 */
import { floatAt, indexAt } from '../../tensor/number-at.ts';
import { type Form, type FormReader, formAt, formOf, formRange, ownRounding, type PartSums, type Read } from '../bounds/form.ts';
import { type RuntimeSemantics, SAFETY, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { type Producer, VectorHulls } from '../bounds/stream.ts';
import { lengthOf, type Turned, writingError } from '../bounds/turned.ts';
import type { ClaimedNeurons, ClaimedVariable } from '../claim/claims.ts';
import type { Decisions } from '../claim/report.ts';
import { Unproven } from '../claim/unproven.ts';
import { distinctRows } from '../meaning/combinations.ts';
import type { NodeValues } from '../meaning/node-values.ts';
import { readBySum } from '../sums/sum-reads.ts';
import { summedOf } from '../sums/summed.ts';
import { isMirrored, type LinearWrite, linearWrite } from './linear-writes.ts';
import { mergeAlike } from './merge-alike.ts';
import { factorRange, LOWEST, MlpStates, type Neuron } from './mlp-states.ts';
import type { MlpWeights } from './mlp-weights.ts';

export interface MlpInput {
  readonly weights: MlpWeights;
  readonly reader: FormReader;
  readonly groups: readonly ClaimedNeurons[];
  readonly values: NodeValues;
  readonly decisions: Decisions;
  readonly semantics: RuntimeSemantics;
  readonly turned: Turned | null;
}

/** What a block writes: producers, and constants and noise by dimension. */
export interface Written {
  readonly producers: readonly Producer[];
  readonly constant: Float64Array;
  readonly noise: Float64Array;
}

export interface MlpWritten extends Written {
  /** What is a linear function of the stream. */
  readonly linear: readonly LinearWrite[];
}

export function mlpBlock(input: MlpInput): MlpWritten {
  const { weights } = input;
  const { width, hidden, down } = weights;
  const constant = new Float64Array(width);
  const noise = new Float64Array(width);
  const owner = new Int32Array(hidden).fill(-1);
  for (const [g, { from, to }] of input.groups.entries()) for (let n = from; n < Math.min(to, hidden); n++) owner[n] = g;
  const neurons: Neuron[] = [];
  const linear: LinearWrite[] = [];
  const numbers = new Map<string, number>();
  const turning = { total: 0, terms: 0 };
  const numberOf = (key: string) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  for (let n = 0; n < hidden; n++) {
    if (!down.subarray(n * width, (n + 1) * width).some((x) => x !== 0)) continue;
    const neuron = readNeuron(n, input, numberOf);
    const isPair = indexAt(owner, n) < 0 && owner[n + 1] === -1 && isMirrored(n, weights);
    turning.total += isPair ? 2 * largestWritten(neuron, weights, true) : largestWritten(neuron, weights, false);
    turning.terms += isPair ? 2 : 1;
    if (indexAt(owner, n) >= 0) neurons.push(neuron);
    else if (isPair) {
      linear.push(linearWrite(neuron.form, down.subarray(n * width, (n + 1) * width), factorRange(neuron.factor), weights.activation));
      n++;
    } else strayNeuron(neuron, weights, constant, noise);
  }
  const sums = new RowSums(width);
  for (const { down: own, most } of linear) for (const [dim, x] of own.entries()) if (x !== 0) sums.add(dim, Math.abs(x) * most, 2);
  const producers = input.groups.flatMap((group, g) => {
    const own = neurons.filter(({ index }) => owner[index] === g);
    const [variable] = group.writes;
    return own.length === 0 || variable === undefined ? [] : groupProducers(group, own, input, sums);
  });
  for (const [g, { writes }] of input.groups.entries()) {
    if (writes.length > 0) continue;
    for (const neuron of neurons) if (owner[neuron.index] === g) strayNeuron(neuron, weights, constant, noise);
  }
  sums.addRounding(noise);
  if (input.turned?.stream) {
    const off = writingError(turning.terms, turning.total, lengthOf(weights.downBias ?? []));
    for (let dim = 0; dim < width; dim++) noise[dim] = floatAt(noise, dim) + off;
  }
  return { producers, constant, noise, linear };
}

function readNeuron(index: number, { weights, reader }: MlpInput, numberOf: (key: string) => number): Neuron {
  const { width, active, activeBias, factor, factorBias } = weights;
  const row = active.subarray(index * width, (index + 1) * width);
  const form = reader.read(row, activeBias?.[index] ?? 0);
  const neuron = {
    index,
    form,
    reads: numberOf(`reads ${reader.varyingKey(row)}`),
    constants: reader.constantsOf(form),
    ending: reader.endingOf(row, form),
    row: numberOf(row.join()),
  };
  if (factor === null) return { ...neuron, factor: null };
  const own = factor.subarray(index * width, (index + 1) * width);
  const bias = factorBias?.[index] ?? 0;
  const other = reader.read(own, bias);
  const { low, high } = formRange(other);
  const radius = (high - low) / 2;
  const rounding = Math.min(radius, ownRounding(other));
  return { ...neuron, factor: { center: (low + high) / 2, radius, rounding, row: numberOf(`factor ${own.join()} ${bias}`) } };
}

/** The largest length that a neuron writes, or its mirror. */
function largestWritten({ index, form, factor }: Neuron, { width, down }: MlpWeights, isMirroredToo: boolean): number {
  const { center, radius } = factorRange(factor);
  const { low, high } = formRange(form);
  const active = Math.max(-LOWEST, high, isMirroredToo ? -low : 0);
  return active * (Math.abs(center) + radius) * lengthOf(down.subarray(index * width, (index + 1) * width));
}

/** A neuron that no claim is about writes something within its range, wherever it is. */
function strayNeuron(neuron: Neuron, { width, down }: MlpWeights, constant: Float64Array, noise: Float64Array): void {
  const { index, form } = neuron;
  const factor = factorRange(neuron.factor);
  const range = formRange(form);
  const [low, high] = range.low > 21 ? [range.low, range.high] : [LOWEST, Math.max(0, range.high)];
  const size = Math.abs(factor.center) + factor.radius;
  const middle = ((low + high) / 2) * factor.center;
  const radius = ((high - low) / 2) * size + Math.max(Math.abs(low), Math.abs(high)) * (factor.radius + 2 * UNIT);
  for (let dim = 0; dim < width; dim++) {
    const weight = floatAt(down, index * width + dim);
    if (weight === 0) continue;
    constant[dim] = floatAt(constant, dim) + weight * middle;
    noise[dim] = floatAt(noise, dim) + SAFETY * (Math.abs(weight) * (radius + 2 * UNDERFLOW) + 2 * UNDERFLOW);
  }
}

/** Of rows that sum over several groups: how much, and of how many terms. */
class RowSums {
  readonly #totals: Float64Array;
  readonly #terms: Float64Array;
  readonly #groups: Float64Array;

  constructor(width: number) {
    this.#totals = new Float64Array(width);
    this.#terms = new Float64Array(width);
    this.#groups = new Float64Array(width);
  }

  add(dim: number, total: number, terms: number): void {
    this.#totals[dim] = floatAt(this.#totals, dim) + total;
    this.#terms[dim] = floatAt(this.#terms, dim) + terms;
    this.#groups[dim] = floatAt(this.#groups, dim) + 1;
  }

  /** A group's own sum is rounded with it; where there are several, everything may be added to everything. */
  addRounding(noise: Float64Array): void {
    for (let dim = 0; dim < noise.length; dim++) {
      if (floatAt(this.#groups, dim) < 2) continue;
      noise[dim] = floatAt(noise, dim) + SAFETY * floatAt(this.#terms, dim) * (UNIT * floatAt(this.#totals, dim) + UNDERFLOW);
    }
  }
}

/** What a group may take: some seconds. */
const MOST_TERMS = 2 ** 30;

function groupProducers(group: ClaimedNeurons, neurons: readonly Neuron[], input: MlpInput, sums: RowSums): Producer[] {
  const { weights, values } = input;
  const targets = group.writes.flatMap(({ node }) => (node === null ? [] : [node]));
  const parts = [...new Set(neurons.flatMap(({ form }) => form.parts.map((p) => p.producer)))];
  if (parts.some(({ isLine }) => isLine)) throw new Unproven(`the neurons of \`${group.name}\` read numbers that are not enumerated`);
  const carriers = [...new Set(parts.flatMap(({ node }) => (node === null ? [] : [node])))];
  const gathered = group.writes.map((variable) => gatherVariable(variable, group, neurons, weights, values));
  const run = new MlpStates(neurons, weights, input.reader.meanBounds, input.semantics);
  const writes = gathered.reduce((sum, { dims }) => dims.reduce((own, dim) => own + run.terms(dim), sum), 0);
  const mayTake = (count: number) => {
    if (count * (neurons.length + writes) <= MOST_TERMS) return;
    const size = `${count} combinations of values × ${neurons.length} neurons that write ${writes} numbers`;
    throw new Unproven(`\`${group.name}\` takes ${size}, more than are followed: a shorter context could be`);
  };
  /** @param indexOf of each variable the index of its value */
  const write = (reads: readonly Read[], indexOf: (column: number) => number) => {
    const state = run.settle(reads);
    for (const [i, { hulls }] of gathered.entries()) run.write(state, hulls, indexOf(i));
  };
  const [first] = neurons;
  const alike = first !== undefined && neurons.every(({ reads }) => reads === first.reads) ? first.form : null;
  const together = (sums: PartSums) => neurons.map(({ form }) => formOf(form, sums));
  const summed = alike !== null && values.areMany([...carriers, ...targets]) ? summedOf(carriers, targets, values) : null;
  if (alike !== null && summed !== null) {
    const read = readBySum(alike, summed);
    mayTake(read.length);
    for (const [place, sums] of read.entries()) {
      const own = summed.targets[place];
      if (sums !== null && own) write(together(sums), (i) => indexAt(own, i));
    }
  } else {
    const combinations = values.combinations([...carriers, ...targets]);
    const columns = new Map(parts.map((part) => [part, part.node === null ? null : combinations.column(part.node)]));
    const targetColumns = targets.map((target) => combinations.column(target));
    const valueAt = (at: number) => (i: number) => indexAt(targetColumns[i] as Int32Array, at);
    const rows = distinctRows(combinations.count, [...targetColumns, ...columns.values()]);
    // of each neuron the columns that its parts go by
    const indicesOf = ({ parts: own }: Form) => own.map(({ producer }) => columns.get(producer) ?? null);
    if (alike !== null) {
      const merged = mergeAlike(alike, indicesOf(alike), rows, targetColumns);
      mayTake(merged.length);
      for (const { sums, at } of merged) write(together(sums), valueAt(at));
    } else {
      mayTake(rows.length);
      const indices = neurons.map(({ form }) => indicesOf(form));
      for (const at of rows) {
        const reads = neurons.map(({ form }, n) => formAt(form, (_, i) => indices[n]?.[i]?.[at] ?? 0));
        write(reads, valueAt(at));
      }
    }
  }
  const atBos = run.settle(neurons.map(({ form }) => bosRead(form)));
  const { name, span } = group;
  input.decisions.add({ kind: 'step', name, span, tensor: weights.tensor, ...run.worst() });
  return gathered.map(({ hulls, variable, dims, node }) => {
    const bos = new VectorHulls(dims, 1);
    run.write(atBos, bos, 0);
    for (const dim of dims) sums.add(dim, run.largestTotal(dim), run.terms(dim));
    const { center, radius } = hulls.finish();
    const { center: bosCenter, radius: bosRadius } = bos.finish();
    const part = `neurons ${group.from} to ${group.to - 1}`;
    const claim = { variable, where: { name, span, tensor: weights.tensor, part } };
    return {
      name: variable.name,
      span: variable.span,
      node,
      dims,
      count: hulls.count,
      isLine: false,
      center,
      radius,
      bosCenter,
      bosRadius,
      claim,
    };
  });
}

interface Gathered {
  readonly variable: ClaimedVariable;
  readonly node: NonNullable<ClaimedVariable['node']>;
  readonly dims: Int32Array;
  readonly hulls: VectorHulls;
}

function gatherVariable(
  variable: ClaimedVariable,
  group: ClaimedNeurons,
  neurons: readonly Neuron[],
  { width, down }: MlpWeights,
  values: NodeValues,
): Gathered {
  const { node } = variable;
  if (node === null) throw new Unproven(`the neurons of \`${group.name}\` are said to mark BOS`);
  const written: number[] = [];
  // what several variables share (the balance) goes with the first
  const others = new Set(group.writes.filter((v) => v !== variable).flatMap((v) => v.dims));
  const isFirst = group.writes[0] === variable;
  for (let dim = 0; dim < width; dim++) {
    if (!neurons.some(({ index }) => down[index * width + dim] !== 0)) continue;
    if (variable.dims.includes(dim) || (isFirst && !others.has(dim))) written.push(dim);
  }
  const dims = Int32Array.from(written);
  return { variable, node, dims, hulls: new VectorHulls(dims, values.valuesOf(node).length) };
}

/** At BOS errors are not told apart: none cancel but what rows have in common. */
function bosRead(form: Form): Read {
  const { center, radius } = form.bos;
  return { center, radius, scaled: center - form.offset, inherited: radius, rounding: radius };
}
