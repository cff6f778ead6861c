/** The generated files beside the grammar are what the grammar says now; `vitest run -u` on this file writes them. */
import { generateCstDts } from 'chevrotain';
import { expect, test } from 'vitest';
import { toEbnf } from '../../../grammar/ebnf.ts';
import { RaspGrammar } from '../../../grammar/rasp-grammar.ts';
import { Float, Identifier, Int, Str } from '../../../grammar/tokens.ts';

const grammar = new RaspGrammar({ recovery: false, validate: true });

test('rasp.ebnf is generated from the productions', async () => {
  await expect(toEbnf(grammar.getGAstProductions(), [Identifier, Int, Float, Str])).toMatchFileSnapshot('../../../grammar/rasp.ebnf');
});

test('cst-types.ts is generated from the productions', async () => {
  const types = generateCstDts(grammar.getGAstProductions(), { includeVisitorInterface: false });
  const head = '/** The shape of the concrete syntax tree, generated from the productions in rasp-grammar.ts. */\n';
  await expect(`${head}${types}`).toMatchFileSnapshot('../../../grammar/cst-types.ts');
});
