/** llama.cpp for tests: the build for this machine, if npm installed one, in a process of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';

/** By `process.platform` and `process.arch`. */
const PACKAGES: Readonly<Record<string, string>> = { 'linux x64': '@node-llama-cpp/linux-x64' };

const machine = `${process.platform} ${process.arch}`;

/** Why llama.cpp cannot run here, or null. */
export function llamaCppMissing(): string | null {
  const name = PACKAGES[machine];
  if (name === undefined) return `there is no llama.cpp for ${machine} among the packages`;
  try {
    createRequire(import.meta.url).resolve(name);
    return null;
  } catch {
    // its libraries need glibc, and npm can be told to leave optional packages out
    return `npm did not install ${name} on this machine`;
  }
}

export interface LlamaCppResult {
  /** `[position, token]` of each input. */
  readonly logits: readonly Float32Array[];
  readonly bos: number;
  readonly addsBos: boolean;
  /** Ids of each text, without BOS, and what text they give again. */
  readonly ids: readonly (readonly number[])[];
  readonly back: readonly string[];
  /** What was appended to each prompt, without what ended it. */
  readonly written: readonly (readonly number[])[];
}

export interface LlamaCppJob {
  readonly file: string;
  readonly vocab: number;
  readonly inputs: readonly (readonly number[])[];
  readonly texts?: readonly string[];
  /** What to go on from, and by how many tokens at most. */
  readonly prompts?: readonly { readonly ids: readonly number[]; readonly most: number }[];
  /** Keys and values in float32 and no flash attention (the default), or what llama.cpp does unless told otherwise. */
  readonly exact?: boolean;
}

/** Runs GGUF files on inputs of token ids, one after the other. */
export function runInLlamaCpp(jobs: readonly LlamaCppJob[]): LlamaCppResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-llama-'));
  try {
    const [jobFile, resultFile] = [join(folder, 'job.json'), join(folder, 'logits')];
    writeFileSync(jobFile, JSON.stringify(jobs.map((job) => ({ texts: [], prompts: [], exact: true, ...job }))));
    const script = resolve(import.meta.dirname, 'run-model.mjs');
    const output = execFileSync(process.execPath, [script, PACKAGES[machine] as string, jobFile, resultFile], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 28,
    });
    const bytes = readFileSync(resultFile);
    const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    let at = 0;
    const told = JSON.parse(output) as Omit<LlamaCppResult, 'logits'>[];
    return jobs.map(({ inputs, vocab }, job) => ({
      ...(told[job] as Omit<LlamaCppResult, 'logits'>),
      logits: inputs.map(({ length }) => {
        const from = at;
        at += length * vocab;
        return all.slice(from, at);
      }),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
