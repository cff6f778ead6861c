/** What a compilation can be asked for beside the program. */
import type { Value } from '../graph/value.ts';
import type { Optimization } from '../passes/optimizations.ts';
import type { IntegerSolver } from '../passes/schedule/integer-program.ts';
import type { Target } from '../targets/target.ts';
import type { Dtype } from '../tensor/dtype.ts';
import type { Sizes } from '../weights/roles.ts';

export interface CompileOptions {
  readonly target: Target;
  /** The sizes that the model must have, where it is not to be the smallest that holds the program. */
  readonly sizes?: Sizes;
  /** What the weights are stored as. */
  readonly dtype: Dtype;
  /** What stock loaders compute in. */
  readonly compute: Dtype;
  /** Each of these overrides the program's own directive. */
  readonly exports?: readonly string[];
  readonly vocabulary?: readonly Value[];
  readonly context?: number;
  readonly causal?: boolean;
  /** Write a model whose certificate does not hold; it is marked as such. */
  readonly unproven?: boolean;
  /** How many times the work to do before a program, or a way to encode its values, is given up; 1 if it is not said. */
  readonly effort?: number;
  /** Looks for the best schedule, in place of the earliest, and says how good it is. */
  readonly solve?: IntegerSolver;
  /** Optimisations that are left out. */
  readonly without?: readonly Optimization[];
  /** Is told of every stage when it is done; `print` renders the form it left. */
  readonly observe?: (stage: StageName, print: () => string) => void;
  /** Is told what is about to be done, in words: for whoever waits for it. */
  readonly onStage?: (what: string) => void;
}

/** The stages of the pipeline, in order: what `--dump-ir` accepts. */
export const STAGES = ['graph', 'simplify', 'facts', 'circuit', 'placement', 'certificate', 'weights'] as const;
export type StageName = (typeof STAGES)[number];
