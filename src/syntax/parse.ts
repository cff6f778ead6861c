/**
 * Source text to abstract syntax. A text without faults is parsed once, by the fast parser; only when that one stumbles is it
 * parsed again by one that recovers, to find every fault and say what it is in our own words.
 */
import type { CstNode, ILexingResult, IToken } from 'chevrotain';
import type { ExpressionCstNode, LoneExpressionCstNode, ProgramCstNode } from '../../grammar/cst-types.ts';
import { RaspGrammar, raspLexer } from '../../grammar/rasp-grammar.ts';
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Expression, Module } from './ast.ts';
import { AstBuilder } from './build-ast.ts';
import { lexicalFaults } from './lexical-faults.ts';
import { nestingFault } from './nesting.ts';
import { EXPECTATIONS, type ParserFault, syntaxFaults } from './syntax-faults.ts';

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
  const { cst, diagnostics } = parse(file, 'program');
  if (cst === null) return { ast: null, diagnostics };
  const builder = new AstBuilder(file);
  const ast = builder.module(cst as ProgramCstNode);
  return builder.faults.length > 0 ? { ast: null, diagnostics: builder.faults } : { ast, diagnostics };
}

/** One expression, as after `--expr` or `--vocab`; a `;` may end it. */
export function parseExpression(file: SourceFile): ParsedExpression {
  const { cst, diagnostics } = parse(file, 'loneExpression');
  if (cst === null) return { expression: null, diagnostics };
  const builder = new AstBuilder(file);
  const [node] = (cst as LoneExpressionCstNode).children.expression;
  const expression = builder.expression(node as ExpressionCstNode);
  return builder.faults.length > 0 ? { expression: null, diagnostics: builder.faults } : { expression, diagnostics };
}

/** The module of a file without faults. Throws a {@link DiagnosticError} with every fault there is. */
export function parseOrThrow(file: SourceFile): Module {
  const { ast, diagnostics } = parseSource(file);
  if (ast === null) throw new DiagnosticError(diagnostics);
  return ast;
}

type Start = 'program' | 'loneExpression';

function parse(file: SourceFile, start: Start): { readonly cst: CstNode | null; readonly diagnostics: readonly Diagnostic[] } {
  const lexed = machinery().lexer.tokenize(file.text);
  const deep = nestingFault(file, lexed.tokens);
  if (deep !== null) return { cst: null, diagnostics: [deep] };
  const lexical = lexicalFaults(file, lexed);
  if (lexical.length === 0) {
    const strict = machinery().strict;
    strict.input = lexed.tokens;
    const cst = strict[start]();
    if (strict.errors.length === 0) return { cst, diagnostics: [] };
  }
  return { cst: null, diagnostics: syntaxFaults(file, lexed.tokens, allFaults(lexed, start), lexical) };
}

const MAX_FAULTS = 200;

/** Recovery gives up at a token that can start nothing; then the rest is parsed from the token after it. */
function allFaults(lexed: ILexingResult, start: Start): ParserFault[] {
  const parser = machinery().recovering();
  const faults: ParserFault[] = [];
  let rest: IToken[] = lexed.tokens;
  while (faults.length < MAX_FAULTS) {
    parser.input = rest;
    parser[start]();
    faults.push(...parser.errors.map((error) => ({ token: error.token, expected: error.message, rules: error.context.ruleStack })));
    const stuck = parser.errors.find((error) => error.name === 'NotAllInputParsedException');
    const at = stuck === undefined ? -1 : rest.indexOf(stuck.token);
    if (at < 0 || start === 'loneExpression') break;
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
