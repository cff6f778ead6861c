/** A model folder of the fixtures. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bytesSource, type ModelFolder } from '../../../src/source/byte-source.ts';

export const FIXTURE_MODELS = resolve(import.meta.dirname, '../../fixtures/models');

export function diskFolder(path: string): ModelFolder {
  return {
    path,
    open: (name) => {
      const file = join(path, name);
      return existsSync(file) ? bytesSource(readFileSync(file)) : null;
    },
  };
}
