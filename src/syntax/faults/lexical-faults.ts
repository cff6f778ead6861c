/** Says what is wrong with single words: strings that do not end, characters and operators that RASP does not have. */
import type { ILexingResult, IToken } from 'chevrotain';
import * as t from '../../../grammar/tokens.ts';
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { nearest } from '../../diagnostics/nearest.ts';
import type { SourceFile, Span } from '../../source/source-file.ts';

/** The faults of single words, up to a number at which the text is no program at all. */
export function lexicalFaults(file: SourceFile, lexed: ILexingResult): Diagnostic[] {
  const faults: Diagnostic[] = [];
  for (const error of lexed.errors.slice(0, MAX_FAULTS)) {
    const text = file.text.slice(error.offset, error.offset + error.length);
    const shown = printable(text);
    faults.push(
      diagnose(
        'R1003',
        { text: shown, instead: insteadOf(text) },
        { span: { file, start: error.offset, end: error.offset + error.length } },
      ),
    );
  }
  for (const token of lexed.tokens) {
    const fault = tokenFault(token, { file, start: token.startOffset, end: token.startOffset + token.image.length });
    if (fault !== null) faults.push(fault);
    if (faults.length >= MAX_FAULTS) break;
  }
  return faults;
}

const MAX_FAULTS = 100;

const DIRECTIVES = ['@vocab', '@context', '@causal', '@bidirectional', '@export', '@example', '@assume', '@step', '@halt'];

function tokenFault(token: IToken, span: Span): Diagnostic | null {
  switch (token.tokenType) {
    case t.UnterminatedString:
      return diagnose('R1002', {}, { span });
    case t.SingleQuotedString:
      return diagnose('R1017', {}, { span });
    case t.MalformedNumber:
      return diagnose('R1015', { text: token.image, instead: numberInstead(token.image) }, { span });
    case t.ForeignOperator:
      return diagnose('R1016', { operator: token.image, instead: OPERATORS[token.image] ?? 'use one of the operators of RASP' }, { span });
    case t.UnknownDirective:
      return diagnose('R1026', { name: token.image, suggestion: nearest(token.image, DIRECTIVES) }, { span });
    default:
      return null;
  }
}

const OPERATORS: Readonly<Record<string, string>> = {
  '**': 'the power is written `^`',
  '//': 'there is no floor division: for ints, write `(a - a % b) / b` and `round` it; a comment starts with `#`',
  '&': 'write `and`',
  '&&': 'write `and`',
  '|': 'write `or`',
  '||': 'write `or`',
  '<>': 'write `!=`',
  '=>': 'write `>=`',
  '=<': 'write `<=`',
};

function numberInstead(text: string): string {
  if (text.startsWith('.')) return `write \`0${text}\``;
  if (text.endsWith('.')) return `write \`${text}0\` for a float, or \`${text.slice(0, -1)}\` for an int`;
  if (/^0[xX]/.test(text)) return `write it in decimal: \`${BigInt(text)}\``;
  if (text.includes('_')) return `write \`${text.replaceAll('_', '')}\``;
  const [mantissa = '', exponent = ''] = text.split(/[eE]/);
  return `write \`${mantissa.replace(/\.$/, '.0').replace(/^\./, '0.')} * 10^${exponent.replace('+', '')}\``;
}

function insteadOf(text: string): string | null {
  if (text === '!') return 'write `not`';
  if (text === '~') return 'write `not`';
  if (text === "'" || text === '`' || text === '“' || text === '”' || text === '‘' || text === '’') return 'strings are written with `"`';
  if (text === '.') return 'there is nothing behind a point: RASP has no fields or methods';
  if (text === '?' || text === '? ') return 'to choose, write `A if CONDITION else B`';
  if (text === '−' || text === '–') return 'write the minus as `-`';
  if (text === '≤') return 'write `<=`';
  if (text === '≥') return 'write `>=`';
  if (text === '≠') return 'write `!=`';
  if (text === '×') return 'write `*`';
  if (/^\p{L}/u.test(text)) return 'names are made of the letters a to z and A to Z, digits and `_`';
  return null;
}

/** Control characters and lone surrogates by their number, and at most a few characters of what was not understood. */
function printable(text: string): string {
  const characters = [...text];
  const shown = characters
    .slice(0, 12)
    .map((c) => (/[\p{C}\p{Z}]/u.test(c) ? `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}` : c))
    .join('');
  return characters.length > 12 ? `${shown}…` : shown;
}
