/** Tokens in classes by what they say: as few as a program can tell apart, and on each token what the program says of it. */
import { describe, expect, test } from 'vitest';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { classMembers } from '../../../src/graph/class-members.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluate } from '../../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import type { SOp } from '../../../src/graph/graph.ts';
import type { Program } from '../../../src/graph/program.ts';
import { asksOnlyIdentity, asksWhole, classFaults, partsByAsking, tokenClasses } from '../../../src/seed/program/token-classes.ts';
import { withFunctionsMoved } from '../../../src/seed/program/whole-tokens.ts';
import { sourceFile } from '../../../src/source/source-file.ts';

const TEXTS = [' the', ' cat', '12', ' 7', '(', ')', ' the', '\ufffd', '\ufffd', '<s>'];

function load(body: string): Program {
  return loadProgram({ file: sourceFile('p.rasp', `@vocab tokenizer;\n@causal;\n@context 4;\n${body}\n@export x;`), loader: () => null });
}

/** Classes by what is in them. */
function sorted(body: string): string[][] {
  const { values, classOf } = tokenClasses(load(body), TEXTS);
  return values.map((_, c) => TEXTS.filter((_, id) => classOf[id] === c));
}

describe('classes', () => {
  test('are what functions of a token tell apart', () => {
    expect(sorted('x = matches(tokens, "[0-9]");')).toEqual([
      [' the', ' cat', '(', ')', ' the', '\ufffd', '\ufffd', '<s>'],
      ['12', ' 7'],
    ]);
    expect(sorted('x = 1 if tokens == "(" else (-1 if tokens == ")" else 0);')).toHaveLength(3);
  });

  test('are those of a comparison with a constant in a selector, and of what heads move', () => {
    expect(sorted('x = selector_width(select(tokens, "(", ==));')).toHaveLength(2);
    expect(sorted('x = aggregate(select(indices, indices - 1, ==), text_length(tokens), 0);').map(([first]) => first)).toEqual([
      ' the',
      '12',
      '(',
      '<s>',
    ]);
  });

  test('of a whole that is not asked part by part: the parts alone tell nothing', () => {
    expect(sorted('x = (1 if tokens == "(" else 0) + (1 if tokens == ")" else 0);')).toHaveLength(2);
  });

  test('every token means what the one of its class does', () => {
    const program = load(
      'x = aggregate(select(indices, indices - 1, ==), starts_with(tokens, " "), False) and not matches(tokens, "[0-9]");',
    );
    const { values, classOf } = tokenClasses(program, TEXTS);
    const node = program.exports[0]?.node as never;
    const run = (input: readonly string[]) => (evaluate([node], input, { causal: true }).get(node) as Sequence).values;
    for (let i = 0; i < 200; i++) {
      const ids = Array.from({ length: 1 + (i % 4) }, (_, p) => (i * 7 + p * p * 3 + (i >> 2)) % TEXTS.length);
      expect(run(ids.map((id) => values[classOf[id] as number] as string))).toEqual(run(ids.map((id) => TEXTS[id] as string)));
    }
  });
});

test('tokens themselves', () => {
  expect(asksOnlyIdentity(load('x = has_focus(select(tokens, tokens, ==) and select(indices, indices, <));'))).toBe(true);
  expect(asksWhole(load('x = starts_with(tokens, " ");'))).toBe(false);
  const both = load('x = aggregate(rightmost(select(starts_with(tokens, " "), True, ==)), tokens);');
  expect(asksOnlyIdentity(both)).toBe(false);
  // some tokens of each class by themselves, each of which is its own
  const { values, classOf, ids } = tokenClasses(both, TEXTS);
  expect(values.length).toBeGreaterThan(2);
  expect(values.map((_, v) => TEXTS[ids?.[v] ?? -1])).toEqual(values);
  expect(Array.from(classOf, (v, id) => values[v]?.startsWith(' ') === TEXTS[id]?.startsWith(' '))).not.toContain(false);
  // no code says which of two tokens comes first
  expect(() => tokenClasses(load('x = aggregate(select(indices, indices - 1, ==), tokens, "-") < tokens;'), TEXTS)).toThrow(
    DiagnosticError,
  );
  const parts = partsByAsking(load('y = starts_with(tokens, " ");\n@export y;\nx = aggregate(select(indices, indices - 1, ==), tokens);'));
  expect(parts.map(({ exports }) => exports.map(({ name }) => name))).toEqual([['x'], ['y']]);
});

test('a function of a moved token is one of what is moved', () => {
  const program = load('x = matches(aggregate(select(indices, indices - 1, ==), tokens, "-"), "^ c");');
  const moved = withFunctionsMoved(program);
  expect([asksWhole(program), asksWhole(moved)]).toEqual([true, false]);
  for (const input of [
    ['a', ' cat', 'b'],
    [' cat', ' c', '-'],
  ]) {
    const [before, after] = [program, moved].map(({ exports: [own] }) => {
      const { node } = own as { node: SOp };
      return (evaluate([node], input, { causal: true }).get(node) as Sequence).values;
    });
    expect(after).toEqual(before);
  }
});

describe('faults', () => {
  const faults = (body: string) => classFaults(load(body), TEXTS).map(({ code, message }) => `${code} ${message}`);

  test('a text that no token says is a warning, once', () => {
    expect(faults('x = (tokens in [" cat", " dog"]) or tokens == " cow" or tokens == " dog";')).toEqual([
      'R7732 the tokenizer has no token that says `" dog"` `" cow"`',
    ]);
    expect(faults('x = tokens == " cat";\n@example x(["cat"]) == [False];')).toEqual([
      'R7732 the tokenizer has no token that says `"cat"`',
    ]);
  });

  test('a class without a token is an error', () => {
    expect(faults('x = matches(tokens, "^dog");')).toEqual(['R7733 no token of the tokenizer is in this class']);
    expect(faults('x = tokens in [" dog", " cow"];')[0]).toContain('R7733');
    expect(faults('x = matches(tokens, "^ ?[a-z]+$");')).toEqual([]);
  });
});

test('where it counts which token it is, other turns know other tokens of each class, and all of them in the end', () => {
  const texts = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? `n${i}` : String(i)));
  const program = load('x = aggregate(rightmost(select(matches(tokens, "^[0-9]"), True, ==)), tokens, "-");');
  const turns = Array.from({ length: 20 }, (_, turn) => tokenClasses(program, texts, turn));
  expect(turns[0]).toEqual(tokenClasses(program, texts));
  for (const { values, ids } of turns) {
    expect(values).toHaveLength(12);
    expect(ids?.map((id) => texts[id])).toEqual(values);
  }
  expect(new Set(turns.flatMap(({ values }) => values)).size).toBe(40);
});

test('of a large class every turn has other tokens, as many as it has room for', () => {
  const turns = Array.from({ length: 4 }, (_, turn) => classMembers(new Int32Array(200), 1, 7, turn)[0] ?? []);
  expect(turns[0]).toEqual(classMembers(new Int32Array(200), 1, 7)[0]);
  expect(turns.flat()).toHaveLength(199);
  expect(new Set(turns.flat()).size).toBe(199);
});
