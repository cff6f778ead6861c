/**
 * Turns what a recovering parser stumbled over into diagnostics in our own words. A stumble is a token that does not fit and
 * what the grammar wanted there; what a person did wrong is read from the tokens around it.
 */
import type { IToken } from 'chevrotain';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { SourceFile } from '../../source/source-file.ts';
import type { ParserFault } from '../parser-expectations.ts';
import { FaultContext } from './fault-context.ts';

/**
 * The faults of the parser as diagnostics, with those of the lexer, in the order of the text. Of the faults in one statement
 * only the first is told: the others are most often its consequences. Where a block is not what the parser thinks, nothing
 * that it says about the rest of that block is told.
 */
export function syntaxFaults(
  file: SourceFile,
  tokens: readonly IToken[],
  faults: readonly ParserFault[],
  lexical: readonly Diagnostic[],
): Diagnostic[] {
  const context = new FaultContext(file, tokens);
  const told = new Set(lexical.map((diagnostic) => context.statementAt(diagnostic.primary?.span.start ?? 0)));
  const diagnostics = [...lexical];
  const ordered = faults.map((fault) => ({ ...fault, at: context.indexOf(fault.token) })).sort((a, b) => a.at - b.at);
  const lost = new Set<number>();
  for (const fault of ordered) {
    const statement = context.statementOf(fault.at);
    if (told.has(statement) || lost.has(context.outerStatementOf(fault.at))) continue;
    const diagnostic = context.diagnose(fault.at, fault.expected, fault.rules);
    if (diagnostic === null) continue;
    if (context.losesTrack(fault.at, diagnostic.code)) lost.add(context.outerStatementOf(fault.at));
    // After a missing `;` the parser is on its feet again at once.
    if (diagnostic.code !== 'R1004') told.add(statement);
    diagnostics.push(diagnostic);
  }
  return diagnostics.sort((a, b) => (a.primary?.span.start ?? 0) - (b.primary?.span.start ?? 0));
}
