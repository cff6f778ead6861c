/**
 * What the REPL prints of values, in the layout of the reference's REPL to the character. Every method returns whole lines,
 * each with its line break.
 */

import { isAtom, isDictionary, isList, isNode, type Term } from '../graph/elaborate/terms/term.ts';
import { SelectorMatrix } from '../graph/evaluate/selector-matrix.ts';
import type { Sequence } from '../graph/evaluate/sequence.ts';
import { valueText } from '../graph/evaluate/values/python-text.ts';
import { type GraphNode, isSelector } from '../graph/graph.ts';
import { isConstant, pythonText, sequenceText } from '../graph/show/display-text.ts';
import type { Value } from '../graph/value.ts';
import { exampleText, type RunningExample } from './session/running-example.ts';

/** Colours for what is said and for values; the plain one changes nothing. */
export interface ReplTheme {
  readonly label: (text: string) => string;
  readonly value: (text: string) => string;
}

export const PLAIN_REPL: ReplTheme = { label: (text) => text, value: (text) => text };

/** What the display needs to know of the session. */
export interface DisplaySource {
  readonly sopExample: RunningExample;
  readonly selectorExample: RunningExample;
  readonly showsSopExamples: boolean;
  readonly showsSelectorExamples: boolean;
  readonly fullDisplay: boolean;
  nameOf(node: GraphNode): string;
  /** The value of an s-op on the s-op example, of a selector on the selector example. Throws a DiagnosticError. */
  evaluate(node: GraphNode): Sequence | SelectorMatrix;
}

const SKIPPED = '[skipped full display: identical values]';

export class Display {
  readonly #source: DisplaySource;
  readonly #theme: ReplTheme;

  constructor(source: DisplaySource, theme: ReplTheme) {
    this.#source = source;
    this.#theme = theme;
  }

  /** A value under its name; inside lists and dictionaries there is none, and the text is indented by tabs. */
  named(name: string | null, term: Term, tabs = 0, before = ''): string {
    const { label, value } = this.#theme;
    const indent = '\t'.repeat(tabs);
    if (isAtom(term)) return `${label(`${indent}    value: ${name === null ? '' : `${name} = `}`)} ${value(exampleText(term))}\n`;
    if (isNode(term)) return this.#node(name ?? this.#source.nameOf(term), term, indent, before);
    if (isList(term)) {
      const nested = term.items.map((item) => () => this.named(null, item, tabs + 2));
      return this.#compound(`   list: ${name === null ? '' : `${name} = `}`, term, term.items, nested, '[]', indent, before);
    }
    if (isDictionary(term)) {
      const entries = [...term.entries.values()];
      const nested = entries.map(
        ([key, item]) =>
          () =>
            this.named(null, item, tabs + 3, `${exampleText(key)} : `),
      );
      const items = entries.map(([, item]) => item);
      return this.#compound(`   dict: ${name === null ? '' : `${name} = `}`, term, items, nested, '{}', indent, before);
    }
    return `${label(`${indent} ${before}    `)}${label(functionText(term))}\n`;
  }

  /** The values of an s-op or a selector on an input that was given. */
  applied(result: Sequence | SelectorMatrix, input: readonly Value[]): string {
    const { label, value } = this.#theme;
    if (result instanceof SelectorMatrix) return `${label('\t = ')}\n${this.#matrix(result, input, '')}`;
    if (!this.#source.fullDisplay) return `${label('\t = ')} ${value(sequenceText(result))}\n`;
    return label('\t = ') + this.#full(result, input, '', '');
  }

  example(kind: 's-op' | 'selector', { term }: RunningExample): string {
    return `${this.#theme.label(`\t${kind} example:`)} ${this.#theme.value(exampleText(term))}\n`;
  }

  #node(name: string, node: GraphNode, indent: string, before: string): string {
    const { label, value } = this.#theme;
    const { showsSopExamples, showsSelectorExamples, fullDisplay, sopExample, selectorExample } = this.#source;
    if (isSelector(node)) {
      const head = `${label(indent)} ${label(before)} ${label(`   selector: ${name}`)}\n`;
      if (!showsSelectorExamples) return head;
      const matrix = this.#source.evaluate(node) as SelectorMatrix;
      return `${head}${label(`${indent} \t Example:`)}\n${this.#matrix(matrix, selectorExample.tokens, indent)}`;
    }
    const head = `${indent} ${label(before)} ${label('   s-op:')} ${label(name)}\n`;
    if (!showsSopExamples) return head;
    const sequence = this.#source.evaluate(node) as Sequence;
    const application = `${label(`${name}(`)}${value(exampleText(sopExample.term))}${label(') =')}`;
    if (!fullDisplay) return `${head}${label(`${indent} \t Example: `)}${application} ${value(sequenceText(sequence))}\n`;
    return `${head}${label(`${indent} \t Example:`)}${this.#full(sequence, selectorExample.tokens, indent, application)}`;
  }

  /** `nested` prints each element, where one of them needs lines of its own. */
  #compound(
    head: string,
    term: Term,
    items: readonly Term[],
    nested: readonly (() => string)[],
    brackets: string,
    indent: string,
    before: string,
  ): string {
    const { label, value } = this.#theme;
    const start = label(`${indent} ${before} ${head}`);
    const flat = items.every((item) => !isNode(item) && !isList(item) && !isDictionary(item));
    if (flat) return `${start}${value(pythonText(term))}\n`;
    const close = label(`${indent}${' '.repeat(head.length + 2)}${brackets.charAt(1)}`);
    return `${start}${label(`${indent} ${brackets.charAt(0)}`)}\n${nested.map((print) => print()).join('')}${close}\n`;
  }

  #matrix(matrix: SelectorMatrix, tokens: readonly Value[], indent: string): string {
    const { label, value } = this.#theme;
    const texts = tokens.map(valueText);
    const head = `${label(indent)} \t\t\t     ${value(texts.join(' '))}\n`;
    const rows = matrix.toRows().map((row, query) => {
      const cells = row.map((cell) => (cell === 1 ? '1' : ' ')).join(' ');
      return `${label(indent)} \t\t\t ${value(texts[query] ?? '')} ${label('|')} ${value(cells)}\n`;
    });
    return head + rows.join('');
  }

  /** Input and output under each other, unless all values are equal. Goes on where the line has begun. */
  #full(sequence: Sequence, input: readonly Value[], indent: string, application: string): string {
    const { label, value } = this.#theme;
    const { values, type } = sequence;
    if (isConstant(sequence)) return ` ${application} ${value(sequenceText(sequence))} ${label(SKIPPED)}\n`;
    const above = cells(input);
    const below = cells(values);
    const width = Math.max(...[...above, ...below].map((cell) => [...cell].length));
    const line = (row: readonly string[]): string => value(row.map((cell) => ' '.repeat(width - [...cell].length) + cell).join(' '));
    return [
      '\n',
      `${indent} ${label('\t\tinput:  ')} ${line(above)} \t ${label('(strings)')}\n`,
      `${indent} ${label('\t\toutput: ')} ${line(below)} \t ${label(`(${type}s)`)}\n`,
    ].join('');
  }
}

/** Of bools only the rarer value is shown. */
function cells(values: readonly Value[]): string[] {
  if (typeof values[0] !== 'boolean') return values.map(valueText);
  const trues = values.filter((value) => value === true).length;
  const falses = values.length - trues;
  return values.map((value) => (value === true ? (trues <= falses ? 'T' : '') : falses <= trues ? 'F' : ''));
}

/** Who defined a function, its name and its parameters. */
function functionText(term: Term): string {
  if (typeof term !== 'object') return '';
  if (term.kind === 'function') {
    const { name, parameters } = term.definition;
    return `${term.scope.label} function: ${name.name}(${parameters.map((parameter) => parameter.name).join(', ')})`;
  }
  return term.kind === 'builtin' ? `RASP_support/rasplib function: ${term.name}(sel)` : '';
}
