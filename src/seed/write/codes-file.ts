/** The file of codes that were read from the model's own embedding: a row a token, and the projection that made them. */
import { CODES_FILE } from '../../checkpoint/map/seed/seed-map.ts';
import type { PackedFile } from '../../checkpoint/pack-checkpoint.ts';
import { writeSafetensors } from '../../checkpoint/safetensors/write-safetensors.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { encode } from '../../tensor/dtype.ts';
import type { OwnCodes } from '../program/own-codes.ts';

/** No file where codes are reserved. */
export function codesFile(own: OwnCodes | null, { sizes: { vocab } }: ModelConfig, path = CODES_FILE): PackedFile[] {
  if (own === null) return [];
  const { length, projection, codeOf } = own;
  const codes = {
    name: 'codes',
    dtype: 'F32',
    shape: [vocab, length],
    bytes: () => {
      const rows = new Float32Array(vocab * length);
      for (let token = 0; token < vocab; token++) rows.set(codeOf(token), token * length);
      return encode('f32', rows);
    },
  } as const;
  const made = {
    name: 'projection',
    dtype: 'F32',
    shape: [length, projection.length / length],
    bytes: () => encode('f32', projection),
  } as const;
  return [{ path, content: writeSafetensors([codes, made], { format: 'pt' }) }];
}
