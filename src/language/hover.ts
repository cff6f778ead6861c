/** What an editor shows of the name or expression under the pointer: what it is, which values it can have, its cost, and an example of it. */
import { describeDomain } from '../compiler/describe/describe-domain.ts';
import { graphCost } from '../graph/cost.ts';
import { certainType } from '../graph/elaborate/terms/certain-type.ts';
import { describeTerm, isNode, type Term } from '../graph/elaborate/terms/term.ts';
import { Evaluation, evaluationOptions, inputText } from '../graph/evaluate/evaluate.ts';
import { tokenTexts } from '../graph/evaluate/open-tokens.ts';
import { sourceText } from '../graph/evaluate/values/python-text.ts';
import { type GraphNode, isSelector } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { type Span, spanText } from '../source/source-file.ts';
import { thingAt } from '../syntax/symbols.ts';
import type { ObservedProgram } from '../warnings/observe-program.ts';
import type { Analysis } from './analysis.ts';
import { commentAbove } from './comments.ts';
import { knownNames } from './library-names.ts';
import { definitionOf } from './navigation.ts';

export interface Hover {
  readonly span: Span;
  /** Markdown. */
  readonly text: string;
}

export function hoverAt(analysis: Analysis, offset: number): Hover | null {
  const named = thingAt(analysis.things, offset);
  const { observed } = analysis;
  const expression = observed?.seen.at(offset) ?? null;
  if (named !== null) {
    const { thing, at } = named;
    const value = observed === null ? null : (termsOf(observed, thing.name, offset)[0] ?? null);
    const definition = definitionOf(analysis, offset);
    const said = definition === null ? '' : commentAbove(definition.span.file, definition.statement.span.start);
    const function_ = definition?.statement.kind === 'function' && thing.kind !== 'parameter' ? definition.statement : null;
    const known = thing.kind === 'elsewhere' ? knownNames().get(thing.name) : undefined;
    const signature =
      function_ === null
        ? (known?.signature ?? thing.name)
        : `def ${thing.name}(${function_.parameters.map(({ name }) => name).join(', ')})`;
    const about = observed === null || value === null || function_ !== null ? [] : describe(value, observed);
    return { span: at.span, text: joined(code(signature), known?.meaning ?? said, ...about) };
  }
  if (observed === null || expression === null) return null;
  const [value] = observed.seen.termsOf(expression.expression);
  return value === undefined
    ? null
    : { span: expression.span, text: joined(code(shortened(spanText(expression.span))), ...describe(value, observed)) };
}

/** What the name at an offset stands for: where it is read, that; where it is assigned, what it is at the end of the file. */
function termsOf(observed: ObservedProgram, name: string, offset: number): readonly Term[] {
  const read = observed.seen.at(offset);
  if (read !== null && read.expression.kind === 'name') return observed.seen.termsOf(read.expression);
  const node = observed.program.names.get(name);
  return node === undefined ? [] : [node];
}

function describe(term: Term, observed: ObservedProgram): string[] {
  if (!isNode(term)) return [describeTerm(term)];
  return [`${whatIs(term, observed)}`, costOf(term), exampleOf(term, observed)].filter((line) => line !== '');
}

function whatIs(node: GraphNode, { program, facts }: ObservedProgram): string {
  if (isSelector(node)) return 'selector';
  const known = facts === null ? null : describeDomain(node, program.graph, facts.assumptions);
  const type = certainType(node);
  return known ?? (type === null ? 's-op' : `s-op of ${type}s`);
}

/** By the reference's own count, which no target is asked for. */
function costOf(node: GraphNode): string {
  const { layers } = graphCost([node]);
  const heads = layers.reduce((sum, selectors) => sum + selectors.length, 0);
  if (heads === 0) return isSelector(node) ? '' : 'no head';
  return `${layers.length} layer${layers.length === 1 ? '' : 's'}, ${heads} head${heads === 1 ? '' : 's'}`;
}

const ROWS = 12;

function exampleOf(node: GraphNode, { program }: ObservedProgram): string {
  const input = exampleInput(program);
  try {
    const evaluation = new Evaluation(input, evaluationOptions(program));
    if (!isSelector(node)) return `on \`${inputText(input)}\`: \`[${tokenTexts(evaluation.sequence(node), sourceText).join(', ')}]\``;
    const rows = evaluation.matrix(node).toRows().slice(0, ROWS);
    const grid = rows.map((row) => [...row.slice(0, ROWS)].map((cell) => (cell === 1 ? '1' : '·')).join(' '));
    return `on \`${inputText(input)}\`, a row for each query:\n\n${code(grid.join('\n'), 'text')}`;
  } catch {
    return '';
  }
}

/** That of the file's first example; else `hello`, or the first tokens there are. */
function exampleInput({ examples, vocabulary }: ObservedProgram['program']): readonly Value[] {
  const [first] = examples;
  if (first !== undefined) return first.input;
  const hello: readonly Value[] = [...'hello'];
  if (vocabulary?.kind !== 'tokens' || hello.every((letter) => vocabulary.values.includes(letter))) return hello;
  return vocabulary.values.slice(0, 5);
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 78)}…` : text;
}

function code(text: string, language = 'rasp'): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
