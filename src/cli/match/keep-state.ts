/** What was measured of the layers so far, in a file: a run that was interrupted goes on from there. */
import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileOfText } from '../../checkpoint/safetensors/write-safetensors.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { LookState } from '../../match/look.ts';
import { newNodeSha256 } from '../files/node-sha256.ts';
import { writeFile } from '../files/write-file.ts';

/** So many bytes from the beginning and from the middle of each tensor tell checkpoints of one training apart. */
const TOLD_BY = 256;

/** Of a checkpoint, and of all else that the measurement follows from. */
export function stateKey({ store }: OpenCheckpoint, about: unknown): string {
  const hash = newNodeSha256();
  const add = (text: string): unknown => hash.update(new TextEncoder().encode(text));
  add(JSON.stringify(about));
  for (const tensor of store.tensors.values()) {
    add(JSON.stringify([tensor.name, tensor.dtype, tensor.shape]));
    for (const start of [0, Math.floor(tensor.bytes / 2)]) hash.update(store.read(tensor, start, Math.min(TOLD_BY, tensor.bytes - start)));
  }
  return hash.hex();
}

interface Kept {
  readonly key: string;
  readonly layer: number;
  readonly heads: LookState['heads'];
  readonly neurons: LookState['neurons'];
  readonly stream: string;
}

/** Null where there is none. Diagnostics: R8504 of a file of something else, which would be overwritten. */
export function readState(path: string, directory: string, key: string, force: boolean): LookState | 'another' | null {
  const file = resolve(directory, path);
  if (!existsSync(file)) return null;
  const kept = parsed(readFileSync(file, 'utf8'));
  if (typeof kept?.key !== 'string') return force ? null : fail('R8504', { path });
  if (kept.key !== key) return 'another';
  const bytes = Uint8Array.from(Buffer.from(kept.stream, 'base64'));
  return { layer: kept.layer, heads: kept.heads, neurons: kept.neurons, stream: new Float32Array(bytes.buffer) };
}

export function writeState(path: string, directory: string, key: string, { layer, heads, neurons, stream }: LookState): void {
  const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength);
  const kept: Kept = { key, layer, heads, neurons, stream: bytes.toString('base64') };
  writeFile(path, fileOfText(JSON.stringify(kept)), { directory, force: true });
}

/** The key is of our own making, so that what has the right one has the rest. */
function parsed(text: string): Kept | null {
  try {
    return JSON.parse(text) as Kept;
  } catch {
    return null;
  }
}
