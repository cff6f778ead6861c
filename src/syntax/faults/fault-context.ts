/** The tokens around one that does not fit, and what a person did wrong there. */
import type { IToken, TokenType } from 'chevrotain';
import * as t from '../../../grammar/tokens.ts';
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { SourceFile, Span } from '../../source/source-file.ts';
import { FORM_USAGE } from '../check-forms.ts';
import { OPENERS } from '../nesting.ts';
import { type Bracketing, bracketing } from './bracketing.ts';
import {
  BLOCK_CODES,
  CLOSER_OF,
  DIRECTIVE_FORMS,
  DIRECTIVES,
  FORM_OF_OPENER,
  FORM_RULES,
  KEYWORDS,
  OPERATORS,
  REPL_WORDS,
} from './fault-words.ts';

export class FaultContext {
  readonly #file: SourceFile;
  readonly #tokens: readonly IToken[];
  readonly #indices = new Map<IToken, number>();
  readonly #brackets: Bracketing;

  constructor(file: SourceFile, tokens: readonly IToken[]) {
    this.#file = file;
    this.#tokens = tokens;
    for (const [index, token] of tokens.entries()) this.#indices.set(token, index);
    this.#brackets = bracketing(tokens);
  }

  /** The end of the file is the index after the last token. */
  indexOf(token: IToken): number {
    return this.#indices.get(token) ?? this.#tokens.length;
  }

  statementOf(index: number): number {
    return this.#brackets.statementOf[Math.min(index, this.#tokens.length)] ?? 0;
  }

  outerStatementOf(index: number): number {
    return this.#brackets.outerStatementOf[Math.min(index, this.#tokens.length)] ?? 0;
  }

  /** Whether a fault leaves the parser in the wrong block: it lies in the head of one, or is a statement that cannot be there. */
  losesTrack(index: number, code: string): boolean {
    const head = this.#tokens[this.#startOfStatement(index)]?.tokenType;
    return head === t.Def || head === t.For || BLOCK_CODES.has(code);
  }

  statementAt(offset: number): number {
    let low = 0;
    let high = this.#tokens.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#tokens[middle]?.startOffset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return this.statementOf(low);
  }

  /** What to say of the token at `index`; null where it is a consequence of something said elsewhere. */
  diagnose(index: number, expected: string, rules: readonly string[]): Diagnostic | null {
    return (
      this.#bracketFault(index, expected) ??
      this.#statementFault(index, expected, rules) ??
      this.#assignmentFault(index, expected, rules) ??
      this.#wordFault(index, expected, rules) ??
      this.#formFault(index, rules) ??
      this.#missingSemicolon(index, expected, rules) ??
      this.#directiveFault(index, rules) ??
      diagnose(
        'R1001',
        { expected: this.#expectation(index, expected, rules), found: this.#describe(index) },
        { span: this.#spanOf(index) },
      )
    );
  }

  /** A bracket that is never closed, or closes nothing. */
  #bracketFault(index: number, expected: string): Diagnostic | null {
    const found = this.#tokens[index];
    if (found !== undefined && this.#brackets.strayClosers.has(index))
      return diagnose('R1010', { closer: found.image }, { span: this.#spanOf(index) });
    const opener = this.#brackets.unclosed.findLast(
      (at) => at < index && (found === undefined || this.statementOf(at) === this.statementOf(index)),
    );
    if (
      opener === undefined ||
      !(found === undefined || found.tokenType === t.Semicolon || this.#brackets.closers.has(index) || expected.match(/^`[)\]}]`$/))
    )
      return null;
    const image = this.#tokens[opener]?.image ?? '';
    const bracket = image.slice(-1);
    return diagnose(
      'R1009',
      { opener: image, closer: CLOSER_OF[bracket] ?? ')' },
      { span: this.#spanOf(opener), secondary: [{ span: this.#spanOf(index), text: 'still open here' }] },
    );
  }

  /** Statements that RASP does not have, or not here. */
  #statementFault(index: number, expected: string, rules: readonly string[]): Diagnostic | null {
    const start = this.#startOfStatement(index);
    const head = this.#tokens[start];
    const found = this.#tokens[index];
    const inBlock = this.#brackets.blockOf[index] ?? null;
    if (
      head?.tokenType === t.If ||
      (head?.tokenType === t.Identifier && head.image === 'while' && this.#tokens[start + 1]?.tokenType !== t.Assign)
    ) {
      return diagnose('R1008', { word: head.image }, { span: this.#spanOf(start) });
    }
    // The `else` of an `if` statement, of which the `if` is told already.
    if (head?.tokenType === t.Else) return null;
    if (found?.tokenType === t.Colon && (head?.tokenType === t.Def || head?.tokenType === t.For)) {
      return diagnose('R1030', { head: head.image }, { span: this.#spanOf(index) });
    }
    if (index === start && found?.tokenType === t.Semicolon) {
      const previous = this.#tokens[index - 1];
      const after =
        previous === undefined
          ? null
          : previous.tokenType === t.RBrace
            ? 'a block'
            : previous.tokenType === t.Semicolon
              ? 'another `;`'
              : `\`${previous.image}\``;
      return diagnose('R1023', { after }, { span: this.#spanOf(index) });
    }
    if (found?.tokenType === t.Semicolon && head !== undefined && REPL_WORDS.has(head.tokenType)) {
      return diagnose('R1023', { after: `\`${head.image}\`` }, { span: this.#spanOf(index) });
    }
    if (found?.tokenType === t.Return && index === start) {
      const word = inBlock === null ? null : this.#tokens[inBlock]?.tokenType;
      if (word === t.Def && inBlock !== null && !this.#returnsBefore(index, inBlock)) return null;
      return diagnose(word === t.Def ? 'R1012' : 'R1013', {}, { span: this.#spanOf(index) });
    }
    if (inBlock !== null && index === start && found !== undefined) {
      if (REPL_WORDS.has(found.tokenType) || DIRECTIVES.has(found.tokenType))
        return diagnose('R1022', { statement: found.image }, { span: this.#spanOf(index) });
      if (found.tokenType === t.RBrace && expected === '`return`') {
        const name = this.#tokens[inBlock + 1];
        return diagnose(
          'R1011',
          { name: name?.image ?? '' },
          {
            span: this.#spanOf(name === undefined ? inBlock : inBlock + 1),
            secondary: [{ span: this.#spanOf(index), text: 'the body ends here' }],
          },
        );
      }
      if (found.tokenType === t.RBrace && rules.at(-1) === 'forLoop') return diagnose('R1025', {}, { span: this.#spanOf(inBlock) });
      if (expected === '`}`' && this.#returnsBefore(index, inBlock)) return diagnose('R1012', {}, { span: this.#spanOf(index) });
    }
    return null;
  }

  /** A `=` where there should be none. */
  #assignmentFault(index: number, expected: string, rules: readonly string[]): Diagnostic | null {
    const found = this.#tokens[index];
    const previous = this.#tokens[index - 1];
    if (found?.tokenType !== t.Assign || previous === undefined) return null;
    if (OPERATORS.has(previous.tokenType) && adjacent(previous, found)) {
      const operator = `${previous.image}=`;
      const start = previous.startOffset;
      return diagnose(
        'R1016',
        { operator, instead: `write \`x = x ${previous.image} …;\`` },
        { span: { file: this.#file, start, end: endOf(found) } },
      );
    }
    if (KEYWORDS.has(previous.tokenType)) return diagnose('R1007', { word: previous.image }, { span: this.#spanOf(index - 1) });
    if (
      rules.some((rule) => rule === 'call' || rule === 'names' || rule === 'select' || rule === 'aggregate' || rule === 'listForm') ||
      expected === '`)`'
    ) {
      return diagnose('R1019', {}, { span: { file: this.#file, start: previous.startOffset, end: endOf(found) } });
    }
    if (rules.includes('assignment')) return diagnose('R1006', {}, { span: this.#spanOf(index) });
    const start = this.#startOfStatement(index);
    if (rules.includes('expressionStatement') && start < index) {
      const from = this.#tokens[start]?.startOffset ?? 0;
      const kind =
        previous.tokenType === t.RBracket && start < index - 1
          ? 'an element of a list or dictionary'
          : previous.tokenType === t.RParen
            ? 'the result of a call'
            : 'an expression';
      return diagnose('R1005', { target: kind }, { span: { file: this.#file, start: from, end: endOf(previous) }, label: '' });
    }
    return null;
  }

  /** Words where they cannot stand. */
  #wordFault(index: number, expected: string, rules: readonly string[]): Diagnostic | null {
    const found = this.#tokens[index];
    const previous = this.#tokens[index - 1];
    if (found === undefined) return null;
    if (
      previous !== undefined &&
      (previous.tokenType === t.Int || previous.tokenType === t.Float) &&
      found.tokenType === t.Identifier &&
      adjacent(previous, found)
    ) {
      const text = previous.image + found.image;
      return diagnose(
        'R1015',
        { text, instead: `write \`${previous.image} * ${found.image}\` for a product; a name cannot start with a digit` },
        { span: { file: this.#file, start: previous.startOffset, end: endOf(found) } },
      );
    }
    if (found.tokenType === t.SOp && index !== this.#startOfStatement(index)) return diagnose('R1018', {}, { span: this.#spanOf(index) });
    if (index === this.#startOfStatement(index) && KEYWORDS.has(found.tokenType) && this.#tokens[index + 1]?.tokenType === t.Assign) {
      return diagnose('R1007', { word: found.image }, { span: this.#spanOf(index) });
    }
    if (expected === 'a name' && KEYWORDS.has(found.tokenType))
      return diagnose('R1007', { word: found.image }, { span: this.#spanOf(index) });
    if (
      expected === 'an expression' &&
      KEYWORDS.has(found.tokenType) &&
      ![t.If, t.Else, t.In, t.And, t.Or, t.For, t.Return].includes(found.tokenType)
    ) {
      return diagnose('R1007', { word: found.image }, { span: this.#spanOf(index) });
    }
    if (expected === '`else`' && rules.includes('comprehension')) {
      const filter = this.#lastBefore(index, t.If);
      if (filter !== null) return diagnose('R1024', {}, { span: this.#spanOf(filter) });
    }
    if (previous !== undefined && OPERATORS.has(previous.tokenType) && OPERATORS.has(found.tokenType) && adjacent(previous, found)) {
      const operator = previous.image + found.image;
      return diagnose(
        'R1016',
        { operator, instead: 'use one of `+ - * / % ^ == != < > <= >=`' },
        { span: { file: this.#file, start: previous.startOffset, end: endOf(found) } },
      );
    }
    return null;
  }

  /** Lists, forms and directives that are not written as they should be. */
  #formFault(index: number, rules: readonly string[]): Diagnostic | null {
    const found = this.#tokens[index];
    const previous = this.#tokens[index - 1];
    const opener = this.#brackets.openerOf[index] ?? index;
    const form = FORM_OF_OPENER.get(this.#tokens[opener]?.tokenType);
    const inForm = FORM_RULES.has(rules.at(-1) ?? '') || (rules.at(-2) === 'select' && rules.at(-1) === 'comparisonOperator');
    if (form !== undefined && inForm && found !== undefined && found.tokenType !== t.Semicolon) {
      return diagnose(
        'R1021',
        { form, usage: FORM_USAGE[form] },
        { span: this.#spanOf(index), secondary: [{ span: this.#spanOf(opener), text: 'of this form' }] },
      );
    }
    if (found !== undefined && previous?.tokenType === t.Comma && this.#brackets.closers.has(index)) {
      return diagnose('R1014', { closer: found.image }, { span: this.#spanOf(index - 1) });
    }
    if (found?.tokenType === t.Comma && rules.at(-1) === 'group') return diagnose('R1020', {}, { span: this.#spanOf(index) });
    if (
      found !== undefined &&
      this.#brackets.closers.has(index) &&
      (previous?.tokenType === t.RangeOpen || previous?.tokenType === t.ZipOpen || previous?.tokenType === t.LenOpen)
    ) {
      const kind = previous.image.slice(0, -1) as 'range' | 'zip' | 'len';
      return diagnose(
        'R1021',
        { form: kind, usage: FORM_USAGE[kind] },
        { span: { file: this.#file, start: previous.startOffset, end: endOf(found) } },
      );
    }
    return null;
  }

  /** The statement was complete, and another one starts where its `;` should be. */
  #missingSemicolon(index: number, expected: string, rules: readonly string[]): Diagnostic | null {
    const found = this.#tokens[index];
    const previous = this.#tokens[index - 1];
    if (expected !== '`;`' || previous === undefined) return null;
    const newLine = found === undefined || this.#file.text.slice(endOf(previous), found.startOffset).includes('\n');
    const ends = found === undefined || found.tokenType === t.RBrace || found.tokenType === t.Return || found.tokenType === t.Def;
    const starts = found?.tokenType === t.Identifier && this.#tokens[index + 1]?.tokenType === t.Assign;
    if (!newLine && !ends && !starts) return null;
    const end = endOf(previous);
    return diagnose(
      'R1004',
      { after: rules.includes('returnStatement') ? 'the returned value' : 'this statement' },
      { span: { file: this.#file, start: end, end } },
    );
  }

  /** A directive with other parts than its own. */
  #directiveFault(index: number, rules: readonly string[]): Diagnostic | null {
    const head = this.#tokens[this.#startOfStatement(index)];
    if (
      head !== undefined &&
      DIRECTIVES.has(head.tokenType) &&
      rules.some((rule) => rule.endsWith('Directive')) &&
      !rules.includes('expression')
    ) {
      return diagnose('R1027', { name: head.image, form: DIRECTIVE_FORMS[head.image] ?? head.image }, { span: this.#spanOf(index) });
    }
    return null;
  }

  #expectation(index: number, expected: string, rules: readonly string[]): string {
    const rule = rules.at(-1) ?? '';
    if (!/^`[)\]}]`$/.test(expected) || !['call', 'list', 'dictionary', 'listForm'].includes(rule)) return expected;
    const previous = this.#tokens[index - 1];
    return previous !== undefined && OPENERS.has(previous.tokenType) ? `an expression or ${expected}` : `\`,\` or ${expected}`;
  }

  #describe(index: number): string {
    const token = this.#tokens[index];
    if (token === undefined) return 'the end of the text';
    if (KEYWORDS.has(token.tokenType)) return `the word \`${token.image}\``;
    if (token.tokenType === t.Str) return 'a string';
    return `\`${token.image}\``;
  }

  #spanOf(index: number): Span {
    const token = this.#tokens[index];
    if (token !== undefined) return { file: this.#file, start: token.startOffset, end: endOf(token) };
    const last = this.#tokens.at(-1);
    const end = last === undefined ? 0 : endOf(last);
    return { file: this.#file, start: end, end };
  }

  #startOfStatement(index: number): number {
    const statement = this.statementOf(index);
    let start = Math.min(index, this.#tokens.length);
    while (start > 0 && this.statementOf(start - 1) === statement) start--;
    return start;
  }

  #lastBefore(index: number, type: TokenType): number | null {
    for (let at = index - 1; at >= 0 && this.statementOf(at) === this.statementOf(index); at--) {
      if (this.#tokens[at]?.tokenType === type) return at;
    }
    return null;
  }

  /** Whether the function whose `def` is at `block` has had its `return` before `index`. */
  #returnsBefore(index: number, block: number): boolean {
    for (let at = index - 1; at > block; at--) {
      if (this.#tokens[at]?.tokenType === t.Return && this.#brackets.blockOf[at] === block) return true;
    }
    return false;
  }
}

function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

function adjacent(left: IToken, right: IToken): boolean {
  return endOf(left) === right.startOffset;
}
