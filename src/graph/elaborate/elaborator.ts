/**
 * Carries out a program until only the graph is left: functions are called, loops and comprehensions unrolled, lists and
 * dictionaries taken apart. Plain values are computed on the way; s-ops and selectors become nodes.
 */
import { diagnose } from '../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { nearest } from '../../diagnostics/nearest.ts';
import type { SourceFile, Span } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import { parseOrThrow } from '../../syntax/parse.ts';
import { assertNever, type Graph, type GraphNode, type TokenCast } from '../graph.ts';
import type { Value } from '../value.ts';
import { ElaborationContext, type Observer, type Watcher } from './elaboration-context.ts';
import { ExpressionElaborator } from './expression-elaborator.ts';
import { LIBRARY } from './library.ts';
import { Environment, FAILED } from './names/environment.ts';
import { reservedRole } from './names/reserved-names.ts';
import * as collections from './terms/collection-operations.ts';
import { BUILTINS, describeTerm, isNode, isSOp, type Term } from './terms/term.ts';

/** Finds the file behind `load "PATH";`, given PATH as written; null where there is none. */
export type SourceLoader = ((path: string) => SourceFile | null) & {
  /** Paths that it would find, for whoever mistyped one. */
  readonly known?: () => readonly string[];
};

export interface ElaboratorOptions {
  readonly loader: SourceLoader;
  /** What the variable `tokens` is at first. */
  readonly tokens: TokenCast;
  readonly causal: boolean;
  readonly watcher?: Watcher;
  readonly observer?: Observer;
}

/** Thrown by `exit`. */
export class Stop extends Error {}

let library: readonly ast.Statement[] | null = null;

export class Elaborator {
  /** The base s-ops, the library, `tokens`: what every file sees. */
  readonly base: Environment;
  /** The names of the program itself. */
  readonly top: Environment;
  readonly #context: ElaborationContext;
  readonly #expressions: ExpressionElaborator;
  readonly #loader: SourceLoader;
  readonly #loading: string[] = [];

  constructor(options: ElaboratorOptions) {
    this.#context = new ElaborationContext(options);
    this.#expressions = new ExpressionElaborator(this.#context, (body, scope) => this.#runAll(body, scope));
    this.#loader = options.loader;
    this.base = this.#makeBase(options.tokens);
    this.top = new Environment(this.base, { label: 'console' });
  }

  get graph(): Graph {
    return this.#context.graph;
  }

  set causal(causal: boolean) {
    this.#context.causal = causal;
  }

  /** Runs statements in order; a fault in one does not keep the others from running. Returns every fault. */
  run(statements: readonly ast.Statement[], scope: Environment = this.top): Diagnostic[] {
    const diagnostics: Diagnostic[] = [];
    const { watcher } = this.#context;
    for (const statement of statements) {
      try {
        const value = this.statement(statement, scope);
        watcher?.ran(statement, scope, value);
      } catch (error) {
        if (error instanceof Stop) break;
        if (!(error instanceof DiagnosticError)) throw error;
        diagnostics.push(...error.diagnostics);
        watcher?.failed(error);
        // In a session the names keep what they were.
        if (watcher === null) for (const name of assignedBy(statement)) if (reservedRole(name.name) === null) scope.set(name.name, FAILED);
      }
    }
    return diagnostics;
  }

  /** Runs one statement; the value of an expression or a drawing is returned. Throws a DiagnosticError, or {@link Stop}. */
  statement(statement: ast.Statement, scope: Environment = this.top): Term | null {
    return this.#context.guarded(statement.span, () => this.#statement(statement, scope));
  }

  /** The term that an expression stands for. Throws a DiagnosticError. */
  expression(expression: ast.Expression, scope: Environment = this.top): Term {
    return this.#context.guarded(expression.span, () => this.#expressions.expression(expression, scope));
  }

  /** The values of an input: a string's characters, a list's elements, a dictionary's keys. Throws a DiagnosticError. */
  input(term: Term, span: Span): readonly Value[] {
    return this.#expressions.input(term, span);
  }

  #makeBase(tokens: TokenCast): Environment {
    const constants = new Environment(null, { label: 'RASP_support/rasplib' });
    const bind = (name: string, node: GraphNode): void => {
      this.graph.name(node, name);
      constants.set(name, node);
    };
    bind('tokens', this.graph.tokens(tokens));
    for (const cast of ['str', 'int', 'float', 'bool', 'asis'] as const) bind(`tokens_${cast}`, this.graph.tokens(cast));
    bind('indices', this.graph.indices());
    constants.set('True', true);
    constants.set('False', false);
    for (const name of BUILTINS) constants.set(name, { kind: 'builtin', name });
    library ??= parseOrThrow(LIBRARY).statements;
    for (const statement of library) this.#statement(statement, constants);
    constants.out = constants.get('tokens') as Term;
    return constants;
  }

  #runAll(statements: readonly ast.Statement[], scope: Environment): void {
    for (const statement of statements) this.#statement(statement, scope);
  }

  #statement(statement: ast.Statement, scope: Environment): Term | null {
    switch (statement.kind) {
      case 'expression-statement':
        return this.#expressions.expression(statement.expression, scope);
      case 'assignment':
        this.#assignment(statement, scope);
        return null;
      case 'function':
        this.#expressions.bind(scope, statement.name, { kind: 'function', definition: statement, scope });
        return null;
      case 'for':
        for (const element of this.#expressions.elements(statement.generator, scope, '`for`')) {
          this.#expressions.bindElement(statement.generator, element, scope);
          this.#runAll(statement.body, scope);
        }
        return null;
      case 'load':
        this.#load(statement, scope);
        return null;
      case 'draw':
        return this.#draw(statement, scope);
      case 'set-example': {
        const value = this.#expressions.expression(statement.value, scope);
        this.input(value, statement.value.span);
        this.#context.watcher?.control(statement, value);
        return null;
      }
      case 'show-example':
      case 'toggle-examples':
      case 'toggle-full-display':
        this.#context.watcher?.control(statement, null);
        return null;
      case 'exit':
        throw new Stop();
      // Directives are facts about the whole file; `elaborate` reads them.
      case 'vocab-directive':
      case 'context-directive':
      case 'direction-directive':
      case 'export-directive':
      case 'example-directive':
      case 'assume-directive':
      case 'step-directive':
      case 'halt-directive':
        return null;
      default:
        return assertNever(statement);
    }
  }

  #assignment({ targets, values, span }: ast.Assignment, scope: Environment): void {
    const results = values.map((value) => this.#expressions.expression(value, scope));
    const [only, ...more] = results;
    const value = only !== undefined && more.length === 0 ? only : collections.list(this.#context.place(span), results);
    const place = this.#context.place(values[0]?.span ?? span);
    const parts = targets.length === 1 ? [value] : collections.unpack(place, value, targets.length);
    for (const [i, target] of targets.entries()) this.#assign(scope, target, parts[i] as Term);
  }

  #assign(scope: Environment, target: ast.Name, term: Term): void {
    this.#expressions.bind(scope, target, term);
    if (!isNode(term) || this.#context.inLibrary) return;
    this.graph.name(term, target.name);
    this.#context.watcher?.named(term, target.name);
  }

  #load({ path }: ast.Load, scope: Environment): void {
    const name = path.value;
    const { watcher } = this.#context;
    if (this.#loading.includes(name)) this.#context.fail(path.span, 'R2005', { path: `${name}.rasp`, chain: [...this.#loading, name] });
    const module = this.#parse(
      this.#loader(name) ?? this.#context.fail(path.span, 'R2004', { path: name, suggestion: nearest(name, this.#loader.known?.() ?? []) }),
      name,
      path.span,
    );
    // The file sees the library, not the names of its loader.
    const inner = new Environment(this.base, { exportsTo: scope, label: name });
    let diagnostics: readonly Diagnostic[] = [];
    const run = (): void => {
      diagnostics = this.run(module.statements, inner);
    };
    this.#loading.push(name);
    if (watcher === null) run();
    else watcher.loading(run);
    this.#loading.pop();
    if (watcher === null && diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  }

  #parse(file: SourceFile, name: string, span: Span): ast.Module {
    try {
      return parseOrThrow(file);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      const count = error.diagnostics.length;
      throw new DiagnosticError([diagnose('R2010', { path: name, count }, { span }), ...error.diagnostics]);
    }
  }

  #draw({ subject, input }: ast.Draw, scope: Environment): Term {
    const on = input === null ? null : this.input(this.#expressions.expression(input, scope), input.span);
    const drawn = this.#expressions.withInput(on, () => this.#expressions.expression(subject, scope));
    return isSOp(drawn) ? drawn : this.#context.fail(subject.span, 'R3040', { got: describeTerm(drawn) });
  }
}

/** The names that a statement would have assigned. */
function assignedBy(statement: ast.Statement): readonly ast.Name[] {
  switch (statement.kind) {
    case 'assignment':
      return statement.targets;
    case 'function':
      return [statement.name];
    case 'for':
      return [...statement.generator.variables, ...statement.body.flatMap(assignedBy)];
    default:
      return [];
  }
}
