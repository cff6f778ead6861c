/** Models that compute in half precision, as far as programs reach in it: right in the runtime's own half precision, or refused. Half of them a commit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { inTurn } from '../support/sampling.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-half-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CELLS = [
  ['programs/hist.rasp', 'gpt2', 'bf16', '32'],
  ['programs/double_hist.rasp', 'llama', 'bf16', '16'],
  ['programs/induction.rasp', 'gpt2', 'f16', '32'],
  ['programs/running_maximum.rasp', 'gpt2', 'bf16', '32'],
  ['programs/sort.rasp', 'bert', 'bf16', '16'],
  ['tests/fixtures/programs/chain.rasp', 'gpt2', 'bf16', '16'],
] as const;

test.each(inTurn(CELLS, 3, 0))('%s for %s in %s at %s', async (program, target, dtype, context) => {
  const dir = join(folder, 'model');
  const argv = ['--target', target, '--compute', dtype, '--context', context, '-o', dir, '--force', '--quiet'];
  const compiled = await cli(['compile', program, ...argv]);
  expect([compiled.code, compiled.stderr]).toEqual([0, '']);
  const { code, stdout } = await cli(['verify', dir, '--samples', '20', '--format', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({ failed: 0, counterexample: null });
  expect(code).toBe(0);
});

// an extreme needs a score of its own for every position, and bf16 does not keep more than some twenty apart that a head has counted
test.each([['llama', 'bf16', '64']])('induction for %s is refused in %s at %s', async (target, dtype, context) => {
  const { code, stderr } = await cli([
    'compile',
    'programs/induction.rasp',
    '--target',
    target,
    '--compute',
    dtype,
    '--context',
    context,
    '-o',
    join(folder, 'no'),
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/error\[R6001\]: at context \d+ .* is not exact in b?f16/);
});
