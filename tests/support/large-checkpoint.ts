/**
 * A checkpoint of any size, in shards, that still computes its program: a compiled GPT-2 with layers and neurons that read everything
 * and write nothing. Its numbers come from one random block, so that gigabytes take seconds.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { weightFiles } from '../../src/checkpoint/safetensors/weight-files.ts';
import { fileOfText, type TensorToWrite, tensorBytes } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { writeFolder } from '../../src/cli/files/write-folder.ts';
import { type StoredTensor, storedTensors } from '../../src/targets/model-config.ts';
import { randomNumbers } from '../unit/checkpoint/random-model.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';

export interface LargeSizes {
  readonly layers: number;
  /** Neurons of each layer. */
  readonly hidden: number;
  readonly maxShardBytes: number;
}

/** Writes the enlarged model of the folder `from` to the folder `to`, and says how many bytes its weights have. */
export function writeLargeCheckpoint(from: string, to: string, { layers, hidden, maxShardBytes }: LargeSizes): number {
  const { config, tensors, store } = openCheckpoint(diskFolder(from));
  const originals = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const random = randomNumbers(1);
  const noise = new Uint8Array(Float32Array.from({ length: 2 ** 16 }, () => random() - 0.5).buffer);
  const enlarged = { ...config, sizes: { ...config.sizes, layers, hidden } };
  const bytesOf = (tensor: StoredTensor): Uint8Array => {
    const bytes = new Uint8Array(tensorBytes({ dtype: 'F32', shape: tensor.shape }));
    const original = originals.get(tensor.name);
    if (original === undefined) {
      if (/ln_\d\.weight$/.test(tensor.name)) return new Uint8Array(new Float32Array(bytes.length / 4).fill(1).buffer);
      const writes = tensor.spec.holds.some((role) => role === 'output' || role === 'down' || role === 'outputBias' || role === 'downBias');
      if (!writes) for (let at = 0; at < bytes.length; at += noise.length) bytes.set(noise.subarray(0, bytes.length - at), at);
      return bytes;
    }
    // what is there stays in front of what is added, row by row
    const [rows, oldRow, row] = [
      original.shape[0] as number,
      original.located.bytes / (original.shape[0] as number),
      bytes.length / (tensor.shape[0] as number),
    ];
    const old = store.read(original.located);
    for (let r = 0; r < rows; r++) bytes.set(old.subarray(r * oldRow, (r + 1) * oldRow), r * row);
    return bytes;
  };
  const written = Array.from(
    storedTensors(enlarged),
    (tensor): TensorToWrite => ({ name: tensor.name, dtype: 'F32', shape: tensor.shape, bytes: () => bytesOf(tensor) }),
  );
  const text = (name: string) => readFileSync(join(from, name), 'utf8');
  const files = [
    { path: 'config.json', content: fileOfText(JSON.stringify({ ...JSON.parse(text('config.json')), n_layer: layers, n_inner: hidden })) },
    ...['tokenizer.json', 'tokenizer_config.json'].map((path) => ({ path, content: fileOfText(text(path)) })),
    ...weightFiles(written, maxShardBytes),
  ];
  const records = files.map(({ path, content }) => {
    const hash = createHash('sha256');
    for (const chunk of content.chunks()) hash.update(chunk);
    return { path, bytes: content.size, sha256: hash.digest('hex') };
  });
  const map = text('raspc.json').replace(/"files": \[[\s\S]*\]/, `"files": ${JSON.stringify(records)}`);
  writeFolder(to, [...files, { path: 'raspc.json', content: fileOfText(map) }], { directory: '/', force: false });
  return written.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
}
