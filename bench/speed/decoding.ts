/**
 * How many tokens a second a compiled model writes, with what it said appended: by raspc's decoder, by its whole forward pass for each token,
 * and, where it is there (`RASPC_PYTHON`), by transformers with its cache. In processor time, on one thread, from a short input up to the
 * whole context; the tokens have to be the same.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { packCheckpoint } from '../../src/checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { openFolder } from '../../src/cli/files/model-folder.ts';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { compile } from '../../src/compiler/compile.ts';
import { type Model, openModel } from '../../src/runtime/model.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../src/targets/families/rms-norm/llama.ts';
import type { Target } from '../../src/targets/target.ts';
import type { FloatArray } from '../../src/tensor/dtype.ts';
import type { BenchTable } from './bench-table.ts';
import { loadExample } from './load-example.ts';

const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz'];
const CONTEXT = 1000;
/** Every letter once: from there on each token has stood before. */
const GIVEN = ALPHABET.length;
/** Tokens that the whole forward pass writes at the end of the context, where each costs most. */
const WHOLE_TOKENS = 5;
const SECONDS = 1.5;

export async function measureDecoding(): Promise<BenchTable> {
  const rows = [gpt2, llama].map((target) => measureTarget('induction', target));
  return {
    name: `Writing up to context ${CONTEXT}, tokens in a second of processor time; the whole forward pass at its end alone`,
    columns: ['program', 'target', 'layers', 'raspc', 'whole', 'transformers', 'raspc / transformers'],
    rows,
  };
}

function measureTarget(name: string, target: Target): (string | number)[] {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-bench-'));
  try {
    const program = loadExample(name, { vocabulary: { kind: 'tokens', values: ALPHABET, span: null }, context: CONTEXT });
    const compiled = compile(program, { target, dtype: 'f32', compute: 'f32', vocabulary: ALPHABET, context: CONTEXT });
    const { config, weights, dtype, compute, pad } = compiled;
    const { files, map } = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...compiled.map } });
    for (const { path, content } of files) writeFileSync(join(folder, path), fileBytes(content));
    const model = openModel(openFolder(folder, '/'));
    const given = [map.bos.id, ...map.vocabulary.map(({ id }) => id), map.vocabulary[0]?.id ?? 0];
    const count = CONTEXT - GIVEN - 1;
    const ids = written(model, given, count);
    const raspc = speed(() => written(model, given, count).length);
    const all = [...given, ...ids];
    const whole = speed(() => {
      for (let n = WHOLE_TOKENS; n > 0; n--) model.logits([Int32Array.from(all.slice(0, all.length - n))]);
      return WHOLE_TOKENS;
    });
    const torch = torchSpeed(folder, given, ids);
    const ratio = torch === null ? '-' : (raspc / torch).toFixed(1);
    return [name, target.name, config.sizes.layers, Math.round(raspc), Math.round(whole), torch === null ? '-' : Math.round(torch), ratio];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function written(model: Model, given: readonly number[], count: number): number[] {
  const decoder = model.decoder();
  const ids: number[] = [];
  let next = Int32Array.from(given);
  while (ids.length < count) {
    const id = largest(decoder.append(next));
    ids.push(id);
    next = Int32Array.of(id);
  }
  return ids;
}

function largest(logits: FloatArray): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] as number) > (logits[best] as number)) best = id;
  return best;
}

/** The first round is not counted. */
function speed(work: () => number): number {
  work();
  const start = process.cpuUsage();
  let [tokens, seconds] = [0, 0];
  while (seconds < SECONDS) {
    tokens += work();
    const { user, system } = process.cpuUsage(start);
    seconds = (user + system) / 1e6;
  }
  return tokens / seconds;
}

function torchSpeed(dir: string, given: readonly number[], ours: readonly number[]): number | null {
  const python = process.env.RASPC_PYTHON;
  if (python === undefined) return null;
  const job = join(dir, 'job.json');
  writeFileSync(job, JSON.stringify({ dir, ids: given, tokens: ours.length }));
  const script = packagePath('bench', 'torch_generate.py');
  const output = execFileSync(python, [script, job], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const { speed: torch, ids } = JSON.parse(output) as { speed: number; ids: number[] };
  if (ids.join() !== ours.join()) throw new Error(`transformers writes other tokens than raspc: ${ids.join(' ')}`);
  return torch;
}
