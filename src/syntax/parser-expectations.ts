/** What a parser that stumbles reports: not sentences of the library's own, but what it wanted, in words of ours. */
import type { IParserErrorMessageProvider, IToken } from 'chevrotain';

/** Where a parser stopped, what it wanted there in words, and the productions it was in, outermost first. */
export interface ParserFault {
  readonly token: IToken;
  readonly expected: string;
  readonly rules: readonly string[];
}

class EnoughFaults extends Error {}

let faultsLeft = Number.POSITIVE_INFINITY;

/** Runs a parser with {@link EXPECTATIONS} until it is done or has this many faults; whether it was stopped. */
export function runUntil(faults: number, parse: () => void): boolean {
  faultsLeft = faults;
  try {
    parse();
    return false;
  } catch (error) {
    if (error instanceof EnoughFaults) return true;
    throw error;
  }
}

function counted(expected: string): string {
  if (faultsLeft-- <= 0) throw new EnoughFaults();
  return expected;
}

/** Makes the parser report what it wanted as words of ours. */
export const EXPECTATIONS: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => counted(expected.name === 'EOF' ? 'a statement' : (expected.LABEL ?? expected.name)),
  buildNotAllInputParsedMessage: () => counted('a statement'),
  buildNoViableAltMessage: ({ ruleName }) => counted(EXPECTED_BY_RULE[ruleName] ?? 'an expression'),
  buildEarlyExitMessage: () => counted('a statement'),
};

const EXPECTED_BY_RULE: Readonly<Record<string, string>> = {
  statement: 'a statement',
  blockStatement: 'a statement',
  exampleKind: '`s-op` or `selector`',
  toggle: '`on` or `off`',
  comparisonOperator: 'a comparison (`==`, `!=`, `<`, `>`, `<=` or `>=`)',
};
