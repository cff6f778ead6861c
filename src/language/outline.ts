/** The shape of a document: its definitions, what of it folds, and what each word is, for editors that colour by meaning. */
import type { SourceFile, Span } from '../source/source-file.ts';
import { positionAt } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import type { NamedThing } from '../syntax/symbols.ts';
import { blockOf, everyStatement } from '../syntax/walk.ts';
import { wordsOf } from '../syntax/words.ts';
import type { Analysis } from './analysis.ts';
import { knownNames } from './library-names.ts';

export interface Outlined {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'function' | 'variable' | 'directive';
  readonly span: Span;
  readonly nameSpan: Span;
  readonly children: readonly Outlined[];
}

export function outlineOf(statements: readonly ast.Statement[]): Outlined[] {
  return statements.flatMap((statement): Outlined[] => {
    const { span } = statement;
    switch (statement.kind) {
      case 'function': {
        const detail = `(${statement.parameters.map(({ name }) => name).join(', ')})`;
        const children = outlineOf(statement.body);
        return [{ name: statement.name.name, detail, kind: 'function', span, nameSpan: statement.name.span, children }];
      }
      case 'assignment':
        return statement.targets.map(({ name, span: nameSpan }) => ({ name, detail: '', kind: 'variable', span, nameSpan, children: [] }));
      case 'for':
        return outlineOf(blockOf(statement));
      case 'export-directive':
      case 'step-directive': {
        const { name, span: nameSpan } = statement.name;
        return [
          {
            name: statement.kind === 'step-directive' ? '@step' : '@export',
            detail: name,
            kind: 'directive',
            span,
            nameSpan,
            children: [],
          },
        ];
      }
      default:
        return [];
    }
  });
}

/** Lines from 1, both of them included. */
export interface Fold {
  readonly from: number;
  readonly to: number;
  readonly kind: 'code' | 'comment';
}

export function foldsOf({ file, module }: Analysis): Fold[] {
  const blocks = everyStatement(module?.statements ?? []).map(({ span }) => ({ ...linesOf(file, span), kind: 'code' as const }));
  return [...blocks, ...commentFolds(file)].filter(({ from, to }) => to > from);
}

function linesOf(file: SourceFile, { start, end }: Span): { from: number; to: number } {
  return { from: positionAt(file, start).line, to: positionAt(file, end).line };
}

/** Comments on lines of their own that follow one another. */
function commentFolds({ text }: SourceFile): Fold[] {
  const folds: Fold[] = [];
  let from: number | null = null;
  for (const [index, line] of [...text.split('\n'), ''].entries()) {
    if (line.trimStart().startsWith('#')) from ??= index + 1;
    else if (from !== null) {
      folds.push({ from, to: index, kind: 'comment' });
      from = null;
    }
  }
  return folds;
}

export const TOKEN_KINDS = ['keyword', 'comment', 'string', 'number', 'operator', 'variable', 'function', 'parameter', 'macro'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];
/** In the order of their bits. */
export const TOKEN_MODIFIERS = ['declaration', 'defaultLibrary'] as const;

export interface Token {
  readonly start: number;
  readonly end: number;
  readonly kind: TokenKind;
  readonly modifiers: readonly (typeof TOKEN_MODIFIERS)[number][];
}

const BY_WORD: Readonly<Record<string, TokenKind>> = {
  Comment: 'comment',
  String: 'string',
  Int: 'number',
  Float: 'number',
  SelectOpen: 'function',
  AggregateOpen: 'function',
  RangeOpen: 'function',
  ZipOpen: 'function',
  LenOpen: 'function',
  Round: 'function',
  Indicator: 'function',
};

/** The words of a text in order, each as what it means where that is known. */
export function tokensOf({ file, things, module, observed }: Analysis): Token[] {
  const named = new Map<number, { readonly thing: NamedThing; readonly isDefinition: boolean }>();
  if (module !== null) {
    for (const thing of things) {
      for (const { span } of thing.definitions) named.set(span.start, { thing, isDefinition: true });
      for (const { span } of thing.uses) named.set(span.start, { thing, isDefinition: false });
    }
  }
  const functions = functionsOf(things, observed);
  const { words, comments } = wordsOf(file);
  return [...words, ...comments]
    .sort((a, b) => a.start - b.start)
    .flatMap(({ kind, text, start, end }): Token[] => {
      // a form's word carries its bracket: `select(`
      const length = text.endsWith('(') ? text.slice(0, -1).trimEnd().length : end - start;
      const token = { start, end: start + length, modifiers: [] as Token['modifiers'] };
      if (kind === 'Identifier') {
        const found = named.get(start);
        if (found === undefined) return [{ ...token, kind: 'variable' }];
        const { thing, isDefinition } = found;
        const modifiers = [
          ...(isDefinition ? (['declaration'] as const) : []),
          ...(thing.kind === 'elsewhere' ? (['defaultLibrary'] as const) : []),
        ];
        return [{ ...token, kind: thing.kind === 'parameter' ? 'parameter' : functions.has(thing) ? 'function' : 'variable', modifiers }];
      }
      const own = BY_WORD[kind];
      if (own !== undefined) return [{ ...token, kind: own, modifiers: own === 'function' ? ['defaultLibrary'] : [] }];
      if (text.startsWith('@')) return [{ ...token, kind: 'macro' }];
      if (/^[a-zA-Z]/.test(text)) return [{ ...token, kind: 'keyword' }];
      return /^[-+*/%^<>=!]/.test(text) ? [{ ...token, kind: 'operator' }] : [];
    });
}

/** Those that are defined as functions, and those from elsewhere that stand for one. */
function functionsOf(things: readonly NamedThing[], observed: Analysis['observed']): ReadonlySet<NamedThing> {
  return new Set(
    things.filter(({ name, kind, uses }) => {
      if (kind !== 'elsewhere') return kind === 'function';
      const known = knownNames().get(name);
      if (known !== undefined) return known.kind === 'function';
      return uses.some((use) => observed?.seen.callees.has(use) ?? false);
    }),
  );
}
