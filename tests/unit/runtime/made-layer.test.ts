import { expect, test } from 'vitest';
import { loadMadeModel, loadModel } from '../../../src/runtime/model.ts';
import { drawnHost } from '../../../src/seed/draw/seed-tensors.ts';
import { checkpointOf } from '../../../src/seed/stream/measure-stream.ts';
import { newModelConfig } from '../../../src/targets/model-config.ts';
import { TARGETS } from '../../../src/targets/registry.ts';

const SIZES = { vocab: 11, positions: 9, width: 32, layers: 2, heads: 4, kvHeads: 4, dim: 8, hidden: 40, types: 0, outputs: 11 };

test.each(TARGETS.filter(({ init }) => init !== null).map(({ name }) => name))(
  '%s: a layer that is made computes what one that is held does, to the bit',
  (name) => {
    const target = TARGETS.find((each) => each.name === name);
    if (target?.init == null) throw new Error('no rules');
    const kvHeads = target.traits.groupedHeads ? 2 : 4;
    const config = newModelConfig(target, { ...SIZES, kvHeads });
    const host = drawnHost({ config, rules: target.init, range: 0.3, seed: 4 });
    const checkpoint = checkpointOf(
      config,
      host,
      Array.from({ length: SIZES.vocab }, (_, i) => i),
      [],
    );
    const batch = [Int32Array.of(1, 5, 3, 3, 9, 0, 2), Int32Array.of(4, 10)];
    expect(loadMadeModel(checkpoint).logits(batch)).toEqual(loadModel(checkpoint).logits(batch));
  },
);
