/** Windows of random tokens in which every class has its part, however rare its tokens are in the vocabulary. */
import type { Random } from '../../verify/random.ts';
import type { Window } from '../effect/block.ts';
import type { TokenClass } from './token-class.ts';

export interface ClassPlan {
  readonly classes: readonly TokenClass[];
  readonly positions: number;
  readonly bos: number | null;
  /** The tokens that are drawn from. */
  readonly pool: Int32Array;
}

/** So many tokens of each class, where there are as many, and of those in no class. */
const EACH = 16;
/** Every so many-th position is looked at when what the model says is compared. */
const STEP = 2;

/** No token comes twice, but where there are fewer in all than fill the last window. */
export function classWindows({ classes, positions, bos, pool }: ClassPlan, random: Random): Window[] {
  const mixed = random.shuffle([...pool]);
  const drawn = new Set<number>();
  for (const { holds } of classes) for (const id of mixed.filter((each) => holds[each] === 1).slice(0, EACH)) drawn.add(id);
  for (const id of mixed.filter((each) => classes.every(({ holds }) => holds[each] !== 1)).slice(0, EACH)) drawn.add(id);
  const start = bos === null ? 0 : 1;
  const room = positions - start;
  const count = Math.ceil(drawn.size / room);
  for (const id of mixed) if (drawn.size < count * room) drawn.add(id);
  const ids = random.shuffle([...drawn]);
  while (ids.length > 0 && ids.length < count * room) ids.push(...ids.slice(0, count * room - ids.length));
  return Array.from({ length: count }, (_, w) => {
    const own = ids.slice(w * room, (w + 1) * room);
    const targets = Array.from({ length: positions - 1 }, (_, i) => i).filter((i) => i > 0 && i % STEP === 0);
    return { kind: 'classes', ids: Int32Array.from(bos === null ? own : [bos, ...own]), targets };
  });
}
