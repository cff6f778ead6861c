/** `--like CONFIG`: the model that a config.json describes, given as the file or as its folder. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import { readModelConfig } from '../../checkpoint/config/read-config.ts';
import { bytesSource } from '../../source/byte-source.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { readText } from '../files/read-source.ts';

export interface LikeConfig {
  readonly text: string;
  readonly config: ModelConfig;
}

/** Diagnostics: those of reading the file and of {@link readModelConfig}. */
export function readLike(path: string, directory: string): LikeConfig {
  const isFolder = statSync(resolve(directory, path), { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? join(path, CONFIG_FILE) : path;
  const text = readText(file, directory);
  const bytes = new TextEncoder().encode(text);
  const { loading: _, ...described } = readModelConfig({ path: file, open: (name) => (name === CONFIG_FILE ? bytesSource(bytes) : null) });
  return { text, config: { ...described, tied: described.tied ?? described.target.config.tied } };
}
