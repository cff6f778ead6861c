/** A host and slices as they are once they are stored in half precision: what a plan measures is what is written. */
import type { ModelConfig } from '../../targets/model-config.ts';
import { type Dtype, roundInto, roundTo } from '../../tensor/dtype.ts';
import type { Host } from './seed-tensors.ts';
import type { RoleSlice } from './slices.ts';
import { roundedSlice } from './stored-units.ts';

export function roundedHost(host: Host, dtype: Dtype): Host {
  if (dtype === 'f32') return host;
  return {
    ...host,
    values(tensor, from, count, into) {
      const values = host.values(tensor, from, count, into);
      roundInto(dtype, values);
      return values;
    },
  };
}

export function roundedSlices(slices: readonly RoleSlice[], dtype: Dtype, config: ModelConfig): readonly RoleSlice[] {
  if (dtype === 'f32') return slices;
  return slices.map((slice) => roundedSlice(slice, config, (value) => roundTo(dtype, value)));
}
