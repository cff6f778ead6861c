/** Node's own SHA-256, ten times as fast as one in plain JavaScript, for what hashes files of gigabytes. */
import { createHash } from 'node:crypto';
import type { Hasher } from '../../source/sha256.ts';

export function newNodeSha256(): Hasher {
  const hash = createHash('sha256');
  return { update: (bytes) => hash.update(bytes), hex: () => hash.digest('hex') };
}
