/** What is said of a circuit's course through training, for the terminal and the page alike. */
import type { CircuitDrift } from '../../drift/measure-drift.ts';
import type { History } from './measure-checkpoints.ts';

export type Point = History['points'][number];

export function stepName({ step, path }: Point): string {
  return step === null ? path : String(step);
}

export function circuitAt({ drift }: Point, name: string): CircuitDrift {
  return drift.circuits.find((circuit) => circuit.name === name) as CircuitDrift;
}

/** Right less often than this, a circuit cannot be said to work, whatever has become of its entries. */
const HALF = 0.5;

/** One sentence: whether the circuit lives, since when not, and why. */
export function courseOf({ points }: History, name: string): string {
  const states = points.map((point) => ({ point, circuit: circuitAt(point, name) }));
  const last = states.at(-1) as (typeof states)[number];
  const { verdict } = last.circuit;
  if (verdict === 'never seeded') return 'was never in this checkpoint: its programmed entries have nothing to do with the seeded ones';
  if (verdict === 'works') {
    const [then, now] = [states[0]?.circuit.accuracy ?? null, last.circuit.accuracy];
    if (then !== null && then < HALF && (now ?? 0) < HALF)
      return `is as it was written, and right ${Math.round(100 * (now ?? 0))}% of the time: it was ${Math.round(100 * then)}% before any training`;
    const outvoted = then !== null && now !== null && now < then / 2;
    return `works to the end${outvoted ? `; the rest of the model outvotes it, and says its answer ${Math.round(100 * now)}% of the time` : ''}`;
  }
  let since = states.length - 1;
  while (since > 0 && states[since - 1]?.circuit.verdict === verdict) since--;
  const begun = states[since] as (typeof states)[number];
  // the first checkpoint at which it failed says why; later ones fail for whatever came after, too
  const first = states.find(({ circuit }) => circuit.verdict === 'lost' || circuit.verdict === 'weaker') ?? begun;
  const causes = (first.circuit.causes.length > 0 ? first.circuit.causes : begun.circuit.causes).map(({ part }) => part);
  const why = causes.length === 0 ? 'by nothing that putting its entries right would undo' : `by its ${causes.join(', ')}`;
  const known = begun.point.step === null ? `in ${begun.point.path}` : `since step ${begun.point.step}`;
  return `${verdict === 'lost' ? 'is lost' : 'is weaker'} ${known}, ${why}`;
}
