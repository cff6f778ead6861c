/** Registers that the circuits of several programs have in common. */
import type { Feature, Register } from '../../circuit/circuit.ts';

/** What the circuits of several programs have in common. */
export interface SharedRegisters {
  readonly bos: Register;
  /** The number of the next register. */
  next: number;
}

export function sharedRegisters(): SharedRegisters {
  const features: Feature[] = [{ levels: Float64Array.of(0), spread: null, low: 0, high: 1, bos: 1, unit: 1 }];
  return { bos: { id: 0, name: 'bos', spans: [], node: null, encoding: 'features', values: null, features }, next: 1 };
}
