/** Writes the folder of a challenge: a folder that is there already is left as it is. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PackedFile } from '../../checkpoint/pack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { writeFile } from '../files/write-file.ts';

/** Diagnostics: R8504 where the folder exists, R8503 for what the operating system refuses. `challenge.json` comes last. */
export function writeChallenge(path: string, files: readonly PackedFile[], directory: string): void {
  if (existsSync(resolve(directory, path))) fail('R8504', { path });
  for (const file of files.toReversed()) writeFile(join(path, file.path), file.content, { directory, force: false });
}
