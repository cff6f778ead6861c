/** Layers of a checkpoint, read from its bytes and made ready to run. */
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { attentionOf, isLayerRole } from '../targets/model-config.ts';
import { Scratch } from '../tensor/scratch.ts';
import type { Arithmetic } from './float32/arithmetic.ts';
import type { FloatHazard } from './float32/float-hazard.ts';
import { buildLayer, type Layer, type LayerRoles } from './layer.ts';

/** @param hazard is shown the weights of every layer that is read */
export function layerReader(checkpoint: OpenCheckpoint, arithmetic: Arithmetic, hazard: FloatHazard): (layer: number) => Layer {
  const { config } = checkpoint;
  // a layer keeps of its matrices what is not zero, so that the next one's may take their place
  const scratch = new Scratch();
  return (layer) => {
    const roles: LayerRoles = {};
    for (const tensor of checkpoint.tensors) {
      if (tensor.layer !== layer) continue;
      for (const { role, data } of readRoles(checkpoint, tensor, scratch)) if (isLayerRole(role)) roles[role] = data;
    }
    if (arithmetic !== 'f64') hazard.layer(roles);
    return buildLayer(config, arithmetic, roles, attentionOf(config, layer));
  };
}
