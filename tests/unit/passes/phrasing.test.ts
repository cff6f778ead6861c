/** Random sums of widths and random selectors mean the same after the rewrites of how they are said, and the checker shows it. */
import { describe, expect, test } from 'vitest';
import { Equivalence } from '../../../src/checker/meaning/equivalence.ts';
import { NodeValues } from '../../../src/checker/meaning/node-values.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluator } from '../../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import type { SOp } from '../../../src/graph/graph.ts';
import { simplify } from '../../../src/passes/simplify/simplify.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { seededRandom } from '../../support/random.ts';

const CONTEXT = 6;
const LETTERS = 'abc';
const PROGRAMS = 30;

const random = seededRandom(11);
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

function selector(depth: number): string {
  const operator = pick(['==', '!=', '<', '>', '<=', '>=']);
  if (depth === 0)
    return pick([`select(tokens, tokens, ${operator})`, `select(indices, indices, ${operator})`, `select(tokens, "b", ${operator})`]);
  const inner = () => selector(depth - 1);
  return pick([() => `(${inner()} and ${inner()})`, () => `(${inner()} or ${inner()})`, () => `(not ${inner()})`, inner])();
}

function sum(): string {
  const width = () => `selector_width(${selector(2)})`;
  const share = () => `round((length + length) * aggregate(full_s, 2 * indicator(tokens == "a")) / 4)`;
  const term = () => pick([width, width, () => 'length', () => 'indices', () => '1', share])();
  const terms = Array.from({ length: 1 + Math.floor(random() * 3) }, () => `${pick(['+', '-'])} ${term()}`);
  return `${width()} ${terms.join(' ')}`;
}

describe.each([false, true])('causal: %s', (causal) => {
  test('what is said otherwise is the same', () => {
    let changed = 0;
    for (let i = 0; i < PROGRAMS; i++) {
      const said = pick([sum, () => `${sum()} ${pick(['==', '<', '>='])} ${sum()}`])();
      const text = `@vocab "${LETTERS}"; @context ${CONTEXT}; ${causal ? '@causal' : '@bidirectional'};\nsaid = ${said};\n@export said;`;
      const { graph, exports } = loadProgram({ file: sourceFile('said.rasp', text), loader: () => null });
      const before = exports[0]?.node as SOp;
      const vocabulary = [...LETTERS];
      const simplified = simplify(graph, exports, { vocabulary, context: CONTEXT, causal });
      const after = simplified.exports[0]?.node as SOp;
      if (simplified.laws.includes('counted-once')) changed++;
      const evaluate = evaluator([before, after], { causal });
      for (let n = 0; n < 12; n++) {
        const input = Array.from({ length: 1 + Math.floor(random() * CONTEXT) }, () => pick(vocabulary));
        const results = evaluate(input);
        expect({ text, input, values: (results.get(after) as Sequence).values }).toEqual({
          text,
          input,
          values: (results.get(before) as Sequence).values,
        });
      }
      const values = new NodeValues({ graph, vocabulary, context: CONTEXT, causal, originals: new Map() });
      const isShown = new Equivalence({ graph, context: CONTEXT, causal, claimsSeeAll: false }, values).proves(before, after);
      expect({ text, isShown }).toEqual({ text, isShown: true });
    }
    expect(changed).toBeGreaterThan(PROGRAMS / 10);
  });
});
