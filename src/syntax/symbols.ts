/**
 * Which names of a file mean the same: a {@link NamedThing} for each variable, function, parameter and loop variable, with the places that define
 * it and those that read it. Names from elsewhere (the library, files that are loaded) are things without a definition.
 */
import type * as ast from './ast.ts';
import { partsOf } from './walk.ts';

export interface NamedThing {
  readonly name: string;
  readonly kind: 'variable' | 'function' | 'parameter' | 'loop-variable' | 'elsewhere';
  /** Null at the top level of the file. */
  readonly within: ast.FunctionDefinition | null;
  readonly definitions: readonly ast.Name[];
  /** What reads it: in expressions and in directives. */
  readonly uses: readonly ast.Name[];
  /** The statement that first defines it; null for what is not defined by one. */
  readonly statement: ast.Statement | null;
}

interface Growing extends NamedThing {
  readonly definitions: ast.Name[];
  readonly uses: ast.Name[];
}

/** Everything that has a name in the file, in the order in which it is first met. */
export function namedThings({ statements }: ast.Module): readonly NamedThing[] {
  const resolver = new Resolver();
  resolver.run(statements);
  return resolver.things;
}

/** The thing that is named at an offset of the text, by a definition or a use. */
export function thingAt(things: readonly NamedThing[], offset: number): { readonly thing: NamedThing; readonly at: ast.Name } | null {
  for (const thing of things) {
    const at = [...thing.definitions, ...thing.uses].find(({ span }) => span.start <= offset && offset <= span.end);
    if (at !== undefined) return { thing, at };
  }
  return null;
}

class NameScope {
  readonly own = new Map<string, Growing>();
  readonly parent: NameScope | null;
  readonly within: ast.FunctionDefinition | null;

  constructor(parent: NameScope | null, within: ast.FunctionDefinition | null) {
    this.parent = parent;
    this.within = within;
  }

  find(name: string): Growing | undefined {
    return this.own.get(name) ?? this.parent?.find(name);
  }
}

class Resolver {
  readonly things: Growing[] = [];
  /** A function sees the names around it as they are when it is called, so its body comes after what is around it. */
  readonly #later: (() => void)[] = [];
  readonly #elsewhere = new NameScope(null, null);

  run(statements: readonly ast.Statement[]): void {
    const top = new NameScope(this.#elsewhere, null);
    // Directives speak of names as they are at the end of the file.
    for (const statement of statements) this.#statement(statement, top);
    for (let each = this.#later.shift(); each !== undefined; each = this.#later.shift()) each();
  }

  #statement(statement: ast.Statement, scope: NameScope): void {
    switch (statement.kind) {
      case 'expression-statement':
        this.#read(statement.expression, scope);
        return;
      case 'assignment':
        for (const value of statement.values) this.#read(value, scope);
        for (const target of statement.targets) this.#define(target, 'variable', statement, scope);
        return;
      case 'function':
        this.#define(statement.name, 'function', statement, scope);
        this.#later.push(() => this.#body(statement, scope));
        return;
      case 'for':
        this.#read(statement.generator.iterable, scope);
        for (const variable of statement.generator.variables) this.#define(variable, 'loop-variable', statement, scope);
        for (const each of statement.body) this.#statement(each, scope);
        return;
      case 'draw':
        this.#read(statement.subject, scope);
        if (statement.input !== null) this.#read(statement.input, scope);
        return;
      case 'set-example':
        this.#read(statement.value, scope);
        return;
      case 'vocab-directive':
        if (typeof statement.vocabulary !== 'string') this.#read(statement.vocabulary, scope);
        return;
      case 'context-directive':
        this.#readLater(statement.length, scope);
        return;
      case 'export-directive':
      case 'step-directive':
        this.#later.push(() => this.#use(statement.name, scope));
        return;
      case 'example-directive':
        this.#later.push(() => this.#use(statement.name, scope));
        this.#readLater(statement.input, scope);
        this.#readLater(statement.expected, scope);
        return;
      case 'assume-directive':
        this.#readLater(statement.condition, scope);
        return;
      case 'halt-directive':
        this.#readLater(statement.value, scope);
        return;
      default: // the others name nothing
        return;
    }
  }

  #body(definition: ast.FunctionDefinition, around: NameScope): void {
    const scope = new NameScope(around, definition);
    for (const parameter of definition.parameters) this.#define(parameter, 'parameter', definition, scope);
    for (const statement of definition.body) this.#statement(statement, scope);
    for (const result of definition.results) this.#read(result, scope);
  }

  #readLater(expression: ast.Expression, scope: NameScope): void {
    this.#later.push(() => this.#read(expression, scope));
  }

  #read(expression: ast.Expression, scope: NameScope): void {
    const pending: [ast.Expression, NameScope][] = [[expression, scope]];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [each, seen] = next;
      if (each.kind === 'name') this.#use(each, seen);
      else if (each.kind === 'list-comprehension' || each.kind === 'dictionary-comprehension') {
        const { generator } = each;
        const inner = new NameScope(seen, seen.within);
        for (const variable of generator.variables) this.#define(variable, 'loop-variable', null, inner);
        const made = each.kind === 'list-comprehension' ? [each.element] : [each.key, each.value];
        pending.push(...made.map((part): [ast.Expression, NameScope] => [part, inner]), [generator.iterable, seen]);
      } else {
        for (const part of [...partsOf(each)].reverse()) pending.push([part, seen]);
      }
    }
  }

  #use(name: ast.Name, scope: NameScope): void {
    const found = scope.find(name.name) ?? this.#make(name.name, 'elsewhere', null, this.#elsewhere);
    found.uses.push(name);
  }

  #define(name: ast.Name, kind: NamedThing['kind'], statement: ast.Statement | null, scope: NameScope): void {
    const found = scope.own.get(name.name) ?? this.#make(name.name, kind, statement, scope);
    found.definitions.push(name);
  }

  #make(name: string, kind: NamedThing['kind'], statement: ast.Statement | null, scope: NameScope): Growing {
    const made: Growing = { name, kind, within: scope.within, definitions: [], uses: [], statement };
    scope.own.set(name, made);
    this.things.push(made);
    return made;
  }
}
