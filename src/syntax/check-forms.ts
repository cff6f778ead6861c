/** What the productions cannot say of the built-in forms: how many parts they have, and where a comparison may stand alone. */
import type { IToken } from 'chevrotain';
import { diagnose } from '../diagnostics/catalog.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { nearest } from '../diagnostics/nearest.ts';
import type { Span } from '../source/source-file.ts';
import type * as ast from './ast.ts';

export type SyntaxFault = Diagnostic;

/** How each form is written, for messages. */
export const FORM_USAGE = {
  select: 'select(KEYS, QUERIES, COMPARISON)',
  aggregate: 'aggregate(SELECTOR, VALUES)` or `aggregate(SELECTOR, VALUES, DEFAULT)',
  range: 'range(END)`, `range(START, END)` or `range(START, END, STEP)',
  zip: 'zip(LIST, LIST)',
  len: 'len(LIST)',
  round: 'round(VALUES)',
  indicator: 'indicator(VALUES)',
} as const;

/** Conditions, memberships, indices and calls that follow each other nest as deeply as they are many. */
const MAX_CHAIN = 500;

export function checkChain(length: number, span: Span, faults: SyntaxFault[]): void {
  if (length > MAX_CHAIN) faults.push(diagnose('R1029', { limit: MAX_CHAIN }, { span }));
}

const MAX_DIGITS = 100_000;

export function intValue(digits: string, span: Span, faults: SyntaxFault[]): bigint {
  if (digits.length > MAX_DIGITS) {
    faults.push(diagnose('R1032', { digits: digits.length, limit: MAX_DIGITS }, { span }));
    return 0n;
  }
  return BigInt(digits);
}

function checkListForm(form: ast.ListForm, faults: SyntaxFault[]): ast.ListForm {
  if (form.kind === 'len' && form.args.length !== 1) {
    faults.push(diagnose('R1021', { form: 'len', usage: FORM_USAGE.len }, { span: form.span }));
  }
  return form;
}

/**
 * With a space before the parenthesis the lexer sees a name. `range`, `zip` and `len` can never be variables, so a call of one
 * is the form; so is a call of `select` that ends in a comparison. `aggregate (…)` is left to elaboration, since there may be a
 * variable of that name.
 */
export function checkBuiltinCall(call: ast.Call, operators: readonly IToken[], faults: SyntaxFault[]): ast.Expression {
  const { callee, args, span } = call;
  const name = callee.kind === 'name' ? callee.name : '';
  const operator = operators[0];
  if (operator !== undefined) {
    const [keys, queries] = args;
    const last = operator.startOffset > (args.at(-1)?.span.end ?? 0);
    if (name === 'select' && keys !== undefined && queries !== undefined && args.length === 2 && operators.length === 1 && last) {
      return { kind: 'select', keys, queries, operator: operator.image as ast.ComparisonSign, span };
    }
    const at = { file: span.file, start: operator.startOffset, end: operator.startOffset + operator.image.length };
    faults.push(
      name === 'select'
        ? diagnose('R1021', { form: 'select', usage: FORM_USAGE.select }, { span })
        : diagnose('R1031', { operator: operator.image, suggestion: nearest(name, ['select']) }, { span: at }),
    );
    return call;
  }
  if ((name === 'range' || name === 'zip' || name === 'len') && args.length > 0) return checkListForm({ kind: name, args, span }, faults);
  return call;
}
