/**
 * Source text to abstract syntax. A text without faults is parsed once, by the fast parser; only when that one stumbles is it
 * parsed again by one that recovers, to find every fault and say what it is in our own words.
 */
import { EOF, type ILexingResult, type IToken, type TokenType } from 'chevrotain';
import type { ExpressionCstNode, LoneExpressionCstNode, ProgramCstNode } from '../../grammar/cst-types.ts';
import { RaspGrammar, raspLexer } from '../../grammar/rasp-grammar.ts';
import { Semicolon } from '../../grammar/tokens.ts';
import { diagnose } from '../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Expression, Module, Statement } from './ast.ts';
import { AstBuilder } from './build-ast.ts';
import { lexicalFaults } from './faults/lexical-faults.ts';
import { syntaxFaults } from './faults/syntax-faults.ts';
import { CLOSERS, nestingFault, OPENERS } from './nesting.ts';
import { EXPECTATIONS, type ParserFault, runUntil } from './parser-expectations.ts';

/** `ast` is null exactly when there are diagnostics. */
export interface ParsedModule {
  readonly ast: Module | null;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ParsedExpression {
  readonly expression: Expression | null;
  readonly diagnostics: readonly Diagnostic[];
}

export function parseSource(file: SourceFile): ParsedModule {
  const { lexed, diagnostics } = lex(file);
  if (diagnostics.length > 0) return { ast: null, diagnostics };
  const builder = new AstBuilder(file);
  const statements: Statement[] = [];
  const { strict } = machinery();
  // Piece by piece, since the concrete tree of a long file is a hundred times its size.
  for (const piece of pieces(lexed.tokens)) {
    strict.input = piece;
    const cst = strict.program() as ProgramCstNode;
    if (strict.errors.length > 0) return { ast: null, diagnostics: everyFault(file, lexed, 'program', []) };
    statements.push(...builder.statements(cst));
  }
  return builder.faults.length > 0
    ? { ast: null, diagnostics: builder.faults }
    : { ast: { kind: 'module', file, statements }, diagnostics: [] };
}

/** One expression, as after `--expr` or `--vocab`; a `;` may end it. */
export function parseExpression(file: SourceFile): ParsedExpression {
  const { lexed, diagnostics } = lex(file, 'loneExpression');
  if (diagnostics.length > 0) return { expression: null, diagnostics };
  const { strict } = machinery();
  strict.input = lexed.tokens;
  const cst = strict.loneExpression() as LoneExpressionCstNode;
  if (strict.errors.length > 0) return { expression: null, diagnostics: everyFault(file, lexed, 'loneExpression', []) };
  const builder = new AstBuilder(file);
  const expression = builder.expression(cst.children.expression[0] as ExpressionCstNode);
  return builder.faults.length > 0 ? { expression: null, diagnostics: builder.faults } : { expression, diagnostics: [] };
}

/** What has been typed so far: nothing complete yet, or statements, or faults. */
export type ParsedInput =
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'statements'; readonly statements: readonly Statement[] }
  | { readonly kind: 'faults'; readonly diagnostics: readonly Diagnostic[] };

/** Typed text is unfinished while all that is wrong with it is that it ends too early. */
export function parseInput(file: SourceFile): ParsedInput {
  const { lexed, diagnostics } = lex(file);
  if (diagnostics.length > 0) return { kind: 'faults', diagnostics };
  if (lexed.tokens.length === 0) return { kind: 'unfinished' };
  const { strict } = machinery();
  strict.input = lexed.tokens;
  const cst = strict.program() as ProgramCstNode;
  const [error] = strict.errors;
  if (error !== undefined) {
    if (error.token.tokenType === EOF) return { kind: 'unfinished' };
    return { kind: 'faults', diagnostics: everyFault(file, lexed, 'program', []) };
  }
  const builder = new AstBuilder(file);
  const statements = builder.statements(cst);
  return builder.faults.length > 0 ? { kind: 'faults', diagnostics: builder.faults } : { kind: 'statements', statements };
}

/** The module of a file without faults. Throws a {@link DiagnosticError} with every fault there is. */
export function parseOrThrow(file: SourceFile): Module {
  const { ast, diagnostics } = parseSource(file);
  if (ast === null) throw new DiagnosticError(diagnostics);
  return ast;
}

type Start = 'program' | 'loneExpression';

/** A concrete tree takes some microseconds and a kilobyte a word: this many take a few seconds. */
const MAX_WORDS = 400_000;

/** The words of a text; where there are faults among them, every fault of the text. */
function lex(file: SourceFile, start: Start = 'program'): { readonly lexed: ILexingResult; readonly diagnostics: readonly Diagnostic[] } {
  const lexed = machinery().lexer.tokenize(file.text);
  const first = lexed.tokens[MAX_WORDS];
  if (first !== undefined) {
    const span = { file, start: first.startOffset, end: first.startOffset + first.image.length };
    return { lexed, diagnostics: [diagnose('R1034', { words: lexed.tokens.length, limit: MAX_WORDS }, { span })] };
  }
  const deep = nestingFault(file, lexed.tokens);
  if (deep !== null) return { lexed, diagnostics: [deep] };
  const lexical = lexicalFaults(file, lexed);
  return { lexed, diagnostics: lexical.length === 0 ? [] : everyFault(file, lexed, start, lexical) };
}

const PIECE = 300;

/** The tokens in pieces that end where a statement does: at a `;` outside of all brackets. */
function* pieces(tokens: IToken[]): Generator<IToken[]> {
  let from = 0;
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    const type = tokens[at]?.tokenType as TokenType;
    if (OPENERS.has(type)) depth++;
    else if (CLOSERS.has(type)) depth--;
    else if (type === Semicolon && depth === 0 && at - from >= PIECE) {
      yield tokens.slice(from, at + 1);
      from = at + 1;
    }
  }
  yield from === 0 ? tokens : tokens.slice(from);
}

function everyFault(file: SourceFile, lexed: ILexingResult, start: Start, lexical: readonly Diagnostic[]): readonly Diagnostic[] {
  return syntaxFaults(file, lexed.tokens, parserFaults(lexed, start), lexical);
}

/** More than this is no text with mistakes, but no program at all. */
const MAX_FAULTS = 100;

/** Recovery gives up at a token that can start nothing; then the rest is parsed from the token after it. */
function parserFaults(lexed: ILexingResult, start: Start): ParserFault[] {
  const parser = machinery().recovering();
  const faults: ParserFault[] = [];
  let rest: IToken[] = lexed.tokens;
  while (faults.length < MAX_FAULTS) {
    parser.input = rest;
    // Every attempt at recovery looks at all that follows, so an end has to be made within one run of the parser too.
    const enough = runUntil(MAX_FAULTS - faults.length, () => parser[start]());
    faults.push(...parser.errors.map((error) => ({ token: error.token, expected: error.message, rules: error.context.ruleStack })));
    const stuck = parser.errors.find((error) => error.name === 'NotAllInputParsedException');
    const at = stuck === undefined ? -1 : rest.indexOf(stuck.token);
    if (enough || at < 0 || start === 'loneExpression') break;
    rest = rest.slice(at + 1);
  }
  return faults;
}

interface Machinery {
  readonly lexer: ReturnType<typeof raspLexer>;
  readonly strict: RaspGrammar;
  recovering(): RaspGrammar;
}

let built: Machinery | null = null;

/** Making a parser takes some 20 ms, so it is made when first needed, once; between calls it holds nothing. */
function machinery(): Machinery {
  let recovering: RaspGrammar | null = null;
  built ??= {
    lexer: raspLexer(),
    strict: new RaspGrammar({ recovery: false }),
    recovering: () => {
      recovering ??= new RaspGrammar({ recovery: true, errorMessages: EXPECTATIONS });
      return recovering;
    },
  };
  return built;
}
