/** Choices between moved values: a branch a time, so that what they cost goes with the sum of the branches' values and not with the product. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { inferFacts } from '../../../src/passes/facts/infer-facts.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';

const names = (count: number) => Array.from({ length: count }, (_, i) => `t${i}`);
const HEAD = '@context 16; @causal; p = aggregate(select(indices, indices - 1, ==), tokens, "-");';
const SHIFTS = [2, 3, 4, 5].map((by) => `p${by} = aggregate(select(indices, indices - ${by}, ==), tokens, "-");`).join(' ');

function load(text: string, vocabulary: number) {
  const values = names(vocabulary);
  return loadProgram({ file: sourceFile('choice.rasp', text), loader: () => null, vocabulary: { kind: 'tokens', values, span: null } });
}

function parametersOf(text: string, vocabulary: number, target = gpt2): number {
  const { certificate, size } = compile(load(text, vocabulary), { target, dtype: 'f32', compute: 'f32' });
  expect(certificate.holds).toBe(true);
  return size.parameters;
}

describe('a choice between moved values', () => {
  const two = `${HEAD} ${SHIFTS} said = p if indices % 2 == 0 else p2; @export said;`;
  const four = `${HEAD} ${SHIFTS} r = indices % 4; said = p if r == 0 else (p2 if r == 1 else (p3 if r == 2 else p4)); @export said;`;

  test('grows with its values as they do: by no more than the square, and mostly in neurons', () => {
    const sizes = [20, 40, 80].map((vocabulary) => parametersOf(two, vocabulary));
    for (const [i, size] of sizes.slice(1).entries()) expect(size / (sizes[i] as number)).toBeLessThan(4);
    expect(sizes[2]).toBeLessThan(30_000);
  });

  test('costs a constant for each branch more', () => {
    expect(parametersOf(four, 26) / parametersOf(two, 26)).toBeLessThan(4);
  });

  test('by position, between what both sides hold, where a table would have refused it', () => {
    const text =
      '@context 16; @bidirectional; p = aggregate(select(indices, indices - 1, ==), tokens, "-"); n = aggregate(select(indices, indices + 1, ==), tokens, "-"); said = tokens if indices % 3 == 0 else (n if indices % 3 == 1 else p); @export said;';
    expect(parametersOf(text, 26, bert)).toBeLessThan(10_000);
  });
});

describe('facts of a choice', () => {
  const factsOf = (text: string, vocabulary: number) => {
    const { graph, exports } = load(text, vocabulary);
    const facts = inferFacts(graph, { vocabulary: names(vocabulary), context: 16, causal: true }, { choices: true });
    return { facts, fact: facts.of(exports[0]?.node as Parameters<typeof facts.of>[0]) };
  };
  const chain = `${HEAD} ${SHIFTS} said = p if tokens == "t0" else (p2 if tokens == "t1" else (p if tokens == "t2" else tokens)); @export said;`;

  test('equal branches are one, and what a branch never gives is not among its values', () => {
    const { fact } = factsOf(chain, 26);
    if (fact.shape.kind !== 'choice') throw new Error(fact.shape.kind);
    expect(fact.shape.variables).toHaveLength(3);
    // `tokens` is reached where it is none of the three
    expect(fact.domain).toMatchObject({ kind: 'finite', values: ['-', ...names(26).sort()] });
  });

  test('small tables stay whole', () => {
    expect(factsOf(chain, 4).fact.shape.kind).toBe('table');
  });
});

describe('how many positions a selector of positions selects', () => {
  const countOf = (selector: string, context = 12) => {
    const text = `@context ${context}; @bidirectional; said = selector_width(${selector}); @export said;`;
    const { graph, exports } = load(text, 3);
    const facts = inferFacts(graph, { vocabulary: names(3), context, causal: false });
    const node = exports[0]?.node;
    if (node?.kind !== 'width') throw new Error('no width');
    return facts.selectionCount(node.selector);
  };

  test.each([
    ['select(indices, (indices + 2) % length, ==)', { nonempty: true, single: true }],
    ['select(indices, indices + 1 if indices + 1 < length else 0, ==)', { nonempty: true, single: true }],
    // with one position, the one after the next is none
    ['select(indices, indices + 2 if indices + 2 < length else indices + 2 - length, ==)', { nonempty: false, single: true }],
    ['select(indices, indices - 3, ==) or select(indices, indices + length - 3, ==)', { nonempty: false, single: true }],
    ['select(indices, indices - 1, ==) or select(indices, indices + 1, ==)', { nonempty: false, single: false }],
    // in inputs of more than eight positions
    ['select(indices, 2, ==) or select(indices, 8, ==)', { nonempty: false, single: false }],
    ['select(indices, tokens == "t0", ==) or select(indices, 1, ==)', { nonempty: false, single: false }],
  ])('%s', (selector, expected) => {
    expect(countOf(selector)).toEqual(expected);
  });
});
