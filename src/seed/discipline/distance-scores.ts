/** A head that looks for a distance where positions have a table. */
import type { ScorePair } from '../../circuit/circuit.ts';
import { scaleForm } from '../../circuit/form.ts';
import { circleCode } from '../../codes/circle-code.ts';
import type { LoweringSource } from './lowering-source.ts';

const LARGEST_LOBE = 0.5;
const MOST_PAIRS = 16;

/** Positions on a circle: a query turned back by the distance meets its key. */
export function distanceScores(lowering: LoweringSource, offset: number, gap: number): { pairs: ScorePair[]; gain: number } {
  const { context } = lowering;
  const slots = 2 * context;
  let count = 2;
  while (count < MOST_PAIRS && circleCode(slots, count, (x) => x).lobe > LARGEST_LOBE) count++;
  const code = circleCode(slots, count, (x) => x);
  const gain = gap / (1 - code.lobe);
  const pairs = code.dimensions.map(
    (levels): ScorePair => ({
      key: lowering.pinned(lowering.indexForm(levels.slice(0, context)), 0),
      query: scaleForm(
        lowering.indexForm(Float64Array.from({ length: context }, (_, i) => levels[(i - offset + slots) % slots] as number)),
        gain,
      ),
    }),
  );
  return { pairs, gain };
}
