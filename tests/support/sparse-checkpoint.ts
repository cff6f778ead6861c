/**
 * A checkpoint of any size that takes no room: a compiled GPT-2 with layers and neurons of zeros, in a file with holes. It still computes its
 * program.
 */
import { Buffer } from 'node:buffer';
import { closeSync, cpSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { storedTensors } from '../../src/targets/model-config.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';

/** Bytes of one matrix of a layer: what a reader holds at once. */
const MATRIX_BYTES = 8e6;

/** Writes the enlarged model of the folder `from` to the folder `to`, with at least so many bytes of weights, and says how many layers it has. */
export function writeSparseCheckpoint(from: string, to: string, least: number): number {
  const { config, tensors, store } = openCheckpoint(diskFolder(from));
  const hidden = Math.ceil(MATRIX_BYTES / (4 * config.sizes.width));
  const layers = Math.ceil(least / (2 * MATRIX_BYTES));
  const originals = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const enlarged = [...storedTensors({ ...config, sizes: { ...config.sizes, layers, hidden } })];
  let size = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const starts = new Map<string, number>();
  for (const { name, shape } of enlarged) {
    const bytes = 4 * shape.reduce((product, length) => product * length, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [size, size + bytes] };
    starts.set(name, size);
    size += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  mkdirSync(to);
  for (const name of ['raspc.json', 'tokenizer.json', 'tokenizer_config.json']) cpSync(join(from, name), join(to, name));
  const stock = JSON.parse(readFileSync(join(from, 'config.json'), 'utf8')) as object;
  writeFileSync(join(to, 'config.json'), JSON.stringify({ ...stock, n_layer: layers, n_inner: hidden }));
  const file = openSync(join(to, 'model.safetensors'), 'w');
  try {
    writeSync(file, length);
    writeSync(file, json);
    const data = 8 + json.length;
    ftruncateSync(file, data + size);
    for (const { name, shape } of enlarged) {
      const original = originals.get(name);
      if (original === undefined) continue;
      // what is there stays in front of what is added, row by row
      const rows = shape.length === 1 ? 1 : (original.shape[0] as number);
      const oldRow = original.located.bytes / rows;
      const newRow = 4 * (shape.at(-1) as number);
      const old = store.read(original.located);
      for (let row = 0; row < rows; row++) {
        writeSync(file, old, row * oldRow, oldRow, data + (starts.get(name) as number) + row * newRow);
      }
    }
    return layers;
  } finally {
    closeSync(file);
  }
}
