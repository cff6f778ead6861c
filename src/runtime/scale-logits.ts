/** What a family makes of its logits after the unembedding. */
import type { ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { type Arithmetic, settle } from './float32/arithmetic.ts';

/** The model's own factor and cap of its logits; in half precision each operation's result is rounded. */
export function scaleLogits({ numbers }: ModelConfig, arithmetic: Arithmetic, logits: FloatArray, count: number): void {
  const { logits: factor, logitCap } = numbers;
  const each = (change: (value: number) => number): void => {
    for (let i = 0; i < count; i++) logits[i] = change(logits[i] as number);
    settle(arithmetic, logits, 0, count);
  };
  if (factor !== 1) each((value) => value * factor);
  if (logitCap === null) return;
  each((value) => value / logitCap);
  each(Math.tanh);
  each((value) => value * logitCap);
}
