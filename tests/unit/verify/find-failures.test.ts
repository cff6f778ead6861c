import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { findFailures } from '../../../src/verify/find-failures.ts';

function failures(text: string): string[] {
  const program = loadProgram({ file: sourceFile('test.rasp', text), loader: () => null });
  const roots = program.exports.map(({ node }) => node);
  return findFailures(program, roots).map(({ code, notes }) => [code, ...notes].join('; '));
}

describe('findFailures', () => {
  test('finds a token that a table lacks', () => {
    const found = failures('@vocab "abc"; x = {"a": 1, "b": 2}[tokens]; @export x;');
    expect(found).toEqual([expect.stringMatching(/^R3\d{3}; on the input "c", at position 0/)]);
  });

  test('finds an average of strings where two positions are selected', () => {
    expect(failures('@vocab "ab"; x = aggregate(full_s, tokens, "a"); @export x;')).toEqual([
      expect.stringMatching(/^R3502; on the input "[ab]{2}"/),
    ]);
  });

  test('finds a division by zero that only long inputs reach', () => {
    expect(failures('@vocab "ab"; @causal; x = 1 / (indices - 4); @export x;')).toHaveLength(1);
    expect(failures('@vocab "ab"; @context 4; @causal; x = 1 / (indices - 4); @export x;')).toEqual([]);
  });

  test('tells of one place once, however many exports lead to it', () => {
    expect(failures('@vocab "ab"; x = 1 / indices; y = x + 1; @export x; @export y;')).toHaveLength(1);
  });

  test('finds nothing in a right program, and does not guess without a vocabulary', () => {
    expect(failures('@vocab range(0, 50); x = selector_width(select(tokens, tokens, <)); @export x;')).toEqual([]);
    expect(failures('x = {"a": 1}[tokens]; @export x;')).toEqual([]);
  });

  test('tells of one place once, however many names are built on it, and is done soon', () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => `x${i + 1} = x${i} + 1 if x${i} > ${i} else x${i};`).join('\n');
    const text = `@vocab "ab";\nx0 = 1 / indices;\n${chain}\n`;
    const program = loadProgram({ file: sourceFile('test.rasp', text), loader: () => null });
    const started = performance.now();
    expect(findFailures(program, [...program.names.values()])).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
