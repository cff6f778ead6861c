/** Printing a syntax tree and parsing it again is the identity, and printing what was parsed is stable. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sourceFile } from '../../../src/source/source-file.ts';
import type { Module } from '../../../src/syntax/ast.ts';
import { parseSource } from '../../../src/syntax/parse.ts';
import { printModule } from '../../../src/syntax/print.ts';
import { setExample, statement } from './arbitrary-ast.ts';

/** A tree without its places, so that trees of different texts compare. */
function bare(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value) => (key === 'span' || key === 'file' ? undefined : typeof value === 'bigint' ? `${value}n` : value)),
  );
}

function parsed(text: string): Module {
  const { ast, diagnostics } = parseSource(sourceFile('test.rasp', text));
  if (ast === null) throw new Error(`${diagnostics[0]?.code} ${diagnostics[0]?.message} in\n${text}`);
  return ast;
}

describe('printing', () => {
  test('is undone by parsing', () => {
    const file = sourceFile('none', '');
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), fc.option(setExample), (before, last) => {
        const statements = last === null ? before : [...before, last];
        const module: Module = { kind: 'module', file, statements };
        expect(bare(parsed(printModule(module)).statements)).toEqual(bare(statements));
      }),
      { numRuns: 1000 },
    );
  });

  const programs = new URL('../../../programs/', import.meta.url);
  test.each(readdirSync(programs).filter((name) => name.endsWith('.rasp')))('keeps %s', (name) => {
    const module = parsed(readFileSync(new URL(name, programs), 'utf8'));
    const printed = printModule(module);
    expect(bare(parsed(printed).statements)).toEqual(bare(module.statements));
    expect(printModule(parsed(printed))).toBe(printed);
  });

  test('puts parentheses only where precedence asks for them', () => {
    const text =
      'x = (a + b) * (c) - (d - e);\ny = (not a) == b and -(a[0]) and (-a)[0];\nz = (1 if a else 2) in ([3] if b else 4);\nw = (a in b) in (c in d);\n';
    const printed =
      'x = (a + b) * c - (d - e);\ny = not a == b and -a[0] and (-a)[0];\nz = 1 if a else 2 in [3] if b else 4;\nw = a in b in (c in d);\n';
    expect(printModule(parsed(text))).toBe(printed);
  });
});
