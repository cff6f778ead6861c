/**
 * The REPL without a terminal: a line of text goes in, what is to be printed comes out. Values are laid out exactly as by the
 * reference, so that a transcript of it can be replayed; faults are told in our own way, and what follows them is not lost.
 */
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { PLAIN, renderDiagnostics, type Theme } from '../../diagnostics/render.ts';
import { contextLength, vocabularyOf } from '../../graph/elaborate/elaborate.ts';
import type { Watcher } from '../../graph/elaborate/elaboration-context.ts';
import { Elaborator, type SourceLoader, Stop } from '../../graph/elaborate/elaborator.ts';
import { type Environment, FAILED } from '../../graph/elaborate/names/environment.ts';
import type { ListTerm, Term } from '../../graph/elaborate/terms/term.ts';
import { Evaluation } from '../../graph/evaluate/evaluate.ts';
import type { SelectorMatrix } from '../../graph/evaluate/selector-matrix.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { type GraphNode, isSelector, type TokenCast } from '../../graph/graph.ts';
import type { Vocabulary } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import type { SourceFile } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import { runCommand } from '../commands.ts';
import { type Completions, completionsOf } from '../completion.ts';
import { consoleInput, parseTypedExpression } from '../console-input.ts';
import { Display, type DisplaySource, PLAIN_REPL } from '../display.ts';
import { type FileEvent, namesShown, shownEvents } from '../file-events.ts';
import { NodeNames } from '../node-names.ts';
import type { DrawNode, KnownInputs, ReplOptions } from '../repl-options.ts';
import { exampleTitle } from './running-example.ts';
import { SessionCompiler } from './session-compiler.ts';
import { SessionExamples } from './session-examples.ts';
import { PRINTED_TRUTH, SessionSource } from './session-source.ts';
import { type SessionStart, sessionStart } from './session-start.ts';

export class ReplSession {
  /** Set by `exit`, `quit` and the end of the input. */
  finished = false;
  readonly banner: string;
  readonly #elaborator: Elaborator;
  readonly #display: Display;
  readonly #names = new NodeNames();
  readonly #diagnosticTheme: Theme;
  readonly #describeDomain: (node: GraphNode, inputs: KnownInputs) => string | null;
  readonly #draw: DrawNode | null;
  readonly #loadable: (typed: string) => readonly string[];
  readonly #editor: (text: string) => string | null;
  readonly #source = new SessionSource();
  readonly #compiler: SessionCompiler;
  readonly #applications = new WeakMap<ListTerm, { readonly node: GraphNode; readonly input: readonly Value[] }>();
  #vocabulary: Vocabulary | null = null;
  #context: number | null = null;
  #causal = false;
  readonly #examples = new SessionExamples();
  #evaluations = new Map<readonly Value[], Evaluation>();
  /** The input that an expression is about to be applied to. */
  #offered: readonly Value[] | null = null;
  #events: FileEvent[] | null = null;
  #printed = '';
  #buffer: string | null = null;
  /** The statement before, with its faults. */
  #latest = '';

  constructor(options: ReplOptions) {
    const theme = options.theme ?? PLAIN_REPL;
    this.#diagnosticTheme = options.diagnosticTheme ?? PLAIN;
    this.#describeDomain = options.describeDomain ?? (() => null);
    this.#draw = options.draw ?? null;
    this.#editor = options.edit ?? (() => null);
    this.#loadable = options.loadable ?? (() => []);
    this.#compiler = new SessionCompiler(options.compiler ?? null, this.#source, options.file?.path ?? 'console.rasp');
    const start = options.file === undefined ? null : this.#prepare(options.file, options.loader);
    const tokens: TokenCast = start?.tokens ?? 'str';
    this.#elaborator = new Elaborator({ loader: options.loader, tokens, causal: this.#causal, watcher: this.#watcher() });
    for (const [name, value] of PRINTED_TRUTH) this.#elaborator.top.set(name, value);
    this.#display = new Display(this.#displaySource(), theme);
    this.banner = `${theme.label('RASP 0.1')}\n${theme.label('running example is:')} ${theme.value(exampleTitle(this.#examples.sop))}\n${this.#printed}`;
    this.#printed = '';
    if (start !== null) this.#open(start.module);
    this.banner += this.#printed;
    this.#printed = '';
  }

  /** Whether the next line goes on with a statement. */
  get isUnfinished(): boolean {
    return this.#buffer !== null;
  }

  /** What to show before the next line: `>> `, or `.. ` and two spaces for every `def` that is open. */
  get prompt(): string {
    if (this.#buffer === null) return '>> ';
    const definitions = this.#buffer.split(/\s+/).filter((word) => word === 'def').length;
    return `.. ${'  '.repeat(definitions)}`;
  }

  /** What the end of a line could become; `line` goes up to the cursor. */
  completions(line: string): Completions {
    return completionsOf(line, {
      names: () => this.#elaborator.top.names(),
      loadable: this.#loadable,
      targets: this.#compiler.targets,
    });
  }

  /** Takes one line, without its line break, and returns what it prints. */
  feed(line: string): string {
    if (this.finished) return '';
    this.#printed = '';
    this.#take(line);
    const printed = this.#printed;
    this.#printed = '';
    return printed;
  }

  #take(line: string): void {
    const before = this.#buffer;
    const input = consoleInput(before, line);
    if (input.kind === 'unfinished') this.#buffer = input.text;
    else if (input.kind === 'command') this.#command(input.word, input.text);
    else if (input.kind === 'setting') this.#run(input.statements);
    else {
      this.#buffer = null;
      this.#latest = before === null ? line : `${before}\n${line}`;
      if (input.kind === 'faults') this.#tell(input.diagnostics);
      else this.#run(input.statements);
    }
  }

  /** The end of the input. */
  end(): string {
    if (this.finished) return '';
    this.finished = true;
    return '\n';
  }

  /** Drops what has been typed of an unfinished statement, as after Ctrl-C. */
  cancel(): void {
    this.#buffer = null;
  }

  /** A fault ends the line that it is in. */
  #run(statements: readonly ast.Statement[]): void {
    for (const statement of statements) {
      try {
        const value = this.#elaborator.statement(statement);
        this.#learn(statement);
        this.#source.add(statement);
        this.#showResult(statement, value);
      } catch (error) {
        if (error instanceof Stop) {
          this.finished = true;
          return;
        }
        if (!(error instanceof DiagnosticError)) throw error;
        this.#tell(error.diagnostics);
        return;
      }
    }
  }

  /** Takes note of what a directive says. */
  #learn(statement: ast.Statement): void {
    if (statement.kind === 'direction-directive') this.#setCausal(statement.causal);
    else if (statement.kind === 'vocab-directive') this.#vocabulary = vocabularyOf(statement.vocabulary, statement);
    else if (statement.kind === 'context-directive') this.#context = contextLength(statement, this.#elaborator);
  }

  #showResult(statement: ast.Statement, value: Term | null): void {
    try {
      for (const print of this.#results(statement, value, this.#elaborator.top)) this.#print(print());
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      this.#print('\t!!statement executed, but result fails on evaluation:\n');
      this.#tell(error.diagnostics);
    }
  }

  /** What a statement of the console prints, one part for every name. */
  #results(statement: ast.Statement, value: Term | null, scope: Environment): (() => string)[] {
    switch (statement.kind) {
      case 'assignment':
        return statement.targets.map(
          ({ name }) =>
            () =>
              this.#namedText(name, scope),
        );
      case 'function':
        return [() => this.#namedText(statement.name.name, scope)];
      case 'draw':
        return [() => this.#drawn(statement, value as GraphNode)];
      case 'expression-statement':
        return [() => this.#expressionText(statement.expression, value as Term)];
      default:
        return [];
    }
  }

  #namedText(name: string, scope: Environment): string {
    const term = scope.get(name);
    return term === undefined || term === FAILED ? '' : this.#display.named(name, term);
  }

  #expressionText(expression: ast.Expression, value: Term): string {
    const application =
      typeof value === 'object' && value.kind === 'list' && expression.kind === 'call' ? this.#applications.get(value) : undefined;
    if (application !== undefined) return this.#display.applied(this.#evaluate(application.node, application.input), application.input);
    return this.#display.named(expression.kind === 'name' ? expression.name : 'out', value);
  }

  #drawn(statement: ast.Draw, node: GraphNode): string {
    const { input } = statement;
    const tokens = input === null ? this.#examples.sop.tokens : this.#elaborator.input(this.#elaborator.expression(input), input.span);
    return this.#display.applied(this.#evaluate(node, tokens), tokens) + (this.#drawing(node, tokens) ?? '');
  }

  /** Null where nobody draws. */
  #drawing(node: GraphNode, input: readonly Value[]): string | null {
    if (this.#draw === null) return null;
    const lines = this.#draw(node.name === null ? null : this.#names.nameOf(node), node, this.#evaluation(input), this.#causal);
    return lines.map((line) => (line === '' ? '\n' : `\t${line}\n`)).join('');
  }

  #command(word: string, text: string): void {
    this.#print(
      runCommand(word, text, {
        target: (name) => this.#compiler.target(name),
        edit: () => this.#edit(),
        compile: (words) => this.#told(() => this.#compiler.compile(words)) ?? '',
        evaluate: () => this.#commandArgument(text),
        nameOf: (node) => this.#names.nameOf(node),
        valueOf: (node) => this.#evaluate(node, this.#examples.sop.tokens),
        drawing: (node) => this.#drawing(node, this.#examples.sop.tokens),
        describeDomain: (node) =>
          this.#describeDomain(node, {
            graph: this.#elaborator.graph,
            vocabulary: this.#vocabulary,
            context: this.#context,
            causal: this.#causal,
          }),
      }),
    );
  }

  /** What comes back from the editor takes the place of a statement that is not done. */
  #edit(): string {
    const text = this.#editor(this.#buffer ?? this.#latest);
    if (text === null) return '\tnothing was edited\n';
    this.#buffer = null;
    if (text.trim() !== '') this.#take(text);
    return '';
  }

  /** The term that the text after a command stands for; faults are told. */
  #commandArgument(text: string): Term | null {
    const { expression, diagnostics } = parseTypedExpression(text);
    if (expression !== null) return this.#told(() => this.#elaborator.expression(expression));
    this.#tell(diagnostics);
    return null;
  }

  /** Null where there were faults, which are told. */
  #told<Result>(body: () => Result): Result | null {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      this.#tell(error.diagnostics);
      return null;
    }
  }

  #tell(diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length > 0) this.#print(`${renderDiagnostics(diagnostics, this.#diagnosticTheme)}\n`);
  }

  #print(text: string): void {
    this.#printed += text;
  }

  #setCausal(causal: boolean): void {
    this.#causal = causal;
    this.#elaborator.causal = causal;
    this.#evaluations.clear();
  }

  /** What is known of a node on an input, computed once for each input. */
  #evaluate(node: GraphNode, input: readonly Value[]): Sequence | SelectorMatrix {
    const evaluation = this.#evaluation(input);
    return isSelector(node) ? evaluation.matrix(node) : evaluation.sequence(node);
  }

  #evaluation(input: readonly Value[]): Evaluation {
    let evaluation = this.#evaluations.get(input);
    if (evaluation === undefined) {
      evaluation = new Evaluation(input, { causal: this.#causal });
      if (input === this.#examples.sop.tokens || input === this.#examples.selector.tokens) this.#evaluations.set(input, evaluation);
    }
    return evaluation;
  }

  #displaySource(): DisplaySource {
    return this.#examples.shownBy({
      nameOf: (node) => this.#names.nameOf(node),
      evaluate: (node) => this.#evaluate(node, (isSelector(node) ? this.#examples.selector : this.#examples.sop).tokens),
    });
  }

  #watcher(): Watcher {
    return {
      check: (node) => this.#check(node),
      withInput: (input, body) => {
        const before = this.#offered;
        this.#offered = input !== null && input.length > 0 ? input : before;
        try {
          return body();
        } finally {
          this.#offered = before;
        }
      },
      named: (node, name) => this.#names.give(node, name),
      applied: (values, node, input) => this.#applications.set(values, { node, input }),
      control: (statement, value) => this.#control(statement, value),
      ran: (statement, scope, value) => this.#ran(statement, scope, value),
      failed: ({ diagnostics }) => {
        if (diagnostics.length > 0)
          this.#events?.push({ kind: 'fault', text: `${renderDiagnostics(diagnostics, this.#diagnosticTheme)}\n` });
      },
      loading: (body) => this.#loading(body),
    };
  }

  /** Every s-op and selector has to have a value on the running example, or on the input that it is about to be applied to. */
  #check(node: GraphNode): void {
    const usual = () => this.#evaluate(node, this.#examples.sop.tokens);
    if (this.#offered === null) {
      usual();
      return;
    }
    try {
      this.#evaluate(node, this.#offered);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      try {
        usual();
      } catch {
        throw error;
      }
    }
  }

  #control(statement: ast.ReplStatement, value: Term | null): void {
    switch (statement.kind) {
      case 'set-example': {
        if (value === null) return;
        this.#examples.set(statement.which, { term: value, tokens: this.#elaborator.input(value, statement.value.span) });
        this.#evaluations.clear();
        return;
      }
      case 'show-example':
        if (statement.which !== 'selector') this.#event(this.#display.example('s-op', this.#examples.sop));
        if (statement.which !== 's-op') this.#event(this.#display.example('selector', this.#examples.selector));
        return;
      case 'toggle-examples':
        this.#examples.toggle(statement.which, statement.on);
        return;
      case 'toggle-full-display':
        this.#examples.isFull = statement.on;
        return;
      case 'exit':
    }
  }

  #event(text: string): void {
    if (this.#events === null) this.#print(text);
    else this.#events.push({ kind: 'text', text });
  }

  /** In a file, what has a name that its loader sees is shown when the file is done; applications are not shown at all. */
  #ran(statement: ast.Statement, scope: Environment, value: Term | null): void {
    for (const name of namesShown(statement, value)) {
      const term = scope.get(name);
      if (name.startsWith('_') || name === 'out' || term === undefined || term === FAILED) continue;
      this.#events?.push({ kind: 'named', name, term });
    }
  }

  /** While a file runs nothing is printed; then the last value of each name is, or everything where there was a fault. */
  #loading(body: () => void): void {
    const { shows } = this.#examples;
    this.#examples.shows = { sop: false, selector: false };
    const outer = this.#events;
    this.#events ??= [];
    body();
    const events = this.#events;
    for (const event of shownEvents(events)) this.#print(event.kind === 'named' ? this.#display.named(event.name, event.term) : event.text);
    this.#events = outer === null ? null : [];
    this.#examples.shows = shows;
  }

  /** Reads the facts of a program that the session starts from; a program with faults is told, and starts nothing. */
  #prepare(file: SourceFile, loader: SourceLoader): SessionStart | null {
    return this.#told(() => {
      const start = sessionStart(file, loader);
      this.#causal = start.causal;
      this.#context = start.context;
      this.#vocabulary = start.vocabulary;
      if (start.example !== null) this.#examples.set('both', start.example);
      return start;
    });
  }

  #open(module: ast.Module): void {
    this.#loading(() => {
      this.#elaborator.run(module.statements);
    });
    for (const statement of module.statements) this.#source.add(statement);
  }
}
