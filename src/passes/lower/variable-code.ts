/** How what components compute can be read, and what reading asks of the lowering that owns them. */
import type { Circuit, Form } from '../../circuit/circuit.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { GrowingRegister } from './feature-basis.ts';
import type { Interval } from './steps/nearest-level.ts';

/** How the component that computes a variable can be read. */
export interface VariableCode {
  /** A form with these numbers by value; null where this component cannot write it. */
  read(levels: Float64Array): Form | null;
  /** Whether `read` can always be satisfied. */
  readonly open: boolean;
  /**
   * The one number that a component which is not open writes, by value (null where values are not enumerated), its form, about how far
   * off it is, and about how much of the variable's own number 1 stands for.
   */
  readonly raw: {
    readonly levels: Float64Array | null;
    /** By value, how far from its level the number may lie because of how it is rounded. */
    readonly spread: Float64Array | null;
    readonly form: Form;
    readonly noise: number;
    readonly unit: number;
  } | null;
  /** Asks for one dimension a value, if nothing has been asked for yet. */
  makeOneHot(): void;
}

/** A number that tells all values of an s-op apart. */
export interface OrderedReading {
  readonly read: () => Form;
  /** By value: the numbers with which it occurs; those of different values are disjoint. */
  readonly intervals: readonly Interval[];
  /** About how far off the number can be. */
  readonly noise: number;
}

/** What reading needs of the lowering that owns it. */
export interface CodeSource {
  /** The code of a variable: its component is made at the first call. */
  variable(node: SOp): VariableCode;
  newRegister(name: string, node: SOp, values: readonly Value[] | null): GrowingRegister;
  readonly bos: Circuit['bos'];
}
