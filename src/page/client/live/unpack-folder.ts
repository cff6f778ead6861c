/** The folder of a model, from the text that a page carries. */
import { type ModelFolder, memoryFolder } from '../../../source/byte-source.ts';

/** @param files each gzipped and then base64. Rejects where one is neither. */
export async function unpackFolder(files: Readonly<Record<string, string>>): Promise<ModelFolder> {
  const unpacked = new Map<string, Uint8Array>();
  for (const [name, packed] of Object.entries(files)) unpacked.set(name, await unpackFile(packed));
  return memoryFolder(unpacked, 'this page');
}

async function unpackFile(packed: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
