/** Which stock models compute a part in float32 whatever their dtype, so that float64 in them is no more exact than that. */
import type { Target } from '../../src/targets/target.ts';

/** GPT-Neo's attention turns queries and keys into float32, OPT's takes its softmax in it (modeling_gpt_neo.py, modeling_opt.py). */
const ATTENTION: ReadonlySet<string> = new Set(['gpt-neo', 'opt']);

/** Stock RMS norms and rotary positions are float32 too. */
export function computesPartlyInFloat32({ name, traits }: Target): boolean {
  return traits.positions.kind === 'rotary' || ATTENTION.has(name);
}
