/** What a host is edited for: a compiled circuit, what it computes on inputs, and how its codes and scores are to stand in the host. */
import type { CircuitMap } from '../../../checkpoint/map/circuit-map.ts';
import type { ModelConfig } from '../../../targets/model-config.ts';
import type { Random } from '../../../verify/random.ts';
import type { Weights } from '../../../weights/weights.ts';
import type { Places } from '../places.ts';
import type { CircuitRun, Runs } from '../run-circuit.ts';

export interface Edit extends Runs {
  readonly circuit: Weights;
  readonly circuitConfig: ModelConfig;
  readonly map: Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs' | 'context' | 'program'>;
  readonly places: Places;
  readonly run: CircuitRun;
  /** Rows of the table of positions in front of the first one's. */
  readonly skipped: number;
  /** What a number of 1 in each of the circuit's dimensions is along its direction. */
  readonly scales: Float64Array;
  /** What scores of the circuit's heads are multiplied by where they are not cut off, and where they are, in nats below the best; 0: nowhere. */
  readonly strength: number;
  readonly contrast: number;
  readonly random: Random;
}
