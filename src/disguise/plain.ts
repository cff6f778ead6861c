/** A compiled model as a disguise takes it: what it is, what its map says, and the same to be run. */
import type { CircuitMap } from '../checkpoint/map/circuit-map.ts';
import type { Model } from '../runtime/model.ts';
import type { ModelConfig } from '../targets/model-config.ts';
import type { Weights } from '../weights/weights.ts';

/** Layer and number of heads and of neurons. */
export interface Parts {
  readonly heads: readonly (readonly number[])[];
  readonly neurons: readonly (readonly number[])[];
}

export interface Plain {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly map: CircuitMap;
  /** The same model, to be run. */
  readonly model: Model;
  /** Parts without which a host has to compute what the circuit computes without them. */
  readonly loose?: Parts;
}
