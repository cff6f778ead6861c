/** The term that an expression stands for, and what calls of functions come to. */

import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import { FORM_USAGE } from '../../syntax/check-forms.ts';
import { Evaluation } from '../evaluate/evaluate.ts';
import { assertNever, type GraphNode, isSelector } from '../graph.ts';
import type { Value } from '../value.ts';
import type { ElaborationContext } from './elaboration-context.ts';
import { LIBRARY } from './library.ts';
import { Environment, FAILED } from './names/environment.ts';
import { reservedRole } from './names/reserved-names.ts';
import { suggestName } from './names/suggest-name.ts';
import { certainType } from './terms/certain-type.ts';
import * as collections from './terms/collection-operations.ts';
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
  termText,
} from './terms/term.ts';
import * as terms from './terms/term-operations.ts';

const REDUCTIONS = { sum_over: 'sum', max_over: 'max', min_over: 'min' } as const;

/** Runs the statements of a function's body in its scope. */
export type RunBody = (body: readonly ast.BlockStatement[], scope: Environment) => void;

export class ExpressionElaborator {
  readonly #context: ElaborationContext;
  readonly #runBody: RunBody;

  constructor(context: ElaborationContext, runBody: RunBody) {
    this.#context = context;
    this.#runBody = runBody;
  }

  expression(expression: ast.Expression, scope: Environment): Term {
    this.#context.step(expression.span);
    const term = this.#computed(this.#term(expression, scope), scope);
    this.#context.observe(expression, term);
    return term;
  }

  /** Binds a name; the library's own statements may bind what others may not. */
  bind(scope: Environment, { name, span }: ast.Name, term: Term): void {
    if (span.file !== LIBRARY) {
      const role = reservedRole(name);
      // inside a function a name of the library is like any other
      if (role !== null && !(role === 'library' && scope.isLocal)) this.#context.fail(span, 'R2002', { name, role });
    }
    scope.set(name, term);
  }

  /** What a `for` or a comprehension goes through. */
  elements(generator: ast.Generator, scope: Environment, form: string): readonly Term[] {
    const iterable = this.expression(generator.iterable, scope);
    return collections.elements(this.#context.place(generator.iterable.span), iterable, form);
  }

  bindElement({ variables, iterable }: ast.Generator, element: Term, scope: Environment): void {
    const parts = variables.length === 1 ? [element] : collections.unpack(this.#context.place(iterable.span), element, variables.length);
    for (const [i, variable] of variables.entries()) this.bind(scope, variable, parts[i] as Term);
  }

  /** The values of an input: a string's characters, a list's elements, a dictionary's keys. */
  input(term: Term, span: Span): readonly Value[] {
    const tokens = asInput(term);
    if (tokens === null) return this.#context.fail(span, 'R3039', { got: describeTerm(term) });
    return tokens.length === 0 ? this.#context.fail(span, 'R3038', { got: describeTerm(term) }) : tokens;
  }

  /** While `body` runs, an evaluation on `input` is as good as one on the example. */
  withInput<T>(input: readonly Value[] | null, body: () => T): T {
    const { watcher } = this.#context;
    return watcher === null ? body() : watcher.withInput(input, body);
  }

  #computed(term: Term, scope: Environment): Term {
    scope.out = term;
    if (isSOp(term)) certainType(term);
    if (isNode(term)) this.#context.watcher?.check(term);
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
        return collections.list(
          this.#context.place(span),
          expression.items.map((item) => this.expression(item, scope)),
        );
      case 'dictionary':
        return collections.dictionary(
          this.#context.place(span),
          expression.entries.map(({ key, value }) => [this.expression(key, scope), this.expression(value, scope)] as const),
        );
      case 'list-comprehension':
        return collections.list(
          this.#context.place(span),
          this.#comprehend(expression.generator, scope, (inner) => this.expression(expression.element, inner)),
        );
      case 'dictionary-comprehension':
        return collections.dictionary(
          this.#context.place(span),
          this.#comprehend(
            expression.generator,
            scope,
            (inner) => [this.expression(expression.key, inner), this.expression(expression.value, inner)] as const,
          ),
        );
      case 'select': {
        const keys = this.expression(expression.keys, scope);
        const queries = this.expression(expression.queries, scope);
        return terms.select(this.#context.place(span, [expression.keys.span, expression.queries.span]), keys, queries, expression.operator);
      }
      case 'aggregate':
        return this.#aggregate(expression.selector, expression.value, expression.default, span, scope);
      case 'range':
      case 'zip':
      case 'len':
        return this.#listForm(expression, scope);
      case 'index': {
        const subject = this.expression(expression.subject, scope);
        return terms.index(
          this.#context.place(span, [expression.subject.span, expression.index.span]),
          subject,
          this.expression(expression.index, scope),
        );
      }
      case 'call':
        return this.#call(expression, scope);
      case 'unary':
        return terms.unary(
          this.#context.place(span, [expression.operand.span]),
          expression.operator,
          this.expression(expression.operand, scope),
        );
      case 'binary':
        return this.#binary(expression, scope);
      case 'choose':
        return this.#choose(expression, scope);
      case 'member': {
        const element = this.expression(expression.element, scope);
        return terms.member(
          this.#context.place(span, [expression.element.span, expression.container.span]),
          element,
          this.expression(expression.container, scope),
        );
      }
      default:
        return assertNever(expression);
    }
  }

  #lookup({ name, span }: ast.Name, scope: Environment): Term {
    const found = scope.get(name);
    // The fault is told already, where the assignment failed.
    if (found === FAILED) throw new DiagnosticError([]);
    if (found !== undefined) {
      // The base s-ops come from nowhere in the source, so the places where they are used stand for it.
      if (!this.#context.inLibrary && isNode(found) && (found.kind === 'tokens' || found.kind === 'indices'))
        this.#context.graph.noteSpan(found, span);
      return found;
    }
    if (name in FORM_USAGE) return this.#context.fail(span, 'R2003', { name, usage: FORM_USAGE[name as keyof typeof FORM_USAGE] });
    return this.#context.fail(span, 'R2001', {
      name,
      suggestion: suggestName(name, [...scope.names(), 'select', 'aggregate', 'range', 'zip', 'len', 'round', 'indicator']),
    });
  }

  #comprehend<T>(generator: ast.Generator, scope: Environment, element: (inner: Environment) => T): T[] {
    return this.elements(generator, scope, 'a comprehension').map((each) => {
      const inner = new Environment(scope);
      this.bindElement(generator, each, inner);
      return element(inner);
    });
  }

  #aggregate(selector: ast.Expression, value: ast.Expression, otherwise: ast.Expression | null, span: Span, scope: Environment): Term {
    const chosen = this.expression(selector, scope);
    const values = this.expression(value, scope);
    const filler = otherwise === null ? null : this.expression(otherwise, scope);
    const parts = [selector.span, value.span, otherwise?.span ?? span];
    return terms.aggregate(this.#context.place(span, parts), chosen, values, filler);
  }

  #listForm({ kind, args, span }: ast.ListForm, scope: Environment): Term {
    const values = args.map((arg) => this.expression(arg, scope));
    const place = this.#context.place(
      span,
      args.map((arg) => arg.span),
    );
    return kind === 'range'
      ? collections.range(place, values)
      : kind === 'zip'
        ? collections.zip(place, values)
        : collections.len(place, values[0] as Term);
  }

  /** Long sums lean to the left, so the left side is unrolled rather than descended. */
  #binary(expression: ast.Binary, scope: Environment): Term {
    const spine = [expression];
    let leftmost: ast.Expression = expression.left;
    while (leftmost.kind === 'binary') {
      spine.push(leftmost);
      leftmost = leftmost.left;
    }
    let value = this.expression(leftmost, scope);
    for (let i = spine.length - 1; i >= 0; i--) {
      const each = spine[i] as ast.Binary;
      const { operator, left, right, span } = each;
      const operand = this.expression(right, scope);
      value = terms.binary(this.#context.place(span, [left.span, right.span]), operator, value, operand);
      if (i > 0) this.#context.observe(each, this.#computed(value, scope));
    }
    return value;
  }

  #choose({ condition, consequent, otherwise, span }: ast.Choose, scope: Environment): Term {
    const chosen = this.expression(condition, scope);
    if (isSelectorTerm(chosen)) return this.#context.fail(condition.span, 'R3029', { got: describeTerm(chosen) });
    if (!isSOp(chosen)) return this.expression(terms.isTrue(chosen) ? consequent : otherwise, scope);
    const yes = this.expression(consequent, scope);
    const place = this.#context.place(span, [consequent.span, condition.span, otherwise.span]);
    return terms.choose(place, chosen, yes, this.expression(otherwise, scope));
  }

  #call(call: ast.Call, scope: Environment): Term {
    const { callee, args, span } = call;
    // `aggregate (…)` with a space is the form, unless there is a variable of that name.
    if (callee.kind === 'name' && callee.name === 'aggregate' && scope.get('aggregate') === undefined) {
      const [selector, value, otherwise] = args;
      if (selector === undefined || value === undefined || args.length > 3)
        return this.#context.fail(span, 'R1021', { form: 'aggregate', usage: FORM_USAGE.aggregate });
      return this.#aggregate(selector, value, otherwise ?? null, span, scope);
    }
    const [only] = args;
    const early = this.#context.watcher !== null && args.length === 1 && only !== undefined ? this.expression(only, scope) : null;
    const input = early === null ? null : asInput(early);
    const called = callee.kind === 'name' ? this.#lookup(callee, scope) : this.withInput(input, () => this.expression(callee, scope));
    const values = early === null ? args.map((arg) => this.expression(arg, scope)) : [early];
    if (typeof called === 'object' && called.kind === 'function') return this.#callFunction(called, values, span);
    if (typeof called === 'object' && called.kind === 'builtin') return this.#callBuiltin(called, values, call);
    if (isNode(called)) return this.#apply(called, values, call);
    return this.#context.fail(callee.span, 'R3009', { got: describeTerm(called) });
  }

  #callFunction({ definition, scope }: FunctionTerm, values: readonly Term[], span: Span): Term {
    const { name, parameters, body, results } = definition;
    this.#checkArguments(name.name, parameters.length, values, span, `${name.name}(${parameters.map((each) => each.name).join(', ')})`);
    return this.#context.call(name.name, definition.span, span, () => {
      const inner = new Environment(scope);
      for (const [i, parameter] of parameters.entries()) this.bind(inner, parameter, values[i] as Term);
      this.#runBody(body, inner);
      const [only, ...more] = results.map((result) => this.expression(result, inner));
      const value =
        only !== undefined && more.length === 0
          ? only
          : collections.list(this.#context.place(span), only === undefined ? [] : [only, ...more]);
      if (isNode(value)) this.#context.watcher?.named(value, `${name.name}(${values.map(shortText).join(' , ')})`);
      return value;
    });
  }

  #callBuiltin({ name }: BuiltinTerm, values: readonly Term[], { args, span }: ast.Call): Term {
    const place = this.#context.place(
      span,
      args.map((arg) => arg.span),
    );
    switch (name) {
      case 'selector_width':
      case 'rightmost':
      case 'leftmost': {
        this.#checkArguments(name, 1, values, span);
        const selector = values[0] as Term;
        if (!isSelectorTerm(selector)) return this.#context.fail(span, 'R3006', { form: name, got: describeTerm(selector) });
        return name === 'selector_width'
          ? this.#context.graph.width(selector, place.span)
          : this.#context.graph.extreme(name, selector, place.span);
      }
      case 'sum_over':
      case 'max_over':
      case 'min_over': {
        const most = name === 'sum_over' ? 2 : 3;
        if (values.length !== most) this.#checkArguments(name, 2, values, span);
        const [selector, value, otherwise = null] = values as [Term, Term, Term?];
        return terms.reduction(place, REDUCTIONS[name], selector, value, otherwise);
      }
      case 'text_length':
        this.#checkArguments(name, 1, values, span);
        return terms.ofText(place, name, values[0] as Term, '');
      case 'matches':
      case 'count_in':
      case 'starts_with':
      case 'ends_with':
        this.#checkArguments(name, 2, values, span);
        return terms.ofText(place, name, values[0] as Term, values[1] as Term);
      default:
        return assertNever(name);
    }
  }

  #checkArguments(name: string, expected: number, values: readonly Term[], span: Span, signature: string | null = null): void {
    if (values.length !== expected) this.#context.fail(span, 'R3010', { name, expected, got: values.length, signature });
  }

  /** The values of an s-op on an input as a list; a selector's as a list of rows of bools. */
  #apply(node: GraphNode, values: readonly Term[], { callee, args, span }: ast.Call): Term {
    this.#checkArguments(callee.kind === 'name' ? callee.name : termKind(node), 1, values, span);
    const input = this.input(values[0] as Term, args[0]?.span ?? span);
    const evaluation = new Evaluation(input, { causal: this.#context.causal });
    const items: Term[] = isSelector(node)
      ? evaluation
          .matrix(node)
          .toRows()
          .map((row) => ({ kind: 'list', items: row.map((cell) => cell === 1) }))
      : [...evaluation.sequence(node).values];
    const result = collections.list(this.#context.place(span), items);
    this.#context.watcher?.applied(result, node, input);
    return result;
  }
}

function asInput(term: Term): readonly Value[] | null {
  if (typeof term === 'string') return [...term];
  if (isDictionary(term)) return [...term.entries.values()].map(([key]) => key);
  return isList(term) && term.items.every(isAtom) ? term.items.filter(isAtom) : null;
}

/** An argument in the name that a call gives to its result. */
function shortText(term: Term): string {
  return termText(term, 20) ?? (isList(term) ? '(list)' : '(dict)');
}
