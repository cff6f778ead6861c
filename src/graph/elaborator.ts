/**
 * Carries out a program until only the graph is left: functions are called, loops and comprehensions unrolled, lists and
 * dictionaries taken apart. Plain values are computed on the way; s-ops and selectors become nodes.
 */
import { type DiagnosticCode, diagnose, type FactsOf } from '../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError, type Label } from '../diagnostics/diagnostic.ts';
import { nearest } from '../diagnostics/nearest.ts';
import type { SourceFile, Span } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import { FORM_USAGE } from '../syntax/check-forms.ts';
import { parseOrThrow } from '../syntax/parse.ts';
import { Environment, FAILED } from './environment.ts';
import { Evaluation } from './evaluate.ts';
import type { TokenCast } from './graph.ts';
import { assertNever, Graph, type GraphNode, isSelector, type Selector } from './graph.ts';
import { LIBRARY } from './library.ts';
import { reservedRole } from './reserved-names.ts';
import {
  type BuiltinTerm,
  describeTerm,
  type FunctionTerm,
  isAtom,
  isDictionary,
  isList,
  isNode,
  isSelectorTerm,
  isSOp,
  type Term,
  termKind,
} from './term.ts';
import * as terms from './term-operations.ts';
import type { Value } from './value.ts';

/** Finds the file behind `load "PATH";`, given PATH as written; null where there is none. */
export type SourceLoader = (path: string) => SourceFile | null;

/** Sees every s-op and selector as soon as it exists: the REPL evaluates it at once on its running example. */
export interface Watcher {
  check(node: GraphNode): void;
  /** While `body` runs, an evaluation on `input` is as good as one on the example. */
  withInput<T>(input: readonly Value[] | null, body: () => T): T;
}

export interface ElaboratorOptions {
  readonly loader: SourceLoader;
  /** What the variable `tokens` is at first. */
  readonly tokens: TokenCast;
  readonly causal: boolean;
  readonly watcher?: Watcher;
}

/** Calls nest this deep; JavaScript's own stack ends a little later. */
const MAX_CALLS = 400;
const MAX_STEPS = 5_000_000;
const MAX_NODES = 1_000_000;

/** Thrown by the use of a name whose assignment failed: nothing more is said. */
class UseOfFailed extends Error {}

/** Thrown by `exit` in a file. */
class Stop extends Error {}

interface ActiveCall {
  readonly name: string;
  readonly span: Span;
}

export class Elaborator {
  readonly graph = new Graph();
  /** The base s-ops, the library, `tokens`: what every file sees. */
  readonly base: Environment;
  /** The names of the program itself. */
  readonly top: Environment;
  causal: boolean;
  readonly #loader: SourceLoader;
  readonly #watcher: Watcher | null;
  readonly #calls: ActiveCall[] = [];
  readonly #loading: string[] = [];
  /** While a function of the library runs: the call of it in the program, which everything it makes is attributed to. */
  #libraryCall: ActiveCall | null = null;
  #steps = 0;

  constructor(options: ElaboratorOptions) {
    this.causal = options.causal;
    this.#loader = options.loader;
    this.#watcher = options.watcher ?? null;
    this.base = this.#makeBase(options.tokens);
    this.top = new Environment(this.base);
  }

  /** Runs statements in order; a fault in one does not keep the others from running. Returns every fault. */
  run(statements: readonly ast.Statement[], scope: Environment = this.top): Diagnostic[] {
    const diagnostics: Diagnostic[] = [];
    for (const statement of statements) {
      try {
        this.statement(statement, scope);
      } catch (error) {
        if (error instanceof Stop) break;
        if (error instanceof DiagnosticError) diagnostics.push(...error.diagnostics);
        else if (!(error instanceof UseOfFailed)) throw error;
        for (const name of assignedBy(statement)) if (reservedRole(name.name) === null) scope.set(name.name, FAILED);
      }
    }
    return diagnostics;
  }

  /** Runs one statement. Throws a DiagnosticError; the state is then as if the statement had not been there. */
  statement(statement: ast.Statement, scope: Environment = this.top): void {
    this.#guarded(statement.span, () => this.#statement(statement, scope));
  }

  /** The term that an expression stands for. Throws a DiagnosticError. */
  expression(expression: ast.Expression, scope: Environment = this.top): Term {
    return this.#guarded(expression.span, () => this.#expression(expression, scope));
  }

  /** What was applied or drawn, as the values of an input: a string's characters, a list's elements, a dictionary's keys. */
  input(term: Term, span: Span): readonly Value[] {
    const tokens = this.#asInput(term);
    if (tokens === null) return this.#fail(span, 'R3039', { got: describeTerm(term) });
    return tokens.length === 0 ? this.#fail(span, 'R3038', { got: describeTerm(term) }) : tokens;
  }

  /** Starts from a clean state, and turns an overflow of the host's stack into what caused it. */
  #guarded<T>(span: Span, body: () => T): T {
    this.#calls.length = 0;
    this.#libraryCall = null;
    this.#steps = 0;
    try {
      return body();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const call = this.#calls[0];
      this.#calls.length = 0;
      this.#libraryCall = null;
      return call === undefined
        ? this.#fail(span, 'R1029', { limit: MAX_CALLS })
        : this.#fail(call.span, 'R3035', { name: call.name, limit: MAX_CALLS });
    }
  }

  #makeBase(tokens: TokenCast): Environment {
    const constants = new Environment(null);
    const bind = (name: string, node: GraphNode): void => {
      this.graph.name(node, name);
      constants.set(name, node);
    };
    bind('tokens', this.graph.tokens(tokens));
    for (const cast of ['str', 'int', 'float', 'bool', 'asis'] as const) bind(`tokens_${cast}`, this.graph.tokens(cast));
    bind('indices', this.graph.indices());
    constants.set('True', true);
    constants.set('False', false);
    for (const name of ['selector_width', 'rightmost', 'leftmost'] as const) constants.set(name, { kind: 'builtin', name });
    library ??= parseOrThrow(LIBRARY).statements;
    for (const statement of library) this.#statement(statement, constants);
    constants.out = constants.get('tokens') as Term;
    return constants;
  }

  #statement(statement: ast.Statement, scope: Environment): void {
    switch (statement.kind) {
      case 'expression-statement':
        this.#expression(statement.expression, scope);
        return;
      case 'assignment':
        this.#assignment(statement, scope);
        return;
      case 'function':
        this.#set(scope, statement.name, { kind: 'function', definition: statement, scope });
        return;
      case 'for':
        this.#forLoop(statement, scope);
        return;
      case 'load':
        this.#load(statement, scope);
        return;
      case 'draw':
        this.#draw(statement, scope);
        return;
      case 'set-example':
        this.input(this.#expression(statement.value, scope), statement.value.span);
        return;
      case 'exit':
        throw new Stop();
      case 'show-example':
      case 'toggle-examples':
      case 'toggle-full-display':
      // Directives are facts about the whole file; `elaborate` reads them.
      case 'vocab-directive':
      case 'context-directive':
      case 'direction-directive':
      case 'export-directive':
      case 'example-directive':
        return;
      default:
        assertNever(statement);
    }
  }

  #assignment({ targets, values, span }: ast.Assignment, scope: Environment): void {
    const place = this.#place(span);
    const results = values.map((value) => this.#expression(value, scope));
    const [only] = results;
    const [target] = targets;
    const value = results.length === 1 && only !== undefined ? only : terms.list(place, results);
    if (targets.length === 1 && target !== undefined) {
      this.#assign(scope, target, value);
      return;
    }
    const parts = terms.unpack(this.#place(values[0]?.span ?? span), value, targets.length);
    for (const [i, name] of targets.entries()) this.#assign(scope, name, parts[i] as Term);
  }

  #assign(scope: Environment, name: ast.Name, term: Term): void {
    this.#set(scope, name, term);
    if (isNode(term) && this.#libraryCall === null) this.graph.name(term, name.name);
  }

  #set(scope: Environment, { name, span }: ast.Name, term: Term): void {
    if (span.file !== LIBRARY) {
      const role = reservedRole(name);
      if (role !== null) this.#fail(span, 'R2002', { name, role });
    }
    scope.set(name, term);
  }

  #forLoop({ generator, body }: ast.ForLoop, scope: Environment): void {
    for (const element of this.#elements(generator, scope, '`for`')) {
      this.#bind(generator, element, scope);
      for (const statement of body) this.#statement(statement, scope);
    }
  }

  #elements(generator: ast.Generator, scope: Environment, form: string): readonly Term[] {
    const iterable = this.#expression(generator.iterable, scope);
    return terms.elements(this.#place(generator.iterable.span), iterable, form);
  }

  #bind({ variables, iterable }: ast.Generator, element: Term, scope: Environment): void {
    const parts = variables.length === 1 ? [element] : terms.unpack(this.#place(iterable.span), element, variables.length);
    for (const [i, variable] of variables.entries()) this.#set(scope, variable, parts[i] as Term);
  }

  #load({ path }: ast.Load, scope: Environment): void {
    const name = path.value;
    if (this.#loading.includes(name)) this.#fail(path.span, 'R2005', { path: `${name}.rasp`, chain: [...this.#loading, name] });
    const file = this.#loader(name);
    if (file === null) this.#fail(path.span, 'R2004', { path: name });
    let module: ast.Module;
    try {
      module = parseOrThrow(file);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      throw new DiagnosticError([
        diagnose('R2010', { path: name, count: error.diagnostics.length }, { span: path.span }),
        ...error.diagnostics,
      ]);
    }
    this.#loading.push(name);
    // The file sees the library, not the names of its loader.
    const diagnostics = this.run(module.statements, new Environment(this.base, scope));
    this.#loading.pop();
    if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  }

  #draw({ subject, input }: ast.Draw, scope: Environment): void {
    const on = input === null ? null : this.input(this.#expression(input, scope), input.span);
    const drawn = this.#withInput(on, () => this.#expression(subject, scope));
    if (!isSOp(drawn)) this.#fail(subject.span, 'R3040', { got: describeTerm(drawn) });
  }

  #withInput<T>(input: readonly Value[] | null, body: () => T): T {
    return this.#watcher === null ? body() : this.#watcher.withInput(input, body);
  }

  #expression(expression: ast.Expression, scope: Environment): Term {
    if (++this.#steps > MAX_STEPS) this.#fail(expression.span, 'R3036', { limit: MAX_STEPS, what: 'steps' });
    if (this.graph.size > MAX_NODES) this.#fail(expression.span, 'R3036', { limit: MAX_NODES, what: 'nodes' });
    return this.#computed(this.#term(expression, scope), scope);
  }

  /** `out` is the value last computed in a scope. */
  #computed(term: Term, scope: Environment): Term {
    scope.out = term;
    if (this.#watcher !== null && isNode(term)) this.#watcher.check(term);
    return term;
  }

  #term(expression: ast.Expression, scope: Environment): Term {
    const { span } = expression;
    switch (expression.kind) {
      case 'name':
        return this.#lookup(expression, scope);
      case 'int':
      case 'float':
      case 'string':
        return expression.value;
      case 'list':
        return terms.list(
          this.#place(span),
          expression.items.map((item) => this.#expression(item, scope)),
        );
      case 'dictionary':
        return terms.dictionary(
          this.#place(span),
          expression.entries.map(({ key, value }) => [this.#expression(key, scope), this.#expression(value, scope)] as const),
        );
      case 'list-comprehension':
        return terms.list(
          this.#place(span),
          this.#comprehend(expression.generator, scope, (inner) => this.#expression(expression.element, inner)),
        );
      case 'dictionary-comprehension':
        return terms.dictionary(
          this.#place(span),
          this.#comprehend(
            expression.generator,
            scope,
            (inner) => [this.#expression(expression.key, inner), this.#expression(expression.value, inner)] as const,
          ),
        );
      case 'select': {
        const keys = this.#expression(expression.keys, scope);
        const queries = this.#expression(expression.queries, scope);
        return terms.select(this.#place(span), keys, queries, expression.operator);
      }
      case 'aggregate':
        return this.#aggregate(expression.selector, expression.value, expression.default, span, scope);
      case 'range':
      case 'zip':
      case 'len':
        return this.#listForm(expression, scope);
      case 'index': {
        const subject = this.#expression(expression.subject, scope);
        return terms.index(this.#place(span), subject, this.#expression(expression.index, scope));
      }
      case 'call':
        return this.#call(expression, scope);
      case 'unary':
        return terms.unary(this.#place(span), expression.operator, this.#expression(expression.operand, scope));
      case 'binary':
        return this.#binary(expression, scope);
      case 'choose':
        return this.#choose(expression, scope);
      case 'member': {
        const element = this.#expression(expression.element, scope);
        return terms.member(this.#place(span), element, this.#expression(expression.container, scope));
      }
      default:
        return assertNever(expression);
    }
  }

  #lookup({ name, span }: ast.Name, scope: Environment): Term {
    const found = scope.get(name);
    if (found === FAILED) throw new UseOfFailed();
    if (found !== undefined) return found;
    if (name in FORM_USAGE) return this.#fail(span, 'R2003', { name, usage: FORM_USAGE[name as keyof typeof FORM_USAGE] });
    return this.#fail(span, 'R2001', { name, suggestion: nearest(name, [...scope.names(), 'select', 'aggregate', 'range', 'zip', 'len']) });
  }

  #comprehend<T>(generator: ast.Generator, scope: Environment, element: (inner: Environment) => T): T[] {
    return this.#elements(generator, scope, 'a comprehension').map((each) => {
      const inner = new Environment(scope);
      this.#bind(generator, each, inner);
      return element(inner);
    });
  }

  #aggregate(selector: ast.Expression, value: ast.Expression, otherwise: ast.Expression | null, span: Span, scope: Environment): Term {
    const chosen = this.#expression(selector, scope);
    const values = this.#expression(value, scope);
    const filler = otherwise === null ? null : this.#expression(otherwise, scope);
    return terms.aggregate(this.#place(span), chosen, values, filler);
  }

  #listForm({ kind, args, span }: ast.ListForm, scope: Environment): Term {
    const values = args.map((arg) => this.#expression(arg, scope));
    const place = this.#place(span);
    return kind === 'range' ? terms.range(place, values) : kind === 'zip' ? terms.zip(place, values) : terms.len(place, values[0] as Term);
  }

  /** Long sums lean to the left, so the left side is unrolled rather than descended. */
  #binary(expression: ast.Binary, scope: Environment): Term {
    const spine = [expression];
    let leftmost: ast.Expression = expression.left;
    while (leftmost.kind === 'binary') {
      spine.push(leftmost);
      leftmost = leftmost.left;
    }
    let value = this.#expression(leftmost, scope);
    for (let i = spine.length - 1; i >= 0; i--) {
      const { operator, right, span } = spine[i] as ast.Binary;
      const operand = this.#expression(right, scope);
      value = terms.binary(this.#place(span), operator, value, operand);
      if (i > 0) this.#computed(value, scope);
    }
    return value;
  }

  #choose({ condition, consequent, otherwise, span }: ast.Choose, scope: Environment): Term {
    const chosen = this.#expression(condition, scope);
    if (isSelectorTerm(chosen)) return this.#fail(condition.span, 'R3029', { got: describeTerm(chosen) });
    if (!isSOp(chosen)) return this.#expression(terms.isTrue(chosen) ? consequent : otherwise, scope);
    const yes = this.#expression(consequent, scope);
    return terms.choose(this.#place(span), chosen, yes, this.#expression(otherwise, scope));
  }

  #call(call: ast.Call, scope: Environment): Term {
    const { callee, args, span } = call;
    // `aggregate (…)` with a space is the form, unless there is a variable of that name.
    if (callee.kind === 'name' && callee.name === 'aggregate' && scope.get('aggregate') === undefined) {
      const [selector, value, otherwise] = args;
      if (selector === undefined || value === undefined || args.length > 3)
        return this.#fail(span, 'R1021', { form: 'aggregate', usage: FORM_USAGE.aggregate });
      return this.#aggregate(selector, value, otherwise ?? null, span, scope);
    }
    const [only] = args;
    const early = this.#watcher !== null && args.length === 1 && only !== undefined ? this.#expression(only, scope) : null;
    const input = early === null ? null : this.#asInput(early);
    const called = callee.kind === 'name' ? this.#lookup(callee, scope) : this.#withInput(input, () => this.#expression(callee, scope));
    const values = early === null ? args.map((arg) => this.#expression(arg, scope)) : [early];
    if (typeof called === 'object' && called.kind === 'function') return this.#callFunction(called, values, span);
    if (typeof called === 'object' && called.kind === 'builtin') return this.#callBuiltin(called, values, span);
    if (isNode(called)) return this.#apply(called, values, call);
    return this.#fail(span, 'R3009', { got: describeTerm(called) });
  }

  #callFunction({ definition, scope }: FunctionTerm, values: readonly Term[], span: Span): Term {
    const { name, parameters, body, results } = definition;
    this.#checkArguments(name.name, parameters.length, values, span);
    const call = { name: name.name, span };
    if (this.#calls.length >= MAX_CALLS) return this.#fail(this.#calls[0]?.span ?? span, 'R3035', { name: call.name, limit: MAX_CALLS });
    const outer = this.#libraryCall;
    if (definition.span.file === LIBRARY) this.#libraryCall ??= call;
    this.#calls.push(call);
    const inner = new Environment(scope);
    for (const [i, parameter] of parameters.entries()) this.#set(inner, parameter, values[i] as Term);
    for (const statement of body) this.#statement(statement, inner);
    const [only, ...more] = results.map((result) => this.#expression(result, inner));
    const value = only !== undefined && more.length === 0 ? only : terms.list(this.#place(span), only === undefined ? [] : [only, ...more]);
    this.#calls.pop();
    this.#libraryCall = outer;
    return value;
  }

  #callBuiltin({ name }: BuiltinTerm, values: readonly Term[], span: Span): Term {
    this.#checkArguments(name, 1, values, span);
    const selector = values[0] as Term;
    if (!isSelectorTerm(selector)) return this.#fail(span, 'R3006', { form: name, got: describeTerm(selector) });
    const from = this.#place(span).span;
    return name === 'selector_width' ? this.graph.width(selector, from) : this.graph.extreme(name, selector, from);
  }

  #checkArguments(name: string, expected: number, values: readonly Term[], span: Span): void {
    if (values.length !== expected) this.#fail(span, 'R3010', { name, expected, got: values.length });
  }

  /** The values of an s-op on an input as a list; a selector's as a list of rows of bools. */
  #apply(node: GraphNode, values: readonly Term[], { callee, args, span }: ast.Call): Term {
    this.#checkArguments(callee.kind === 'name' ? callee.name : termKind(node), 1, values, span);
    const evaluation = new Evaluation(this.input(values[0] as Term, args[0]?.span ?? span), { causal: this.causal });
    if (!isSelector(node)) return terms.list(this.#place(span), evaluation.sequence(node).values);
    const rows = evaluation.matrix(node as Selector).toRows();
    return { kind: 'list', items: rows.map((row) => ({ kind: 'list', items: row.map((cell) => cell === 1) })) };
  }

  #asInput(term: Term): readonly Value[] | null {
    if (typeof term === 'string') return [...term];
    if (isDictionary(term)) return [...term.entries.values()].map(([key]) => key);
    return isList(term) && term.items.every(isAtom) ? term.items.filter(isAtom) : null;
  }

  #place(span: Span): terms.Place {
    const from = this.#libraryCall?.span ?? span;
    return { graph: this.graph, span: from, fail: (code, facts) => this.#fail(span, code, facts) };
  }

  /** Inside the library the fault is shown at the call of it. */
  #fail<Code extends DiagnosticCode>(span: Span, code: Code, facts: FactsOf<Code>): never {
    const library = this.#libraryCall;
    const call = this.#calls.findLast((active) => active !== library && active.span.file !== LIBRARY);
    const secondary: Label[] =
      call === undefined || library !== null ? [] : [{ span: call.span, text: `in this call of \`${call.name}\`` }];
    const notes = library === null ? [] : [`inside \`${library.name}\` of the library`];
    this.#calls.length = 0;
    this.#libraryCall = null;
    throw new DiagnosticError([diagnose(code, facts as never, { span: library?.span ?? span, secondary, notes })]);
  }
}

let library: readonly ast.Statement[] | null = null;

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
