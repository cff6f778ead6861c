/** Selectors that find one position at most, and those that look as if they did: whether the compiler says so, and what inputs say. */
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluate } from '../../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import { reachable, type Selector } from '../../../src/graph/graph.ts';
import { inferFacts } from '../../../src/passes/facts/infer-facts.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { Random } from '../../../src/verify/random.ts';

const CONTEXT = 6;

/** Whether the selector of the aggregate is shown to find one at most, and the most that it finds in many inputs. */
function saidAndFound(text: string, causal: boolean): { readonly said: boolean; readonly found: number } {
  const source = `@vocab "abc"; @context ${CONTEXT}; ${causal ? '@causal' : '@bidirectional'};\n${text}\nwhere = aggregate(found, indices, -1); @export where;`;
  const { graph, exports } = loadProgram({ file: sourceFile('test.rasp', source), loader: () => null });
  const aggregate = reachable(exports.map(({ node }) => node)).findLast((node) => node.kind === 'aggregate');
  if (aggregate?.kind !== 'aggregate') throw new Error('no aggregate');
  const selector: Selector = aggregate.selector;
  const said = inferFacts(graph, { vocabulary: ['a', 'b', 'c'], context: CONTEXT, causal }).selectionCount(selector).single;
  const width = graph.width(selector);
  const random = new Random(1, 0);
  let found = 0;
  for (let n = 0; n < 300; n++) {
    const input = Array.from({ length: 1 + random.below(CONTEXT) }, () => 'abc'[random.below(3)] as string);
    const { values } = evaluate([width], input, { causal }).get(width) as Sequence;
    found = Math.max(found, ...values.map(Number));
  }
  return { said, found };
}

const PLACE = 'kept = tokens != "a"; place = selector_width(select(kept, True, ==) and select(indices, indices, <));';

describe('one at most', () => {
  test.each([
    ['the place of what is kept', `${PLACE} found = select(place if kept else -1, indices, ==);`, false],
    ['its place from one on', `${PLACE} found = select(place + 1 if kept else 0, indices + 1, ==);`, false],
    ['twice its place', `${PLACE} found = select(2 * place if kept else -1, indices, ==);`, false],
    [
      'what is kept after it',
      'kept = tokens != "a"; after = selector_width(select(kept, True, ==) and select(indices, indices, >)); found = select(after if kept else -1, indices, ==);',
      false,
    ],
    ['the third, so far', 'nth = selector_width(select(tokens, "b", ==)); found = select(tokens == "b" and nth == 3, True, ==);', true],
    [
      'the last, which has none behind it',
      'after = selector_width(select(tokens, "b", ==) and select(indices, indices, >)); found = select(tokens == "b" and after == 0, True, ==);',
      false,
    ],
    ['positions that are moved alike', 'found = select(indices - selector_width(select(tokens, "a", ==)), indices, ==);', false],
  ])('%s', (_, text, causal) => {
    expect(saidAndFound(text, causal)).toEqual({ said: true, found: 1 });
  });

  test.each([
    ['what is not kept has a place, too', `${PLACE} found = select(place if kept else 0, indices, ==);`, false],
    ['places of all', `${PLACE} found = select(place, indices, ==);`, false],
    ['half a place', `${PLACE} found = select(round(place / 2) if kept else -1, indices, ==);`, false],
    ['places of another kind', `${PLACE} found = select(place if tokens == "a" else -1, indices, ==);`, false],
    ['any but the first', `${PLACE} found = select(kept and place != 0, True, ==);`, false],
    ['positions that are not moved alike', 'found = select(indices - selector_width(select(tokens, tokens, ==)), indices, ==);', false],
    [
      'positions that are moved by a count so far',
      'found = select(indices - selector_width(select(tokens, "a", ==)), indices - 1, ==);',
      true,
    ],
  ])('not: %s', (_, text, causal) => {
    const { said, found } = saidAndFound(text, causal);
    expect(said).toBe(false);
    expect(found).toBeGreaterThan(1);
  });
});
