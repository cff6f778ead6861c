/** The checkpoints that a command line names, in the order of training: folders, or folders of HuggingFace's Trainer with `checkpoint-N` in them. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

export interface FoundCheckpoint {
  readonly path: string;
  /** The step, from its name; null where that has none. */
  readonly step: number | null;
}

const NUMBERED = /^(?:checkpoint|ckpt|step)[-_]?(\d+)$/;

export function findCheckpoints(paths: readonly string[], directory: string): FoundCheckpoint[] {
  return paths.flatMap((path) => {
    const root = resolve(directory, path);
    if (existsSync(join(root, 'config.json'))) return [{ path, step: stepOf(basename(root)) }];
    const inside = existsSync(root) ? readdirSync(root).filter((name) => NUMBERED.test(name)) : [];
    if (inside.length === 0) return [{ path, step: stepOf(basename(root)) }];
    return inside.map((name) => ({ path: join(path, name), step: stepOf(name) })).sort((a, b) => (a.step ?? 0) - (b.step ?? 0));
  });
}

function stepOf(name: string): number | null {
  const step = NUMBERED.exec(name)?.[1];
  return step === undefined ? null : Number(step);
}
