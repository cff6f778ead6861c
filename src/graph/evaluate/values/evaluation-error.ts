/** A computation with values that has no result. Whoever evaluates knows where it happened and makes a diagnostic of it. */
import type { FactsOf } from '../../../diagnostics/catalog.ts';

/** The codes of what can go wrong in a computation with plain values. */
export type FaultCode =
  | 'R3001'
  | 'R3005'
  | 'R3012'
  | 'R3013'
  | 'R3014'
  | 'R3027'
  | 'R3037'
  | 'R3054'
  | 'R3503'
  | 'R3504'
  | 'R3507'
  | 'R3508'
  | 'R3509';

export type Fault = { readonly [Code in FaultCode]: { readonly code: Code; readonly facts: FactsOf<Code> } }[FaultCode];

export class EvaluationError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.code);
    this.name = 'EvaluationError';
    this.fault = fault;
  }
}

export function noResult<Code extends FaultCode>(code: Code, facts: FactsOf<Code>): never {
  throw new EvaluationError({ code, facts } as Fault);
}
