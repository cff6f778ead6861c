/**
 * A module becomes a {@link Program}: the elaborator runs its statements, and its directives say what to export and on which
 * inputs. `elaborate(module, { loader })` is for a parsed module, `loadProgram({ file, loader })` (load-program.ts) for a text.
 */
import { diagnose } from '../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { positionAt, type SourceFile } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import { openVocabulary } from '../../syntax/build-ast.ts';
import { parseExpression } from '../../syntax/parse.ts';
import { equalityKey } from '../evaluate/values/apply-operation.ts';
import { sourceText } from '../evaluate/values/python-text.ts';
import type { GraphNode, TokenCast } from '../graph.ts';
import type { Assume, Example, Export, Generation, Program, Vocabulary } from '../program.ts';
import { typeOf, type Value } from '../value.ts';
import { vocabularyValue } from '../vocabulary-value.ts';
import type { Observer } from './elaboration-context.ts';
import { Elaborator, type SourceLoader } from './elaborator.ts';
import { FAILED } from './names/environment.ts';
import { suggestName } from './names/suggest-name.ts';
import { describeTerm, isAtom, isList, isNode, isSOp, type Term } from './terms/term.ts';

export interface ElaborateOptions {
  readonly loader: SourceLoader;
  /** Each of these takes the place of the directive in the file. */
  readonly vocabulary?: Vocabulary;
  readonly context?: number;
  readonly causal?: boolean;
  readonly exports?: readonly string[];
  readonly observer?: Observer;
}

/** A program whose source is at hand: its names can still be asked for, and expressions be evaluated among them. */
export interface ElaboratedProgram extends Program {
  /** What the file's own directives say, whatever took their place. */
  readonly declared: Declared;
  /** The s-ops and selectors that the file itself names at its top level. */
  readonly names: ReadonlyMap<string, GraphNode>;
  /** The term an expression stands for at the end of the file. Throws a DiagnosticError. */
  evaluate(expression: ast.Expression): Term;
}

/** The scope that a file asks for; null, and no exports, where it leaves that to whoever compiles it. */
export interface Declared {
  readonly vocabulary: Vocabulary | null;
  readonly context: number | null;
  readonly causal: boolean | null;
  readonly exports: readonly string[];
}

/** Throws a DiagnosticError with every fault of the elaboration. */
export function elaborate(module: ast.Module, options: ElaborateOptions): ElaboratedProgram {
  const directives = new Directives(module.statements);
  const vocabulary = options.vocabulary ?? directives.vocabulary();
  const causal = options.causal === undefined ? directives.direction() : { value: options.causal, span: null };
  const observed = options.observer === undefined ? {} : { observer: options.observer };
  const elaborator = new Elaborator({ loader: options.loader, tokens: castFor(vocabulary), causal: causal?.value ?? false, ...observed });
  const faults = [...directives.faults, ...elaborator.run(module.statements).map((fault) => toldWhereDefined(fault, module))];
  const context = options.context === undefined ? directives.context(elaborator, faults) : { length: options.context, span: null };
  const exports = directives.exports(elaborator, options.exports, faults);
  const generation = directives.generation(elaborator, faults);
  if (generation !== null && options.exports === undefined) putFirst(generation, exports);
  const assumes = directives.assumes(elaborator, faults);
  const declared = declaredBy(module, elaborator);
  const examples = directives.examples(elaborator, declared, faults);
  if (faults.length > 0) throw new DiagnosticError(faults);
  const names = new Map([...elaborator.top.own()].filter((entry): entry is [string, GraphNode] => entry[1] !== FAILED && isNode(entry[1])));
  const evaluate = (expression: ast.Expression): Term => elaborator.expression(expression);
  const { graph } = elaborator;
  const directed = { exports, vocabulary, context, causal, examples, assumes, generation };
  return { source: module.file, graph, ...directed, declared, names, evaluate };
}

/** Of a name that is used before its definition, where that is. */
function toldWhereDefined(fault: Diagnostic, { file, statements }: ast.Module): Diagnostic {
  const span = fault.primary?.span;
  if (fault.code !== 'R2001' || span === undefined || span.file !== file) return fault;
  const name = file.text.slice(span.start, span.end);
  for (const statement of statements) {
    const defined = statement.kind === 'assignment' ? statement.targets : statement.kind === 'function' ? [statement.name] : [];
    if (statement.span.start < span.end || !defined.some((each) => each.name === name)) continue;
    const { line } = positionAt(file, statement.span.start);
    return {
      ...fault,
      help: [`\`${name}\` is defined further down, in line ${line}: a name has to be assigned before it is used`, ...fault.help],
    };
  }
  return fault;
}

/** The first output of a model has the ids of the tokens: what is appended is exported first. */
function putFirst({ name, node, span }: Generation, exports: Export[]): void {
  const at = exports.findIndex((each) => each.name === name);
  const [own = { name, node, span }] = at < 0 ? [] : exports.splice(at, 1);
  exports.unshift(own);
}

/** What is wrong with a directive is told where it is used; here it counts as absent. */
function declaredBy(module: ast.Module, elaborator: Elaborator): Declared {
  const own = new Directives(module.statements);
  return {
    vocabulary: own.vocabulary(),
    context: own.context(elaborator, [])?.length ?? null,
    causal: own.direction()?.value ?? null,
    exports: own.exports(elaborator, undefined, []).map(({ name }) => name),
  };
}

/** The vocabulary that an expression such as `"abc"`, `range(10)` or `any` gives, as after `--vocab`. Throws a DiagnosticError. */
export function readVocabulary(file: SourceFile): Vocabulary {
  const { expression, diagnostics } = parseExpression(file);
  if (expression === null) throw new DiagnosticError(diagnostics);
  return vocabularyOf(openVocabulary(expression) ?? expression, expression);
}

/** `tokens` is the input as it is where the vocabulary is of numbers or bools, and text otherwise. */
function castFor(vocabulary: Vocabulary | null): TokenCast {
  const first = vocabulary?.kind === 'tokens' ? vocabulary.values[0] : undefined;
  return first === undefined || typeof first === 'string' ? 'str' : 'asis';
}

/** What `@context` says. Throws a DiagnosticError. */
export function contextLength({ length }: ast.ContextDirective, elaborator: Elaborator): number {
  const term = elaborator.expression(length);
  if (typeof term === 'bigint' && term >= 1n && term <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(term);
  throw new DiagnosticError([diagnose('R3032', { got: describeTerm(term) }, { span: length.span })]);
}

/** A vocabulary comes before everything else, so that its expression knows the library only. Throws a DiagnosticError. */
export function vocabularyOf(
  expression: ast.Expression | ast.OpenVocabulary,
  where: { readonly span: ast.Expression['span'] },
): Vocabulary {
  if (typeof expression === 'string') return { kind: expression, span: where.span };
  const { span } = expression;
  const elaborator = new Elaborator({ loader: () => null, tokens: 'str', causal: false });
  // letters without quotes are most likely the alphabet itself
  if (expression.kind === 'name' && elaborator.base.get(expression.name) === undefined) {
    throw new DiagnosticError([diagnose('R2001', { name: expression.name, suggestion: sourceText(expression.name) }, { span })]);
  }
  const term = elaborator.expression(expression);
  const values = typeof term === 'string' ? [...term] : isList(term) ? term.items : null;
  const refuse = (reason: string): never => {
    throw new DiagnosticError([diagnose('R3031', { reason }, { span: expression.span })]);
  };
  if (values === null) return refuse(`it is ${describeTerm(term)}`);
  if (values.length === 0) return refuse('it has no tokens');
  const known = new Set<string | number | bigint>();
  const atoms: Value[] = [];
  for (const value of values) {
    if (!isAtom(value)) return refuse(`it contains ${describeTerm(value)}`);
    const first = atoms[0] ?? value;
    if (typeOf(value) !== typeOf(first))
      return refuse(`it mixes a ${typeOf(first)}, \`${sourceText(first)}\`, with a ${typeOf(value)}, \`${sourceText(value)}\``);
    if (known.has(equalityKey(value))) return refuse(`\`${sourceText(value)}\` is in it twice`);
    known.add(equalityKey(value));
    atoms.push(value);
  }
  return { kind: 'tokens', values: atoms, span };
}

/** The directives of a file, each kind on its own, with what is wrong with them. */
class Directives {
  readonly faults: Diagnostic[] = [];
  readonly #statements: readonly ast.Statement[];

  constructor(statements: readonly ast.Statement[]) {
    this.#statements = statements;
  }

  vocabulary(): Vocabulary | null {
    const directive = this.#only('vocab-directive', '@vocab');
    if (directive === null) return null;
    try {
      return vocabularyOf(directive.vocabulary, directive);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      this.faults.push(...error.diagnostics);
      return null;
    }
  }

  direction(): Program['causal'] {
    const [first, ...more] = this.#all('direction-directive');
    if (first === undefined) return null;
    for (const other of more) {
      const secondary = [{ span: first.span, text: 'here first' }];
      this.faults.push(
        other.causal === first.causal
          ? diagnose('R2006', { directive: other.causal ? '@causal' : '@bidirectional' }, { span: other.span, secondary })
          : diagnose('R2007', {}, { span: other.span, secondary }),
      );
    }
    return { value: first.causal, span: first.span };
  }

  context(elaborator: Elaborator, faults: Diagnostic[]): Program['context'] {
    const directive = this.#only('context-directive', '@context', faults);
    if (directive === null) return null;
    const length = collect(faults, () => contextLength(directive, elaborator));
    return length === null ? null : { length, span: directive.length.span };
  }

  exports(elaborator: Elaborator, names: readonly string[] | undefined, faults: Diagnostic[]): Export[] {
    const wanted =
      names === undefined
        ? this.#all('export-directive').map(({ name }) => ({ name: name.name, span: name.span }))
        : names.map((name) => ({ name, span: null }));
    const exports: Export[] = [];
    for (const { name, span } of wanted) {
      const term = elaborator.top.get(name);
      if (term === FAILED) continue;
      if (term === undefined) faults.push(diagnose('R2008', { name, suggestion: suggestName(name, elaborator.top.names()) }, { span }));
      else if (!isSOp(term)) faults.push(diagnose('R3033', { name, got: isNode(term) ? 'a selector' : describeTerm(term) }, { span }));
      else if (exports.some((other) => other.name === name)) faults.push(diagnose('R2009', { name }, { span }));
      else exports.push({ name, node: term, span });
    }
    return exports;
  }

  assumes(elaborator: Elaborator, faults: Diagnostic[]): Assume[] {
    return this.#all('assume-directive').flatMap(({ condition }) => {
      const { span } = condition;
      const term = collect(faults, () => elaborator.expression(condition));
      if (term === null) return [];
      if (isSOp(term)) return [{ node: term, span }];
      if (isAtom(term)) return [{ node: elaborator.graph.constant(term, span), span }];
      faults.push(diagnose('R3051', { got: describeTerm(term) }, { span }));
      return [];
    });
  }

  generation(elaborator: Elaborator, faults: Diagnostic[]): Generation | null {
    const step = this.#only('step-directive', '@step', faults);
    const halt = this.#only('halt-directive', '@halt', faults);
    if (step === null) {
      if (halt !== null) faults.push(diagnose('R2011', {}, { span: halt.span }));
      return null;
    }
    const { name, span } = step.name;
    const node = elaborator.top.get(name);
    if (node === FAILED) return null;
    if (node === undefined) {
      faults.push(diagnose('R2001', { name, suggestion: suggestName(name, elaborator.top.names()) }, { span }));
      return null;
    }
    if (!isSOp(node)) {
      faults.push(diagnose('R3052', { name, got: isNode(node) ? 'a selector' : describeTerm(node) }, { span }));
      return null;
    }
    const value = halt === null ? null : collect(faults, () => elaborator.expression(halt.value));
    if (halt === null || value === null) return { name, node, span, halt: null };
    if (isAtom(value)) return { name, node, span, halt: { value, span: halt.value.span } };
    faults.push(diagnose('R3053', { got: describeTerm(value) }, { span: halt.value.span }));
    return null;
  }

  examples(elaborator: Elaborator, declared: Declared, faults: Diagnostic[]): Example[] {
    const examples: Example[] = [];
    for (const directive of this.#all('example-directive')) {
      const example = collect(faults, () => exampleOf(directive, elaborator, declared));
      if (example !== null) examples.push(example);
    }
    return examples;
  }

  #all<Kind extends ast.Directive['kind']>(kind: Kind): Extract<ast.Directive, { kind: Kind }>[] {
    return this.#statements.filter((statement): statement is Extract<ast.Directive, { kind: Kind }> => statement.kind === kind);
  }

  #only<Kind extends ast.Directive['kind']>(kind: Kind, name: string, faults = this.faults): Extract<ast.Directive, { kind: Kind }> | null {
    const [first, ...more] = this.#all(kind);
    if (first === undefined) return null;
    for (const other of more) {
      faults.push(diagnose('R2006', { directive: name }, { span: other.span, secondary: [{ span: first.span, text: 'here first' }] }));
    }
    return first;
  }
}

function exampleOf(directive: ast.ExampleDirective, elaborator: Elaborator, { vocabulary, context }: Declared): Example | null {
  const { name, input, expected, span } = directive;
  const node = elaborator.top.get(name.name);
  const refuse = (diagnostic: Diagnostic): never => {
    throw new DiagnosticError([diagnostic]);
  };
  if (node === FAILED) return null;
  if (node === undefined)
    return refuse(diagnose('R2001', { name: name.name, suggestion: suggestName(name.name, elaborator.top.names()) }, { span: name.span }));
  if (!isSOp(node))
    return refuse(diagnose('R3041', { name: name.name, got: isNode(node) ? 'a selector' : describeTerm(node) }, { span: name.span }));
  const tokens = elaborator.input(elaborator.expression(input), input.span);
  const stray = vocabulary?.kind === 'tokens' ? tokens.find((token) => vocabularyValue(vocabulary.values, token) === undefined) : undefined;
  if (stray !== undefined) return refuse(diagnose('R3045', { token: sourceText(stray) }, { span: input.span }));
  if (context !== null && tokens.length > context)
    return refuse(diagnose('R3046', { length: tokens.length, context }, { span: input.span }));
  const values = elaborator.expression(expected);
  if (!isList(values) || !values.items.every(isAtom))
    return refuse(diagnose('R3042', { got: describeTerm(values) }, { span: expected.span }));
  return { name: name.name, node, input: tokens, expected: values.items.filter(isAtom), span };
}

/** The result, or null where there is none and the reason is with the other faults. */
function collect<T>(faults: Diagnostic[], body: () => T): T | null {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    faults.push(...error.diagnostics);
    return null;
  }
}
