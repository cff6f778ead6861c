/** What each expression of a program stood for while it was elaborated: gathered by an observer, asked by the rules. */
import type { ActiveCall, Observer } from '../graph/elaborate/elaboration-context.ts';
import { LIBRARY } from '../graph/elaborate/library.ts';
import { isNode, type Term } from '../graph/elaborate/terms/term.ts';
import type { GraphNode } from '../graph/graph.ts';
import type { SourceFile, Span } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';

/** An expression that is come to more often, each time with another node, is one of a general function: nothing is said of it. */
const MOST_TERMS = 64;

/** An expression inside of a function that stands elsewhere, as it was at a call of it that stands in the file. */
export interface Foreign {
  readonly expression: ast.Expression;
  readonly node: GraphNode;
  readonly call: ActiveCall;
  readonly inLibrary: boolean;
}

export class Observations {
  readonly #terms = new Map<ast.Expression, Set<Term>>();
  readonly #foreign: Foreign[] = [];
  /** The names that were called as functions. */
  readonly callees = new Set<ast.Expression>();
  readonly #file: SourceFile;

  constructor(file: SourceFile) {
    this.#file = file;
  }

  readonly observe: Observer = (expression, term, calls) => {
    if (expression.span.file === this.#file) {
      const known = this.#terms.get(expression) ?? new Set();
      this.#terms.set(expression, known);
      if (known.size <= MOST_TERMS) known.add(term);
      if (expression.kind === 'call') this.callees.add(expression.callee);
    } else if (isNode(term) && (expression.kind === 'select' || expression.kind === 'binary')) {
      const call = calls.findLast(({ span }) => span.file === this.#file);
      if (call !== undefined) this.#foreign.push({ expression, node: term, call, inLibrary: expression.span.file === LIBRARY });
    }
  };

  /** Every term that the expression stood for; empty where it was never come to, or came to too many. */
  termsOf(expression: ast.Expression): readonly Term[] {
    const found = this.#terms.get(expression);
    return found === undefined || found.size > MOST_TERMS ? [] : [...found];
  }

  /** The same where each of them is an s-op or a selector; else none. */
  nodesOf(expression: ast.Expression): readonly GraphNode[] {
    const terms = this.termsOf(expression);
    return terms.every(isNode) ? terms.filter(isNode) : [];
  }

  get foreign(): readonly Foreign[] {
    return this.#foreign;
  }

  /** What the narrowest expression around an offset stood for, with its place. */
  at(offset: number): { readonly expression: ast.Expression; readonly span: Span } | null {
    let best: ast.Expression | null = null;
    for (const expression of this.#terms.keys()) {
      const { start, end } = expression.span;
      if (start > offset || offset > end) continue;
      if (best === null || end - start < best.span.end - best.span.start) best = expression;
    }
    return best === null ? null : { expression: best, span: best.span };
  }
}
