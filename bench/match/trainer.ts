/** A Python process that trains one folder after the other, so that torch is loaded once. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { packagePath } from '../../src/cli/files/package-path.ts';
import type { Trainer } from './cases.ts';

export interface RunningTrainer {
  readonly train: Trainer;
  readonly stop: () => void;
}

export function startTrainer(python: string): RunningTrainer {
  const child = spawn(python, [packagePath('bench', 'match', 'train.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async train(folder, seed, held) {
      child.stdin.write(`${JSON.stringify({ folder, seed, held })}\n`);
      const { value, done } = await lines.next();
      if (done === true || value !== folder) throw new Error(`${folder} was not trained`);
    },
    stop: () => void child.stdin.end(),
  };
}
