/**
 * SHA-256 of bytes and texts, in plain JavaScript, so that the library runs wherever JavaScript does. Where a faster one is at hand (Node's
 * own is ten times as fast), whoever hashes much is handed that instead.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** A hash that is being computed. */
export interface Hasher {
  update(bytes: Uint8Array): unknown;
  /** The hash in hexadecimal; nothing can be added afterwards. */
  hex(): string;
}

export type NewHasher = () => Hasher;

export function newSha256(): Hasher {
  const hash = sha256.create();
  return { update: (bytes) => hash.update(bytes), hex: () => bytesToHex(hash.digest()) };
}

/** The hash of a text's UTF-8 bytes. */
export function sha256OfText(text: string): Uint8Array {
  return sha256(utf8ToBytes(text));
}

export function sha256HexOfText(text: string): string {
  return bytesToHex(sha256OfText(text));
}
