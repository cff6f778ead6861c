import { describe, expect, test } from 'vitest';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { recognize } from '../../../src/seed/program/recognize.ts';
import { sourceFile } from '../../../src/source/source-file.ts';

const seedsOf = (text: string, ids: ReadonlyMap<string, number | null> = new Map()) => {
  const program = loadProgram({ file: sourceFile('t.rasp', text), loader: () => null });
  return recognize([{ program, ids }]);
};
const any = (body: string, name = 'x') => seedsOf(`@vocab any; @causal; ${body} @export ${name};`);
const keys = (body: string) => any(body).heads.map(({ key }) => key);
const refusal = (body: string) => {
  try {
    any(body);
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics.map(({ code, message }) => `${code}: ${message}`).join();
    throw error;
  }
  return null;
};

const PREVIOUS = 'p = aggregate(select(indices, indices - 1, ==), tokens);';

describe('what can be seeded', () => {
  test.each([
    ['a shift, either way round', 'x = aggregate(select(indices + 2, indices, ==), tokens);', ['shift 2 tokens']],
    [
      'induction',
      `${PREVIOUS} x = aggregate(select(p, tokens, ==), tokens);`,
      ['shift 1 tokens', 'match (shift 1 tokens)=tokens all -> tokens'],
    ],
    ['the first token', 'x = aggregate(select(indices, 0, ==), tokens);', ['first tokens']],
    [
      'the last of several, and before: the match is with what stood before the next position',
      'x = aggregate(rightmost(select(tokens, tokens, ==) and select(indices, indices, <)), tokens);',
      ['shift 1 tokens', 'match (shift 1 tokens)=tokens last -> (shift 1 tokens)'],
    ],
    [
      'whether there is a match',
      'x = has_focus(select(tokens, tokens, ==) and select(indices, indices, <));',
      ['shift 1 tokens', 'match (shift 1 tokens)=tokens all -> presence'],
    ],
  ])('%s', (_, body, expected) => {
    expect(keys(body)).toEqual(expected);
  });

  test('expressions and programs share heads', () => {
    const text = `@vocab any; @causal; ${PREVIOUS} x = aggregate(select(p, tokens, ==), tokens); @export x;`;
    const other = `@vocab any; @causal; y = has_focus(select(tokens, tokens, ==) and select(indices, indices, <)); @export y;`;
    const load = (source: string) => ({ program: loadProgram({ file: sourceFile('t', source), loader: () => null }), ids: new Map() });
    const { heads, outputs } = recognize([load(text), load(other)]);
    expect(heads.map(({ kind }) => kind)).toEqual(['shift', 'match', 'match']);
    expect(outputs.map(({ name, kind }) => [name, kind])).toEqual([
      ['x', 'tokens'],
      ['y', 'presence'],
    ]);
  });

  test('means over a small alphabet, by the ids of its tokens', () => {
    const ids = new Map([
      ['(', 7],
      [')', 8],
      ['other', null],
    ]);
    const { heads, outputs } = seedsOf(
      '@vocab ["(", ")", "other"]; @causal; s = 1 if tokens == "(" else (-1 if tokens == ")" else 0); x = aggregate(full_s, s); @export x;',
      ids,
    );
    expect(outputs[0]?.kind).toBe('mean');
    expect(heads[0]).toMatchObject({
      kind: 'mean',
      otherwise: 0,
      values: [
        { id: 7, value: 1 },
        { id: 8, value: -1 },
      ],
    });
  });
});

describe('what cannot is refused', () => {
  test.each([
    ['x = selector_width(select(tokens, tokens, ==));', 'it counts positions'],
    ['x = aggregate(select(tokens, tokens, ==), tokens);', 'every position matches itself'],
    ['x = aggregate(select(indices, indices + 1, ==), tokens);', 'later positions'],
    ['x = aggregate(select(tokens, tokens, !=), tokens);', 'only, not with `!=`'],
    ['x = aggregate(not select(indices, indices - 1, ==), tokens);', 'with `and` only'],
    ['x = aggregate(select(indices, indices - 1, ==) or select(indices, indices - 2, ==), tokens);', 'with `and` only'],
    ['x = aggregate(select(indices, 3, ==), tokens);', 'of positions, seeds know'],
    ['x = aggregate(full_s, tokens);', 'selects no single position'],
    // what would be something else than the program, without a word
    ['x = aggregate(rightmost(full_s), tokens);', 'chooses among positions'],
    [`${PREVIOUS} x = aggregate(rightmost(select(p, tokens, ==)) and select(indices, indices, <), tokens);`, 'chooses last'],
    [`${PREVIOUS} x = aggregate(leftmost(rightmost(select(p, tokens, ==))), tokens);`, 'chosen already'],
    ['x = aggregate(select(indices, indices - 1, ==) and select(indices, 0, ==), tokens);', 'two ways at once'],
    ['x = aggregate(select(indices, indices, ==) and select(indices, indices, <), tokens);', 'selects nothing'],
    ['x = aggregate(select(indices, 0, ==) and select(indices, indices, <), tokens);', 'leaves out the first'],
    ['x = aggregate(select(indices, indices - 1, ==), tokens, "a");', 'where nothing is selected'],
    [`${PREVIOUS} x = aggregate(select(p, tokens, ==), tokens, "-");`, 'where nothing is selected'],
    ['x = indices;', 'it is a position'],
    ['x = tokens;', 'seeds move tokens'],
  ])('%s', (body, why) => {
    expect(refusal(body)).toContain('R7701');
    expect(refusal(body)).toContain(why);
  });

  test('a program that exports nothing, and two exports of one name', () => {
    const empty = { program: loadProgram({ file: sourceFile('t', '@vocab any; @causal;'), loader: () => null }), ids: new Map() };
    expect(() => recognize([empty])).toThrow(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'R7702' })] }));
    const one = {
      program: loadProgram({ file: sourceFile('t', `@vocab any; @causal; ${PREVIOUS} @export p;`), loader: () => null }),
      ids: new Map(),
    };
    expect(() => recognize([one, one])).toThrow(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'R7703' })] }));
  });
});
