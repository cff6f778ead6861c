/**
 * How many tokens a second go through a checkpoint: in raspc's runtime, in a whole verification, and, where they are there, in
 * onnxruntime-node and in transformers with torch (`RASPC_PYTHON`). All in processor time, on one thread, 256 inputs of full length at once.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { packCheckpoint } from '../../src/checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { openFolder } from '../../src/cli/files/model-folder.ts';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { nativeEngine } from '../../src/cli/verify/native-engine.ts';
import { compile } from '../../src/compiler/compile.ts';
import type { Value } from '../../src/graph/value.ts';
import { loadModel } from '../../src/runtime/model.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import type { Target } from '../../src/targets/target.ts';
import { randomInputs } from '../../src/verify/inputs.ts';
import { modelSubject } from '../../src/verify/model-subject.ts';
import { Random } from '../../src/verify/random.ts';
import { verifyCheckpoint } from '../../src/verify/verify-checkpoint.ts';
import type { Weights } from '../../src/weights/weights.ts';
import type { BenchTable } from './bench-table.ts';
import { loadExample } from './load-example.ts';

const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz'];

/** Program, target, tokens of the vocabulary, context; whether every weight is moved a little, as training does. */
const CASES: readonly (readonly [program: string, target: Target, vocabulary: number, context: number, moved?: 'moved'])[] = [
  ['hist', gpt2, 10, 10],
  ['hist', gpt2, 26, 32],
  ['hist', gpt2, 26, 128],
  ['double_hist', gpt2, 26, 32],
  ['induction', gpt2, 26, 32],
  ['most_frequent', gpt2, 26, 32],
  ['sort', bert, 26, 32],
  ['most_frequent', gpt2, 26, 32, 'moved'],
];

const SECONDS = 1.5;
const BATCH = 256;

export async function measureVerifying(): Promise<BenchTable> {
  const rows: (string | number)[][] = [];
  for (const [program, target, vocabulary, context, moved] of CASES) {
    const folder = mkdtempSync(join(tmpdir(), 'raspc-bench-'));
    try {
      const speeds = await measureCase(program, target, ALPHABET.slice(0, vocabulary), context, moved === 'moved', folder);
      rows.push([moved === undefined ? program : `${program}, dense`, target.name, vocabulary, context, ...speeds]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return {
    name: 'Running and verifying checkpoints, tokens in a second of processor time',
    columns: ['program', 'target', 'vocabulary', 'context', 'runtime', 'verify', 'onnxruntime', 'torch'],
    rows,
  };
}

async function measureCase(
  name: string,
  target: Target,
  vocabulary: readonly Value[],
  context: number,
  isMoved: boolean,
  dir: string,
): Promise<readonly (string | number)[]> {
  const program = loadExample(name, { vocabulary: { kind: 'tokens', values: vocabulary, span: null }, context });
  const compiled = compile(program, { target, dtype: 'f32', compute: 'f32', vocabulary, context });
  const { config, weights, dtype, compute, pad } = compiled;
  const stored = isMoved ? moved(weights) : weights;
  const { files, map } = packCheckpoint({ config, weights: stored, dtype, compute, eos: null, pad, map: { raspc: '0', ...compiled.map } });
  mkdirSync(dir, { recursive: true });
  for (const { path, content } of files) writeFileSync(join(dir, path), fileBytes(content));
  const checkpoint = openCheckpoint(openFolder(dir, '/'));
  const model = loadModel(checkpoint);
  const random = new Random(1, 0);
  const batch = Array.from({ length: BATCH }, () =>
    Int32Array.of(map.bos.id, ...Array.from({ length: context }, () => map.vocabulary[random.below(vocabulary.length)]?.id ?? 0)),
  );
  const runtime = await tokensPerSecond(() => {
    model.logits(batch);
    return BATCH * context;
  });
  const subject = modelSubject(map, model, program);
  const verify = await tokensPerSecond(
    async (round) => (await verifyCheckpoint(subject, randomInputs(vocabulary.length, context, 512, round), () => {})).tokens,
  );
  const native = await nativeEngine(checkpoint, model, process.cwd(), 1);
  const onnxruntime =
    native === null
      ? '-'
      : await tokensPerSecond(async () => {
          await native.logits(batch);
          return BATCH * context;
        });
  return [runtime, verify, onnxruntime, torchSpeed(dir, batch)];
}

/** What training does to the zeros, without doing anything to what the model computes. */
function moved(weights: Weights): Weights {
  const random = new Random(2, 0);
  const noisy = <Roles extends object>(roles: Roles): Roles =>
    Object.fromEntries(
      Object.entries(roles).map(([role, tensor]) => [
        role,
        { ...tensor, data: tensor.data.map((value: number) => value + 1e-9 * (1 + random.below(1000))) },
      ]),
    ) as Roles;
  return { ...weights, model: noisy(weights.model), layers: weights.layers.map(noisy) };
}

/** The first round is not counted. */
async function tokensPerSecond(work: (round: number) => number | Promise<number>): Promise<number> {
  await work(0);
  const start = process.cpuUsage();
  let [tokens, seconds] = [0, 0];
  for (let round = 1; seconds < SECONDS; round++) {
    tokens += await work(round);
    const { user, system } = process.cpuUsage(start);
    seconds = (user + system) / 1e6;
  }
  return Math.round(tokens / seconds);
}

function torchSpeed(dir: string, batch: readonly Int32Array[]): string | number {
  const python = process.env.RASPC_PYTHON;
  if (python === undefined) return '-';
  const job = join(dir, 'job.json');
  writeFileSync(job, JSON.stringify({ dir, inputs: batch.map((ids) => [...ids]), seconds: SECONDS }));
  const script = packagePath('bench', 'torch_forward.py');
  return Math.round(Number(execFileSync(python, [script, job], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })));
}
