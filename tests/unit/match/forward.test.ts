/** The layers that `match` runs say what the runtime says, in every causal family. */
import { expect, test } from 'vitest';
import { packCheckpoint } from '../../../src/checkpoint/pack-checkpoint.ts';
import { openCheckpoint } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { compile } from '../../../src/compiler/compile.ts';
import { loadText } from '../../../src/library/load-text.ts';
import { blockOf, embedBlock } from '../../../src/match/effect/block.ts';
import { logProbabilities } from '../../../src/match/effect/log-probabilities.ts';
import { LayerRunner } from '../../../src/match/effect/run-layer.ts';
import { readLayerRoles } from '../../../src/match/read-roles.ts';
import { buildLayer } from '../../../src/runtime/layer.ts';
import { loadModel } from '../../../src/runtime/model.ts';
import { attentionOf } from '../../../src/targets/model-config.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import { memoryFolder } from '../../support/memory-folder.ts';

const PROGRAM = loadText(`@vocab ["a", "b", "c"]; @context 6; @causal;
previous = aggregate(select(indices, indices - 1, ==), tokens, "a");
induction = aggregate(rightmost(select(previous, tokens, ==)), tokens, "a");
@export induction;`);

const causal = TARGETS.filter(
  ({ traits }) => traits.attention === 'causal' && traits.output === 'language-model' && traits.normPlace !== 'post',
);

test.each(causal.map((target) => [target.name, target] as const))('%s', (_, target) => {
  const { config, weights, dtype, compute: computed, pad, map } = compile(PROGRAM, { target, dtype: 'f32', compute: 'f32' });
  const packed = packCheckpoint({ config, weights, dtype, compute: computed, eos: null, pad, map: { raspc: '0', ...map } });
  const checkpoint = openCheckpoint(memoryFolder(packed));
  const batch = [Int32Array.of(map.bos.id, 1, 2, 1, 0, 2), Int32Array.of(map.bos.id, 0, 0, 2)];
  const block = blockOf(batch.map((ids) => ({ kind: 'text', ids, targets: [...ids.keys()].slice(0, -1) })));
  const { stream } = embedBlock(checkpoint, block, new Int32Array(0));
  const runner = new LayerRunner(checkpoint.config, block);
  for (let layer = 0; layer < checkpoint.config.sizes.layers; layer++) {
    const roles = readLayerRoles(checkpoint, layer);
    runner.run(buildLayer(checkpoint.config, 'f32', roles, attentionOf(checkpoint.config, layer)), stream);
  }
  const [own = new Float32Array(0)] = logProbabilities(checkpoint, block, [stream]);
  const { outputs } = checkpoint.config.sizes;
  let at = 0;
  for (const [w, logits] of loadModel(checkpoint).logits(batch).entries()) {
    for (let position = 0; position + 1 < (batch[w]?.length ?? 0); position++, at++) {
      const row = Array.from(logits.subarray(position * outputs, (position + 1) * outputs));
      const most = Math.max(...row);
      const total = most + Math.log(row.reduce((sum, x) => sum + Math.exp(x - most), 0));
      row.forEach((logit, i) => {
        const expected = logit - total;
        expect(Math.abs((own[at * outputs + i] ?? 0) - expected)).toBeLessThan(2e-5 * Math.max(10, Math.abs(logit), Math.abs(most)));
      });
    }
  }
});
