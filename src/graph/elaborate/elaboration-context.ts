/** What every part of an elaboration shares: the graph, the calls that are active, the limits, and how a fault is reported. */
import { type DiagnosticCode, diagnose, type FactsOf } from '../../diagnostics/catalog.ts';
import { DiagnosticError, type Label } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import { Graph, type GraphNode } from '../graph.ts';
import type { Value } from '../value.ts';
import { LIBRARY } from './library.ts';
import type { Environment } from './names/environment.ts';
import type { Place } from './place.ts';
import type { ListTerm, Term } from './terms/term.ts';

/** Follows an elaboration step by step: the REPL evaluates and shows everything at once. */
export interface Watcher {
  /** Every s-op and selector, as soon as it exists. Throws a DiagnosticError to reject the statement. */
  check(node: GraphNode): void;
  /** While `body` runs, an evaluation on `input` is as good as one on the example. */
  withInput<T>(input: readonly Value[] | null, body: () => T): T;
  /** A name was given to a node, by an assignment or by the call that made it. */
  named(node: GraphNode, name: string): void;
  /** A node was applied to an input. */
  applied(values: ListTerm, node: GraphNode, input: readonly Value[]): void;
  /** A statement of the REPL; `value` is the example that is set. */
  control(statement: ast.ReplStatement, value: Term | null): void;
  /** A statement of a file that is being loaded is done, or has failed. */
  ran(statement: ast.Statement, scope: Environment, value: Term | null): void;
  failed(error: DiagnosticError): void;
  /** A file is being loaded while `body` runs. */
  loading(body: () => void): void;
}

/** Is told what an expression stands for, each time that it is come to. `calls` are those of functions that are active, the outermost first. */
export type Observer = (expression: ast.Expression, term: Term, calls: readonly ActiveCall[]) => void;

/** Calls nest this deep; the stack of JavaScript ends a little later. */
const MAX_CALLS = 400;
const MAX_STEPS = 5_000_000;
const MAX_NODES = 1_000_000;

export interface ActiveCall {
  readonly name: string;
  readonly span: Span;
}

export class ElaborationContext {
  readonly graph = new Graph();
  readonly watcher: Watcher | null;
  /** Whether selectors see only the positions so far, where a node is applied to an input. */
  causal: boolean;
  readonly #observer: Observer | null;
  readonly #calls: ActiveCall[] = [];
  /** While a function of the library runs: the call of it in the program, which everything it makes is attributed to. */
  #libraryCall: ActiveCall | null = null;
  #steps = 0;

  constructor(options: { readonly causal: boolean; readonly watcher?: Watcher; readonly observer?: Observer }) {
    this.causal = options.causal;
    this.watcher = options.watcher ?? null;
    this.#observer = options.observer ?? null;
  }

  get inLibrary(): boolean {
    return this.#libraryCall !== null;
  }

  /** Starts from a clean state, and turns an overflow of the host's stack into what caused it. */
  guarded<T>(span: Span, body: () => T): T {
    this.#reset();
    this.#steps = 0;
    try {
      return body();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const call = this.#calls[0];
      this.#reset();
      return call === undefined
        ? this.fail(span, 'R1029', { limit: MAX_CALLS })
        : this.fail(call.span, 'R3035', { name: call.name, limit: MAX_CALLS });
    }
  }

  observe(expression: ast.Expression, term: Term): void {
    this.#observer?.(expression, term, this.#calls);
  }

  /** Counts one expression. */
  step(span: Span): void {
    if (++this.#steps > MAX_STEPS) this.fail(span, 'R3036', { limit: MAX_STEPS, what: 'steps' });
    if (this.graph.size > MAX_NODES) this.fail(span, 'R3036', { limit: MAX_NODES, what: 'nodes' });
  }

  /** Runs the body of a function that is called at `span`. */
  call<T>(name: string, definition: Span, span: Span, body: () => T): T {
    const call = { name, span };
    if (this.#calls.length >= MAX_CALLS) return this.fail(this.#calls[0]?.span ?? span, 'R3035', { name, limit: MAX_CALLS });
    const outer = this.#libraryCall;
    if (definition.file === LIBRARY) this.#libraryCall ??= call;
    this.#calls.push(call);
    const result = body();
    this.#calls.pop();
    this.#libraryCall = outer;
    return result;
  }

  /** `parts` are the spans of the operands of the expression, for pointing at one of them. */
  place(span: Span, parts: readonly Span[] = []): Place {
    const from = this.#libraryCall?.span ?? span;
    return {
      graph: this.graph,
      span: from,
      fail: (code, facts, part) => this.fail((part === undefined ? undefined : parts[part]) ?? span, code, facts),
      failBoth: (code, facts, left, right) => {
        const [first, second] = parts;
        if (first === undefined || second === undefined) return this.fail(span, code, facts);
        return this.fail(second, code, facts, { label: right, secondary: [{ span: first, text: left }] });
      },
    };
  }

  /** Inside the library the fault is shown at the call of it. */
  fail<Code extends DiagnosticCode>(
    span: Span,
    code: Code,
    facts: FactsOf<Code>,
    labels: { readonly label?: string; readonly secondary?: readonly Label[] } = {},
  ): never {
    const library = this.#libraryCall;
    if (library !== null) {
      const notes = [`inside \`${library.name}\` of the library`];
      throw new DiagnosticError([diagnose(code, facts as never, { span: library.span, notes })]);
    }
    const call = this.#calls.at(-1);
    const caller: Label[] = call === undefined ? [] : [{ span: call.span, text: `in this call of \`${call.name}\`` }];
    throw new DiagnosticError([diagnose(code, facts as never, { span, ...labels, secondary: [...(labels.secondary ?? []), ...caller] })]);
  }

  #reset(): void {
    this.#calls.length = 0;
    this.#libraryCall = null;
  }
}
