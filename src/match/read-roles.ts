/** Roles of a checkpoint as they are needed: some of the whole model, or all of one layer, so that a layer is in memory at a time. */
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import type { LayerRoles } from '../runtime/layer.ts';
import { isLayerRole } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import type { Scratch } from '../tensor/scratch.ts';
import type { ModelRole } from '../weights/roles.ts';

export function readModelRoles(checkpoint: OpenCheckpoint, wanted: readonly ModelRole[]): Partial<Record<ModelRole, FloatArray>> {
  const roles: Partial<Record<ModelRole, FloatArray>> = {};
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== null || !tensor.spec.holds.some((role) => wanted.some((each) => each === role))) continue;
    for (const { role, data } of readRoles(checkpoint, tensor)) if (!isLayerRole(role)) roles[role] = data;
  }
  return roles;
}

export function readLayerRoles(checkpoint: OpenCheckpoint, layer: number, scratch?: Scratch): LayerRoles {
  const roles: LayerRoles = {};
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== layer) continue;
    for (const { role, data } of readRoles(checkpoint, tensor, scratch)) if (isLayerRole(role)) roles[role] = data;
  }
  return roles;
}
