/**
 * What depends on a neuron: the model is run again with the neuron saying what it says of its class in the mean where the token is of the
 * class, and what it says of others elsewhere; and with the neuron saying the same everywhere.
 */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { buildLayer } from '../../runtime/layer.ts';
import { attentionOf } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { Scratch } from '../../tensor/scratch.ts';
import { type Block, embedBlock } from '../effect/block.ts';
import { effectsOf, type HeadEffect, type Variant } from '../effect/intervene.ts';
import { LayerRunner } from '../effect/run-layer.ts';
import { readLayerRoles } from '../read-roles.ts';

export interface PlannedNeuron {
  readonly layer: number;
  readonly neuron: number;
  /** By id, 1 where the token is of the class. */
  readonly holds: Uint8Array;
}

/** Of each plan; null where no token of the class stands in the windows, or only such. */
export function neuronEffects(
  checkpoint: OpenCheckpoint,
  block: Block,
  plans: readonly PlannedNeuron[],
  passed: (layer: number) => void,
): (HeadEffect | null)[] {
  const { config } = checkpoint;
  const { stream: base } = embedBlock(checkpoint, block, new Int32Array(0));
  const runner = new LayerRunner(config, block);
  const scratch = new Scratch();
  const variants: Variant[] = [];
  for (let layer = 0; layer < config.sizes.layers; layer++) {
    const built = buildLayer(config, 'f32', readLayerRoles(checkpoint, layer, scratch), attentionOf(config, layer));
    const own = plans.flatMap((plan, number) => (plan.layer === layer ? [{ ...plan, number }] : []));
    const before = own.length === 0 ? null : base.slice();
    const said = new Map<number, Float32Array>();
    runner.run(built, base, {
      seeHidden({ values, neuronOf, tokens }) {
        for (const { number, neuron } of own) {
          const row = neuronOf.indexOf(neuron);
          if (row >= 0) said.set(number, values.slice(row * tokens, (row + 1) * tokens));
        }
      },
    });
    for (const { stream } of variants) runner.run(built, stream);
    for (const { number, neuron, holds } of own) {
      const row = said.get(number);
      if (row === undefined || before === null) continue;
      for (const isAblated of [false, true]) {
        const stream = before.slice();
        runner.run(built, stream, { neurons: new Map([[neuron, instead(block, row, isAblated ? null : holds)]]) });
        variants.push({ plan: number, isAblated, stream });
      }
    }
    passed(layer + 1);
  }
  const used = plans.map(({ holds }) =>
    block.windows.flatMap(({ ids, targets }, w) => (targets.length > 0 && ids.some((id, at) => at > 0 && holds[id] === 1) ? [w] : [])),
  );
  return effectsOf(checkpoint, block, used, base, variants);
}

/** The neuron's mean, by whether the token is of the class or over all; at the first position of a window it says what it said. */
function instead({ windows, starts }: Block, row: Float32Array, holds: Uint8Array | null): Float32Array {
  const values = row.slice();
  const sums = [
    [0, 0],
    [0, 0],
  ];
  const each = (visit: (at: number, sum: number[]) => void): void => {
    windows.forEach(({ ids }, w) => {
      ids.forEach((id, position) => {
        const sum = sums[holds?.[id] ?? 0];
        if (position > 0 && sum !== undefined) visit(numberAt(starts, w) + position, sum);
      });
    });
  };
  each((at, sum) => {
    sum[0] = (sum[0] ?? 0) + numberAt(row, at);
    sum[1] = (sum[1] ?? 0) + 1;
  });
  each((at, [total = 0, count = 1]) => {
    values[at] = total / count;
  });
  return values;
}
