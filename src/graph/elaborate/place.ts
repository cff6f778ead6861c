/** Where an operation of the language stands in a source, for the nodes that it makes and the faults that it finds. */
import type { DiagnosticCode, FactsOf } from '../../diagnostics/catalog.ts';
import type { Span } from '../../source/source-file.ts';
import type { Graph } from '../graph.ts';

/** A place in the source, and what to do where there is no result. */
export interface Place {
  readonly graph: Graph;
  /** The span that new nodes come from. */
  readonly span: Span;
  /** Points at a part of the expression, in the order of the source, or at the whole. */
  fail<Code extends DiagnosticCode>(code: Code, facts: FactsOf<Code>, part?: number): never;
  /** Points at both operands, and says what each is. */
  failBoth<Code extends DiagnosticCode>(code: Code, facts: FactsOf<Code>, left: string, right: string): never;
}
