/** A Python script of this folder that stays: a JSON job a line goes in, a JSON result a line comes out, in order. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

export interface PythonServer {
  run(job: string): Promise<unknown>;
  close(): void;
}

export function startPython(script: string): PythonServer {
  const child = spawn(process.env.RASPC_PYTHON as string, [resolve(import.meta.dirname, script)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting: { readonly done: (result: unknown) => void; readonly failed: (reason: Error) => void }[] = [];
  let complaints = '';
  let hasEnded = false;
  child.stderr.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-4000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.done(JSON.parse(line)));
  const end = () => {
    hasEnded = true;
    for (const { failed } of waiting.splice(0)) failed(new Error(`${script} ended: ${complaints}`));
  };
  child.on('exit', end);
  // what is written to one that has ended goes nowhere
  child.stdin.on('error', end);
  return {
    run: (job) =>
      new Promise((done, failed) => {
        waiting.push({ done, failed });
        if (hasEnded) end();
        else child.stdin.write(`${job}\n`);
      }),
    close: () => child.stdin.end(),
  };
}
