/** Six stages that each count what the one before has counted: errors of all stages meet in the last. A dtype a family and commit, in turn. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TARGETS } from '../../src/targets/registry.ts';
import { DTYPES } from '../../src/tensor/dtype.ts';
import { inTurn } from '../support/sampling.ts';
import { cli } from './run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-chain-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(TARGETS.map(({ name }, turn) => [name, turn] as const))('on %s', (target, turn) => {
  test.each(inTurn(DTYPES, 3, turn))('with %s weights', async (dtype) => {
    const dir = join(folder, `${target}-${dtype}`);
    const argv = ['--target', target, '--dtype', dtype, '-o', dir, '--format', 'json'];
    const compiled = await cli(['compile', 'tests/fixtures/programs/chain.rasp', ...argv]);
    expect([compiled.code, compiled.stderr]).toEqual([0, '']);
    expect(JSON.parse(compiled.stdout).layers).toBeGreaterThanOrEqual(6);
    const { code, stdout } = await cli(['verify', dir, '--samples', '200', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ failed: 0, counterexample: null });
    expect(code).toBe(0);
  });
});
