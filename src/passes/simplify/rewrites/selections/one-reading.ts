/** Tokens that a program reads in several ways are read in one, and looked up. */
import { castToken } from '../../../../graph/evaluate/evaluate.ts';
import { EvaluationError } from '../../../../graph/evaluate/values/evaluation-error.ts';
import { isSelector, reachable, type Tokens } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import type { Rewrite } from '../../rewrite.ts';

export const oneReading: Rewrite = {
  law: {
    name: 'one-reading',
    statement: 'tokens read as numbers, or as whatever else, are looked up in a table by what they are',
    requires: 'the program reads tokens in more than one way, and each token of the alphabet can be read so',
    ensures: 'one variable stands for the tokens',
    example: {
      before: 'said = tokens == "1" and tokens_int < 3;',
      after: 'said = tokens == "1" and {"1": 1, "2": 2, "3": 3}[tokens] < 3;',
      alphabet: '123',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: null,
  ruleFor: ({ graph, roots, assumptions: { vocabulary } }) => {
    const readings = reachable(roots).filter((node): node is Tokens => node.kind === 'tokens');
    if (readings.length < 2) return null;
    const plain = readings.find((node) => entriesOf(node, vocabulary)?.every(([token, value]) => token === value)) ?? graph.tokens('asis');
    return (_, node) => {
      if (isSelector(node) || node.kind !== 'tokens' || node === plain) return null;
      const entries = entriesOf(node, vocabulary);
      if (entries === null) return null;
      const looked = graph.elementwise({ kind: 'lookup', table: { kind: 'dictionary', entries } }, [plain], node.spans[0]);
      if (looked.name === null) graph.name(looked, `tokens_${node.cast}`);
      return looked;
    };
  },
};

/** Null where a token has no such reading: whoever evaluates it says so. */
function entriesOf({ cast }: Tokens, vocabulary: readonly Value[]): [Value, Value][] | null {
  try {
    return vocabulary.map((token) => [token, castToken(token, cast)]);
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}
