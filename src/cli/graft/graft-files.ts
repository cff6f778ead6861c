/** The files of a model that was made larger: its own files, config.json and weights anew, in as many shards as they were. */
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import type { MapFile } from '../../checkpoint/map/circuit-map.ts';
import type { PackedFile } from '../../checkpoint/pack-checkpoint.ts';
import { INDEX_FILE } from '../../checkpoint/safetensors/tensor-store.ts';
import { fileOfText, type TensorToWrite, tensorBytes, writeSafetensors } from '../../checkpoint/safetensors/write-safetensors.ts';
import type { TiedCheckpoint } from '../../checkpoint/stored-twice.ts';
import type { GrownTensor } from '../../seed/grow/grown-tensors.ts';
import { hashOf } from '../files/compare-folders.ts';
import type { OpenFolder } from '../files/model-folder.ts';
import { otherFiles } from '../session/seed-into.ts';

/** Weights in other forms, which would be those of the smaller model. */
const OTHER_WEIGHTS = /\.(bin|h5|msgpack|gguf|onnx|pt|pth|ot|tflite)$|^(pytorch_model|tf_model|flax_model).*\.index\.json$/;

export interface GrownFiles {
  readonly files: readonly PackedFile[];
  /** Files of the folder that were left behind. */
  readonly left: readonly string[];
}

export function grownFiles(
  folder: OpenFolder,
  { checkpoint, twin }: TiedCheckpoint,
  grown: readonly GrownTensor[],
  config: string,
  directory: string,
): GrownFiles {
  const { store, tensors } = checkpoint;
  const byName = new Map(grown.map((tensor) => [tensor.name, tensor]));
  const byStored = new Map(tensors.map(({ name, located }) => [located.name, byName.get(name) as GrownTensor]));
  const embedding = grown.find(({ stored }) => stored.spec.holds.includes('tokenEmbedding')) as GrownTensor;
  if (twin !== null) byStored.set(twin.name, embedding);
  const written: TensorToWrite[] = [];
  const weights = store.files.map((path): PackedFile => {
    const own = [...store.tensors.values()].filter(({ file }) => file === path);
    const held = own.map((info): TensorToWrite => {
      const tensor = byStored.get(info.name);
      if (tensor === undefined) return { name: info.name, dtype: info.dtype, shape: info.shape, bytes: () => store.read(info) };
      const { dtype, shape, bytes } = tensor;
      return { name: info.name, dtype, shape, bytes };
    });
    written.push(...held);
    return { path, content: writeSafetensors(held, { format: 'pt' }) };
  });
  const others = otherFiles(folder, store.files, directory);
  const isLeft = (path: string): boolean => OTHER_WEIGHTS.test(path);
  return {
    files: [
      ...others
        .filter(({ path }) => !isLeft(path))
        .map((file): PackedFile => {
          if (file.path === CONFIG_FILE) return { path: CONFIG_FILE, content: fileOfText(config) };
          return file.path === INDEX_FILE && store.file === INDEX_FILE
            ? { path: INDEX_FILE, content: fileOfText(indexText(store.tensors, written)) }
            : file;
        }),
      ...weights,
    ],
    left: others.map(({ path }) => path).filter(isLeft),
  };
}

function indexText(tensors: ReadonlyMap<string, { readonly file: string }>, written: readonly TensorToWrite[]): string {
  const total_size = written.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const weight_map = Object.fromEntries(
    [...tensors].map(([name, { file }]) => [name, file]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
  return `${JSON.stringify({ metadata: { total_size }, weight_map }, null, 2)}\n`;
}

/** The weights that a graft starts from, by their hashes. */
export function hostFiles(folder: OpenFolder, { checkpoint }: TiedCheckpoint): MapFile[] {
  return [CONFIG_FILE, ...checkpoint.store.files].flatMap((path) => {
    const source = folder.open(path);
    return source === null ? [] : [{ path, sha256: hashOf(source), bytes: source.size }];
  });
}
