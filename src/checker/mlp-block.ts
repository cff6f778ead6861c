/**
 * What the neurons of a layer write, by the value of the s-op that each group is said to compute: every combination of values that a group
 * reads is tried, and of each neuron it is known then whether its activation is 0, the identity, or neither.
 */
import type { Traits } from '../targets/target.ts';
import type { ClaimedNeurons, ClaimedVariable } from './claims.ts';
import { type Form, type FormReader, formAt, formRange, type Read } from './form.ts';
import type { NodeValues } from './node-values.ts';
import type { Decisions } from './report.ts';
import { type RuntimeSemantics, SAFETY, sumError, UNIT } from './rounding.ts';
import { type Producer, VectorHulls } from './stream.ts';
import { Unproven } from './unproven.ts';

/** From here on an activation is 0 or the identity to float32: part of the stated runtime semantics. */
const SATURATION: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 5.2, gelu: 5.6, silu: 21 };
/** No activation is lower than this (GELU: -0.17, SiLU: -0.28). */
const LOWEST = -0.2785;

export interface MlpWeights {
  readonly width: number;
  readonly hidden: number;
  /** `[hidden, width]`: what goes through the activation. */
  readonly active: Float64Array;
  readonly activeBias: Float64Array | null;
  /** What it is multiplied by, in a gated MLP. */
  readonly factor: Float64Array | null;
  readonly factorBias: Float64Array | null;
  /** `[hidden, width]` */
  readonly down: Float64Array;
  readonly downBias: Float64Array | null;
  readonly activation: Traits['activation'];
  readonly tensor: string;
}

export interface MlpInput {
  readonly weights: MlpWeights;
  readonly reader: FormReader;
  readonly groups: readonly ClaimedNeurons[];
  readonly values: NodeValues;
  readonly decisions: Decisions;
  readonly semantics: RuntimeSemantics;
}

/** What a block writes: producers, and constants and noise by dimension. */
export interface Written {
  readonly producers: readonly Producer[];
  readonly constant: Float64Array;
  readonly noise: Float64Array;
}

interface Neuron {
  readonly index: number;
  readonly form: Form;
  /** Neurons with the same key have the same weights on whatever is not constant. */
  readonly reads: string;
  /** What it reads from constants that are not exact. */
  readonly constants: ReturnType<FormReader['constantsOf']>;
  /** Neurons with the same key have the same weights. */
  readonly row: string;
  /** The other factor of a gated MLP, at any position. */
  readonly factor: { readonly center: number; readonly radius: number };
}

export function mlpBlock(input: MlpInput): Written {
  const { weights } = input;
  const { width, hidden, down } = weights;
  const constant = new Float64Array(width);
  const noise = new Float64Array(width);
  const owner = new Int32Array(hidden).fill(-1);
  for (const [g, { from, to }] of input.groups.entries()) for (let n = from; n < Math.min(to, hidden); n++) owner[n] = g;
  const neurons: Neuron[] = [];
  for (let n = 0; n < hidden; n++) {
    if (!down.subarray(n * width, (n + 1) * width).some((x) => x !== 0)) continue;
    const neuron = readNeuron(n, input);
    if ((owner[n] as number) >= 0) neurons.push(neuron);
    else strayNeuron(neuron, weights, constant, noise);
  }
  const producers = input.groups.flatMap((group, g) => {
    const own = neurons.filter(({ index }) => owner[index] === g);
    const [variable] = group.writes;
    return own.length === 0 || variable === undefined ? [] : groupProducers(group, own, input);
  });
  for (const [g, { writes }] of input.groups.entries()) {
    if (writes.length > 0) continue;
    for (const neuron of neurons) if (owner[neuron.index] === g) strayNeuron(neuron, weights, constant, noise);
  }
  addRounding(neurons, weights, noise);
  return { producers, constant, noise };
}

function readNeuron(index: number, { weights, reader }: MlpInput): Neuron {
  const { width, active, activeBias, factor, factorBias } = weights;
  const row = active.subarray(index * width, (index + 1) * width);
  const form = reader.read(row, activeBias?.[index] ?? 0);
  const neuron = { index, form, reads: reader.varyingKey(row), constants: reader.constantsOf(form), row: row.join() };
  if (factor === null) return { ...neuron, factor: { center: 1, radius: 0 } };
  const range = formRange(reader.read(factor.subarray(index * width, (index + 1) * width), factorBias?.[index] ?? 0));
  return { ...neuron, factor: { center: (range.low + range.high) / 2, radius: (range.high - range.low) / 2 } };
}

/** A neuron that no claim is about writes something within its range, wherever it is. */
function strayNeuron({ index, form, factor }: Neuron, { width, down }: MlpWeights, constant: Float64Array, noise: Float64Array): void {
  const range = formRange(form);
  const [low, high] = range.low > 21 ? [range.low, range.high] : [LOWEST, Math.max(0, range.high)];
  const size = Math.abs(factor.center) + factor.radius;
  const middle = ((low + high) / 2) * factor.center;
  const radius = ((high - low) / 2) * size + Math.max(Math.abs(low), Math.abs(high)) * (factor.radius + 2 * UNIT);
  for (let dim = 0; dim < width; dim++) {
    const weight = down[index * width + dim] as number;
    if (weight === 0) continue;
    constant[dim] = (constant[dim] as number) + weight * middle;
    noise[dim] = (noise[dim] as number) + SAFETY * Math.abs(weight) * radius;
  }
}

/** The sums of a dimension take in several neurons of several groups. */
function addRounding(neurons: readonly Neuron[], { width, down }: MlpWeights, noise: Float64Array): void {
  const groups = new Float64Array(width);
  for (const { index } of neurons) {
    for (let dim = 0; dim < width; dim++) if (down[index * width + dim] !== 0) groups[dim] = (groups[dim] as number) + 1;
  }
  for (let dim = 0; dim < width; dim++) if ((groups[dim] as number) > 0) noise[dim] = (noise[dim] as number) + UNIT;
}

function groupProducers(group: ClaimedNeurons, neurons: readonly Neuron[], input: MlpInput): Producer[] {
  const { weights, values } = input;
  const targets = group.writes.flatMap(({ node }) => (node === null ? [] : [node]));
  const parts = [...new Set(neurons.flatMap(({ form }) => form.parts.map((p) => p.producer)))];
  if (parts.some(({ isLine }) => isLine)) throw new Unproven(`the neurons of \`${group.name}\` read numbers that are not enumerated`);
  const carriers = [...new Set(parts.flatMap(({ node }) => (node === null ? [] : [node])))];
  const { count, column } = values.combinations([...carriers, ...targets]);
  const columns = new Map(parts.map((part) => [part, part.node === null ? null : column(part.node)]));
  const gathered = group.writes.map((variable) => gatherVariable(variable, group, neurons, weights, values));
  const seen = new Set<string>();
  const targetColumns = targets.map(column);
  for (let at = 0; at < count; at++) {
    const key = `${targetColumns.map((c) => c[at]).join(' ')}/${[...columns.values()].map((c) => c?.[at]).join(' ')}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const reads = neurons.map(({ form }) => formAt(form, ({ producer }) => columns.get(producer)?.[at] ?? 0));
    const state = settle(neurons, reads, group, input);
    for (const [i, { hulls }] of gathered.entries())
      writeState(state, hulls, weights, input.semantics, (targetColumns[i] as Int32Array)[at] as number);
  }
  const atBos = settle(
    neurons,
    neurons.map(({ form }) => bosRead(form)),
    group,
    input,
  );
  return gathered.map(({ hulls, variable, dims, node }) => {
    const bos = new VectorHulls(dims, 1);
    writeState(atBos, bos, weights, input.semantics, 0);
    const { center, radius } = hulls.finish();
    const { center: bosCenter, radius: bosRadius } = bos.finish();
    const { name, span } = variable;
    const part = `neurons ${group.from} to ${group.to - 1}`;
    const claim = { variable, where: { name: group.name, span: group.span, tensor: weights.tensor, part } };
    return { name, span, node, dims, count: hulls.count, isLine: false, center, radius, bosCenter, bosRadius, claim };
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

function bosRead(form: Form): Read {
  const { center, radius } = form.bos;
  return { center, radius, scaled: center - form.offset, inherited: radius, rounding: 0 };
}

/** Neurons whose activation is the identity, and those whose output is only known within bounds. */
interface State {
  readonly open: readonly { readonly neuron: Neuron; readonly read: Read; readonly scale: number }[];
  readonly between: readonly { readonly neuron: Neuron; readonly high: number }[];
}

function settle(neurons: readonly Neuron[], reads: readonly Read[], group: ClaimedNeurons, { weights, decisions }: MlpInput): State {
  const saturation = SATURATION[weights.activation];
  const open: { neuron: Neuron; read: Read; scale: number }[] = [];
  const between: { neuron: Neuron; high: number }[] = [];
  for (const [i, neuron] of neurons.entries()) {
    const read = reads[i] as Read;
    const { center, radius } = read;
    decisions.add({
      kind: 'step',
      name: group.name,
      span: group.span,
      tensor: weights.tensor,
      part: `neuron ${neuron.index}`,
      error: radius,
      allowed: Math.abs(center) - saturation,
    });
    if (center - radius >= saturation) open.push({ neuron, read, scale: neuron.form.scale });
    else if (!(center + radius <= -saturation)) between.push({ neuron, high: Math.max(0, center + radius) });
  }
  return { open, between };
}

/** Includes what a state writes into a value's vector. Equal weights cancel exactly before bounds are taken. */
function writeState(
  { open, between }: State,
  hulls: VectorHulls,
  { width, down, downBias }: MlpWeights,
  semantics: RuntimeSemantics,
  value: number,
): void {
  const alike = semantics !== 'any-order';
  for (const [at, dim] of hulls.dims.entries()) {
    let inOrder = 0;
    let [sum, scaled, own, total, large, gate] = [0, 0, 0, 0, 0, 0];
    let common = 0;
    const inherited = new Coefficients();
    const rounded = new Coefficients();
    const constants = new Coefficients();
    for (const { neuron, read, scale } of open) {
      const weight = down[neuron.index * width + dim] as number;
      if (weight === 0) continue;
      const w = weight * neuron.factor.center;
      const size = Math.abs(weight) * (Math.abs(read.center) + read.radius);
      sum += w * read.center;
      inOrder += UNIT * (Math.abs(sum) + Math.abs(w) * read.radius + Math.abs(downBias?.[dim] ?? 0));
      scaled += w * read.scaled;
      common = Math.max(common, scale);
      total += size;
      large++;
      gate += size * (neuron.factor.radius + (neuron.factor.radius > 0 ? UNIT : 0));
      own += size * UNIT * (isPowerOfTwo(weight) ? 0 : 1) + Math.abs(w) * neuron.form.meanSlack;
      inherited.add(neuron.reads, w, read.inherited);
      for (const each of neuron.constants) constants.add(String(each.dim), w * each.weight, each.noise);
      // where equal rows give equal products, only adding the bias rounds each by itself
      rounded.add(alike ? neuron.row : String(neuron.index), w, read.rounding);
      if (alike) own += UNIT * size;
    }
    const anyOrder = sumError({ total, large, tiny: 0, tinyCount: 0 }, Math.abs(sum));
    const summed = semantics === 'in-order' ? Math.min(anyOrder, SAFETY * inOrder) : anyOrder;
    const error = own + gate + common * Math.abs(scaled) + summed + inherited.error() + constants.error() + rounded.error();
    let [low, high] = [sum - SAFETY * error, sum + SAFETY * error];
    for (const { neuron, high: most } of between) {
      const weight = down[neuron.index * width + dim] as number;
      const ends = [weight * LOWEST, weight * most].map((x) => x * (Math.abs(neuron.factor.center) + neuron.factor.radius));
      low += Math.min(0, ...ends);
      high += Math.max(0, ...ends);
    }
    hulls.include(value, at, low, high);
  }
}

/** Errors that neurons share cancel where their weights do. */
class Coefficients {
  readonly #known = new Map<string, { sum: number; error: number }>();

  add(key: string, weight: number, error: number): void {
    const known = this.#known.get(key) ?? { sum: 0, error: 0 };
    this.#known.set(key, { sum: known.sum + weight, error: Math.max(known.error, error) });
  }

  error(): number {
    let total = 0;
    for (const { sum, error } of this.#known.values()) total += Math.abs(sum) * error;
    return total;
  }
}

function isPowerOfTwo(x: number): boolean {
  return Number.isInteger(Math.log2(Math.abs(x)));
}
