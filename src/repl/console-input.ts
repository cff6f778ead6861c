/**
 * What a line that was typed is, given the unfinished statement before it: the end of a statement, more of it, or an aside (a command or
 * a setting) that leaves the statement as it was.
 */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { sourceFile } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import { type ParsedExpression, type ParsedInput, parseExpression, parseInput } from '../syntax/parse.ts';
import { COMMANDS } from './commands.ts';
import { typedBack } from './typed-back.ts';

export type ConsoleInput =
  | { readonly kind: 'command'; readonly word: string; readonly text: string }
  | { readonly kind: 'setting' | 'statements'; readonly statements: readonly ast.Statement[] }
  | { readonly kind: 'unfinished'; readonly text: string }
  | { readonly kind: 'faults'; readonly diagnostics: readonly Diagnostic[] };

const SETTINGS: ReadonlySet<ast.Statement['kind']> = new Set(['set-example', 'show-example', 'toggle-examples', 'toggle-full-display']);

/** @param before the lines of a statement that is not done; null at its start */
export function consoleInput(before: string | null, line: string): ConsoleInput {
  if (before === null && line.trimStart().startsWith(':')) return commandIn(line);
  const typed = line.trimStart().startsWith('#') ? '' : line;
  const text = before === null ? typed : `${before}\n${typed}`;
  const parsed = parseTyped(text);
  if (parsed.kind === 'unfinished') return { kind: 'unfinished', text };
  // Only what cannot go on with the statement is looked at for itself.
  if (parsed.kind === 'faults' && before !== null) return asideIn(typed) ?? parsed;
  return parsed;
}

function commandIn(line: string): ConsoleInput {
  const [word = '', ...rest] = line.trim().split(/\s+/);
  return { kind: 'command', word, text: rest.join(' ') };
}

function asideIn(line: string): ConsoleInput | null {
  const [word = ''] = line.trim().split(/\s+/);
  if (COMMANDS.includes(word)) return commandIn(line);
  const parsed = parseTyped(line);
  const isSetting = parsed.kind === 'statements' && parsed.statements.every(({ kind }) => SETTINGS.has(kind));
  return isSetting ? { kind: 'setting', statements: parsed.statements } : null;
}

function parseTyped(text: string): ParsedInput {
  const parsed = parseInput(sourceFile('<console>', text));
  if (parsed.kind !== 'faults') return parsed;
  const read = typedBack(text);
  const again = read === null ? parsed : parseInput(sourceFile('<console>', read));
  return again.kind === 'faults' ? parsed : again;
}

/** What stands after a command. */
export function parseTypedExpression(text: string): ParsedExpression {
  const parsed = parseExpression(sourceFile('<console>', text));
  const read = parsed.expression === null ? typedBack(text) : null;
  const again = read === null ? parsed : parseExpression(sourceFile('<console>', read));
  return again.expression === null ? parsed : again;
}
