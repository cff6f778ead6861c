/**
 * The neurons of a circuit as slices of a host's MLP. A step is two neurons whose difference is 0 or 1, whatever the scale of the stream: their
 * offsets are biases, or where there are none the constant, which then scales what is written as well.
 */
import type { NeuronGroup, Step } from '../../../circuit/circuit.ts';
import { addConstant, constantForm } from '../../../circuit/form.ts';
import type { ModelConfig } from '../../../targets/model-config.ts';
import type { LayerRole } from '../../../weights/roles.ts';
import { every, type RoleSlice } from '../../draw/slices.ts';
import { tidy } from '../../draw/tidy.ts';
import { countered, dimOf, readingOf, type Scale, type SeedFrame } from '../seed-frame.ts';

/** What the two neurons of a step are apart, and what half of its gap is at their inputs: GELU is straight beyond 4, SiLU beyond 10. */
const STEPS = { biased: { offset: 3, reach: 24 }, gated: { offset: 4, reach: 48 } } as const;

function isBiased({ traits }: ModelConfig): boolean {
  return traits.mlp === 'plain' && traits.biases.mlp;
}

/** The step of a model: its neurons' distance and reach, and how far the activation at a number beyond the offset is from straight. */
export function stepShape(config: ModelConfig) {
  const hasBiases = isBiased(config);
  const { activation } = config.traits;
  // |GELU(t) - t| is t·Q(t), and Q(t) at most half of e^(-t²/2); |SiLU(t) - t| at most t·e^-t
  const tail = (t: number): number =>
    activation === 'relu' ? 0 : activation === 'silu' ? t * Math.exp(-t) : (t / 2) * Math.exp((-t * t) / 2);
  return { ...(hasBiases ? STEPS.biased : STEPS.gated), isBiased: hasBiases, tail };
}

/** How many neurons the groups of one layer take. */
export function neuronsFor(groups: readonly NeuronGroup[], config: ModelConfig): number {
  return groups.reduce((sum, group) => sum + 2 * stepsOf(group, config).length, 0);
}

/** What a group always writes is a bias, or where there is none a step that is always taken. */
function stepsOf({ steps, base }: NeuronGroup, config: ModelConfig): readonly Step[] {
  if (isBiased(config) || base.length === 0) return steps;
  return [{ input: constantForm(1), ceilings: new Float64Array(0), intervals: [], low: -1, high: 1, writes: base }, ...steps];
}

/** @param from the first neuron that is free */
export function writeNeurons(
  config: ModelConfig,
  frame: SeedFrame,
  layer: number,
  groups: readonly NeuronGroup[],
  scale: Scale,
  from: number,
): RoleSlice[] {
  const { width } = config.sizes;
  const hasBiases = isBiased(config);
  const { offset, reach } = hasBiases ? STEPS.biased : STEPS.gated;
  const steps = groups.flatMap((group) => stepsOf(group, config));
  const count = 2 * steps.length;
  if (count === 0) return [];
  const reads = new Float64Array(count * width);
  const ones = new Float64Array(width);
  const writes = new Float64Array(count * width);
  const biases = new Float64Array(count);
  if (!hasBiases) for (const [d, weight] of readingOf(frame, constantForm(1), 1, scale)) ones[d] = tidy(weight);
  for (const [s, { input, low, high, writes: targets }] of steps.entries()) {
    const gain = (2 * reach) / (high - low);
    const centred = addConstant(input, -(low + high) / 2);
    for (const side of [1, -1] as const) {
      const neuron = 2 * s + (side > 0 ? 0 : 1);
      // in nats of the activation: the number, and the offset of this neuron
      const form = hasBiases ? centred : addConstant(centred, (side * offset) / gain);
      for (const [d, weight] of readingOf(frame, form, gain, scale)) reads[neuron * width + d] = tidy(weight);
      biases[neuron] = side * offset;
      for (const write of targets) {
        const d = dimOf(frame, write);
        if (d === null) continue;
        const at = neuron * width + d;
        writes[at] = (writes[at] as number) + tidy((side * write.weight * frame.amplitude) / (2 * offset));
      }
      countered(frame, writes.subarray(neuron * width, (neuron + 1) * width));
    }
  }
  const rows = Array.from({ length: count }, (_, i) => from + i);
  const common = { layer, purpose: 'programmed', circuits: [...new Set(groups.map(({ name }) => name))] } as const;
  const matrix = (role: LayerRole, value: (neuron: number, dim: number) => number): RoleSlice => ({
    ...common,
    role,
    indices: [rows, every(width)],
    value: (neuron, dim) => value((neuron as number) - from, dim as number),
  });
  const read = (neuron: number, dim: number) => reads[neuron * width + dim] as number;
  const written = matrix('down', (neuron, dim) => writes[neuron * width + dim] as number);
  if (!hasBiases) return [matrix('gate', read), matrix('up', (_, dim) => ones[dim] as number), written];
  const bias: RoleSlice = { ...common, role: 'upBias', indices: [rows], value: (neuron) => biases[(neuron as number) - from] as number };
  const always = new Map<number, number>();
  for (const write of groups.flatMap(({ base }) => base)) {
    const d = dimOf(frame, write);
    if (d !== null) always.set(d, (always.get(d) ?? 0) + tidy(write.weight * frame.amplitude));
  }
  if (frame.counter !== null && always.size > 0) always.set(frame.counter, -[...always.values()].reduce((sum, value) => sum + value, 0));
  const dims = [...always.keys()].sort((a, b) => a - b);
  const base: RoleSlice = { ...common, role: 'downBias', indices: [dims], value: (d) => always.get(d as number) as number };
  return [matrix('up', read), bias, written, ...(dims.length > 0 ? [base] : [])];
}
