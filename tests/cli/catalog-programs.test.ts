/**
 * What `raspc explain` shows as a wrong program of the compiler's diagnostics gives that diagnostic, and the right one beside it
 * compiles; the text that a person sees is kept in tests/golden/diagnostics (`vitest run -u` on this file writes it).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOMAINS } from '../../src/diagnostics/catalog/compiler/r4-domains.ts';
import { CAPACITY } from '../../src/diagnostics/catalog/compiler/r5-capacity.ts';
import { PRECISION } from '../../src/diagnostics/catalog/compiler/r6-precision.ts';
import type { CatalogEntry, Sample } from '../../src/diagnostics/catalog-entry.ts';
import { type CliResult, cli } from './run-cli.ts';

const ENTRIES = (Object.entries({ ...DOMAINS, ...CAPACITY, ...PRECISION }) as [string, CatalogEntry<never>][]).filter(
  ([, { bad }]) => bad.kind === 'program',
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-catalog-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(sample: Sample): Promise<CliResult> {
  if (sample.kind !== 'program') throw new Error('not a program');
  writeFileSync(join(folder, 'program.rasp'), sample.source);
  const output = sample.stage === 'compile' ? ['-o', 'out', '--force'] : [];
  return cli([sample.stage, 'program.rasp', ...(sample.arguments ?? []), ...output], { directory: folder });
}

describe.each(ENTRIES)('%s', (code, { bad, good }) => {
  test('is what its wrong program gives, and nothing else', async () => {
    const { code: exit, stdout, stderr } = await run(bad);
    expect(exit).toBe(1);
    expect(stdout).toBe('');
    expect(new Set(stderr.match(/(?<=^error\[)R\d{4}/gm))).toEqual(new Set([code]));
    await expect(stderr).toMatchFileSnapshot(`../golden/diagnostics/${code}.txt`);
  });

  test('is not what the right one gives', async () => {
    const { code: exit, stderr } = await run(good);
    expect(stderr).not.toContain('error[');
    expect(exit).toBe(0);
  });
});
