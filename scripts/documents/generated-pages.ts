/** Every page of the documentation that is made from the code, by its path: what `npm run docs` writes and a test compares. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPILED_MAP } from '../../src/checkpoint/map/map-schema.ts';
import { cliReference } from './cli-reference.ts';
import { diagnosticPages } from './diagnostic-pages.ts';
import { mapReference, SCHEMAS, schemaText } from './map-reference.ts';

export const DIAGNOSTICS = 'docs/reference/diagnostics';

export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-docs-'));
  try {
    const pages = new Map([
      ['docs/reference/cli.md', await cliReference(folder)],
      ['docs/reference/raspc-json.md', mapReference()],
      ...SCHEMAS.map(([path, form]) => [path, schemaText(form)] as const),
      // python/raspc goes by it wherever it is installed
      ['python/raspc/raspc-map.schema.json', schemaText(COMPILED_MAP)] as const,
    ]);
    for (const [name, text] of await diagnosticPages(folder)) pages.set(`${DIAGNOSTICS}/${name}`, text);
    return pages;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
