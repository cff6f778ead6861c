/**
 * A model's tensors as one safetensors file, or as shards with an index, in the form that transformers writes and reads: tensors keep
 * their order, a shard is closed before the tensor that would make it too large, and a tensor larger than that has one of its own.
 */
import { INDEX_FILE, WEIGHTS_FILE } from './tensor-store.ts';
import { type FileContent, fileOfText, type TensorToWrite, tensorBytes, writeSafetensors } from './write-safetensors.ts';

export interface WeightFile {
  readonly path: string;
  readonly content: FileContent;
}

const METADATA = { format: 'pt' };

/** The files of the weights; `maxShardBytes` is the most bytes of tensors in one of them, null for no limit. */
export function weightFiles(tensors: readonly TensorToWrite[], maxShardBytes: number | null): WeightFile[] {
  const shards = shardsOf(tensors, maxShardBytes ?? Number.POSITIVE_INFINITY);
  if (shards.length <= 1) return [{ path: WEIGHTS_FILE, content: writeSafetensors(tensors, METADATA) }];
  const digits = (n: number): string => String(n).padStart(5, '0');
  const named = shards.map((held, i) => ({ held, path: `model-${digits(i + 1)}-of-${digits(shards.length)}.safetensors` }));
  const places = named.flatMap(({ held, path }) => held.map(({ name }): [string, string] => [name, path]));
  const index = {
    metadata: {
      total_parameters: tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0),
      total_size: tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
    },
    weight_map: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return [
    ...named.map(({ held, path }) => ({ path, content: writeSafetensors(held, METADATA) })),
    { path: INDEX_FILE, content: fileOfText(`${JSON.stringify(index, null, 2)}\n`) },
  ];
}

function shardsOf(tensors: readonly TensorToWrite[], most: number): TensorToWrite[][] {
  const shards: TensorToWrite[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor);
    if (bytes > room || shards.length === 0) {
      shards.push([]);
      room = most;
    }
    shards.at(-1)?.push(tensor);
    room -= bytes;
  }
  return shards;
}
