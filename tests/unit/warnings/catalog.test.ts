/**
 * Every warning of the catalog: its bad program gives it and nothing else, the good one nothing, each of its fixes mends it, and the text that a
 * person sees is kept in tests/golden/diagnostics. The fixes of errors are tried in the same way.
 */
import { describe, expect, test } from 'vitest';
import { CATALOG } from '../../../src/diagnostics/catalog.ts';
import type { CatalogEntry, Sample } from '../../../src/diagnostics/catalog-entry.ts';
import { renderDiagnostics } from '../../../src/diagnostics/render.ts';
import { checkText } from '../../../src/library/check-text.ts';
import { applyFix } from '../../support/apply-fix.ts';

const ENTRIES = Object.entries(CATALOG) as unknown as [string, CatalogEntry<never>][];
const WARNINGS = ENTRIES.filter(([code]) => code.startsWith('W'));
/** Errors about the words and names of a program that is short enough to stand in an explanation. */
const ERRORS = ENTRIES.filter(([code, { bad }]) => /^R[12]/.test(code) && bad.kind === 'program');

function textOf(sample: Sample): string {
  return sample.kind === 'program' ? sample.source : '';
}
const codesOf = (text: string) => checkText(text).map(({ code }) => code);

describe.each(WARNINGS)('%s', (code, { bad, good, severity, explanation }) => {
  const found = checkText(textOf(bad));

  test('is what its bad program gives, and nothing else', async () => {
    expect(found.map((each) => [each.code, each.severity])).toEqual([[code, 'warning']]);
    expect(severity).toBe('warning');
    await expect(`${renderDiagnostics(found)}\n`).toMatchFileSnapshot(`../../golden/diagnostics/${code}.txt`);
  });

  test('is not given for its good program', () => {
    expect(codesOf(textOf(good))).toEqual([]);
  });

  test('is mended by each of its fixes, and nothing else comes', () => {
    for (const fix of found[0]?.fixes ?? []) expect([fix.title, codesOf(applyFix(textOf(bad), fix))]).toEqual([fix.title, []]);
  });

  test('can be meant', () => {
    if (code === 'W2005') return;
    const line = (found[0]?.primary?.span.start ?? 0) > 0 ? textOf(bad).slice(0, found[0]?.primary?.span.start).split('\n').length - 1 : 0;
    const lines = textOf(bad).split('\n');
    lines[line] = `${lines[line]}  # raspc: allow ${code}`;
    expect(codesOf(lines.join('\n'))).toEqual([]);
  });

  test('speaks like the others', () => {
    expect(found[0]?.message).not.toMatch(/\.$|^[A-Z][a-z]|undefined|\[object/);
    expect(explanation).toMatch(/\.$/);
  });
});

test('there is a fix for most', () => {
  const fixed = WARNINGS.filter(([, { bad }]) => checkText(textOf(bad)).some(({ fixes }) => fixes !== undefined)).map(([code]) => code);
  expect(fixed).toEqual([
    'W1001',
    'W1002',
    'W1003',
    'W1004',
    'W2001',
    'W2002',
    'W2003',
    'W2004',
    'W2005',
    'W3001',
    'W3002',
    'W3006',
    'W3008',
  ]);
});

test('the fixes of errors mend them too', () => {
  const tried = ERRORS.flatMap(([code, { bad }]) => {
    const fixes = checkText(textOf(bad)).flatMap((each) => (each.code === code ? (each.fixes ?? []) : []));
    return fixes.map((fix) => [code, codesOf(applyFix(textOf(bad), fix)).filter((each) => each.startsWith('R'))]);
  });
  expect(tried.map(([code]) => code)).toEqual(expect.arrayContaining(['R1026', 'R2001', 'R2008']));
  for (const [code, left] of tried) expect([code, left]).toEqual([code, []]);
});
