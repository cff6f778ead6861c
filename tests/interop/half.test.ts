/**
 * Models that compute in half precision, in transformers itself and as it loads them: weights and activations in bf16 or f16, with eager
 * and with fused attention. What `--compute` does not refuse has to be right.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonText } from '../../src/checkpoint/json/json-text.ts';
import { cli } from '../cli/run-cli.ts';
import { casesData } from '../support/cases-data.ts';
import { folderCases } from '../support/folder-cases.ts';
import { type PythonServer, startPython } from './python-server.ts';

type Half = 'bf16' | 'f16';

/** Programs, and contexts at which some family can hold them in each dtype. */
const PROGRAMS: readonly (readonly [program: string, context: number, dtypes: readonly Half[]])[] = [
  ['hist', 16, ['bf16', 'f16']],
  ['hist', 64, ['bf16', 'f16']],
  ['hist', 128, ['f16']],
  ['double_hist', 16, ['bf16', 'f16']],
  ['double_hist', 62, ['bf16', 'f16']],
  ['induction', 16, ['bf16', 'f16']],
  ['induction', 64, ['bf16', 'f16']],
  ['bigram_induction', 24, ['bf16', 'f16']],
  ['running_maximum', 64, ['bf16', 'f16']],
  ['reverse', 16, ['bf16']],
  ['sort', 16, ['bf16', 'f16']],
  ['sort_by_frequency', 16, ['bf16', 'f16']],
  ['most_frequent', 32, ['bf16', 'f16']],
  ['dyck1', 32, ['bf16', 'f16']],
  ['dyck1', 60, ['bf16']],
  ['dyck2', 16, ['bf16', 'f16']],
  ['shuffle_dyck2', 16, ['bf16', 'f16']],
  ['addition', 16, ['bf16']],
  ['parity', 62, ['bf16', 'f16']],
  ['mostly', 16, ['f16']],
  ['running_fraction', 10, ['f16']],
  ['previous_token', 64, ['bf16', 'f16']],
  ['duplicate_token', 32, ['bf16', 'f16']],
  ['first_token', 64, ['bf16', 'f16']],
];
/** Extremes among many positions, which a table of positions keeps apart: some models of other families would have hundreds of millions of weights. */
const FAR: readonly (readonly [program: string, context: number, dtypes: readonly Half[]])[] = [
  ['induction', 1000, ['bf16']],
  ['induction', 512, ['f16']],
  ['running_maximum', 1000, ['bf16']],
  ['previous_token', 1000, ['bf16', 'f16']],
];
const TARGETS = ['gpt2', 'bert', 'llama', 'gpt-neox', 'qwen2'];
/** Random inputs: fewer where they are long, since half precision is slow on a processor. */
const samplesAt = (context: number) => (context > 200 ? 10 : context > 32 ? 30 : 150);
/** Stock names of the dtypes. */
const LOADED = { bf16: 'torch.bfloat16', f16: 'torch.float16' } as const;

let folder: string;
let python: PythonServer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-half-'));
  python = startPython('check_half.py');
});

afterAll(() => {
  python.close();
  rmSync(folder, { recursive: true, force: true });
});

const ALL = [...PROGRAMS.map(([...cell]) => [...cell, TARGETS] as const), ...FAR.map(([...cell]) => [...cell, ['gpt2']] as const)];

describe.each(ALL)('%s at %i', (program, context, dtypes, targets) => {
  test.each(dtypes)('in %s', async (dtype) => {
    const dirs: string[] = [];
    for (const target of targets) {
      const dir = join(folder, `${program}-${context}-${target}-${dtype}`);
      const argv = ['--target', target, '--compute', dtype, '--context', String(context), '-o', dir];
      const { code, stderr } = await cli(['compile', `programs/${program}.rasp`, ...argv]);
      if (code === 0) dirs.push(dir);
      else expect(stderr).toMatch(/^error\[R(4008|600[12])\]/m);
    }
    expect(dirs).not.toEqual([]);
    const { map, cases } = folderCases(dirs[0] as string, samplesAt(context));
    const casesFile = join(folder, `${program}-${context}.json`);
    writeFileSync(casesFile, jsonText(casesData(map, cases)));
    const found = await python.run(JSON.stringify({ cases: casesFile, dirs }));
    const right = { dtype: LOADED[dtype], mismatches: 0 };
    expect(found).toEqual(dirs.map(() => ({ eager: right, sdpa: right })));
  });
});
