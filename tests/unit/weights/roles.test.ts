import { describe, expect, test } from 'vitest';
import { buildLayer, type LayerRoles } from '../../../src/runtime/layer.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { attentionOf, newModelConfig } from '../../../src/targets/model-config.ts';
import { LAYER_ROLES, type LayerRole, nothingLeft } from '../../../src/weights/roles.ts';

describe('roles that nobody uses', () => {
  test('do not compile: whoever takes roles apart has to name every one', () => {
    const roles: Partial<Record<LayerRole, number>> = {};
    const { query: _, ...rest } = roles;
    // @ts-expect-error: `key` and all the others are left
    expect(() => nothingLeft(rest)).not.toThrow();
  });

  test('are a fault of ours where they were read nevertheless', () => {
    const sizes = { vocab: 3, positions: 4, width: 2, layers: 1, heads: 1, kvHeads: 1, dim: 2, hidden: 2, types: 0, outputs: 3 };
    const roles: LayerRoles = Object.fromEntries(Object.keys(LAYER_ROLES).map((role) => [role, new Float32Array(4)]));
    const config = newModelConfig(gpt2, sizes);
    expect(() => buildLayer(config, 'f32', roles, attentionOf(config, 0))).not.toThrow();
    const more: LayerRoles = { ...roles, ...{ queryTemperature: new Float32Array(4) } };
    expect(() => buildLayer(config, 'f32', more, attentionOf(config, 0))).toThrow(
      'the model has a `queryTemperature` that nothing here uses',
    );
  });
});
