/** What a change costs a model: its loss on windows before and after, or how far what it says moves. */
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { buildLayer } from '../runtime/layer.ts';
import { attentionOf } from '../targets/model-config.ts';
import { numberAt } from '../tensor/number-at.ts';
import { Scratch } from '../tensor/scratch.ts';
import { type Block, blockOf, embedBlock, type Window } from './effect/block.ts';
import { logProbabilities } from './effect/log-probabilities.ts';
import { LayerRunner } from './effect/run-layer.ts';
import { readLayerRoles } from './read-roles.ts';

export interface ChangeCost {
  readonly targets: number;
  /** Mean loss at the targets, in nats. */
  readonly before: number;
  readonly after: number;
  /** Mean Kullback-Leibler divergence of what it says: by how much the loss rises on what the model itself would say next. */
  readonly divergence: number;
  /** The largest change of a logit, as a part of the standard deviation of the logits at its position; what all of them have in common is none. */
  readonly largest: number;
  /** The share of targets at which the likeliest token is the same. */
  readonly agreement: number;
}

export function costOfChange(before: OpenCheckpoint, after: OpenCheckpoint, windows: readonly Window[]): ChangeCost {
  const block = blockOf(windows);
  const [own, changed] = [saidBy(before, block), saidBy(after, block)];
  const { outputs } = before.config.sizes;
  let [at, lossBefore, lossAfter, divergence, largest, agreed] = [0, 0, 0, 0, 0, 0];
  for (const { ids, targets } of windows) {
    for (const target of targets) {
      const next = at * outputs + numberAt(ids, target + 1);
      lossBefore -= numberAt(own, next);
      lossAfter -= numberAt(changed, next);
      for (let i = at * outputs; i < (at + 1) * outputs; i++) {
        const log = own[i] ?? 0;
        divergence += Math.exp(log) * (log - (changed[i] ?? 0));
      }
      const row = own.subarray(at * outputs, (at + 1) * outputs);
      const after = changed.subarray(at * outputs, (at + 1) * outputs);
      largest = Math.max(largest, largestChange(row, after));
      if (likeliest(row) === likeliest(after)) agreed++;
      at++;
    }
  }
  return { targets: at, before: lossBefore / at, after: lossAfter / at, divergence: divergence / at, largest, agreement: agreed / at };
}

function largestChange(before: Float32Array, after: Float32Array): number {
  let [sum, squares, shift] = [0, 0, 0];
  for (let i = 0; i < before.length; i++) {
    sum += numberAt(before, i);
    squares += numberAt(before, i) ** 2;
    shift += numberAt(after, i) - numberAt(before, i);
  }
  const spread = Math.sqrt(Math.max(0, squares / before.length - (sum / before.length) ** 2));
  let most = 0;
  for (let i = 0; i < before.length; i++) most = Math.max(most, Math.abs(numberAt(after, i) - numberAt(before, i) - shift / before.length));
  return most / spread;
}

function likeliest(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (numberAt(row, i) > numberAt(row, best)) best = i;
  return best;
}

function saidBy(checkpoint: OpenCheckpoint, block: Block): Float32Array {
  const { config } = checkpoint;
  const { stream } = embedBlock(checkpoint, block, new Int32Array(0));
  const runner = new LayerRunner(config, block);
  const scratch = new Scratch();
  for (let layer = 0; layer < config.sizes.layers; layer++) {
    runner.run(buildLayer(config, 'f32', readLayerRoles(checkpoint, layer, scratch), attentionOf(config, layer)), stream);
  }
  return logProbabilities(checkpoint, block, [stream])[0] ?? new Float32Array(0);
}
