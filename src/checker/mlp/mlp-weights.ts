/** The weights of one layer's MLP, as the checker reads them. */
import type { Traits } from '../../targets/target.ts';

export interface MlpWeights {
  readonly width: number;
  readonly hidden: number;
  /** `[hidden, width]`: what goes through the activation. */
  readonly active: Float64Array;
  readonly activeBias: Float64Array | null;
  /** What it is multiplied by, in a gated MLP. */
  readonly factor: Float64Array | null;
  readonly factorBias: Float64Array | null;
  /** `[hidden, width]` */
  readonly down: Float64Array;
  readonly downBias: Float64Array | null;
  readonly activation: Traits['activation'];
  readonly tensor: string;
}
