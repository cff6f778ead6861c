/**
 * Exported GGUF files in llama.cpp: compiled programs give their outputs, random dense models the logits of the runtime, and text the
 * ids of the circuit map. All programs are tried by the interop suite.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportGguf } from '../../src/checkpoint/gguf/export-gguf.ts';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { writeFile } from '../../src/cli/files/write-file.ts';
import { openModel } from '../../src/runtime/model.ts';
import { gptNeox } from '../../src/targets/families/layer-norm/gpt-neox.ts';
import { stablelm } from '../../src/targets/families/layer-norm/stablelm.ts';
import { llama } from '../../src/targets/families/rms-norm/llama.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import type { GgufForm, Target, TraitChange } from '../../src/targets/target.ts';
import type { FloatArray } from '../../src/tensor/dtype.ts';
import { cli } from '../cli/run-cli.ts';
import { llamaCppMissing, runInLlamaCpp } from '../llama-cpp/llama-cpp.ts';
import { folderCases, wrongOutputs } from '../support/folder-cases.ts';
import { packRandomModel, randomNumbers } from '../unit/checkpoint/random-model.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';

const missing = llamaCppMissing();

const FAMILIES = TARGETS.filter(({ gguf }) => gguf !== null);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-gguf-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function largestDifference(ours: readonly FloatArray[], theirs: readonly FloatArray[]): number {
  let largest = 0;
  for (const [i, logits] of ours.entries()) {
    for (const [j, logit] of logits.entries()) largest = Math.max(largest, Math.abs(logit - (theirs[i]?.[j] as number)));
  }
  return largest;
}

describe.skipIf(missing !== null)(missing === null ? 'in llama.cpp' : `not in llama.cpp: ${missing}`, () => {
  const programs = ['hist', 'induction', 'running_fraction', 'dyck1', 'caesar'];
  test.each(['gpt2', 'llama', 'qwen3'])('compiled programs, as %s', async (target) => {
    const jobs = [];
    for (const program of programs) {
      const dir = join(folder, `${program}-${target}`);
      const file = `${dir}.gguf`;
      expect((await cli(['compile', `programs/${program}.rasp`, '--target', target, '--context', '16', '-o', dir])).code).toBe(0);
      expect((await cli(['export', dir, '--format', 'gguf', '-o', file])).code).toBe(0);
      const model = openModel(diskFolder(dir));
      const { map, cases } = folderCases(dir, 20);
      jobs.push({ program, map, cases, model, file, vocab: model.config.sizes.vocab, inputs: cases.map(({ ids }) => ids) });
    }
    const results = runInLlamaCpp(
      jobs.map(({ file, vocab, inputs, cases }) => ({ file, vocab, inputs, texts: cases.map(({ text }) => text) })),
    );
    for (const [i, { program, map, cases, model }] of jobs.entries()) {
      const { logits, bos, addsBos, ids, back } = results[i] as (typeof results)[number];
      const wrong = cases.reduce((sum, each, n) => sum + wrongOutputs(map, each, logits[n] as Float32Array), 0);
      expect([program, wrong]).toEqual([program, 0]);
      const ours = model.logits(cases.map((each) => Int32Array.from(each.ids)));
      // both are within the certificate's bound of the ideal logits
      const bound = Math.max(1e-4, 2 * (map.certificate.errorBound as number));
      expect(largestDifference(ours, logits), program).toBeLessThan(bound);
      expect([bos, addsBos]).toEqual([map.bos.id, true]);
      expect(ids).toEqual(cases.map((each) => each.ids.slice(1)));
      expect(back).toEqual(cases.map(({ text }) => text));
    }
  });

  test.each(['gpt2', 'llama'])("programs compiled for 16-bit arithmetic, as %s under llama.cpp's own settings", async (target) => {
    const jobs = [];
    for (const program of ['hist', 'induction', 'shift']) {
      const dir = join(folder, `${program}-${target}-half`);
      const half = ['--dtype', 'f16', '--compute', 'f16', '--context', '8'];
      expect((await cli(['compile', `programs/${program}.rasp`, '--target', target, ...half, '-o', dir])).code).toBe(0);
      expect((await cli(['export', dir, '-o', `${dir}.gguf`])).code).toBe(0);
      const { vocab } = openCheckpoint(diskFolder(dir)).config.sizes;
      jobs.push({ program, file: `${dir}.gguf`, vocab, ...folderCases(dir, 20) });
    }
    const results = runInLlamaCpp(
      jobs.map(({ file, vocab, cases }) => ({ file, vocab, inputs: cases.map(({ ids }) => ids), exact: false })),
    );
    for (const [i, { program, map, cases }] of jobs.entries()) {
      const wrong = cases.filter((each, n) => wrongOutputs(map, each, results[i]?.logits[n] as Float32Array) > 0);
      expect([program, wrong.length]).toEqual([program, 0]);
    }
  });

  /** Where GELU is not saturated, llama.cpp looks it up in a table of 16-bit numbers. */
  const tolerance = ({ gguf }: Target) => (gguf?.activation === 'gelu-tanh' ? 2e-3 : 1e-5);

  const variants: readonly { name: string; target: Target; traits: TraitChange }[] = [
    // the engine has one activation a family
    ...FAMILIES.map((target) => ({ name: target.name, target, traits: { activation: (target.gguf as GgufForm).activation } })),
    { name: 'gpt-neox in sequence', target: gptNeox, traits: { activation: 'gelu-tanh', residual: 'sequential' } },
    { name: 'stablelm in parallel', target: stablelm, traits: { residual: 'parallel', sharedNorm: true } },
    { name: 'llama with biases', target: llama, traits: { biases: { attentionInput: true, attentionOutput: true, mlp: true } } },
  ];

  test.each(variants)('random dense models, as $name: llama.cpp computes what the runtime does', ({ name, target, traits }) => {
    const random = randomNumbers(3);
    const inputs = Array.from({ length: 12 }, (_, i) => Array.from({ length: 1 + i }, () => Math.floor(random() * 10)));
    for (const seed of [1, 2]) {
      const packed = packRandomModel(target, { seed, sizes: { width: 32, dim: 8 }, changes: { traits } });
      const file = join(folder, `random-${name}-${seed}.gguf`);
      writeFile(file, exportGguf(packed.folder, 'f32').content, { directory: '/', force: false });
      const [result] = runInLlamaCpp([{ file, vocab: packed.config.sizes.vocab, inputs }]);
      const ours = openModel(packed.folder).logits(inputs.map((ids) => Int32Array.from(ids)));
      const zeros = ours.map(({ length }) => new Float32Array(length));
      expect(largestDifference(ours, result?.logits ?? []) / largestDifference(ours, zeros)).toBeLessThan(tolerance(target));
    }
  });
});
