/** `raspc run FILE --input INPUT...`: interprets a program's exports, one of its names, or an expression. */
import { fail } from '../../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { nearest } from '../../../diagnostics/nearest.ts';
import type { ElaboratedProgram } from '../../../graph/elaborate/elaborate.ts';
import { isNode, type Term } from '../../../graph/elaborate/terms/term.ts';
import { assertAssumed } from '../../../graph/evaluate/assumptions.ts';
import { type Evaluated, evaluate, evaluationOptions } from '../../../graph/evaluate/evaluate.ts';
import { generate } from '../../../graph/evaluate/generate.ts';
import { type Mixture, Sequence } from '../../../graph/evaluate/sequence.ts';
import type { GraphNode } from '../../../graph/graph.ts';
import type { Value, ValueType } from '../../../graph/value.ts';
import { sourceFile } from '../../../source/source-file.ts';
import { parseExpression } from '../../../syntax/parse.ts';
import { printRuns } from '../../report/runs-report.ts';
import { type CommandDefinition, countOption } from '../../session/command.ts';
import { limitsOf, loadFile, loadSource } from '../../session/load-file.ts';
import { addInputOption, endWith, type InputOptions, readInputsSoFar } from '../../session/read-inputs.ts';
import { TOKENIZER_OPTION, tokenizerOption } from '../../session/read-tokenizer.ts';
import type { Session } from '../../session/session.ts';
import { EXIT, type ExitCode } from '../../terminal/exit-codes.ts';
import { type Json, oneOrMany, valueJson } from '../../terminal/json.ts';
import { termJson, termTypeName } from '../../terminal/term-json.ts';
import { showInput, showMatrix, showSequence } from '../../terminal/text/show-values.ts';

interface Options extends InputOptions {
  readonly export?: string;
  readonly expr?: string;
  readonly generate?: true;
  readonly max?: number;
  readonly tokenizer?: string;
}

/** Something to evaluate on every input. */
interface Subject {
  /** Null for an expression. */
  readonly name: string | null;
  readonly node: GraphNode;
}

export const run: CommandDefinition<Options> = {
  example: 'raspc run programs/hist.rasp --input hello',
  configure: (command) =>
    addInputOption(
      command
        .argument('[file]', 'a RASP program, `-` for standard input; not needed with --expr')
        .option('--export <name>', 'an s-op or a selector of the program, in place of what it exports')
        .option('--expr <expr>', 'an expression, with the names of the program')
        .option(...TOKENIZER_OPTION)
        .option('--generate', 'run the program on its own output: append what `@step` names until `@halt`, or until the context is full')
        .addOption(countOption('--max', 'with --generate, append at most so many tokens', 1)),
    ),
  async run(session, [path], options) {
    if (options.export !== undefined && options.expr !== undefined) {
      fail('R8005', { first: '--export', second: '--expr', why: '`--expr NAME` does what `--export NAME` does' });
    }
    if (path === undefined && options.expr === undefined) fail('R8003', { what: 'a FILE', command: 'raspc run' });
    const program = path === undefined ? loadSource(sourceFile('<none>', ''), session.io) : await loadFile(path, session.io);
    if (options.expr !== undefined) {
      const term = termOf(program, options.expr);
      if (!isNode(term)) {
        printTerm(session, term, options.expr);
        return EXIT.done;
      }
      return runOn(session, program, [{ name: null, node: term }], options, options.expr);
    }
    if (options.generate) {
      return generateOn(session, program, options, path ?? '');
    }
    return runOn(session, program, chooseExports(program, options.export, path ?? ''), options, '');
  },
};

/** Runs of a program on its own output. */
async function generateOn(session: Session, program: ElaboratedProgram, options: Options, file: string): Promise<ExitCode> {
  const generation = program.generation ?? fail('R8011', { file });
  const limits = limitsOf(program, tokenizerOption(options.tokenizer, session.io.directory));
  const read = await readInputsSoFar(session.io, 'raspc run', options, limits);
  const { inputs } = read;
  const context = limits.context ?? Number.POSITIVE_INFINITY;
  if (context === Number.POSITIVE_INFINITY && options.max === undefined)
    fail('R8003', { what: 'a `@context`, or `--max`', command: 'raspc run --generate' });
  const runs = inputs.map((input) => ({ input, ...generate(program, generation, input, { context, most: options.max ?? context }) }));
  printRuns(session, generation.name, runs);
  return endWith(session, read);
}

function termOf(program: ElaboratedProgram, text: string): Term {
  const { expression, diagnostics } = parseExpression(sourceFile('<--expr>', text));
  if (expression === null) throw new DiagnosticError(diagnostics);
  return program.evaluate(expression);
}

function chooseExports(program: ElaboratedProgram, name: string | undefined, file: string): Subject[] {
  if (name !== undefined) {
    const node = program.names.get(name);
    const known = [...program.names.keys()];
    return [{ name, node: node ?? fail('R8008', { name, file, known, suggestion: nearest(name, known) }) }];
  }
  if (program.exports.length === 0) fail('R8009', { file });
  return program.exports.map((exported) => ({ name: exported.name, node: exported.node }));
}

async function runOn(
  session: Session,
  program: ElaboratedProgram,
  subjects: readonly Subject[],
  options: Options,
  text: string,
): Promise<ExitCode> {
  const limits = limitsOf(program, tokenizerOption(options.tokenizer, session.io.directory));
  const read = await readInputsSoFar(session.io, 'raspc run', options, limits);
  const { inputs } = read;
  const nodes = subjects.map(({ node }) => node);
  for (const input of inputs) assertAssumed(program, input);
  const evaluated = inputs.map((input) => evaluate(nodes, input, evaluationOptions(program)));
  const results = subjects.map(({ name, node }) => ({
    name,
    results: inputs.map((input, i) => ({ input, output: evaluated[i]?.get(node) as Evaluated })),
  }));
  if (session.format === 'json') {
    session.printJson(oneOrMany(results.map(resultJson)));
    return endWith(session, read);
  }
  for (const { name, results: each } of results) {
    for (const { input, output } of each) {
      const head = `${session.theme.strong(name ?? text)}(${showInput(input)}) =`;
      if (output instanceof Sequence) session.print(`${head} ${showSequence(output.values, output.type, output.mixtures)}`);
      else session.print([head, ...showMatrix(output, input)].join('\n'));
    }
  }
  return endWith(session, read);
}

function resultJson({ name, results }: { name: string | null; results: readonly { input: readonly Value[]; output: Evaluated }[] }): Json {
  return {
    name,
    type: commonType(results.map(({ output }) => (output instanceof Sequence ? output.type : 'selector'))),
    results: results.map(({ input, output }) => ({ input: input.map(valueJson), output: outputJson(output) })),
  };
}

/** The type of one s-op over several inputs: a mean can be an int on one of them and a float on another. */
function commonType(types: readonly (ValueType | 'selector')[]): string {
  return (['selector', 'string', 'float', 'int', 'bool'] as const).find((type) => types.includes(type)) ?? 'int';
}

/** No token is null, and a mixture has the share of each token. */
function tokenJson(value: Value, mixture: Mixture | undefined): Json {
  if (mixture === undefined) return valueJson(value);
  return mixture.length === 0 ? null : { mixture: mixture.map(({ token, share }) => ({ token: valueJson(token), share })) };
}

function outputJson(output: Evaluated): Json {
  if (output instanceof Sequence) return output.values.map((value, i) => tokenJson(value, output.mixtures?.get(i)));
  return Array.from({ length: output.size }, (_, query) =>
    Array.from({ length: output.size }, (_, key) => (output.selects(query, key) ? 1 : 0)),
  );
}

/** A plain value needs no input. */
function printTerm(session: Session, term: Term, text: string): void {
  const { json, shown } = termJson(term);
  if (session.format === 'json') session.printJson({ name: null, type: termTypeName(term), value: json });
  else session.print(`${session.theme.strong(text)} = ${shown}`);
}
