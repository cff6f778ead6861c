/** The program that was typed so far, as the text of a file: what ran without a fault, in its order, without what only looks at values. */
import type * as ast from '../../syntax/ast.ts';

/** Of these a program has one: the last is meant. */
const ONCE: ReadonlySet<ast.Statement['kind']> = new Set([
  'vocab-directive',
  'context-directive',
  'direction-directive',
  'step-directive',
  'halt-directive',
]);

/** These look at a program, or set the session. */
const LOOKS: ReadonlySet<ast.Statement['kind']> = new Set([
  'expression-statement',
  'draw',
  'set-example',
  'show-example',
  'toggle-examples',
  'toggle-full-display',
  'exit',
]);

const BRACED: ReadonlySet<ast.Statement['kind']> = new Set(['function', 'for']);

/** The truth values as they are printed: names of the session, and of a file that says so. */
export const PRINTED_TRUTH: ReadonlyMap<string, boolean> = new Map([
  ['T', true],
  ['F', false],
]);

export class SessionSource {
  #statements: { readonly kind: ast.Statement['kind']; readonly text: string }[] = [];

  add({ kind, span }: ast.Statement): void {
    if (LOOKS.has(kind)) return;
    const written = span.file.text.slice(span.start, span.end).trim();
    const text = BRACED.has(kind) || written.endsWith(';') ? written : `${written};`;
    const others = ONCE.has(kind) ? this.#statements.filter((each) => each.kind !== kind) : this.#statements;
    this.#statements = [...others, { kind, text }];
  }

  get text(): string {
    const lines = this.#statements.map(({ text }) => `${text}\n`).join('');
    const truths = [...PRINTED_TRUTH].filter(([name]) => new RegExp(`\\b${name}\\b`).test(lines));
    return truths.map(([name, value]) => `${name} = ${value ? 'True' : 'False'};\n`).join('') + lines;
  }
}
