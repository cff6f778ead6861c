/** Which files of two model folders differ, and which tensors and weights in them. */

import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import type { MapFile } from '../../checkpoint/map/circuit-map.ts';
import type { TensorInfo } from '../../checkpoint/safetensors/safetensors-header.ts';
import { openTensors, readPieces, type TensorStore, weightDtype } from '../../checkpoint/safetensors/tensor-store.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { ByteSource } from '../../source/byte-source.ts';
import { withCommas } from '../../source/with-commas.ts';
import { type OpenFolder, openFolder } from './model-folder.ts';
import { newNodeSha256 } from './node-sha256.ts';

const PIECE_BYTES = 2 ** 22;
/** Tensors whose differences are told one by one. */
const LISTED = 5;

export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

/** The files of a folder, and their hashes, read a piece at a time. Hidden files are not part of a model. */
export function hashFolder(folder: OpenFolder, directory: string): HashedFile[] {
  const root = resolve(directory, folder.path);
  const names = readdirSync(root).filter((name) => !name.startsWith('.') && statSync(join(root, name)).isFile());
  return names.sort().flatMap((path) => {
    const source = folder.open(path);
    return source === null ? [] : [{ path, sha256: hashOf(source) }];
  });
}

export function hashOf(source: ByteSource): string {
  const hash = newNodeSha256();
  const room = new Uint8Array(Math.min(PIECE_BYTES, source.size));
  for (let at = 0; at < source.size; at += PIECE_BYTES) hash.update(source.read(at, Math.min(PIECE_BYTES, source.size - at), room));
  return hash.hex();
}

/** What a model is made of, and its masks; tokenizers and the like besides, where a map names them. */
const isModelFile = (name: string): boolean => name === CONFIG_FILE || /\.safetensors(\.index\.json)?$/.test(name);

/** Files of a folder that are not those that its circuit map was written for: others, missing ones, and weights or a config that it does not name. */
export function changedFilesOf(path: string, directory: string, files: readonly MapFile[]): string[] {
  const folder = openFolder(path, directory);
  try {
    const changed = files
      .filter(({ path: name }) => name.endsWith('.safetensors') || name.endsWith('.json'))
      .filter(({ path: name, bytes, sha256 }) => {
        const source = folder.open(name);
        return source === null || source.size !== bytes || hashOf(source) !== sha256;
      })
      .map(({ path: name }) => name);
    const listed = new Set(files.map(({ path: name }) => name));
    const unlisted = readdirSync(resolve(directory, folder.path)).filter((name) => !listed.has(name) && isModelFile(name));
    return [...changed, ...unlisted.sort()];
  } finally {
    folder.close();
  }
}

/** Files that only one side has, or that differ. */
export function differingFiles(found: readonly HashedFile[], expected: readonly HashedFile[]): string[] {
  const hashes = new Map(found.map(({ path, sha256 }) => [path, sha256]));
  const wanted = new Map(expected.map(({ path, sha256 }) => [path, sha256]));
  return [...new Set([...wanted.keys(), ...hashes.keys()])].filter((path) => hashes.get(path) !== wanted.get(path)).sort();
}

/** What differs in the tensors, in words; nothing where they are the same or one side is no model. */
export function differingTensors(found: OpenFolder, expected: OpenFolder): string[] {
  const stores = [storeOf(found), storeOf(expected)];
  const [own, other] = stores;
  if (!own || !other) return [];
  const lines = [...other.tensors.values()].flatMap((tensor) => {
    const mine = own.tensors.get(tensor.name);
    const line = mine === undefined ? `there is no \`${tensor.name}\`` : difference(own, mine, other, tensor);
    return line === null ? [] : [line];
  });
  for (const name of own.tensors.keys()) if (!other.tensors.has(name)) lines.push(`\`${name}\` is there besides`);
  return lines.length <= LISTED ? lines : [...lines.slice(0, LISTED), `${lines.length - LISTED} more tensors differ`];
}

function storeOf(folder: OpenFolder): TensorStore | null {
  try {
    return openTensors(folder);
  } catch (fault) {
    if (fault instanceof DiagnosticError) return null;
    throw fault;
  }
}

function difference(own: TensorStore, mine: TensorInfo, other: TensorStore, tensor: TensorInfo): string | null {
  const name = `\`${tensor.name}\``;
  if (mine.dtype !== tensor.dtype) return `${name} is ${mine.dtype} in place of ${tensor.dtype}`;
  if (mine.shape.join() !== tensor.shape.join()) return `${name} has the shape [${mine.shape}] in place of [${tensor.shape}]`;
  const dtype = weightDtype(mine);
  if (dtype === null) return null;
  let changed = 0;
  let first: string | null = null;
  let at = 0;
  const expected = readPieces(other, tensor, dtype);
  for (const piece of readPieces(own, mine, dtype)) {
    const wanted = expected.next().value;
    for (let i = 0; i < piece.length; i++) {
      if (Object.is(piece[i], wanted?.[i])) continue;
      changed++;
      first ??= `[${indexOf(at + i, tensor.shape)}], ${piece[i]} in place of ${wanted?.[i]}`;
    }
    at += piece.length;
  }
  return changed === 0 ? null : `${name} differs in ${withCommas(changed)} of ${withCommas(at)} weights, first at ${first}`;
}

function indexOf(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  let rest = flat;
  for (const length of [...shape].reverse()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index.join(', ');
}
