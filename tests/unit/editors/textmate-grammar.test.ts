/** What editors show: the grammar is current, and colours every shipped program as the lexer reads it, in the engine that VS Code uses. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, test } from 'vitest';
import oniguruma from 'vscode-oniguruma';
import textmate, { type IGrammar } from 'vscode-textmate';
import { raspLexer } from '../../../grammar/rasp-grammar.ts';
import { KEYWORDS } from '../../../grammar/tokens.ts';
import { textMateGrammar } from '../../../scripts/textmate-grammar.ts';

const PATH = 'editors/rasp.tmLanguage.json';
const programs = readdirSync('programs', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.rasp'))
  .map((name) => `programs/${name}`);
const lexer = raspLexer();
const keywords = new Set(KEYWORDS.map(({ name }) => name));

let grammar: IGrammar;
beforeAll(async () => {
  await oniguruma.loadWASM(readFileSync(createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm')));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(readFileSync(PATH, 'utf8'), PATH),
  });
  const loaded = await registry.loadGrammar('source.rasp');
  if (loaded === null) throw new Error('the grammar is not there');
  grammar = loaded;
});

interface Piece {
  readonly text: string;
  readonly start: number;
  /** The innermost scope, without the language. */
  readonly scope: string;
}

/** The pieces of a text that are not white space, with offsets in the whole. */
function highlight(text: string): Piece[] {
  const pieces: Piece[] = [];
  let state = textmate.INITIAL;
  let offset = 0;
  for (const line of text.split('\n')) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const { startIndex, endIndex, scopes } of tokens) {
      const piece = line.slice(startIndex, endIndex);
      if (piece.trim() !== '')
        pieces.push({ text: piece, start: offset + startIndex, scope: (scopes.at(-1) ?? '').replace(/\.rasp$/, '') });
    }
    offset += line.length + 1;
  }
  return pieces;
}

/** What the scope of a token of the lexer has to be. */
function expectedScope(token: string): RegExp {
  if (token === 'Comment') return /^comment\.line\.number-sign$/;
  if (token === 'String') return /^string\.quoted\.double$/;
  if (token === 'Int' || token === 'Float') return /^constant\.numeric\.(integer|float)$/;
  if (token === 'Round' || token === 'Indicator' || token.endsWith('Open')) return /^support\.function\.builtin$/;
  if (token === 'On' || token === 'Off') return /^constant\.language$/;
  if (keywords.has(token) || token === 'FullSeqDisplay') return /^(keyword|storage)\./;
  if (token.endsWith('Directive')) return /^keyword\.control\.directive$/;
  if (token === 'Identifier') return /^(variable|support|entity\.name\.function|constant\.language)(\.|$)/;
  if (/^[LR](Paren|Bracket|Brace)$/.test(token)) return /^punctuation\.section\./;
  if (['Comma', 'Semicolon', 'Colon'].includes(token)) return /^punctuation\.(separator|terminator)\./;
  return /^keyword\.operator\./;
}

test('is generated from the tokens (`npm run editors` writes it)', () => {
  expect(readFileSync(PATH, 'utf8')).toBe(textMateGrammar());
});

test('there are programs to highlight', () => {
  expect(programs.length).toBeGreaterThan(35);
});

describe('colours as the lexer reads', () => {
  test.each(programs)('%s', (path) => {
    const text = readFileSync(path, 'utf8');
    const pieces = highlight(text);
    expect(pieces.filter(({ scope }) => scope === 'source' || scope.startsWith('invalid'))).toEqual([]);

    const { tokens, groups, errors } = lexer.tokenize(text);
    expect(errors).toEqual([]);
    const wrong = [...tokens, ...(groups.comments ?? [])].flatMap(({ image, startOffset, tokenType }) => {
      const at = pieces.find(({ start }) => start === startOffset);
      // A builtin's parenthesis has a scope of its own.
      const word = tokenType.name.endsWith('Open') ? image.slice(0, -1) : image;
      const right = at?.text === word && expectedScope(tokenType.name).test(at.scope);
      return right ? [] : [{ image, token: tokenType.name, at }];
    });
    expect(wrong).toEqual([]);
  });
});

describe('scopes', () => {
  const scopesOf = (text: string) => highlight(text).map((piece) => `${piece.text} ${piece.scope}`);

  test('of a definition and its parameters, over lines', () => {
    expect(scopesOf('def width(sel, # which\n  tokens) {')).toEqual([
      'def storage.type.function',
      'width entity.name.function',
      '( punctuation.section.parens.begin',
      'sel variable.parameter',
      ', punctuation.separator.sequence',
      '# which comment.line.number-sign',
      'tokens variable.parameter',
      ') punctuation.section.parens.end',
      '{ punctuation.section.braces.begin',
    ]);
  });

  test('of a definition that is being typed: what follows is not its parameters', () => {
    expect(scopesOf('def f(a\n}\nreturn tokens;').slice(-3)).toEqual([
      'return keyword.control.flow',
      'tokens support.variable',
      '; punctuation.terminator.statement',
    ]);
  });

  test.each([
    ['select (x)', 'select support.function.builtin'],
    ['select = 1;', 'select variable.other'],
    ['selected', 'selected variable.other'],
    ['onset', 'onset variable.other'],
    ['s-op', 's-op keyword.other'],
    ['full seq display on', 'full seq display keyword.other'],
    ['selector_width(s)', 'selector_width support.function.library'],
    ['mine(s)', 'mine entity.name.function.call'],
    ['length', 'length support.variable'],
    ['True', 'True constant.language'],
    ['"a # b; \\"', '"a # b; \\" string.quoted.double'],
    ['2.50', '2.50 constant.numeric.float'],
    ['@vocab "ab";', '@vocab keyword.control.directive'],
  ])('%s', (text, first) => {
    expect(scopesOf(text)[0]).toBe(first);
  });

  test.each(["'a'", '"open', '1e3', '.5', '**', '@vocabulary', '$'])('%s is shown as wrong', (text) => {
    expect(scopesOf(text)).toEqual([`${text} invalid.illegal`]);
  });
});
