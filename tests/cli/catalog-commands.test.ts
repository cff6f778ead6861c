/** What `raspc explain` shows as a wrong command line gives that diagnostic, and the right one beside it works. */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CATALOG } from '../../src/diagnostics/catalog.ts';
import type { CatalogEntry } from '../../src/diagnostics/catalog-entry.ts';
import { cli } from './run-cli.ts';

let folder: string;
const run = (line: string) =>
  cli([...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '').slice(1), { directory: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-catalog-'));
  symlinkSync(resolve('programs'), join(folder, 'programs'));
  expect((await run('raspc compile programs/hist.rasp -o out/hist')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entries = Object.entries(CATALOG as Readonly<Record<string, CatalogEntry<never>>>);

describe.each(entries.filter(([code, { bad, good }]) => /^R[5789]/.test(code) && bad.kind === 'command' && good.kind === 'command'))(
  '%s',
  (code, { bad, good }) => {
    const line = (sample: typeof bad) => (sample.kind === 'command' ? sample.line : '');

    test('is what the wrong command line gives', async () => {
      expect((await run(line(bad))).stderr).toContain(`error[${code}]`);
    });

    test('is not what the right one gives', async () => {
      const { code: exit, stderr } = await run(line(good).replace('-o out/hist', '-o out/another'));
      rmSync(join(folder, 'out/another'), { recursive: true, force: true });
      expect(stderr).not.toContain('error[');
      expect(exit).toBe(0);
    });
  },
);

test('every entry has words for a person', () => {
  for (const [code, { explanation }] of entries) {
    expect(code).toMatch(/^[RW][1-9]\d{3}$/);
    expect(explanation.length).toBeGreaterThan(20);
    expect(explanation).toMatch(/^(raspc|llama\.cpp|["`(A-Z]).*[.:)]$/s);
  }
});
